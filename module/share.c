// SPDX-License-Identifier: GPL-2.0-only
/*
 * Share: what BPF programs and other modules get of a region without being counted
 *
 * BPF programs find a region by a handle (view.h), other modules by a reference (api.c). Neither
 * is counted while it writes, as no program could pay for that. So a freeze for everybody takes
 * away what lets them write, and waits until all are through who may have had it before
 * (bpfmmap_share_drain()); and the memory of a region that programs could find is freed when all
 * are through who may have found it (bpfmmap_share_release()). Both end in a worker, as those who
 * cause it may hold mmap_lock, which a program may be waiting for.
 *
 * What waits to be freed is memory still, and is counted by the limits. Those who make a region
 * for programs wait while there is too much of it from the same user; those who close one never
 * wait.
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
 * When this much of one user's waits to be freed, that user's creates wait, too. A small region
 * counts as SMALLEST, as there may be many.
 */
#define MAX_WAITING_BYTES	SZ_64M
#define SMALLEST		SZ_1M

/* What a region for programs has beside itself. It may outlive the region. */
struct bpfmmap_share {
	struct bpfmmap_view view;
	struct irq_work wake_work;
	wait_queue_head_t wake;		/* of those who poll for it */
	atomic_t wakes;
	struct bpfmmap_backing backing;	/* the region's, when that is gone */
	struct bpfmmap_user *user;
	u64 waiting;			/* as it counts while it waits to be freed */
	struct rcu_head rcu;
	struct work_struct work;
};

static struct bpfmmap_view nothing;

struct bpfmmap_view *bpfmmap_views[BPFMMAP_VIEWS];
EXPORT_SYMBOL_BPFMMAP_BPF(bpfmmap_views);

static DEFINE_SPINLOCK(slots_lock);	/* for slots that are changed, and next_slot */
static unsigned int next_slot;

static struct workqueue_struct *workers;
static atomic_t waiting = ATOMIC_INIT(0);	/* to be freed */
static DECLARE_WAIT_QUEUE_HEAD(fewer_wait);
static bool ready;

/* bpfmmap_bpf.ko has come, or goes. */
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

/* A program has called bpfmmap_wake(). */
static void wake(struct irq_work *work)
{
	struct bpfmmap_share *share = container_of(work, struct bpfmmap_share, wake_work);

	atomic_inc(&share->wakes);
	wake_up_all(&share->wake);
}

/* How often a program has woken those who poll; several times at once count as one. */
u32 bpfmmap_share_wakes(const struct bpfmmap_region *region)
{
	return region->share ? atomic_read(&region->share->wakes) : 0;
}

/* For poll: be woken by a program. How often one has woken is to be asked after that. */
void bpfmmap_share_poll(struct bpfmmap_region *region, struct file *file,
			struct poll_table_struct *table)
{
	if (!region->share)
		return;
	poll_wait(file, &region->share->wake, table);
	/* wake() counts, and then takes the lock of those who wait */
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
	/* a pointer to write through can be read through, too */
	if (read && write) {
		view->writable = bytes;
		view->writable_entries = region->layout.max_entries;
	}
	if (write)
		view->storable = bytes;
}

/* There is one: as many as there are slots have been reserved at most. */
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
		/* the view is complete before anybody finds it; find() depends on the address */
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
 * bpfmmap_share_reserve() - have what a region for programs takes beside its memory
 * @region: new, without its memory
 *
 * Context: may sleep, holds no locks.
 * Return: 0; -ENOSPC: there are BPFMMAP_VIEWS such regions, or the user has a quarter of that;
 * -ENOMEM; -ERESTARTNOHAND: a signal came while it waited for memory to be freed.
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
 * bpfmmap_share_begin() - let BPF programs find a region, once they have its handle
 * @region: new, with its memory and with what bpfmmap_share_reserve() gave it
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
 * bpfmmap_share_release() - a region is gone; free its memory when no program can be in it
 * @region: evicted; its backing goes to the share
 *
 * Context: may sleep.
 */
void bpfmmap_share_release(struct bpfmmap_region *region)
{
	struct bpfmmap_share *share = region->share;

	share->backing = region->backing;
	region->backing.data = NULL;
	region->share = NULL;
	/* of a create that failed */
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

/* No program begins to write from here on. */
static void revoke(struct bpfmmap_share *share)
{
	WRITE_ONCE(share->view.writable, 0);
	WRITE_ONCE(share->view.writable_entries, 0);
	WRITE_ONCE(share->view.storable, 0);
}

/**
 * bpfmmap_share_use() - from now on some may write who are not counted
 * @region: about to be shown to them
 *
 * A freeze that comes later waits for them; after one that came before they can't write.
 *
 * Return: can they?
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
 * bpfmmap_share_handle() - the handle for BPF programs
 * @region: any
 * @writable: for those that write?
 * @handle: where to put it
 *
 * Return: 0; -EOPNOTSUPP: it was not created for programs, or not for those.
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
 * bpfmmap_share_drain() - let nobody begin to write who is not counted, and wait for the others
 * @freeze: of a region; told by bpfmmap_freeze_drained()
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

/* Of a region that is being set up. */
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

/* Before the first region. */
int __init bpfmmap_share_init(void)
{
	unsigned int i;

	for (i = 0; i < BPFMMAP_VIEWS; i++)
		bpfmmap_views[i] = &nothing;
	workers = alloc_workqueue("bpfmmap_share", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return workers ? 0 : -ENOMEM;
}

/* After the last inode: the file system is no more. */
void bpfmmap_share_exit(void)
{
	wait_event(fewer_wait, !atomic_read(&waiting));
	/* callbacks have queued their work, and may not have returned */
	compat_rcu_barrier_sleepable();
	rcu_barrier();
	destroy_workqueue(workers);
}
