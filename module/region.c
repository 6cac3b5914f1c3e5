// SPDX-License-Identifier: GPL-2.0-only
/*
 * The region: its id, its lifetime, and its freeze
 *
 * Lifetime. A region has one reference for each open file of it. A mapping holds
 * its file, so the region lives until the last fd and the last mapping are gone;
 * then it loses its id first and its pages second. An id finds a region only
 * while it has a reference to share.
 *
 * Freeze, in the shape of the kernel's own (kernel/bpf/syscall.c). There are two
 * kinds of writers: a writable mapping, that is one which has VM_MAYWRITE, from
 * its mmap to the close of its last part; and an update, while it runs. The
 * transitions are these:
 *
 *	begin write	under freeze_lock: frozen ? -EPERM : writers++
 *	fork, split	writers++, no lock: the VMA that is copied counts already
 *	end write	writers--, no lock
 *	freeze		under freeze_lock: frozen ? -EPERM :
 *					   writers ? -EBUSY : frozen = true
 *
 * The counter can go from 0 to 1 under freeze_lock only, so that a freeze which
 * sees 0 there knows that no writer is left and that none can come.
 *
 * Lock order: mmap_lock, then freeze_lock. Nothing is done under freeze_lock but
 * what stands above: no allocation, no copy from or to the user, no fault.
 */
#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <linux/xarray.h>

#include "region.h"

#define CREATE_FLAGS	(BPFMMAP_F_NUMA_NODE | REGION_FD_FLAGS)

/* All regions by id. Its lock also guards the step from one reference to none. */
static DEFINE_XARRAY_FLAGS(regions, XA_FLAGS_ALLOC1);
static u32 next_free_id;	/* protected by the lock of regions */

/* As BPF's names, but for the Latin-1 letters that the kernel's isalnum() knows. */
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
	    (args->flags & ~CREATE_FLAGS) || (args->flags & REGION_FD_FLAGS) == REGION_FD_FLAGS)
		return -EINVAL;
	if ((args->flags & BPFMMAP_F_NUMA_NODE) && !node_ok(args->numa_node))
		return -EINVAL;
	if (!name_ok(args->name))
		return -EINVAL;
	if (args->value_size > INT_MAX)
		return -E2BIG;
	return 0;
}

static int publish(struct region *region)
{
	int err;

	err = xa_alloc_cyclic(&regions, &region->id, region, XA_LIMIT(1, INT_MAX - 1),
			      &next_free_id, GFP_KERNEL_ACCOUNT);
	return err < 0 ? err : 0;	/* 1: the ids have wrapped */
}

/**
 * region_create() - a new region of zeros
 * @args: from the user, of the full size; nothing else in it has been checked
 *
 * Context: may sleep, holds no locks.
 * Return: the region with one reference, or an ERR_PTR: -EINVAL, -E2BIG, -ENOSPC,
 * -ENOMEM, -EINTR as BPFMMAP_IOC_CREATE says.
 */
struct region *region_create(const struct bpfmmap_create *args)
{
	struct region *region;
	int err;

	err = check_args(args);
	if (err)
		return ERR_PTR(err);

	region = kzalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
	if (!region)
		return ERR_PTR(-ENOMEM);
	region->flags = args->flags & ~REGION_FD_FLAGS;
	region->value_size = args->value_size;
	region->max_entries = args->max_entries;
	region->elem_size = round_up(args->value_size, 8);
	region->bytes = PAGE_ALIGN((u64)region->max_entries * region->elem_size);
	region->numa_node = args->flags & BPFMMAP_F_NUMA_NODE ? args->numa_node : NUMA_NO_NODE;
	region->creator = current_euid();
	strscpy(region->name, args->name, sizeof(region->name));
	refcount_set(&region->refs, 1);
	mutex_init(&region->freeze_lock);

	err = backing_alloc(&region->backing, region->bytes, region->numa_node);
	if (err)
		goto err_free;
	err = publish(region);
	if (err)
		goto err_free_backing;
	return region;

err_free_backing:
	backing_free(&region->backing);
err_free:
	kfree(region);
	return ERR_PTR(err);
}

/**
 * region_put() - drop a reference
 * @region: may be gone on return
 *
 * Context: may sleep.
 */
void region_put(struct region *region)
{
	if (!refcount_dec_and_test(&region->refs))
		return;
	xa_erase(&regions, region->id);
	backing_free(&region->backing);
	kfree(region);
}

/**
 * region_get_by_id() - find a region
 * @id: any number
 *
 * Return: the region with a reference of the caller's, or ERR_PTR(-ENOENT).
 */
struct region *region_get_by_id(u32 id)
{
	struct region *region;

	xa_lock(&regions);
	region = xa_load(&regions, id);
	if (region && !refcount_inc_not_zero(&region->refs))
		region = NULL;
	xa_unlock(&regions);
	return region ?: ERR_PTR(-ENOENT);
}

/**
 * region_next_id() - the smallest id in use above another
 * @start_id: below INT_MAX
 * @next_id: where to put it
 *
 * Return: 0; -ENOENT: there is none.
 */
int region_next_id(u32 start_id, u32 *next_id)
{
	unsigned long id = start_id + 1UL;

	if (!xa_find(&regions, &id, INT_MAX, XA_PRESENT))
		return -ENOENT;
	*next_id = id;
	return 0;
}

/**
 * region_begin_write() - become a writer
 * @region: not to be frozen until region_end_write()
 *
 * A writable mapping ends its write when its VMA is closed; until then fork and
 * split may raise the counter further, which needs no check.
 *
 * Context: may hold mmap_lock; takes freeze_lock for a moment.
 * Return: 0; -EPERM: it is frozen.
 */
int region_begin_write(struct region *region)
{
	int err = 0;

	mutex_lock(&region->freeze_lock);
	if (region->frozen)
		err = -EPERM;
	else
		atomic64_inc(&region->writers);
	mutex_unlock(&region->freeze_lock);
	return err;
}

/**
 * region_end_write() - no longer be a writer
 * @region: as given to region_begin_write()
 *
 * What this writer has written is there for whoever sees the counter go down.
 */
void region_end_write(struct region *region)
{
	atomic64_dec_return_release(&region->writers);
}

/**
 * region_freeze() - let nobody write any more
 * @region: stays readable
 *
 * Return: 0; -EPERM: it is frozen already; -EBUSY: it has writers.
 */
int region_freeze(struct region *region)
{
	int err = 0;

	mutex_lock(&region->freeze_lock);
	if (region->frozen)
		err = -EPERM;
	else if (atomic64_read_acquire(&region->writers))
		err = -EBUSY;
	else
		WRITE_ONCE(region->frozen, true);
	mutex_unlock(&region->freeze_lock);
	return err;
}

/**
 * region_info() - describe a region and its state now
 * @region: to be described
 * @info: all but its size is filled in
 */
void region_info(struct region *region, struct bpfmmap_info *info)
{
	info->id = region->id;
	info->value_size = region->value_size;
	info->max_entries = region->max_entries;
	info->flags = region->flags;
	info->numa_node = region->numa_node;
	info->bytes = region->bytes;
	info->mappings = atomic64_read(&region->mappings);
	info->writers = atomic64_read(&region->writers);
	info->frozen = READ_ONCE(region->frozen);
	info->creator_uid = from_kuid_munged(current_user_ns(), region->creator);
	memcpy(info->name, region->name, sizeof(info->name));
}

/**
 * region_show() - the same for fdinfo, under the names that BPF maps use there
 * @m: where to
 * @region: to be described
 */
void region_show(struct seq_file *m, struct region *region)
{
	seq_printf(m, "key_size:\t%zu\n", sizeof(u32));
	seq_printf(m, "value_size:\t%u\n", region->value_size);
	seq_printf(m, "max_entries:\t%u\n", region->max_entries);
	seq_printf(m, "map_flags:\t%#x\n", region->flags);
	seq_printf(m, "map_extra:\t%#llx\n", 0ULL);
	seq_printf(m, "memlock:\t%llu\n", region->bytes);
	seq_printf(m, "map_id:\t%u\n", region->id);
	seq_printf(m, "frozen:\t%u\n", READ_ONCE(region->frozen));
	seq_printf(m, "writers:\t%lld\n", (long long)atomic64_read(&region->writers));
	seq_printf(m, "mappings:\t%lld\n", (long long)atomic64_read(&region->mappings));
	seq_printf(m, "name:\t%s\n", region->name);
}
