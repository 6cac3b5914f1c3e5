/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_FAULT_H
#define _BPFMMAP_FAULT_H

#include <linux/mm_types.h>

struct bpfmmap_backing;
struct bpfmmap_freeze_state;

/*
 * What the faults of one mapping need. The window says how far the next fault reaches. It is a
 * hint without a lock: a thread that reads one half of it before and the other half after
 * another thread has changed it maps more or less than would be best.
 */
struct bpfmmap_fault {
	u32 id;			/* of the region */
	const struct bpfmmap_backing *backing;
	struct bpfmmap_freeze_state *freeze;
	unsigned long next;	/* the address behind what the last fault filled */
	unsigned int pages;	/* size of the last window */
};

vm_fault_t bpfmmap_fault_around(struct bpfmmap_fault *fault, struct vm_fault *vmf);
vm_fault_t bpfmmap_fault_huge(struct bpfmmap_fault *fault, struct vm_fault *vmf,
			      unsigned int order);
void bpfmmap_fault_save(struct bpfmmap_fault *fault, struct vm_area_struct *vma);
void bpfmmap_fault_populate(struct bpfmmap_fault *fault, struct vm_area_struct *vma);

#endif /* _BPFMMAP_FAULT_H */
