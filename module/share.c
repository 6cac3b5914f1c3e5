// SPDX-License-Identifier: GPL-2.0-only
/*
 * Share: lets BPF programs and other modules use a region without being counted as writers
 *
 * A BPF program finds a region by a handle (view.h), another module by a reference (api.c). They
 * are not counted while they write, as that would cost a program more than the write itself. So a
 * freeze for everybody first makes sure that none of them can begin to write, and then waits for
 * grace periods, after which those that had begun have ended (I10). The
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
#include "freeze.h"
#include "layout.h"
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
	bool writes;			/* programs may write until a freeze */
	struct bpfmmap_backing backing;	/* taken from the region at its eviction */
	struct bpfmmap_user *user;
	u64 waiting;			/* bytes that count while it waits to be freed */
	struct bpfmmap_grace grace;
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
u32 bpfmmap_share_wakes(const struct bpfmmap_share *share)
{
	return atomic_read(&share->wakes);
}

/* Register a poller that bpfmmap_wake() wakes. It must read the number of wakes after that. */
void bpfmmap_share_poll(struct bpfmmap_share *share, struct file *file,
			struct poll_table_struct *table)
{
	poll_wait(file, &share->wake, table);
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
 *
 * Context: may sleep, holds no locks.
 * Return: the share; or an ERR_PTR: -ENOSPC: the limits of bpfmmap_usage_charge_view() are
 * exceeded; -ENOMEM; -ERESTARTNOHAND: a signal arrived while it waited for memory to be freed.
 */
struct bpfmmap_share *bpfmmap_share_reserve(void)
{
	struct bpfmmap_user *user;
	struct bpfmmap_share *share;
	int err;

	user = bpfmmap_usage_charge_view(current_fsuid(), BPFMMAP_VIEWS);
	if (IS_ERR(user))
		return ERR_CAST(user);
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
	return share;

err_uncharge:
	bpfmmap_usage_uncharge_view(user);
	return ERR_PTR(err);
}

/**
 * bpfmmap_share_begin() - let BPF programs that get its handle find a region
 * @share: from bpfmmap_share_reserve()
 * @backing: memory of the region
 * @layout: layout of the region
 * @may_read: programs may read
 * @may_write: programs may write
 */
void bpfmmap_share_begin(struct bpfmmap_share *share, const struct bpfmmap_backing *backing,
			 const struct bpfmmap_layout *layout, bool may_read, bool may_write)
{
	struct bpfmmap_view *view = &share->view;
	const u64 bytes = (u64)backing->nr_pages << PAGE_SHIFT;

	share->writes = may_write;
	view->wake = &share->wake_work;
	view->data = backing->data;
	view->elem_size = layout->elem_size;
	view->value_size = layout->value_size;
	if (may_read) {
		view->readable = bytes;
		view->max_entries = layout->max_entries;
	}
	/* a program can also read through a pointer that it may write through */
	if (may_read && may_write) {
		view->writable = bytes;
		view->writable_entries = layout->max_entries;
	}
	if (may_write)
		view->storable = bytes;
	take_slot(view);
}

static void queue_grace(struct rcu_head *rcu)
{
	queue_work(workers, &container_of(rcu, struct bpfmmap_grace, rcu)->work);
}

static void after_sleepable(struct rcu_head *rcu)
{
	call_rcu(rcu, queue_grace);
}

/**
 * bpfmmap_share_after_programs() - run work when all programs that run now have ended
 * @grace: with its work set up; not in use
 *
 * Context: any but NMI.
 */
void bpfmmap_share_after_programs(struct bpfmmap_grace *grace)
{
	compat_call_rcu_sleepable(&grace->rcu, after_sleepable);
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
	struct bpfmmap_share *share = container_of(work, struct bpfmmap_share, grace.work);

	irq_work_sync(&share->wake_work);
	bpfmmap_usage_add_waiting(share->user, -(s64)share->waiting);
	free_now(share);
	atomic_dec(&waiting);
	wake_up_all(&fewer_wait);
}

/**
 * bpfmmap_share_release() - free the memory of a region when no program can use it any more
 * @share: share of a region that is evicted
 * @backing: memory of the region, which the share takes
 *
 * Context: may sleep.
 */
void bpfmmap_share_release(struct bpfmmap_share *share, struct bpfmmap_backing *backing)
{
	share->backing = *backing;
	backing->data = NULL;
	/* the create has failed before any program could find the region */
	if (!share->view.handle) {
		free_now(share);
		return;
	}
	give_slot_back(&share->view);
	INIT_WORK(&share->grace.work, free_share);
	share->waiting = max_t(u64, (u64)share->backing.nr_pages << PAGE_SHIFT, SMALLEST);
	bpfmmap_usage_add_waiting(share->user, share->waiting);
	atomic_inc(&waiting);
	bpfmmap_share_after_programs(&share->grace);
}

/**
 * bpfmmap_share_revoke() - let no program begin to write any more
 * @share: share of a region
 *
 * Programs that have begun may write until they end (bpfmmap_share_after_programs()).
 *
 * Context: any.
 */
void bpfmmap_share_revoke(struct bpfmmap_share *share)
{
	WRITE_ONCE(share->view.writable, 0);
	WRITE_ONCE(share->view.writable_entries, 0);
	WRITE_ONCE(share->view.storable, 0);
}

/**
 * bpfmmap_share_handle() - return the handle of a region for BPF programs
 * @share: share of a region
 * @freeze: freeze state of the region
 * @writable: return the handle that can write
 * @handle: out: the handle
 *
 * A later freeze for everybody waits for the programs that write. After an earlier one they can't
 * write.
 *
 * Return: 0; -EOPNOTSUPP: the region was not created for programs that read, and @writable is
 * false.
 */
int bpfmmap_share_handle(struct bpfmmap_share *share, struct bpfmmap_freeze_state *freeze,
			 bool writable, u64 *handle)
{
	if (!writable && !share->view.readable)
		return -EOPNOTSUPP;
	if (writable && share->writes && !bpfmmap_freeze_share(freeze))
		bpfmmap_share_revoke(share);
	*handle = writable ? share->view.handle : share->view.handle_ro;
	return 0;
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
