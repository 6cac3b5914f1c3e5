// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freeze: decides whether a writer may begin, and when a region is frozen
 *
 * There are two kinds of writers, as in map_freeze() of kernel/bpf/syscall.c: a writable mapping
 * (a VMA that has VM_MAYWRITE), from its mmap to the close of its last part; and an update or a
 * write while it runs. One atomic word holds the number of writers and four flags, FROZEN,
 * PENDING, REVOKED and LOST (freeze.h). The transitions of the word:
 *
 *	begin write	  FROZEN or REVOKED: EPERM. Else PENDING: EBUSY. Else writers + 1
 *	fork, split	  writers + 1, with any flags: the copied VMA is a writer already
 *	end write	  writers - 1. If no writer is left and PENDING is the only flag: FROZEN
 *	freeze now	  FROZEN: EPERM. Else writers, REVOKED or LOST: EBUSY. Else FROZEN
 *	freeze when idle  FROZEN: EPERM. Else writers or LOST: PENDING. Else FROZEN
 *	cancel, close	  if no other pending freeze is left: PENDING is cleared
 *	freeze by revoke  REVOKED; wait for stores; remove entries of mappings; FROZEN
 *
 * Each transition is one cmpxchg (I3) or one addition that needs no condition. So a beginning
 * writer and a freeze have an order, and the later one sees the earlier one. A writer may begin
 * and end in any context but NMI. FROZEN and REVOKED are never cleared (I3).
 *
 * A freeze by revoke does not wait until writers leave. As soon as REVOKED is set, a writer may not
 * begin to store (bpfmmap_freeze_begin_store(), I6). Stores that had begun before have ended
 * after a grace period of RCU. Then the revoking task removes the entries of all mappings and
 * sets FROZEN. It holds no lock meanwhile that mmap, fault, open or close takes. The writers are
 * counted until they leave, but they store nothing (I2).
 *
 * LOST means that a writer left whose pages may still be written, by a party that is not notified
 * when the mapping goes (vma_close() in mapping.c). Such a region can't be frozen (I3).
 *
 * freeze.lock serializes freezes and changes of pending freezes. A writer that begins or ends
 * does not take it. HACKING.md has the order of locks.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "freeze.h"
#include "trace.h"

/* While one of these flags is set, neither a freeze nor the last writer that leaves sets FROZEN. */
#define NEVER	(BPFMMAP_FREEZE_REVOKED | BPFMMAP_FREEZE_FROZEN | BPFMMAP_FREEZE_LOST)

/* Number of users who may have a pending freeze of one region that survives close. */
#define MAX_KEPT	64

/* A pending freeze that survives close. Each user has one at most for a region. */
struct bpfmmap_kept {
	struct list_head list;
	kuid_t uid;
};

/* Set up the state of a new region. frozen is called once, in any context, after FROZEN is set. */
void bpfmmap_freeze_init(struct bpfmmap_freeze_state *freeze,
			 void (*frozen)(struct bpfmmap_freeze_state *freeze))
{
	freeze->frozen = frozen;
	mutex_init(&freeze->lock);
	INIT_LIST_HEAD(&freeze->kept);
	init_waitqueue_head(&freeze->wait);
	atomic64_set(&freeze->word, 0);
}

/* Called at the eviction of the region, when nobody refers to it any more (I4). */
void bpfmmap_freeze_destroy(struct bpfmmap_freeze_state *freeze)
{
	struct bpfmmap_kept *kept, *next;

	WARN_ON_ONCE(bpfmmap_freeze_writers(freeze));
	list_for_each_entry_safe(kept, next, &freeze->kept, list)
		kfree(kept);
	mutex_destroy(&freeze->lock);
}

/* Wake up pollers and notify watches: FROZEN has just been set. */
static void tell(struct bpfmmap_freeze_state *freeze)
{
	trace_bpfmmap_freeze(freeze->id, 0);
	/* wq_has_sleeper() has a full barrier, which pairs with that of bpfmmap_freeze_poll() */
	if (wq_has_sleeper(&freeze->wait))
		wake_up_all(&freeze->wait);
	freeze->frozen(freeze);
}

/* Set FROZEN if the word is as expected, by one cmpxchg. Returns the previous word. */
static u64 freeze_if(struct bpfmmap_freeze_state *freeze, u64 expected)
{
	u64 old = atomic64_cmpxchg(&freeze->word, expected, BPFMMAP_FREEZE_FROZEN);

	if (old == expected)
		tell(freeze);
	return old;
}

/**
 * bpfmmap_freeze_begin_write() - become a writer
 * @freeze: freeze state of the region
 *
 * After 0 only a freeze by revoke can freeze the region before bpfmmap_freeze_end_write().
 *
 * Context: any but NMI; takes no lock.
 * Return: 0; -EPERM: the region is frozen or has been revoked; -EBUSY: a freeze is pending.
 */
int bpfmmap_freeze_begin_write(struct bpfmmap_freeze_state *freeze)
{
	s64 old = atomic64_read(&freeze->word);

	do {
		if (old & (BPFMMAP_FREEZE_FROZEN | BPFMMAP_FREEZE_REVOKED))
			return -EPERM;
		if (old & BPFMMAP_FREEZE_PENDING)
			return -EBUSY;
	} while (!atomic64_try_cmpxchg(&freeze->word, &old, old + 1));
	return 0;
}

/**
 * bpfmmap_freeze_copy_writer() - add a writer beside an existing one, when a VMA is copied
 * @freeze: freeze state of the region; it has a writer that does not end during the call
 *
 * Context: any but NMI; takes no lock.
 */
void bpfmmap_freeze_copy_writer(struct bpfmmap_freeze_state *freeze)
{
	s64 old = atomic64_fetch_inc(&freeze->word);

	WARN_ON_ONCE(!(old & BPFMMAP_FREEZE_WRITERS));
	/* I2: a frozen region has no writers except revoked ones */
	WARN_ON_ONCE((old & (BPFMMAP_FREEZE_FROZEN | BPFMMAP_FREEZE_REVOKED)) ==
		     BPFMMAP_FREEZE_FROZEN);
}

/**
 * bpfmmap_freeze_end_write() - stop being a writer
 * @freeze: as given to bpfmmap_freeze_begin_write() or bpfmmap_freeze_copy_writer()
 *
 * The decrement is a full barrier: who sees it also sees what this writer has stored. The last
 * writer freezes the region if a freeze is pending.
 *
 * Context: any but NMI; takes no lock.
 */
void bpfmmap_freeze_end_write(struct bpfmmap_freeze_state *freeze)
{
	s64 new = atomic64_dec_return(&freeze->word);

	WARN_ON_ONCE((new & BPFMMAP_FREEZE_WRITERS) == BPFMMAP_FREEZE_WRITERS);
	/* fails if the pending freeze is taken back meanwhile: then nothing is to be frozen */
	if (new == BPFMMAP_FREEZE_PENDING)
		freeze_if(freeze, BPFMMAP_FREEZE_PENDING);
}

/**
 * bpfmmap_freeze_lose_writer() - record that a leaving writer's pages may still be written
 * @freeze: freeze state of the region, which can't be frozen from now on (I3)
 *
 * It is called before bpfmmap_freeze_end_write() of this writer. If the region has been revoked
 * nothing is recorded, as the entries of the writer's mapping are removed by the revoke.
 *
 * Context: any but NMI; takes no lock.
 */
void bpfmmap_freeze_lose_writer(struct bpfmmap_freeze_state *freeze)
{
	s64 old = atomic64_read(&freeze->word);

	do {
		if (old & BPFMMAP_FREEZE_REVOKED)
			return;
	} while (!atomic64_try_cmpxchg(&freeze->word, &old, old | BPFMMAP_FREEZE_LOST));
}

/* Freeze if the region has no writer. Returns 0; -EPERM: frozen already; -EBUSY: not possible. */
static int freeze_if_idle(struct bpfmmap_freeze_state *freeze)
{
	u64 old = atomic64_read(&freeze->word), seen;

	lockdep_assert_held(&freeze->lock);
	while (!(old & (BPFMMAP_FREEZE_WRITERS | NEVER))) {
		seen = freeze_if(freeze, old);
		if (seen == old)
			return 0;
		old = seen;
	}
	return old & BPFMMAP_FREEZE_FROZEN ? -EPERM : -EBUSY;
}

/**
 * bpfmmap_freeze_now() - freeze a region that has no writer
 * @freeze: freeze state of the region
 *
 * Context: may sleep; takes freeze.lock.
 * Return: 0; -EPERM: it is frozen already; -EBUSY: it has writers, is being revoked or is LOST.
 */
int bpfmmap_freeze_now(struct bpfmmap_freeze_state *freeze)
{
	int err;

	mutex_lock(&freeze->lock);
	err = freeze_if_idle(freeze);
	mutex_unlock(&freeze->lock);
	if (err)
		trace_bpfmmap_freeze(freeze->id, err);
	return err;
}

/* Wait until another task that revokes has frozen the region. Returns -EPERM then, or -EINTR. */
static int wait_for_revoker(struct bpfmmap_freeze_state *freeze)
{
	if (wait_event_killable(freeze->wait, bpfmmap_freeze_is_frozen(freeze)))
		return -EINTR;
	return -EPERM;
}

/* Set REVOKED unless LOST is set. Returns the previous word. */
static u64 revoke_unless_lost(struct bpfmmap_freeze_state *freeze)
{
	s64 old = atomic64_read(&freeze->word);

	lockdep_assert_held(&freeze->lock);
	do {
		if (old & BPFMMAP_FREEZE_LOST)
			break;
	} while (!atomic64_try_cmpxchg(&freeze->word, &old, old | BPFMMAP_FREEZE_REVOKED));
	return old;
}

/**
 * bpfmmap_freeze_begin_revoke() - take the right to store from all writers
 * @freeze: freeze state of the region
 *
 * After -EINPROGRESS stores are possible only through page table entries that exist already. The
 * caller must remove those and then call bpfmmap_freeze_end_revoke(), in any case.
 *
 * Context: may sleep, for a grace period of RCU; takes and releases freeze.lock.
 * Return: 0: the region had no writers and is frozen; -EINPROGRESS: see above; -EPERM: it was
 * frozen already, or another task has revoked and frozen it; -EINTR: the caller was killed
 * while it waited for that task; -EBUSY: the region is LOST.
 */
int bpfmmap_freeze_begin_revoke(struct bpfmmap_freeze_state *freeze)
{
	u64 old = 0;
	int err;

	mutex_lock(&freeze->lock);
	err = freeze_if_idle(freeze);
	if (err == -EBUSY)
		old = revoke_unless_lost(freeze);
	mutex_unlock(&freeze->lock);
	if (old & BPFMMAP_FREEZE_LOST) {
		trace_bpfmmap_freeze(freeze->id, -EBUSY);
		return -EBUSY;
	}
	/*
	 * It was frozen meanwhile: by another freeze that revokes, or by the last writer as a
	 * freeze was pending; then REVOKED has no effect.
	 */
	if (old & BPFMMAP_FREEZE_FROZEN)
		err = old & BPFMMAP_FREEZE_REVOKED ? -EPERM : 0;
	else if (old & BPFMMAP_FREEZE_REVOKED)
		err = wait_for_revoker(freeze);
	else if (err == -EBUSY)
		err = -EINPROGRESS;
	if (err == -EINPROGRESS)
		synchronize_rcu_expedited();
	else if (err)
		trace_bpfmmap_freeze(freeze->id, err);
	return err;
}

/**
 * bpfmmap_freeze_end_revoke() - finish a freeze by revoke: the region is frozen now
 * @freeze: as given to bpfmmap_freeze_begin_revoke(), which returned -EINPROGRESS
 *
 * Context: may sleep; the entries of all writable mappings have been removed.
 */
void bpfmmap_freeze_end_revoke(struct bpfmmap_freeze_state *freeze)
{
	u64 old = atomic64_fetch_or(BPFMMAP_FREEZE_FROZEN, &freeze->word);

	WARN_ON_ONCE(!(old & BPFMMAP_FREEZE_REVOKED) || (old & BPFMMAP_FREEZE_FROZEN));
	tell(freeze);
}

/*
 * Set PENDING, or FROZEN if there is no writer. PENDING is set by a cmpxchg of a word that has a
 * writer, which will freeze the region when it leaves. (A writer that left just before did not see
 * PENDING; then the cmpxchg fails, and the loop looks again.) Returns 0: the region is frozen;
 * -EINPROGRESS: the freeze is pending, or a revoke is in progress; -EPERM: frozen already.
 */
static int add_pending(struct bpfmmap_freeze_state *freeze)
{
	u64 old, pending;

	lockdep_assert_held(&freeze->lock);
	for (;;) {
		old = atomic64_read(&freeze->word);
		pending = old | BPFMMAP_FREEZE_PENDING;
		if (old & BPFMMAP_FREEZE_FROZEN)
			return -EPERM;
		if (old & BPFMMAP_FREEZE_REVOKED)
			return -EINPROGRESS;
		if (old & (BPFMMAP_FREEZE_WRITERS | NEVER)) {
			if ((u64)atomic64_cmpxchg(&freeze->word, old, pending) == old)
				return -EINPROGRESS;
		} else if (freeze_if(freeze, old) == old) {
			return 0;
		}
	}
}

/* Take one pending freeze back. Returns 0; -EPERM: the region has been frozen meanwhile. */
static int drop_pending(struct bpfmmap_freeze_state *freeze)
{
	s64 old = atomic64_read(&freeze->word);
	u64 keep = freeze->nr_pending > 1 ? ~0ULL : ~BPFMMAP_FREEZE_PENDING;

	lockdep_assert_held(&freeze->lock);
	WARN_ON_ONCE(!freeze->nr_pending);
	do {
		if (old & BPFMMAP_FREEZE_FROZEN)
			return -EPERM;
	} while (!atomic64_try_cmpxchg(&freeze->word, &old, old & keep));
	WRITE_ONCE(freeze->nr_pending, freeze->nr_pending - 1);
	return 0;
}

/**
 * bpfmmap_freeze_when_idle() - freeze a region now, or when its last writer leaves
 * @freeze: freeze state of the region
 * @pending: in and out: whether the caller's open file has a pending freeze (one at most)
 *
 * Context: may sleep; takes freeze.lock, which protects @pending.
 * Return: 0: it had no writer and is frozen; -EINPROGRESS: it will be frozen, and no writer can
 * begin from now on; -EPERM: it is frozen already.
 */
int bpfmmap_freeze_when_idle(struct bpfmmap_freeze_state *freeze, bool *pending)
{
	int err;

	mutex_lock(&freeze->lock);
	err = add_pending(freeze);
	if (err == -EINPROGRESS && !*pending) {
		WRITE_ONCE(freeze->nr_pending, freeze->nr_pending + 1);
		*pending = true;
	}
	mutex_unlock(&freeze->lock);
	if (err)
		trace_bpfmmap_freeze(freeze->id, err);
	return err;
}

/* Find the user's pending freeze that survives close. *nr: how many of other users come before. */
static struct bpfmmap_kept *find_kept(const struct bpfmmap_freeze_state *freeze, kuid_t uid,
				      unsigned int *nr)
{
	struct bpfmmap_kept *kept;

	lockdep_assert_held(&freeze->lock);
	*nr = 0;
	list_for_each_entry(kept, &freeze->kept, list) {
		if (uid_eq(kept->uid, uid))
			return kept;
		++*nr;
	}
	return NULL;
}

/**
 * bpfmmap_freeze_when_idle_kept() - the same with a pending freeze that survives close
 * @freeze: freeze state of the region
 *
 * The pending freeze belongs to the caller's effective user id.
 *
 * Context: may sleep; takes freeze.lock.
 * Return: as bpfmmap_freeze_when_idle(); -ENOMEM; -ENOSPC: MAX_KEPT other users have one.
 */
int bpfmmap_freeze_when_idle_kept(struct bpfmmap_freeze_state *freeze)
{
	struct bpfmmap_kept *kept, *before;
	unsigned int nr;
	int err;

	kept = kmalloc(sizeof(*kept), GFP_KERNEL_ACCOUNT);
	if (!kept)
		return -ENOMEM;
	kept->uid = current_euid();

	mutex_lock(&freeze->lock);
	before = find_kept(freeze, kept->uid, &nr);
	/* a region that is frozen gives EPERM, not ENOSPC */
	err = -ENOSPC;
	if (before || nr < MAX_KEPT || bpfmmap_freeze_is_frozen(freeze))
		err = add_pending(freeze);
	if (err == -EINPROGRESS && !before) {
		list_add(&kept->list, &freeze->kept);
		WRITE_ONCE(freeze->nr_pending, freeze->nr_pending + 1);
		kept = NULL;
	}
	mutex_unlock(&freeze->lock);
	kfree(kept);
	if (err)
		trace_bpfmmap_freeze(freeze->id, err);
	return err;
}

/**
 * bpfmmap_freeze_cancel() - take back the pending freeze of the caller's open file
 * @freeze: freeze state of the region; writers may begin again if no pending freeze is left
 * @pending: in and out: whether the open file has a pending freeze
 *
 * Context: may sleep; takes freeze.lock, which protects @pending.
 * Return: 0; -ENOENT: it has none; -EPERM: the region has been frozen meanwhile.
 */
int bpfmmap_freeze_cancel(struct bpfmmap_freeze_state *freeze, bool *pending)
{
	int err = -ENOENT;

	mutex_lock(&freeze->lock);
	if (bpfmmap_freeze_is_frozen(freeze))
		err = -EPERM;
	else if (*pending)
		err = drop_pending(freeze);
	*pending = false;
	mutex_unlock(&freeze->lock);
	return err;
}

/**
 * bpfmmap_freeze_cancel_kept() - take back the caller's pending freeze that survives close
 * @freeze: freeze state of the region; writers may begin again if no pending freeze is left
 *
 * A caller with CAP_SYS_ADMIN in the initial user namespace takes back those of all users.
 *
 * Context: may sleep; takes freeze.lock.
 * Return: as bpfmmap_freeze_cancel().
 */
int bpfmmap_freeze_cancel_kept(struct bpfmmap_freeze_state *freeze)
{
	const bool everybody = capable(CAP_SYS_ADMIN);
	struct bpfmmap_kept *kept, *next;
	kuid_t uid = current_euid();
	int err = -ENOENT;

	mutex_lock(&freeze->lock);
	if (bpfmmap_freeze_is_frozen(freeze))
		err = -EPERM;
	list_for_each_entry_safe(kept, next, &freeze->kept, list) {
		if (err == -EPERM)
			break;
		if (!everybody && !uid_eq(kept->uid, uid))
			continue;
		err = drop_pending(freeze);
		if (!err) {
			list_del(&kept->list);
			kfree(kept);
		}
	}
	mutex_unlock(&freeze->lock);
	return err;
}

/**
 * bpfmmap_freeze_forget() - end the pending freeze of an open file that is closed
 * @freeze: freeze state of the region
 * @pending: whether the open file has a pending freeze
 *
 * Context: may sleep; takes freeze.lock if there is a pending freeze.
 */
void bpfmmap_freeze_forget(struct bpfmmap_freeze_state *freeze, bool *pending)
{
	/* no lock: this is the last user of the open file */
	if (!*pending)
		return;
	mutex_lock(&freeze->lock);
	drop_pending(freeze);
	mutex_unlock(&freeze->lock);
	*pending = false;
}

/**
 * bpfmmap_freeze_poll() - register a poller that is woken up when the region is frozen
 * @freeze: freeze state of the region
 * @file: file that is polled
 * @table: table of the poll
 *
 * Context: may sleep.
 * Return: true if the region is frozen now. After false a later freeze wakes the poller up.
 */
bool bpfmmap_freeze_poll(struct bpfmmap_freeze_state *freeze, struct file *file,
			 struct poll_table_struct *table)
{
	poll_wait(file, &freeze->wait, table);
	/* pairs with wq_has_sleeper() in tell(), which runs after FROZEN has been set */
	smp_mb();
	return bpfmmap_freeze_is_frozen(freeze);
}
