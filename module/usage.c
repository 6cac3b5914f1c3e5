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
#include <linux/slab.h>
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

/* A user's part of what each user has a share of. */
struct bpfmmap_user {
	kuid_t uid;
	u64 names;		/* under users.lock */
	u64 views;		/* under users.lock */
	atomic64_t waiting;	/* bytes of regions that are gone, to be freed */
};

static struct {
	struct mutex lock;	/* protects the three below; taken below locks of inodes */
	u64 names;
	u64 views;
	struct xarray by_uid;	/* those who have something */
} users = {
	.lock = __MUTEX_INITIALIZER(users.lock),
	.by_uid = XARRAY_INIT(users.by_uid, 0),
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

/* Found or new. */
static struct bpfmmap_user *get_user_of(kuid_t uid)
{
	struct bpfmmap_user *user = xa_load(&users.by_uid, __kuid_val(uid));
	int err;

	lockdep_assert_held(&users.lock);
	if (user)
		return user;
	user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	if (!user)
		return ERR_PTR(-ENOMEM);
	user->uid = uid;
	err = xa_err(xa_store(&users.by_uid, __kuid_val(uid), user, GFP_KERNEL_ACCOUNT));
	if (err) {
		kfree(user);
		return ERR_PTR(err);
	}
	return user;
}

static void forget_if_empty(struct bpfmmap_user *user)
{
	lockdep_assert_held(&users.lock);
	if (user->names || user->views)
		return;
	xa_erase(&users.by_uid, __kuid_val(user->uid));
	kfree(user);
}

/* Why there can't be one more, or NULL. 0 is no limit; without CAP_SYS_RESOURCE one has a share. */
static const char *one_more_over(u64 all, u64 users_own, unsigned int limit)
{
	if (over(all + 1, limit_for_caller(limit)))
		return "";
	if (limit && !capable(CAP_SYS_RESOURCE) && users_own >= max(limit / 4, 1U))
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
	const char *limit = NULL;
	struct bpfmmap_user *user;
	int err;

	mutex_lock(&users.lock);
	user = get_user_of(uid);
	err = PTR_ERR_OR_ZERO(user);
	if (!err) {
		limit = one_more_over(users.names, user->names, max_published);
		if (!limit) {
			user->names++;
			users.names++;
		}
		forget_if_empty(user);
	}
	mutex_unlock(&users.lock);
	if (!limit)
		return err;
	pr_warn_ratelimited("one name more for user %u is over %smax_published=%u\n",
			    from_kuid(&init_user_ns, uid), limit, max_published);
	return -ENOSPC;
}

/**
 * bpfmmap_usage_uncharge_name() - a name or a directory is gone
 * @uid: whose it was
 *
 * Context: as bpfmmap_usage_charge_name().
 */
void bpfmmap_usage_uncharge_name(kuid_t uid)
{
	struct bpfmmap_user *user;

	mutex_lock(&users.lock);
	user = xa_load(&users.by_uid, __kuid_val(uid));
	if (!WARN_ON_ONCE(!user || !user->names || !users.names)) {
		user->names--;
		users.names--;
		forget_if_empty(user);
	}
	mutex_unlock(&users.lock);
}

/**
 * bpfmmap_usage_charge_view() - count a region for BPF programs
 * @uid: whose it will be
 * @limit: how many there can be of all users together
 *
 * Context: may sleep.
 * Return: the user, until bpfmmap_usage_uncharge_view(); ERR_PTR: -ENOSPC: over the limit, or
 * over the share of it that one user or all without CAP_SYS_RESOURCE have; -ENOMEM.
 */
struct bpfmmap_user *bpfmmap_usage_charge_view(kuid_t uid, unsigned int limit)
{
	struct bpfmmap_user *user;

	mutex_lock(&users.lock);
	user = get_user_of(uid);
	if (IS_ERR(user))
		goto out;
	if (one_more_over(users.views, user->views, limit)) {
		forget_if_empty(user);
		user = ERR_PTR(-ENOSPC);
		goto out;
	}
	user->views++;
	users.views++;
out:
	mutex_unlock(&users.lock);
	return user;
}

/* It is gone, and its memory is freed. */
void bpfmmap_usage_uncharge_view(struct bpfmmap_user *user)
{
	mutex_lock(&users.lock);
	WARN_ON_ONCE(!user->views || !users.views);
	user->views--;
	users.views--;
	forget_if_empty(user);
	mutex_unlock(&users.lock);
}

/* Bytes more (or less, if negative) of that user's wait to be freed. Context: any but NMI. */
void bpfmmap_usage_add_waiting(struct bpfmmap_user *user, s64 bytes)
{
	atomic64_add(bytes, &user->waiting);
}

s64 bpfmmap_usage_waiting(struct bpfmmap_user *user)
{
	return atomic64_read(&user->waiting);
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
	WARN_ON_ONCE(usage.bytes || usage.regions || users.names || users.views);
	xa_destroy(&users.by_uid);
}
