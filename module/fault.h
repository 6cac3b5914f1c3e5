/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_FAULT_H
#define _BPFMMAP_FAULT_H

#include <linux/mm_types.h>

struct bpfmmap_backing;
struct bpfmmap_freeze_state;

/*
 * State for the faults of one mapping. The window (next and pages) determines how many pages the
 * next fault maps. It is a hint without a lock: a thread that reads one field before and the other
 * field after a change by another thread maps more or fewer pages than is best.
 */
struct bpfmmap_fault {
	u32 id;			/* id of the region */
	const struct bpfmmap_backing *backing;
	struct bpfmmap_freeze_state *freeze;
	unsigned long next;	/* address behind the last window */
	unsigned int pages;	/* size of the last window */
};

vm_fault_t bpfmmap_fault_around(struct bpfmmap_fault *fault, struct vm_fault *vmf);
vm_fault_t bpfmmap_fault_huge(struct bpfmmap_fault *fault, struct vm_fault *vmf,
			      unsigned int order);
void bpfmmap_fault_save(struct bpfmmap_fault *fault, struct vm_area_struct *vma);
void bpfmmap_fault_populate(struct bpfmmap_fault *fault, struct vm_area_struct *vma);

#endif /* _BPFMMAP_FAULT_H */
