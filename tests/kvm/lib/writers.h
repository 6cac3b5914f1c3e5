/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What KVM itself writes into the memory of a guest, and how to have it do so
 *
 * The guest sees WRITER_PAGES in the window. None of these takes part in a race: each is told
 * of the window, then provoked, over memory that KVM can use, over a region, and again when the
 * region is frozen. Did it write? The memory says.
 */
#ifndef BPFMMAP_TESTS_KVM_WRITERS_H
#define BPFMMAP_TESTS_KVM_WRITERS_H

#include "window.h"

#define WRITER_PAGES	4
#define OURS		0xa7	/* what the window is filled with */

struct writer {
	const char *name;
	unsigned int flags;	/* of the guest */
	/* What it wants to find there; it is OURS all over. */
	void (*prepare)(uint8_t *window);
	/* KVM is told of the window. NULL, or why it does not do such a thing. */
	const char *(*set_up)(struct kvm_guest *guest);
	/* The nth time that it is to write; the window may be gone by now. */
	void (*provoke)(struct kvm_guest *guest, unsigned int n);
};

/* Each ends with a writer that has no name. */
extern const struct writer clock_writers[];
extern const struct writer apic_writers[];
extern const struct writer emulated_writers[];
extern const struct writer tracked_writers[];
extern const struct writer xen_writers[];
extern const struct writer hyperv_writers[];

/* Nothing but an entry and an exit. */
void run_idle(struct kvm_guest *guest);
/* Of a step of set_up: NULL if it worked, or why not. */
const char *unless_done(const char *step, int ret);

#endif /* BPFMMAP_TESTS_KVM_WRITERS_H */
