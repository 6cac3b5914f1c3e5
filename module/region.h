/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_REGION_H
#define _BPFMMAP_REGION_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>
#include <uapi/linux/bpfmmap.h>

#include "backing.h"
#include "freeze.h"
#include "layout.h"
#include "mapping.h"
#include "share.h"
#include "xattr.h"

/* Owner, group and mode that a region's inode gets with its first name. */
struct bpfmmap_owner {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
};

/*
 * A region, which is an inode of the file system. A directory is such a struct, too, and uses
 * inode and xattrs only. A field without a comment on its lock never changes after
 * creation.
 */
struct bpfmmap_region {
	struct bpfmmap_layout layout;
	u32 flags;			/* BPFMMAP_F_* as given to create */
	int numa_node;
	kuid_t creator;
	char name[BPFMMAP_NAME_LEN];
	struct bpfmmap_backing backing;
	struct bpfmmap_mapping_set mappings;
	struct mutex publish_lock;	/* serializes publishes of the region */
	const struct bpfmmap_owner *publisher;	/* set during a publish; under the lock of inode */
	struct bpfmmap_xattr_set xattrs;
	struct work_struct frozen_work;	/* queued once, when it is frozen */
	struct bpfmmap_share *share;	/* NULL: BPF programs never reach it */
	struct bpfmmap_grace drain;	/* used once, when it is frozen for everybody */
	struct bpfmmap_freeze_state freeze;
	struct inode inode;		/* last: a new region sets all fields before it to zero */
};

static inline struct bpfmmap_region *bpfmmap_region_of(const struct inode *inode)
{
	return container_of(inode, struct bpfmmap_region, inode);
}

static inline u32 bpfmmap_region_id(const struct bpfmmap_region *region)
{
	return region->inode.i_ino;
}

/* The bytes that can be mapped. i_size is the number of bytes that can be read. */
static inline u64 bpfmmap_region_bytes(const struct bpfmmap_region *region)
{
	return (u64)region->backing.nr_pages << PAGE_SHIFT;
}

int bpfmmap_region_init(const struct inode_operations *inode_operations,
			const struct file_operations *file_operations);
void bpfmmap_region_exit(void);

struct bpfmmap_region *bpfmmap_region_create(struct super_block *sb,
					     const struct bpfmmap_create *args);
struct bpfmmap_region *bpfmmap_region_find(u32 id);
int bpfmmap_region_next_id(u32 start_id, u32 *next_id);
void bpfmmap_region_drop(struct bpfmmap_region *region);
void bpfmmap_region_info(struct bpfmmap_region *region, struct bpfmmap_info *info);
void bpfmmap_region_settle(struct bpfmmap_region *region);
void bpfmmap_region_flush(void);

/* super_operations */
struct inode *bpfmmap_region_alloc_inode(struct super_block *sb);
void bpfmmap_region_free_inode(struct inode *inode);
void bpfmmap_region_evict_inode(struct inode *inode);

#endif /* _BPFMMAP_REGION_H */
