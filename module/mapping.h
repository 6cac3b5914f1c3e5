/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_MAPPING_H
#define _BPFMMAP_MAPPING_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <uapi/linux/bpfmmap.h>

struct region;
struct vm_area_struct;

struct mappings {
	atomic64_t count;	/* of VMAs */
	struct mutex lock;
	struct list_head list;	/* under lock: struct mapping, oldest first */
	u32 nr;			/* under lock: of those */
};

void mappings_init(struct region *region);
int mapping_create(struct region *region, struct vm_area_struct *vma);
int mapping_list(struct region *region, struct bpfmmap_mappings *args);

#endif /* _BPFMMAP_MAPPING_H */
