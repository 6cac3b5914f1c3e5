// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface to other kernel modules; include/linux/bpfmmap.h documents it
 *
 * A module that calls these functions uses symbols of bpfmmap.ko, which can't be unloaded
 * meanwhile. A reference to a region consists of a reference to its inode and one to the file
 * system (s_active), as the module has neither a mount nor an open file.
 */
#include <linux/err.h>
#include <linux/file.h>

#include "../include/linux/bpfmmap.h"
#include "compat.h"
#include "file.h"
#include "region.h"
#include "share.h"

/* Add the reference to the file system to one to the inode. The caller holds the file system. */
static struct bpfmmap_region *take(struct bpfmmap_region *region)
{
	atomic_inc(&region->inode.i_sb->s_active);
	return region;
}

struct bpfmmap_region *bpfmmap_region_get_by_fd(int fd, bool write)
{
	const fmode_t mode = FMODE_READ | (write ? FMODE_WRITE : 0);
	struct bpfmmap_region *region;
	struct file *file;

	file = fget(fd);
	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op != &bpfmmap_file_operations) {
		region = ERR_PTR(-EINVAL);
	} else if ((file->f_mode & mode) != mode) {
		region = ERR_PTR(-EACCES);
	} else {
		region = bpfmmap_region_of(file_inode(file));
		ihold(&region->inode);
		take(region);
	}
	fput(file);
	return region;
}
EXPORT_SYMBOL_BPFMMAP(bpfmmap_region_get_by_fd);

struct bpfmmap_region *bpfmmap_region_get_by_id(u32 id)
{
	struct bpfmmap_region *region = bpfmmap_region_find(id);

	return IS_ERR(region) ? region : take(region);
}
EXPORT_SYMBOL_BPFMMAP(bpfmmap_region_get_by_id);

void bpfmmap_region_put(struct bpfmmap_region *region)
{
	struct super_block *sb;

	if (IS_ERR_OR_NULL(region))
		return;
	sb = region->inode.i_sb;
	bpfmmap_region_drop(region);
	deactivate_super(sb);
}
EXPORT_SYMBOL_BPFMMAP(bpfmmap_region_put);

void bpfmmap_region_geometry(const struct bpfmmap_region *region,
			     struct bpfmmap_geometry *geometry)
{
	*geometry = (struct bpfmmap_geometry) {
		.id = bpfmmap_region_id(region),
		.value_size = region->layout.value_size,
		.max_entries = region->layout.max_entries,
		.elem_size = region->layout.elem_size,
		.bytes = bpfmmap_region_bytes(region),
	};
}
EXPORT_SYMBOL_BPFMMAP(bpfmmap_region_geometry);

int bpfmmap_region_begin_write(struct bpfmmap_region *region)
{
	return bpfmmap_freeze_begin_write(&region->freeze);
}
EXPORT_SYMBOL_BPFMMAP(bpfmmap_region_begin_write);

void *bpfmmap_region_data(struct bpfmmap_region *region)
{
	RCU_LOCKDEP_WARN(!rcu_read_lock_any_held(), "no rcu_read_lock()");
	return bpfmmap_freeze_is_revoked(&region->freeze) ? NULL : region->backing.data;
}
EXPORT_SYMBOL_BPFMMAP(bpfmmap_region_data);

void bpfmmap_region_end_write(struct bpfmmap_region *region)
{
	bpfmmap_freeze_end_write(&region->freeze);
}
EXPORT_SYMBOL_BPFMMAP(bpfmmap_region_end_write);

static bool has(const struct bpfmmap_region *region, u64 offset, u64 len)
{
	const u64 bytes = bpfmmap_region_bytes(region);

	/* with len 0, len - 1 is the largest u64 */
	return offset < bytes && len - 1 < bytes - offset;
}

void *bpfmmap_region_slice(struct bpfmmap_region *region, u64 offset, u64 len)
{
	RCU_LOCKDEP_WARN(!rcu_read_lock_any_held(), "no rcu_read_lock()");
	if (!has(region, offset, len) || !bpfmmap_freeze_may_share(&region->freeze))
		return NULL;
	return region->backing.data + offset;
}
EXPORT_SYMBOL_BPFMMAP(bpfmmap_region_slice);

const void *bpfmmap_region_slice_ro(const struct bpfmmap_region *region, u64 offset, u64 len)
{
	return has(region, offset, len) ? region->backing.data + offset : NULL;
}
EXPORT_SYMBOL_BPFMMAP(bpfmmap_region_slice_ro);

bool bpfmmap_region_is_frozen(const struct bpfmmap_region *region)
{
	return bpfmmap_freeze_is_frozen(&region->freeze);
}
EXPORT_SYMBOL_BPFMMAP(bpfmmap_region_is_frozen);

int bpfmmap_region_wait_frozen(struct bpfmmap_region *region)
{
	return wait_event_interruptible(region->freeze.wait,
					bpfmmap_freeze_is_frozen(&region->freeze));
}
EXPORT_SYMBOL_BPFMMAP(bpfmmap_region_wait_frozen);
