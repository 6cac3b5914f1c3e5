/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_MAPPING_H
#define _BPFMMAP_MAPPING_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct address_space;
struct bpfmmap_backing;
struct bpfmmap_freeze_state;
struct bpfmmap_mappings;
struct vm_area_struct;

/* The mappings of a region, and what they use of it, which never changes. */
struct bpfmmap_mapping_set {
	const struct bpfmmap_backing *backing;
	struct bpfmmap_freeze_state *freeze;
	struct address_space *file;	/* of the region's inode; has its VMAs in i_mmap */
	bool populate;			/* mmap enters all pages */
	atomic64_t count;		/* number of VMAs */
	struct mutex lock;		/* protects list, nr, and linked of each mapping */
	struct list_head list;		/* struct bpfmmap_mapping, oldest first */
	u32 nr;				/* number of mappings in list, without cursors */
};

void bpfmmap_mapping_init(struct bpfmmap_mapping_set *set, const struct bpfmmap_backing *backing,
			  struct bpfmmap_freeze_state *freeze, struct address_space *file,
			  bool populate);
int bpfmmap_mapping_create(struct bpfmmap_mapping_set *set, struct vm_area_struct *vma);
void bpfmmap_mapping_revoke(struct bpfmmap_mapping_set *set);
int bpfmmap_mapping_list(struct bpfmmap_mapping_set *set, struct bpfmmap_mappings *args);

#endif /* _BPFMMAP_MAPPING_H */
