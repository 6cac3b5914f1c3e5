/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_MAPPING_H
#define _BPFMMAP_MAPPING_H

struct region;
struct vm_area_struct;

int region_mmap(struct region *region, struct vm_area_struct *vma);

#endif /* _BPFMMAP_MAPPING_H */
