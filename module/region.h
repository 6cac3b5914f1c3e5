/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_REGION_H
#define _BPFMMAP_REGION_H

#include <linux/refcount.h>
#include <linux/uidgid.h>
#include <uapi/linux/bpfmmap.h>

#include "backing.h"
#include "freeze.h"
#include "mapping.h"

struct publication;
struct seq_file;

/* Without a comment on its lock a field never changes after creation. */
struct region {
	u32 id;
	u32 flags;
	u32 value_size;
	u32 max_entries;
	u32 elem_size;		/* round_up(value_size, 8) */
	int numa_node;
	u64 bytes;
	kuid_t creator;
	char name[BPFMMAP_NAME_LEN];
	struct backing backing;

	refcount_t refs;	/* one for each open file and the publication; the last frees */
	struct freeze freeze;
	struct mappings mappings;
	struct publication *publication;	/* under publish_lock; NULL: not published */
};

struct region *region_create(const struct bpfmmap_create *args);
struct region *region_get_by_id(u32 id);
void region_get(struct region *region);
void region_put(struct region *region);
int region_next_id(u32 start_id, u32 *next_id);

void region_info(struct region *region, struct bpfmmap_info *info);
void region_show(struct seq_file *m, const struct bpfmmap_info *info);

#endif /* _BPFMMAP_REGION_H */
