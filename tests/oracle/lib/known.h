/* SPDX-License-Identifier: GPL-2.0-only */
/* The differences between regions and the kernel's array that are meant. */
#ifndef BPFMMAP_TESTS_KNOWN_H
#define BPFMMAP_TESTS_KNOWN_H

#include "step.h"

struct known {
	const char *what;
	const char *why;	/* with the upstream commit or kernel file, if there is one */
	unsigned int from, to;	/* kernels, as 6012 for 6.12; to: the last with it, 0 for all */
	/*
	 * Asked when what the step returned, or what the worlds then show, is different. It
	 * says yes to what is meant and to nothing else: whatever it takes for that would
	 * never be seen again.
	 */
	bool (*is)(const struct step *step, const struct outcome *region,
		   const struct outcome *kernel, const struct world *world);
	/* the worlds go different ways after it: nothing can be compared any more */
	bool parts;
	/* so seldom that a run may not see it; a test of named.c does */
	bool seldom;
};

extern const struct known known[];
extern const unsigned int nr_known;

/* Of the running kernel, as 6012. */
unsigned int kernel_version(void);

/* Which of them this is, or -1; world is that of the kernel's arrays. */
int known_find(const struct step *step, const struct outcome *region,
	       const struct outcome *kernel, const struct world *world);
bool known_applies(const struct known *known);

#endif /* BPFMMAP_TESTS_KNOWN_H */
