/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_MAPPING_H
#define _BPFMMAP_MAPPING_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct address_space;
struct bpfmmap_mappings;
struct bpfmmap_region;
struct vm_area_struct;

struct bpfmmap_mapping_set {
	atomic64_t count;	/* number of VMAs */
	struct mutex lock;	/* protects list, nr, and linked of each mapping */
	struct list_head list;	/* struct bpfmmap_mapping, oldest first */
	u32 nr;			/* number of mappings in list, without cursors */
};

void bpfmmap_mapping_init(struct bpfmmap_mapping_set *set);
int bpfmmap_mapping_create(struct bpfmmap_region *region, struct vm_area_struct *vma);
void bpfmmap_mapping_revoke(struct bpfmmap_region *region);
int bpfmmap_mapping_list(struct bpfmmap_region *region, struct bpfmmap_mappings *args);

#endif /* _BPFMMAP_MAPPING_H */
