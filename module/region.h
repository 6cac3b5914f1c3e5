/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_REGION_H
#define _BPFMMAP_REGION_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/uidgid.h>
#include <uapi/linux/bpfmmap.h>

#include "backing.h"

struct seq_file;

/* Flags of create and open that are about the fd and not about the region. */
#define REGION_FD_FLAGS	(BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY)

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

	refcount_t refs;	/* one for each open file; the last frees */
	struct mutex freeze_lock;
	bool frozen;		/* written under freeze_lock, never cleared */
	atomic64_t writers;	/* see region_begin_write() */
	atomic64_t mappings;
};

struct region *region_create(const struct bpfmmap_create *args);
struct region *region_get_by_id(u32 id);
void region_put(struct region *region);
int region_next_id(u32 start_id, u32 *next_id);

int region_begin_write(struct region *region);
void region_end_write(struct region *region);
int region_freeze(struct region *region);

void region_info(struct region *region, struct bpfmmap_info *info);
void region_show(struct seq_file *m, struct region *region);

#endif /* _BPFMMAP_REGION_H */
