// SPDX-License-Identifier: GPL-2.0-only
/*
 * The region: its properties, its id and its lifetime
 *
 * A region is an inode of the file system (fs.c) and lives as long as the inode. Open files and
 * names hold the inode; a mapping holds its open file. When the last of them is gone the inode
 * is evicted: first the region loses its id, then its pages. The memory of the inode is freed
 * after a grace period of RCU.
 *
 * The id of a region is the number of its inode. Ids are assigned in turn, from 1 to INT_MAX - 1,
 * so a free id is not assigned again soon (I9). An id leads to a region only while the inode
 * is not being evicted.
 */
#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/fsnotify.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "compat.h"
#include "region.h"
#include "share.h"
#include "trace.h"

/* Flags of create that restrict the fd and are no property of the region. */
#define FD_FLAGS	(BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY)
#define PROG_FLAGS	(BPFMMAP_F_PROG | BPFMMAP_F_RDONLY_PROG | BPFMMAP_F_WRONLY_PROG)
#define CREATE_FLAGS	(BPFMMAP_F_NUMA_NODE | BPFMMAP_F_POPULATE | PROG_FLAGS | FD_FLAGS)

static struct kmem_cache *cache;
static struct workqueue_struct *notifiers;
static const struct inode_operations *region_inode_operations;
static const struct file_operations *region_file_operations;

/* All regions by id. An inode that is found under its lock is not freed before the unlock. */
static DEFINE_XARRAY_FLAGS(regions, XA_FLAGS_ALLOC1);
static u32 next_free_id;	/* protected by the lock of regions */

/*
 * The rule of bpf_obj_name_cpy() in kernel/bpf/syscall.c, without the Latin-1 letters that the
 * kernel's isalnum() accepts.
 */
static bool name_ok(const char name[BPFMMAP_NAME_LEN])
{
	size_t i;

	for (i = 0; i < BPFMMAP_NAME_LEN; i++) {
		if (!name[i])
			return true;
		if (!isascii(name[i]))
			return false;
		if (!isalnum(name[i]) && name[i] != '_' && name[i] != '.')
			return false;
	}
	return false;
}

static bool node_ok(u32 node)
{
	return node < nr_node_ids && node_online(node);
}

static int check_args(const struct bpfmmap_create *args)
{
	if (!args->value_size || !args->max_entries || args->reserved ||
	    (args->flags & ~CREATE_FLAGS) || (args->flags & FD_FLAGS) == FD_FLAGS)
		return -EINVAL;
	/* one of them at most */
	if (hweight32(args->flags & PROG_FLAGS) > 1)
		return -EINVAL;
	if ((args->flags & BPFMMAP_F_NUMA_NODE) && !node_ok(args->numa_node))
		return -EINVAL;
	if (!name_ok(args->name))
		return -EINVAL;
	if (args->value_size > INT_MAX)
		return -E2BIG;
	return 0;
}

static int take_id(struct bpfmmap_region *region)
{
	u32 id;
	int err;

	err = xa_alloc_cyclic(&regions, &id, region, XA_LIMIT(1, INT_MAX - 1), &next_free_id,
			      GFP_KERNEL_ACCOUNT);
	if (err < 0)
		return err == -EBUSY ? -ENOSPC : err;
	region->inode.i_ino = id;
	region->freeze.id = id;
	return 0;
}

/*
 * Tell inotify and fanotify that the attributes of the region have changed: statx reports it as
 * immutable now. Watches of the file are notified, and watches of the directory of one of its
 * names. The inode still exists, as its eviction waits for this work.
 */
static void notify_frozen(struct work_struct *work)
{
	struct inode *inode = &container_of(work, struct bpfmmap_region, frozen_work)->inode;
	/* prefer a name to the dentries of create and restrict, which have no directory */
	struct dentry *dentry = d_find_alias(inode) ?: d_find_any_alias(inode);

	if (!dentry)
		return;
	fsnotify_dentry(dentry, FS_ATTRIB);
	/* this may drop the last reference to the inode, which is then evicted here */
	dput(dentry);
}

/* The region has just been frozen. Context: any but NMI; the caller holds the inode. */
static void frozen(struct bpfmmap_freeze_state *freeze)
{
	struct bpfmmap_region *region = container_of(freeze, struct bpfmmap_region, freeze);

	if (region->inode.i_nlink || compat_is_watched(&region->inode))
		WARN_ON_ONCE(!queue_work(notifiers, &region->frozen_work));
}

/* No program or module writes to the region any more. */
static void drained(struct work_struct *work)
{
	struct bpfmmap_region *region = container_of(work, struct bpfmmap_region, drain.work);
	struct super_block *sb = region->inode.i_sb;

	bpfmmap_freeze_drained(&region->freeze);
	iput(&region->inode);
	deactivate_super(sb);
}

/* Stop programs and modules from writing. Context: any but NMI; the caller holds the inode. */
static void drain(struct bpfmmap_freeze_state *freeze)
{
	struct bpfmmap_region *region = container_of(freeze, struct bpfmmap_region, freeze);

	if (region->share)
		bpfmmap_share_revoke(region->share);
	/* the caller holds both, and may give them back before all programs have ended */
	ihold(&region->inode);
	atomic_inc(&region->inode.i_sb->s_active);
	bpfmmap_share_after_programs(&region->drain);
}

/**
 * bpfmmap_region_settle() - wait until nothing that a freeze has started holds the region
 * @region: an fd or a name of it is about to go
 *
 * notify_frozen() holds a dentry for a moment, and drained() holds the inode and the file system
 * for a moment after the freeze. Without this, a region whose last fd and name are gone might
 * still count against the limits when close or unlink returns.
 *
 * Context: may sleep, and hold locks of inodes; not called by notify_frozen().
 */
void bpfmmap_region_settle(struct bpfmmap_region *region)
{
	if (!bpfmmap_freeze_is_frozen(&region->freeze))
		return;
	flush_work(&region->drain.work);
	flush_work(&region->frozen_work);
}

/**
 * bpfmmap_region_flush() - wait until all notifications of freezes have released their dentries
 *
 * Context: may sleep; not called by such a notification.
 */
void bpfmmap_region_flush(void)
{
	flush_workqueue(notifiers);
}

static const struct bpfmmap_freeze_ops freeze_ops = {
	.frozen = frozen,
	.drain = drain,
};

/* Set the fields that need no memory allocation. */
static void set_up(struct bpfmmap_region *region, const struct bpfmmap_create *args)
{
	struct inode *inode = &region->inode;

	region->layout = bpfmmap_layout(args->value_size, args->max_entries);
	region->flags = args->flags & ~FD_FLAGS;
	region->numa_node = args->flags & BPFMMAP_F_NUMA_NODE ? args->numa_node : NUMA_NO_NODE;
	region->creator = current_euid();
	strscpy(region->name, args->name, sizeof(region->name));
	bpfmmap_freeze_init(&region->freeze, &freeze_ops);
	INIT_WORK(&region->frozen_work, notify_frozen);
	INIT_WORK(&region->drain.work, drained);
	bpfmmap_mapping_init(&region->mappings, &region->backing, &region->freeze,
			     inode->i_mapping, region->flags & BPFMMAP_F_POPULATE);
	mutex_init(&region->publish_lock);

	inode->i_mode = S_IFREG | 0600;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	clear_nlink(inode);
	compat_init_times(inode);
	i_size_write(inode, bpfmmap_layout_size(&region->layout));
	cache_no_acl(inode);
	inode->i_op = region_inode_operations;
	inode->i_fop = region_file_operations;
}

static void begin_share(struct bpfmmap_region *region)
{
	bpfmmap_share_begin(region->share, &region->backing, &region->layout,
			    !(region->flags & BPFMMAP_F_WRONLY_PROG),
			    !(region->flags & BPFMMAP_F_RDONLY_PROG));
}

/**
 * bpfmmap_region_create() - create a region, all bytes of which are zero
 * @sb: instance of the file system, held by the caller
 * @args: the user's arguments, not checked yet
 *
 * Context: may sleep; the caller holds no locks.
 * Return: the region, with a reference to its inode for the caller; or an ERR_PTR: -EINVAL,
 * -E2BIG, -ENOSPC, -ENOMEM, -ERESTARTNOHAND (EINTR to the user), as described with
 * BPFMMAP_IOC_CREATE.
 */
struct bpfmmap_region *bpfmmap_region_create(struct super_block *sb,
					     const struct bpfmmap_create *args)
{
	struct bpfmmap_region *region;
	struct bpfmmap_share *share;
	struct inode *inode;
	int err;

	err = check_args(args);
	if (err)
		return ERR_PTR(err);

	inode = new_inode(sb);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	region = bpfmmap_region_of(inode);
	set_up(region, args);
	if (region->flags & PROG_FLAGS) {
		share = bpfmmap_share_reserve();
		err = PTR_ERR(share);
		if (IS_ERR(share))
			goto err_put;
		region->share = share;
	}
	err = bpfmmap_backing_alloc(&region->backing, bpfmmap_layout_bytes(&region->layout),
				    region->numa_node);
	if (err)
		goto err_put;
	inode->i_blocks = bpfmmap_region_bytes(region) >> 9;
	err = take_id(region);
	if (err)
		goto err_put;
	if (region->share)
		begin_share(region);
	trace_bpfmmap_create(bpfmmap_region_id(region), &region->layout,
			     bpfmmap_region_bytes(region), region->name);
	return region;

err_put:
	iput(inode);
	return ERR_PTR(err);
}

/**
 * bpfmmap_region_drop() - drop a reference to a region's inode
 * @region: region that may be freed on return
 *
 * Context: may sleep.
 */
void bpfmmap_region_drop(struct bpfmmap_region *region)
{
	iput(&region->inode);
}

/**
 * bpfmmap_region_find() - find a region by its id
 * @id: any number
 *
 * Context: process context; takes the lock of regions.
 * Return: the region, with a reference to its inode for the caller; or ERR_PTR(-ENOENT): no
 * region has this id.
 */
struct bpfmmap_region *bpfmmap_region_find(u32 id)
{
	struct bpfmmap_region *region;

	xa_lock(&regions);
	region = xa_load(&regions, id);
	if (region && !igrab(&region->inode))
		region = NULL;
	xa_unlock(&regions);
	return region ?: ERR_PTR(-ENOENT);
}

/**
 * bpfmmap_region_next_id() - find the smallest id in use that is larger than another
 * @start_id: 0 to INT_MAX - 1
 * @next_id: out: that id
 *
 * Context: any.
 * Return: 0; -ENOENT: there is no such id.
 */
int bpfmmap_region_next_id(u32 start_id, u32 *next_id)
{
	unsigned long id = start_id + 1UL;

	if (!xa_find(&regions, &id, INT_MAX, XA_PRESENT))
		return -ENOENT;
	*next_id = id;
	return 0;
}

/**
 * bpfmmap_region_info() - describe a region and its state now
 * @region: region to describe
 * @info: out: all fields but size, fd_flags and published
 *
 * Context: any process context; takes no lock, so state may have changed on return.
 */
void bpfmmap_region_info(struct bpfmmap_region *region, struct bpfmmap_info *info)
{
	const struct bpfmmap_freeze_view freeze = bpfmmap_freeze_view(&region->freeze);

	info->id = bpfmmap_region_id(region);
	info->value_size = region->layout.value_size;
	info->max_entries = region->layout.max_entries;
	info->flags = region->flags;
	info->numa_node = region->numa_node;
	info->bytes = bpfmmap_region_bytes(region);
	info->mappings = atomic64_read(&region->mappings.count);
	info->writers = freeze.writers;
	info->revoked = freeze.revoked;
	info->frozen = freeze.frozen;
	info->freeze_pending = freeze.pending;
	info->huge_runs = region->backing.nr_chunks;
	info->creator_uid = from_kuid_munged(current_user_ns(), region->creator);
	memcpy(info->name, region->name, sizeof(info->name));
	info->frozen_for = freeze.frozen ? BPFMMAP_FROZEN_FOR_ALL :
			   freeze.frozen_for_processes ? BPFMMAP_FROZEN_FOR_PROCESSES :
			   BPFMMAP_FROZEN_FOR_NOBODY;
	info->wakes = region->share ? bpfmmap_share_wakes(region->share) : 0;
}

static void init_once(void *object)
{
	struct bpfmmap_region *region = object;

	inode_init_once(&region->inode);
}

/* super_operations.alloc_inode: the inode becomes a region or a directory. */
struct inode *bpfmmap_region_alloc_inode(struct super_block *sb)
{
	struct bpfmmap_region *region = alloc_inode_sb(sb, cache, GFP_KERNEL);

	if (!region)
		return NULL;
	memset(region, 0, offsetof(struct bpfmmap_region, inode));
	region->inode.i_ino = 0;	/* new_inode() need not clear it */
	bpfmmap_xattr_init(&region->xattrs);
	return &region->inode;
}

/* super_operations.free_inode: called after a grace period of RCU. */
void bpfmmap_region_free_inode(struct inode *inode)
{
	kmem_cache_free(cache, bpfmmap_region_of(inode));
}

/*
 * Evict an inode, which nobody refers to any more. It may be that of a directory, or of a region
 * whose creation has failed.
 */
void bpfmmap_region_evict_inode(struct inode *inode)
{
	struct bpfmmap_region *region = bpfmmap_region_of(inode);

	truncate_inode_pages_final(&inode->i_data);
	if (S_ISREG(inode->i_mode)) {
		if (inode->i_ino) {
			trace_bpfmmap_destroy(bpfmmap_region_id(region),
					      bpfmmap_region_bytes(region));
			xa_erase(&regions, inode->i_ino);
		}
		/* I4: no mapping and no writer is left */
		WARN_ON_ONCE(atomic64_read(&region->mappings.count));
		/* this work must not wait for itself if it evicts */
		if (current_work() != &region->frozen_work)
			cancel_work_sync(&region->frozen_work);
		bpfmmap_freeze_destroy(&region->freeze);
		if (region->share)
			bpfmmap_share_release(region->share, &region->backing);
		else if (region->backing.data)
			bpfmmap_backing_free(&region->backing);
	}
	bpfmmap_xattr_free(&region->xattrs);
	clear_inode(inode);
}

/**
 * bpfmmap_region_init() - prepare for the first region
 * @inode_operations: operations of each region's inode
 * @file_operations: operations of each region's file
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM.
 */
int __init bpfmmap_region_init(const struct inode_operations *inode_operations,
			       const struct file_operations *file_operations)
{
	int err;

	region_inode_operations = inode_operations;
	region_file_operations = file_operations;
	cache = kmem_cache_create("bpfmmap_region", sizeof(struct bpfmmap_region), 0,
				  SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT, init_once);
	if (!cache)
		return -ENOMEM;
	err = -ENOMEM;
	notifiers = alloc_workqueue("bpfmmap", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!notifiers)
		goto err_cache;
	err = bpfmmap_share_init();
	if (err)
		goto err_notifiers;
	return 0;

err_notifiers:
	destroy_workqueue(notifiers);
err_cache:
	kmem_cache_destroy(cache);
	return err;
}

/* Called after the last inode has been evicted and the file system is unregistered. */
void bpfmmap_region_exit(void)
{
	destroy_workqueue(notifiers);
	bpfmmap_share_exit();
	/* inodes may still wait for bpfmmap_region_free_inode() */
	rcu_barrier();
	kmem_cache_destroy(cache);
	WARN_ON_ONCE(!xa_empty(&regions));
}
