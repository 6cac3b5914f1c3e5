// SPDX-License-Identifier: GPL-2.0-only
/*
 * The region: what it is, its id, and its lifetime
 *
 * A region has one reference for each open file of it, and one while it is
 * published. A mapping holds its file, so the region lives until the last fd, the
 * last mapping and its publication are gone; then it loses its id first and its
 * pages second. An id finds a region only while it has a reference to share.
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
#include "trace.h"

/* Those of create that are about the fd and not about the region. */
#define FD_FLAGS	(BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY)
#define CREATE_FLAGS	(BPFMMAP_F_NUMA_NODE | BPFMMAP_F_POPULATE | FD_FLAGS)

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
	    (args->flags & ~CREATE_FLAGS) || (args->flags & FD_FLAGS) == FD_FLAGS)
		return -EINVAL;
	if ((args->flags & BPFMMAP_F_NUMA_NODE) && !node_ok(args->numa_node))
		return -EINVAL;
	if (!name_ok(args->name))
		return -EINVAL;
	if (args->value_size > INT_MAX)
		return -E2BIG;
	return 0;
}

static int take_id(struct region *region)
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
 * -ENOMEM, -ERESTARTNOHAND (EINTR) as BPFMMAP_IOC_CREATE says.
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
	region->flags = args->flags & ~FD_FLAGS;
	region->value_size = args->value_size;
	region->max_entries = args->max_entries;
	region->elem_size = round_up(args->value_size, 8);
	region->bytes = PAGE_ALIGN((u64)region->max_entries * region->elem_size);
	region->numa_node = args->flags & BPFMMAP_F_NUMA_NODE ? args->numa_node : NUMA_NO_NODE;
	region->creator = current_euid();
	strscpy(region->name, args->name, sizeof(region->name));
	refcount_set(&region->refs, 1);
	freeze_init(region);
	mappings_init(region);

	err = backing_alloc(&region->backing, region->bytes, region->numa_node);
	if (err)
		goto err_free;
	err = take_id(region);
	if (err)
		goto err_free_backing;
	trace_bpfmmap_create(region);
	return region;

err_free_backing:
	backing_free(&region->backing);
err_free:
	kfree(region);
	return ERR_PTR(err);
}

/**
 * region_get() - take a reference
 * @region: the caller knows that it has one
 */
void region_get(struct region *region)
{
	refcount_inc(&region->refs);
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
	trace_bpfmmap_destroy(region);
	xa_erase(&regions, region->id);
	freeze_destroy(region);
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
 * region_info() - describe a region and its state now
 * @region: to be described
 * @info: all but its size, fd_flags and published is filled in
 */
void region_info(struct region *region, struct bpfmmap_info *info)
{
	info->id = region->id;
	info->value_size = region->value_size;
	info->max_entries = region->max_entries;
	info->flags = region->flags;
	info->numa_node = region->numa_node;
	info->bytes = region->bytes;
	info->mappings = atomic64_read(&region->mappings.count);
	info->writers = atomic64_read(&region->freeze.writers);
	info->frozen = READ_ONCE(region->freeze.frozen);
	info->freeze_pending = info->frozen ? 0 : READ_ONCE(region->freeze.requests);
	info->huge_runs = region->backing.nr_chunks;
	info->creator_uid = from_kuid_munged(current_user_ns(), region->creator);
	memcpy(info->name, region->name, sizeof(info->name));
}

/**
 * region_show() - the same for fdinfo, under the names that BPF maps use there
 * @m: where to
 * @info: of the region
 */
void region_show(struct seq_file *m, const struct bpfmmap_info *info)
{
	seq_printf(m, "key_size:\t%zu\n", sizeof(u32));
	seq_printf(m, "value_size:\t%u\n", info->value_size);
	seq_printf(m, "max_entries:\t%u\n", info->max_entries);
	seq_printf(m, "map_flags:\t%#x\n", info->flags);
	seq_printf(m, "map_extra:\t%#llx\n", 0ULL);
	seq_printf(m, "memlock:\t%llu\n", info->bytes);
	seq_printf(m, "map_id:\t%u\n", info->id);
	seq_printf(m, "frozen:\t%u\n", info->frozen);
	seq_printf(m, "writers:\t%llu\n", info->writers);
	seq_printf(m, "mappings:\t%llu\n", info->mappings);
	seq_printf(m, "freeze_pending:\t%u\n", info->freeze_pending);
	seq_printf(m, "name:\t%s\n", info->name);
	seq_printf(m, "published:\t%s\n", info->published);
}
