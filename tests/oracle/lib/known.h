/* SPDX-License-Identifier: GPL-2.0-only */
/* The intended differences between regions and the array of the kernel. */
#ifndef BPFMMAP_TESTS_KNOWN_H
#define BPFMMAP_TESTS_KNOWN_H

#include "step.h"

struct known {
	const char *what;
	const char *why;	/* with the upstream commit or kernel file, if there is one */
	unsigned int from, to;	/* kernels, as 6012 for 6.12; to: the last one with it, 0 for all */
	/*
	 * Called when results or states differ. It returns true for the intended difference only,
	 * because all other differences that it takes for that would never be found.
	 */
	bool (*is)(const struct step *step, const struct outcome *region,
		   const struct outcome *kernel, const struct world *world);
	/* afterwards the worlds are different: nothing can be compared any more */
	bool parts;
	/* so rare that a run may not see it; named.c tests it */
	bool seldom;
};

extern const struct known known[];
extern const unsigned int nr_known;

/* The version of the running kernel, as 6012. */
unsigned int kernel_version(void);

/* The index of the difference, or -1; world is that of the arrays of the kernel. */
int known_find(const struct step *step, const struct outcome *region,
	       const struct outcome *kernel, const struct world *world);
bool known_applies(const struct known *known);

#endif /* BPFMMAP_TESTS_KNOWN_H */
