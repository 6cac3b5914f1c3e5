// SPDX-License-Identifier: GPL-2.0-only
/*
 * Share: lets BPF programs and other modules use a region without being counted as writers
 *
 * A BPF program finds a region by a handle (view.h), another module by a reference (api.c). They
 * are not counted while they write, as that would cost a program more than the write itself. So a
 * freeze for everybody first makes sure that none of them can begin to write, and then waits for
 * grace periods, after which those that had begun have ended (bpfmmap_share_drain(), I10). The
 * memory of a region that programs could find is freed after the same grace periods
 * (bpfmmap_share_release(), I11). A worker completes both, because the task that causes it may
 * hold mmap_lock, and a program may wait for that.
 *
 * Memory that waits to be freed still counts against the limits. A task that creates a region for
 * programs waits while much memory of the same user waits to be freed. A task that closes one
 * never waits.
 */
#include <linux/cred.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "region.h"
#include "share.h"
#include "usage.h"
#include "view.h"

/*
 * A create waits while more than this of the same user waits to be freed. A region that is smaller
 * than SMALLEST counts as SMALLEST, so that the number of regions is limited, too.
 */
#define MAX_WAITING_BYTES	SZ_64M
#define SMALLEST		SZ_1M

/* The part of a region for programs that may live longer than the region. */
struct bpfmmap_share {
	struct bpfmmap_view view;
	struct irq_work wake_work;
	wait_queue_head_t wake;		/* pollers that bpfmmap_wake() wakes */
	atomic_t wakes;
	struct bpfmmap_backing backing;	/* taken from the region at its eviction */
	struct bpfmmap_user *user;
	u64 waiting;			/* bytes that count while it waits to be freed */
	struct rcu_head rcu;
	struct work_struct work;
};

static struct bpfmmap_view nothing;

struct bpfmmap_view *bpfmmap_views[BPFMMAP_VIEWS];
EXPORT_SYMBOL_BPFMMAP_BPF(bpfmmap_views);

static DEFINE_SPINLOCK(slots_lock);	/* protects changes of bpfmmap_views, and next_slot */
static unsigned int next_slot;

static struct workqueue_struct *workers;
static atomic_t waiting = ATOMIC_INIT(0);	/* number of shares that wait to be freed */
static DECLARE_WAIT_QUEUE_HEAD(fewer_wait);
static bool ready;

/* Called by bpfmmap_bpf.ko when it is loaded and unloaded. */
void bpfmmap_share_set_ready(bool is_ready)
{
	WRITE_ONCE(ready, is_ready);
}
EXPORT_SYMBOL_BPFMMAP_BPF(bpfmmap_share_set_ready);

/* True while bpfmmap_bpf.ko is loaded. */
bool bpfmmap_share_is_ready(void)
{
	return READ_ONCE(ready);
}

/* Runs after a program has called bpfmmap_wake(), in an interrupt. */
static void wake(struct irq_work *work)
{
	struct bpfmmap_share *share = container_of(work, struct bpfmmap_share, wake_work);

	atomic_inc(&share->wakes);
	wake_up_all(&share->wake);
}

/* Returns how often programs have called bpfmmap_wake(). Calls at one time may count as one. */
u32 bpfmmap_share_wakes(const struct bpfmmap_region *region)
{
	return region->share ? atomic_read(&region->share->wakes) : 0;
}

/* Register a poller that bpfmmap_wake() wakes. It must read the number of wakes after that. */
void bpfmmap_share_poll(struct bpfmmap_region *region, struct file *file,
			struct poll_table_struct *table)
{
	if (!region->share)
		return;
	poll_wait(file, &region->share->wake, table);
	/* pairs with wake(), which counts before it takes the lock of the wait queue */
	smp_mb();
}

static u64 new_handle(unsigned int slot)
{
	u64 random;

	do {
		random = get_random_u64() << BPFMMAP_VIEW_BITS;
	} while (!random);
	return random | slot;
}

static void set_up_view(struct bpfmmap_view *view, struct bpfmmap_region *region)
{
	const bool read = !(region->flags & BPFMMAP_F_WRONLY_PROG);
	const bool write = !(region->flags & BPFMMAP_F_RDONLY_PROG);
	const u64 bytes = bpfmmap_region_bytes(region);

	view->data = region->backing.data;
	view->elem_size = region->layout.elem_size;
	view->value_size = region->layout.value_size;
	if (read) {
		view->readable = bytes;
		view->max_entries = region->layout.max_entries;
	}
	/* a program can also read through a pointer that it may write through */
	if (read && write) {
		view->writable = bytes;
		view->writable_entries = region->layout.max_entries;
	}
	if (write)
		view->storable = bytes;
}

/* A slot is free, as bpfmmap_share_reserve() succeeds at most BPFMMAP_VIEWS times. */
static void take_slot(struct bpfmmap_view *view)
{
	unsigned int i, slot;

	spin_lock(&slots_lock);
	for (i = 0; i < BPFMMAP_VIEWS; i++) {
		slot = (next_slot + i) % BPFMMAP_VIEWS;
		if (bpfmmap_views[slot] != &nothing)
			continue;
		next_slot = slot + 1;
		view->handle = new_handle(slot);
		view->handle_ro = new_handle(slot);
		/* the view is complete before find() in kfuncs.c reads its address */
		smp_store_release(&bpfmmap_views[slot], view);
		break;
	}
	spin_unlock(&slots_lock);
	WARN_ON_ONCE(!view->handle);
}

static void give_slot_back(const struct bpfmmap_view *view)
{
	spin_lock(&slots_lock);
	WRITE_ONCE(bpfmmap_views[view->handle % BPFMMAP_VIEWS], &nothing);
	spin_unlock(&slots_lock);
}

/**
 * bpfmmap_share_reserve() - allocate what a region for programs needs besides its memory
 * @region: new region that has no memory yet
 *
 * Context: may sleep, holds no locks.
 * Return: 0; -ENOSPC: the limits of bpfmmap_usage_charge_view() are exceeded; -ENOMEM;
 * -ERESTARTNOHAND: a signal arrived while it waited for memory to be freed.
 */
int bpfmmap_share_reserve(struct bpfmmap_region *region)
{
	struct bpfmmap_user *user;
	struct bpfmmap_share *share;
	int err;

	user = bpfmmap_usage_charge_view(current_fsuid(), BPFMMAP_VIEWS);
	if (IS_ERR(user))
		return PTR_ERR(user);
	err = -ERESTARTNOHAND;
	if (wait_event_interruptible(fewer_wait, bpfmmap_usage_waiting(user) <= MAX_WAITING_BYTES))
		goto err_uncharge;
	err = -ENOMEM;
	share = kzalloc(sizeof(*share), GFP_KERNEL_ACCOUNT);
	if (!share)
		goto err_uncharge;
	share->user = user;
	init_irq_work(&share->wake_work, wake);
	init_waitqueue_head(&share->wake);
	region->share = share;
	return 0;

err_uncharge:
	bpfmmap_usage_uncharge_view(user);
	return err;
}

/**
 * bpfmmap_share_begin() - let BPF programs that get its handle find a region
 * @region: new region with its memory, after bpfmmap_share_reserve()
 */
void bpfmmap_share_begin(struct bpfmmap_region *region)
{
	struct bpfmmap_share *share = region->share;

	set_up_view(&share->view, region);
	share->view.wake = &share->wake_work;
	take_slot(&share->view);
}

static void free_now(struct bpfmmap_share *share)
{
	if (share->backing.data)
		bpfmmap_backing_free(&share->backing);
	bpfmmap_usage_uncharge_view(share->user);
	kfree(share);
}

static void free_share(struct work_struct *work)
{
	struct bpfmmap_share *share = container_of(work, struct bpfmmap_share, work);

	irq_work_sync(&share->wake_work);
	bpfmmap_usage_add_waiting(share->user, -(s64)share->waiting);
	free_now(share);
	atomic_dec(&waiting);
	wake_up_all(&fewer_wait);
}

static void free_after_rcu(struct rcu_head *rcu)
{
	queue_work(workers, &container_of(rcu, struct bpfmmap_share, rcu)->work);
}

static void free_after_sleepable(struct rcu_head *rcu)
{
	call_rcu(rcu, free_after_rcu);
}

/**
 * bpfmmap_share_release() - free the memory of a region when no program can use it any more
 * @region: region that is evicted; its backing moves to the share
 *
 * Context: may sleep.
 */
void bpfmmap_share_release(struct bpfmmap_region *region)
{
	struct bpfmmap_share *share = region->share;

	share->backing = region->backing;
	region->backing.data = NULL;
	region->share = NULL;
	/* the create has failed before any program could find the region */
	if (!share->view.handle) {
		free_now(share);
		return;
	}
	give_slot_back(&share->view);
	INIT_WORK(&share->work, free_share);
	share->waiting = max_t(u64, (u64)share->backing.nr_pages << PAGE_SHIFT, SMALLEST);
	bpfmmap_usage_add_waiting(share->user, share->waiting);
	atomic_inc(&waiting);
	compat_call_rcu_sleepable(&share->rcu, free_after_sleepable);
}

/* No program can begin to write after this. */
static void revoke(struct bpfmmap_share *share)
{
	WRITE_ONCE(share->view.writable, 0);
	WRITE_ONCE(share->view.writable_entries, 0);
	WRITE_ONCE(share->view.storable, 0);
}

/**
 * bpfmmap_share_use() - note that programs will be able to write to a region
 * @region: region whose handle is about to be given out
 *
 * A later freeze for everybody waits for them. After an earlier one they can't write.
 *
 * Return: true if they will be able to write.
 */
bool bpfmmap_share_use(struct bpfmmap_region *region)
{
	if (bpfmmap_freeze_share(&region->freeze))
		return true;
	if (region->share)
		revoke(region->share);
	return false;
}

/**
 * bpfmmap_share_handle() - return the handle of a region for BPF programs
 * @region: region
 * @writable: return the handle that can write
 * @handle: out: the handle
 *
 * Return: 0; -EOPNOTSUPP: the region was not created for programs, or not for those that read and
 * @writable is false.
 */
int bpfmmap_share_handle(struct bpfmmap_region *region, bool writable, u64 *handle)
{
	const struct bpfmmap_share *share = region->share;

	if (!share || (!writable && !share->view.readable))
		return -EOPNOTSUPP;
	if (writable && !(region->flags & BPFMMAP_F_RDONLY_PROG))
		bpfmmap_share_use(region);
	*handle = writable ? share->view.handle : share->view.handle_ro;
	return 0;
}

static void drained(struct work_struct *work)
{
	struct bpfmmap_region *region = container_of(work, struct bpfmmap_region, drain_work);
	struct super_block *sb = region->inode.i_sb;

	bpfmmap_freeze_drained(&region->freeze);
	iput(&region->inode);
	deactivate_super(sb);
}

static void drained_after_rcu(struct rcu_head *rcu)
{
	queue_work(workers, &container_of(rcu, struct bpfmmap_region, drain_rcu)->drain_work);
}

static void drained_after_sleepable(struct rcu_head *rcu)
{
	call_rcu(rcu, drained_after_rcu);
}

/**
 * bpfmmap_share_drain() - stop programs and modules from writing
 * @freeze: freeze state of a region; bpfmmap_freeze_drained() is called when none writes any more
 *
 * Context: any but NMI.
 */
void bpfmmap_share_drain(struct bpfmmap_freeze_state *freeze)
{
	struct bpfmmap_region *region = container_of(freeze, struct bpfmmap_region, freeze);

	if (region->share)
		revoke(region->share);
	/* the caller holds both, and may give them back before the grace periods are over */
	ihold(&region->inode);
	atomic_inc(&region->inode.i_sb->s_active);
	compat_call_rcu_sleepable(&region->drain_rcu, drained_after_sleepable);
}

/* Set up the fields of a new region. */
void bpfmmap_share_prepare(struct bpfmmap_region *region)
{
	INIT_WORK(&region->drain_work, drained);
}

/**
 * bpfmmap_share_flush() - wait until a drain has given its references back
 * @region: region that is frozen for everybody
 *
 * It gives them back just after it has told that the region is frozen.
 *
 * Context: may sleep, and hold locks of inodes; the caller holds the region.
 */
void bpfmmap_share_flush(struct bpfmmap_region *region)
{
	flush_work(&region->drain_work);
}

/* Called when the module is loaded. */
int __init bpfmmap_share_init(void)
{
	unsigned int i;

	for (i = 0; i < BPFMMAP_VIEWS; i++)
		bpfmmap_views[i] = &nothing;
	workers = alloc_workqueue("bpfmmap_share", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return workers ? 0 : -ENOMEM;
}

/* Called when the module is unloaded, after the last inode is gone. */
void bpfmmap_share_exit(void)
{
	wait_event(fewer_wait, !atomic_read(&waiting));
	/* callbacks that have queued work may still be running */
	compat_rcu_barrier_sleepable();
	rcu_barrier();
	destroy_workqueue(workers);
}
