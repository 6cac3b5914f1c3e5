// SPDX-License-Identifier: GPL-2.0-only
/*
 * Usage: counts the memory of all regions and all names, and limits them
 *
 * The limits are module parameters. Memory and names are counted before they are taken, and
 * uncounted after they have been given back (I8). The last eighth of each total is reserved for
 * users with CAP_SYS_RESOURCE. Each user without it gets a quarter of all names at most. So no
 * single user can exhaust the names.
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
	spinlock_t lock;	/* protects bytes and regions; the innermost lock */
	u64 bytes;		/* of all regions */
	u64 regions;		/* number of regions */
} usage = {
	.lock = __SPIN_LOCK_UNLOCKED(usage.lock),
};

static struct {
	struct mutex lock;	/* protects nr and of_user; taken below locks of inodes */
	u64 nr;			/* names and directories of all users */
	struct xarray of_user;	/* number of each user's names and directories, by user id */
} names = {
	.lock = __MUTEX_INITIALIZER(names.lock),
	.of_user = XARRAY_INIT(names.of_user, 0),
};

/* A security module would log each question as a denial, so nobody asks where there is no limit. */
static bool is_privileged(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_SYS_RESOURCE);
}

/* Returns the part of a limit on all regions or names that the caller may use; 0 is no limit. */
static u64 limit_for_caller(u64 limit)
{
	return !limit || is_privileged() ? limit : limit - limit / 8;
}

static bool over(u64 wanted, u64 limit)
{
	return limit && wanted > limit;
}

/**
 * bpfmmap_usage_charge() - count a region before its memory is allocated
 * @bytes: size of the region, a multiple of PAGE_SIZE
 *
 * Context: process context; takes usage.lock.
 * Return: 0; -E2BIG: @bytes is above max_region_bytes or INT_MAX pages; -ENOSPC: max_total_bytes
 * or max_regions is exceeded.
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
 * bpfmmap_usage_uncharge() - uncount a region after its memory has been freed
 * @bytes: the number that was charged
 *
 * Context: process context; takes usage.lock.
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

/* Store a user's number of names. This allocates memory only if the number was 0. */
static int set_nr_names(kuid_t uid, unsigned long nr)
{
	void *entry = nr ? xa_mk_value(nr) : NULL;

	lockdep_assert_held(&names.lock);
	return xa_err(xa_store(&names.of_user, __kuid_val(uid), entry, GFP_KERNEL_ACCOUNT));
}

/* Returns NULL if the user may have one more name, or the start of an error message. */
static const char *name_over(kuid_t uid)
{
	if (over(names.nr + 1, limit_for_caller(max_published)))
		return "";
	if (max_published && nr_names(uid) >= max(max_published / 4, 1U) && !is_privileged())
		return "the user's quarter of ";
	return NULL;
}

/**
 * bpfmmap_usage_charge_name() - count a name or a directory before it is made
 * @uid: user it is counted for
 *
 * Context: may sleep; takes names.lock, and the caller may hold locks of inodes.
 * Return: 0; -ENOSPC: max_published is exceeded, or without CAP_SYS_RESOURCE a quarter of it for
 * this user or 7/8 of it for all; -ENOMEM.
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
 * bpfmmap_usage_uncharge_name() - uncount a name or a directory that is removed
 * @uid: user it was counted for
 *
 * Context: may sleep; takes names.lock, and the caller may hold locks of inodes.
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
 * bpfmmap_usage_statfs() - return limits and usage, for statfs(2)
 * @buf: out: blocks, which are pages, and files, which are regions. Without max_total_bytes the
 *	machine's memory is the limit, without max_regions INT_MAX
 *
 * Context: process context; takes usage.lock.
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

/* Called when the module is unloaded, after the last region and the last name are gone. */
void bpfmmap_usage_exit(void)
{
	WARN_ON_ONCE(usage.bytes || usage.regions || names.nr);
	xa_destroy(&names.of_user);
}
