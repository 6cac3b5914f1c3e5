// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freeze: who may still write, and from when on nobody
 *
 * In the shape of the kernel's own (kernel/bpf/syscall.c). There are two kinds of
 * writers: a writable mapping, that is one which has VM_MAYWRITE, from its mmap to
 * the close of its last part; and an update or a write, while it runs. A freeze that
 * waits for them is a request, of an open file or kept for a user. The transitions
 * are these:
 *
 *	begin write	under lock: frozen ? -EPERM : requests ? -EBUSY : writers++
 *	fork, split	writers++, no lock: the VMA that is copied counts already
 *	end write	writers--, no lock; the last one out, with requests:
 *			under lock: frozen = still requests and no writers
 *	freeze now	under lock: frozen ? -EPERM : writers ? -EBUSY : frozen = true
 *	.. when idle	under lock: frozen ? -EPERM : requests++,
 *				    writers ? -EINPROGRESS : frozen = true
 *	cancel, close	under lock: requests--
 *
 * The counter can go from 0 to 1 under the lock only, so that a freeze which sees 0
 * there knows that no writer is left and that none can come. A writer lowers the
 * counter before it looks at requests, and a request is counted before it looks at
 * the counter, with full barriers between: at least one of them sees the other.
 *
 * Lock order: mmap_lock, then freeze.lock. Nothing is done under it but what stands
 * above: no allocation, no copy from or to the user, no fault.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/slab.h>

#include "freeze.h"
#include "region.h"
#include "trace.h"

/* A request that stays when its file is closed: one a user, of so many users at most. */
#define MAX_KEPT	64

struct kept_request {
	struct list_head list;
	kuid_t uid;
};

void freeze_init(struct region *region)
{
	struct freeze *freeze = &region->freeze;

	mutex_init(&freeze->lock);
	INIT_LIST_HEAD(&freeze->kept);
	init_waitqueue_head(&freeze->wait);
}

/* Nobody refers to the region any more. */
void freeze_destroy(struct region *region)
{
	struct kept_request *kept, *next;

	list_for_each_entry_safe(kept, next, &region->freeze.kept, list)
		kfree(kept);
}

/* Under the lock, and with no writers. */
static void freeze_it(struct region *region)
{
	WRITE_ONCE(region->freeze.frozen, true);
	trace_bpfmmap_freeze(region->id, 0);
	/* a full barrier, and one in region_file_poll() */
	if (wq_has_sleeper(&region->freeze.wait))
		wake_up_all(&region->freeze.wait);
}

/**
 * freeze_begin_write() - become a writer
 * @region: not to be frozen until freeze_end_write()
 *
 * A writable mapping ends its write when its VMA is closed; until then fork and
 * split may raise the counter further, which needs no check.
 *
 * Context: may hold mmap_lock; takes the lock for a moment.
 * Return: 0; -EPERM: it is frozen; -EBUSY: it is about to be.
 */
int freeze_begin_write(struct region *region)
{
	struct freeze *freeze = &region->freeze;
	int err = 0;

	mutex_lock(&freeze->lock);
	if (freeze->frozen)
		err = -EPERM;
	else if (freeze->requests)
		err = -EBUSY;
	else
		atomic64_inc(&freeze->writers);
	mutex_unlock(&freeze->lock);
	return err;
}

/**
 * freeze_end_write() - no longer be a writer
 * @region: as given to freeze_begin_write()
 *
 * What this writer has written is there for whoever sees the counter go down.
 *
 * Context: may hold mmap_lock; the last writer may take the lock for a moment.
 */
void freeze_end_write(struct region *region)
{
	struct freeze *freeze = &region->freeze;

	/* a full barrier, see above */
	if (atomic64_dec_return(&freeze->writers) || !READ_ONCE(freeze->requests))
		return;
	mutex_lock(&freeze->lock);
	if (!freeze->frozen && freeze->requests && !atomic64_read_acquire(&freeze->writers))
		freeze_it(region);
	mutex_unlock(&freeze->lock);
}

/**
 * freeze_now() - let nobody write any more
 * @region: stays readable
 *
 * Return: 0; -EPERM: it is frozen already; -EBUSY: it has writers.
 */
int freeze_now(struct region *region)
{
	struct freeze *freeze = &region->freeze;
	int err = 0;

	mutex_lock(&freeze->lock);
	if (freeze->frozen)
		err = -EPERM;
	else if (atomic64_read_acquire(&freeze->writers))
		err = -EBUSY;
	else
		freeze_it(region);
	mutex_unlock(&freeze->lock);
	if (err)
		trace_bpfmmap_freeze(region->id, err);
	return err;
}

/* Under the lock, when a request has been counted. */
static int freeze_or_wait(struct region *region)
{
	smp_mb();	/* see above */
	if (atomic64_read_acquire(&region->freeze.writers))
		return -EINPROGRESS;
	freeze_it(region);
	return 0;
}

/**
 * freeze_when_idle() - let the last writer freeze it
 * @region: takes no more writers from now on
 * @wanted: is there a request of the caller's already? Then it stays one.
 *
 * Return: 0: there was no writer; -EINPROGRESS; -EPERM: it is frozen already.
 */
int freeze_when_idle(struct region *region, bool *wanted)
{
	struct freeze *freeze = &region->freeze;
	int err;

	mutex_lock(&freeze->lock);
	if (freeze->frozen) {
		err = -EPERM;
	} else {
		if (!*wanted)
			WRITE_ONCE(freeze->requests, freeze->requests + 1);
		*wanted = true;
		err = freeze_or_wait(region);
	}
	mutex_unlock(&freeze->lock);
	if (err)
		trace_bpfmmap_freeze(region->id, err);
	return err;
}

static bool may_keep_more(const struct freeze *freeze)
{
	const struct kept_request *kept;
	unsigned int nr = 0;

	list_for_each_entry(kept, &freeze->kept, list)
		nr++;
	return nr < MAX_KEPT;
}

static struct kept_request *find_kept(const struct freeze *freeze, kuid_t uid)
{
	struct kept_request *kept;

	list_for_each_entry(kept, &freeze->kept, list)
		if (uid_eq(kept->uid, uid))
			return kept;
	return NULL;
}

/**
 * freeze_when_idle_kept() - the same, for as long as the region lives
 * @region: takes no more writers from now on
 *
 * Return: as freeze_when_idle(); -ENOMEM; -ENOSPC: too many users have asked for that.
 */
int freeze_when_idle_kept(struct region *region)
{
	struct freeze *freeze = &region->freeze;
	struct kept_request *kept;
	int err;

	kept = kmalloc(sizeof(*kept), GFP_KERNEL_ACCOUNT);
	if (!kept)
		return -ENOMEM;
	kept->uid = current_euid();

	mutex_lock(&freeze->lock);
	if (freeze->frozen) {
		err = -EPERM;
	} else if (!find_kept(freeze, kept->uid) && !may_keep_more(freeze)) {
		err = -ENOSPC;
	} else {
		if (!find_kept(freeze, kept->uid)) {
			list_add(&kept->list, &freeze->kept);
			WRITE_ONCE(freeze->requests, freeze->requests + 1);
			kept = NULL;
		}
		err = freeze_or_wait(region);
	}
	mutex_unlock(&freeze->lock);
	kfree(kept);
	if (err)
		trace_bpfmmap_freeze(region->id, err);
	return err;
}

/**
 * freeze_cancel() - take back what the caller's open file has asked for
 * @region: takes writers again if nobody else has
 * @wanted: is there such a request?
 *
 * Return: 0; -ENOENT: there is none; -EPERM: too late, it is frozen.
 */
int freeze_cancel(struct region *region, bool *wanted)
{
	struct freeze *freeze = &region->freeze;
	int err = 0;

	mutex_lock(&freeze->lock);
	if (freeze->frozen)
		err = -EPERM;
	else if (!*wanted)
		err = -ENOENT;
	else
		WRITE_ONCE(freeze->requests, freeze->requests - 1);
	*wanted = false;
	mutex_unlock(&freeze->lock);
	return err;
}

/**
 * freeze_cancel_kept() - take back what the caller has asked to be kept
 * @region: takes writers again if nobody else has
 *
 * With CAP_SYS_ADMIN, what anybody has.
 *
 * Return: as freeze_cancel().
 */
int freeze_cancel_kept(struct region *region)
{
	bool everybody = capable(CAP_SYS_ADMIN);
	struct freeze *freeze = &region->freeze;
	struct kept_request *kept, *next;
	kuid_t uid = current_euid();
	int err = -ENOENT;

	mutex_lock(&freeze->lock);
	if (freeze->frozen) {
		err = -EPERM;
		goto out;
	}
	list_for_each_entry_safe(kept, next, &freeze->kept, list) {
		if (!everybody && !uid_eq(kept->uid, uid))
			continue;
		list_del(&kept->list);
		kfree(kept);
		WRITE_ONCE(freeze->requests, freeze->requests - 1);
		err = 0;
	}
out:
	mutex_unlock(&freeze->lock);
	return err;
}

/**
 * freeze_forget() - an open file is closed, and with it ends its request
 * @region: may take writers again
 * @wanted: is there one?
 */
void freeze_forget(struct region *region, bool *wanted)
{
	struct freeze *freeze = &region->freeze;

	mutex_lock(&freeze->lock);
	if (*wanted)
		WRITE_ONCE(freeze->requests, freeze->requests - 1);
	*wanted = false;
	mutex_unlock(&freeze->lock);
}
