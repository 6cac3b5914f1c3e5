// SPDX-License-Identifier: GPL-2.0-only
/*
 * Usage: counts the memory of all regions and all names, and limits them
 *
 * The limits are module parameters. Memory and names are counted before they are taken, and
 * uncounted after they have been given back (I8). The last eighth of each total is reserved for
 * users with CAP_SYS_RESOURCE. Each user without it gets a quarter of all names, and of all regions
 * for BPF programs, at most. So no single user can exhaust them.
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
	spinlock_t lock;	/* protects bytes and regions; the innermost lock */
	u64 bytes;		/* of all regions */
	u64 regions;		/* number of regions */
} usage = {
	.lock = __SPIN_LOCK_UNLOCKED(usage.lock),
};

/* What is counted for a user, while there is anything to count. */
struct bpfmmap_user {
	kuid_t uid;
	u64 names;		/* names and directories; under users.lock */
	u64 views;		/* regions for BPF programs; under users.lock */
	atomic64_t waiting;	/* bytes of regions that are evicted and wait to be freed */
};

static struct {
	struct mutex lock;	/* protects names, views and by_uid; taken below locks of inodes */
	u64 names;		/* names and directories of all users */
	u64 views;		/* regions for BPF programs of all users */
	struct xarray by_uid;	/* struct bpfmmap_user of each user for whom something is counted */
} users = {
	.lock = __MUTEX_INITIALIZER(users.lock),
	.by_uid = XARRAY_INIT(users.by_uid, 0),
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

/* Find the user, or add one. */
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

/* Remove a user for whom nothing is counted. */
static void forget_if_empty(struct bpfmmap_user *user)
{
	lockdep_assert_held(&users.lock);
	if (user->names || user->views)
		return;
	xa_erase(&users.by_uid, __kuid_val(user->uid));
	kfree(user);
}

/* Returns NULL if there may be one more, or the start of an error message. A limit of 0 is none. */
static const char *one_more_over(u64 all, u64 of_user, unsigned int limit)
{
	if (over(all + 1, limit_for_caller(limit)))
		return "";
	if (limit && of_user >= max(limit / 4, 1U) && !is_privileged())
		return "the user's quarter of ";
	return NULL;
}

/**
 * bpfmmap_usage_charge_name() - count a name or a directory before it is made
 * @uid: user it is counted for
 *
 * Context: may sleep; takes users.lock, and the caller may hold locks of inodes.
 * Return: 0; -ENOSPC: max_published is exceeded, or without CAP_SYS_RESOURCE a quarter of it for
 * this user or 7/8 of it for all; -ENOMEM.
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
 * bpfmmap_usage_uncharge_name() - uncount a name or a directory that is removed
 * @uid: user it was counted for
 *
 * Context: may sleep; takes users.lock, and the caller may hold locks of inodes.
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
 * bpfmmap_usage_charge_view() - count a region for BPF programs before it is made
 * @uid: user it is counted for
 * @limit: largest number of such regions of all users
 *
 * Context: may sleep; takes users.lock.
 * Return: the user, who stays until bpfmmap_usage_uncharge_view(); or an ERR_PTR: -ENOSPC: @limit
 * is exceeded, or without CAP_SYS_RESOURCE a quarter of it for this user or 7/8 of it for all;
 * -ENOMEM.
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

/**
 * bpfmmap_usage_uncharge_view() - uncount a region for BPF programs, whose memory is freed
 * @user: as returned by bpfmmap_usage_charge_view()
 *
 * Context: may sleep; takes users.lock.
 */
void bpfmmap_usage_uncharge_view(struct bpfmmap_user *user)
{
	mutex_lock(&users.lock);
	WARN_ON_ONCE(!user->views || !users.views);
	user->views--;
	users.views--;
	forget_if_empty(user);
	mutex_unlock(&users.lock);
}

/* Count bytes of the user that wait to be freed from now on, or (negative) wait no longer. */
void bpfmmap_usage_add_waiting(struct bpfmmap_user *user, s64 bytes)
{
	atomic64_add(bytes, &user->waiting);
}

s64 bpfmmap_usage_waiting(struct bpfmmap_user *user)
{
	return atomic64_read(&user->waiting);
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
	WARN_ON_ONCE(usage.bytes || usage.regions || users.names || users.views);
	xa_destroy(&users.by_uid);
}
