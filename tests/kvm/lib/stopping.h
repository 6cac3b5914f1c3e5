/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel has begun to write into a guest's memory, stopped in its middle
 *
 * VMSAVE and VMRUN of a guest that has guests of its own: KVM takes the page that they name,
 * then steps over the instruction, then writes. On a CPU that does not say where the next
 * instruction begins, and with page tables of KVM's own (nrips=0, npt=0), stepping means
 * reading the guest's page table from this process's memory, and userfaultfd makes that last
 * as long as a test wants.
 */
#ifndef BPFMMAP_TESTS_KVM_STOPPING_H
#define BPFMMAP_TESTS_KVM_STOPPING_H

#include "held_page.h"
#include "window.h"

#include <pthread.h>

#define STOPPING_PARAMETERS	"npt=0 nrips=0"	/* of kvm-amd */

/* Both of the first page of the window. An empty block for VMRUN is refused, says KVM in it. */
enum stopped_instruction {
	VMSAVE,
	VMRUN,
};

struct stopping {
	struct kvm_guest *guest;
	pthread_t thread;
	struct held_page table;
	uint8_t *entries;	/* what that page is to contain again */
	int ended[2];
	int exit;
};

/* The guest up to the middle of its instruction. False: that, or what came of it, did not stop. */
bool stop_guest(struct stopping *s, enum stopped_instruction instruction);
/* .. and to its end. False: KVM refuses it. */
bool go_on(struct stopping *s);

#endif /* BPFMMAP_TESTS_KVM_STOPPING_H */
