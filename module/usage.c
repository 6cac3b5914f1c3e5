// SPDX-License-Identifier: GPL-2.0-only
/*
 * Usage: what all regions and names take, and the limits on it
 *
 * Limits are module parameters. What is wanted is counted before it is taken, and is no
 * longer counted after it has been given back (I8). The last eighth of each limit is left to those
 * who have CAP_SYS_RESOURCE, and one user without it gets a quarter of the names at most: no
 * user can use up what another one needs.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/statfs.h>
#include <linux/user_namespace.h>
#include <linux/xarray.h>

#include "usage.h"

static unsigned long long max_region_bytes;
module_param(max_region_bytes, ullong, 0644);
MODULE_PARM_DESC(max_region_bytes, "largest region, in bytes (default 0: no limit)");

static unsigned long long max_total_bytes;
module_param(max_total_bytes, ullong, 0644);
MODULE_PARM_DESC(max_total_bytes, "all regions together, in bytes (default 0: no limit)");

static unsigned int max_regions;
module_param(max_regions, uint, 0644);
MODULE_PARM_DESC(max_regions, "number of regions (default 0: no limit)");

static unsigned int max_published = 256;
module_param(max_published, uint, 0644);
MODULE_PARM_DESC(max_published, "number of names and directories (default 256; 0: no limit)");

static struct {
	spinlock_t lock;	/* protects the two below; innermost */
	u64 bytes;
	u64 regions;
} usage = {
	.lock = __SPIN_LOCK_UNLOCKED(usage.lock),
};

static struct {
	struct mutex lock;	/* protects the two below; taken below locks of inodes */
	u64 nr;
	struct xarray of_user;	/* how many each user has, by user id */
} names = {
	.lock = __MUTEX_INITIALIZER(names.lock),
	.of_user = XARRAY_INIT(names.of_user, 0),
};

/* What the caller may have all regions or names take together; 0 is no limit. */
static u64 limit_for_caller(u64 limit)
{
	return capable(CAP_SYS_RESOURCE) ? limit : limit - limit / 8;
}

static bool over(u64 wanted, u64 limit)
{
	return limit && wanted > limit;
}

/**
 * bpfmmap_usage_charge() - count a region before its memory is taken
 * @bytes: that it will have
 *
 * Return: 0; -E2BIG: over max_region_bytes, or over what a kernel can map; -ENOSPC: over
 * max_total_bytes or max_regions.
 */
int bpfmmap_usage_charge(u64 bytes)
{
	const u64 total = limit_for_caller(max_total_bytes);
	const u64 regions = limit_for_caller(max_regions);
	const char *limit = NULL;

	/* vmap() counts pages in an int */
	if (bytes >> PAGE_SHIFT > INT_MAX)
		return -E2BIG;
	if (over(bytes, max_region_bytes)) {
		pr_warn_ratelimited("a region of %llu bytes is over max_region_bytes=%llu\n",
				    bytes, max_region_bytes);
		return -E2BIG;
	}

	spin_lock(&usage.lock);
	if (over(usage.bytes + bytes, total)) {
		limit = "max_total_bytes";
	} else if (over(usage.regions + 1, regions)) {
		limit = "max_regions";
	} else {
		usage.bytes += bytes;
		usage.regions++;
	}
	spin_unlock(&usage.lock);

	if (!limit)
		return 0;
	pr_warn_ratelimited("a region of %llu bytes more is over %s\n", bytes, limit);
	return -ENOSPC;
}

/**
 * bpfmmap_usage_uncharge() - a region's memory has been given back
 * @bytes: as they were charged
 */
void bpfmmap_usage_uncharge(u64 bytes)
{
	spin_lock(&usage.lock);
	WARN_ON_ONCE(usage.bytes < bytes || !usage.regions);
	usage.bytes -= bytes;
	usage.regions--;
	spin_unlock(&usage.lock);
}

static unsigned long nr_names(kuid_t uid)
{
	void *entry = xa_load(&names.of_user, __kuid_val(uid));

	lockdep_assert_held(&names.lock);
	return entry ? xa_to_value(entry) : 0;
}

/* To change a number that is not 0 takes no memory. */
static int set_nr_names(kuid_t uid, unsigned long nr)
{
	void *entry = nr ? xa_mk_value(nr) : NULL;

	lockdep_assert_held(&names.lock);
	return xa_err(xa_store(&names.of_user, __kuid_val(uid), entry, GFP_KERNEL_ACCOUNT));
}

/* What stands in the way of one more name? */
static const char *name_over(kuid_t uid)
{
	if (over(names.nr + 1, limit_for_caller(max_published)))
		return "";
	if (max_published && !capable(CAP_SYS_RESOURCE) &&
	    nr_names(uid) >= max(max_published / 4, 1U))
		return "the user's quarter of ";
	return NULL;
}

/**
 * bpfmmap_usage_charge_name() - count a name or a directory before it is made
 * @uid: whose it will be
 *
 * Context: may sleep; may hold locks of inodes.
 * Return: 0; -ENOSPC: over max_published, or over the share of it that one user or all
 * without CAP_SYS_RESOURCE have; -ENOMEM.
 */
int bpfmmap_usage_charge_name(kuid_t uid)
{
	const char *limit;
	int err = -ENOSPC;

	mutex_lock(&names.lock);
	limit = name_over(uid);
	if (!limit) {
		err = set_nr_names(uid, nr_names(uid) + 1);
		if (!err)
			names.nr++;
	}
	mutex_unlock(&names.lock);
	if (limit)
		pr_warn_ratelimited("one name more for user %u is over %smax_published=%u\n",
				    from_kuid(&init_user_ns, uid), limit, max_published);
	return err;
}

/**
 * bpfmmap_usage_uncharge_name() - a name or a directory is gone
 * @uid: whose it was
 *
 * Context: as bpfmmap_usage_charge_name().
 */
void bpfmmap_usage_uncharge_name(kuid_t uid)
{
	mutex_lock(&names.lock);
	if (!WARN_ON_ONCE(!nr_names(uid) || !names.nr)) {
		set_nr_names(uid, nr_names(uid) - 1);
		names.nr--;
	}
	mutex_unlock(&names.lock);
}

/**
 * bpfmmap_usage_statfs() - how much of the limits is used, for statfs(2)
 * @buf: blocks (pages) and files are filled in; without a limit the machine's memory is one
 */
void bpfmmap_usage_statfs(struct kstatfs *buf)
{
	const u64 bytes = max_total_bytes, regions = max_regions;
	u64 used, nr;

	spin_lock(&usage.lock);
	used = usage.bytes >> PAGE_SHIFT;
	nr = usage.regions;
	spin_unlock(&usage.lock);
	buf->f_bsize = PAGE_SIZE;
	buf->f_blocks = bytes ? bytes >> PAGE_SHIFT : totalram_pages();
	buf->f_bfree = buf->f_blocks > used ? buf->f_blocks - used : 0;
	buf->f_bavail = buf->f_bfree;
	if (!bytes) {
		const long available = max(si_mem_available(), 0L);

		buf->f_bavail = min_t(u64, buf->f_bfree, available);
	}
	buf->f_files = regions ?: INT_MAX;
	buf->f_ffree = buf->f_files > nr ? buf->f_files - nr : 0;
}

/* After the last region and the last name. */
void bpfmmap_usage_exit(void)
{
	WARN_ON_ONCE(usage.bytes || usage.regions || names.nr);
	xa_destroy(&names.of_user);
}
