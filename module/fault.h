/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_FAULT_H
#define _BPFMMAP_FAULT_H

#include <linux/mm_types.h>

struct region;

/*
 * How far the next fault of a mapping reaches. Hints, without a lock: whoever reads the one
 * with another's other maps more or less than would be best.
 */
struct fault_window {
	unsigned long next;	/* the address behind what the last fault filled */
	unsigned int pages;	/* so many it was meant to fill */
};

vm_fault_t fault_around(struct region *region, struct fault_window *window, struct vm_fault *vmf);
vm_fault_t fault_huge(struct region *region, struct fault_window *window, struct vm_fault *vmf,
		      unsigned int order);
void fault_save(struct region *region, struct vm_area_struct *vma);
void fault_populate(struct fault_window *window, struct vm_area_struct *vma);

#endif /* _BPFMMAP_FAULT_H */
