/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that never stops writing to the window, while that comes and goes
 *
 * A round is: new memory in the window, the guest writes to it, munmap, and nothing may change
 * any more. CPU 1 is the guest's, and a thread that disturbs it there; it should be stopped
 * anywhere in the kernel once in a while.
 */
#ifndef BPFMMAP_TESTS_KVM_RACING_H
#define BPFMMAP_TESTS_KVM_RACING_H

#include "window.h"

struct race {
	const struct kvm_program *program;	/* a loop without an end */
	/* What is done over and over, as kvm_guest_run() (NULL); it writes to the window. */
	int (*step)(struct kvm_guest *guest);
	unsigned int flags;			/* of the guest */
	size_t pages;
	size_t offset;				/* of a word that the program changes */
};

struct race_result {
	unsigned long rounds;
	unsigned long written;	/* in so many of them the guest has written */
	unsigned long frozen;
	unsigned long changed;	/* .. and then something has changed */
	unsigned long exits;	/* of a loop without an end: it had no such memory */
	uint32_t word;		/* its word 0 in the end */
};

/* From the environment. */
double seconds_of_race(void);

/* With regions that are frozen, or with memfds that are not. Says on stdout what it was like. */
struct race_result run_race(const struct race *race, const char *name, bool region,
			    double seconds);

#endif /* BPFMMAP_TESTS_KVM_RACING_H */
