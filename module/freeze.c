// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freeze: who may still write, and from when on nobody
 *
 * There are two kinds of writers, as in kernel/bpf/syscall.c: a writable mapping (a VMA that
 * has VM_MAYWRITE), from its mmap to the close of its last part; and an update or a write,
 * while it runs. One atomic word has the number of writers and what has been decided:
 *
 *	begin write	no flag is set ? writers + 1 : FROZEN, REVOKED ? EPERM : EBUSY
 *	fork, split	writers + 1, whatever the flags: the VMA that is copied counts already
 *	end write	writers - 1; was it the last, and nothing but PENDING is set: FROZEN
 *	freeze now	the word is 0 ? FROZEN : EBUSY
 *	.. when idle	writers = 0 ? FROZEN : PENDING
 *	cancel, close	the last of those who asked takes PENDING away
 *	.. revoke	REVOKED; wait for stores; take the mappings away; FROZEN
 *
 * Each line is one cmpxchg (I3; or an addition that can't be wrong), so of a writer that begins
 * and a freeze one comes first and the other one sees it. A writer may begin and end in any
 * context but NMI. FROZEN and REVOKED are never taken away.
 *
 * A freeze that revokes finds writers and does not wait for them to leave. From REVOKED on
 * they may not store (bpfmmap_freeze_begin_store()). What they had begun to store before is
 * over after a grace period of RCU; then whoever revokes takes the entries of their mappings
 * away, and only then it is FROZEN. Nothing that mmap, fault, open or close takes is held
 * meanwhile. The writers are still counted until they leave, and no longer matter.
 *
 * LOST is for a writer that may have given its pages to one who is not told when they go (see
 * vma_close() in mapping.c). Such a region is not frozen by anybody.
 *
 * The mutex is for those who freeze or ask to; writers do not take it. See HACKING.md for the
 * order of locks.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "freeze.h"
#include "trace.h"

/* With one of these nobody freezes it, at once or when the last writer leaves. */
#define NEVER	(BPFMMAP_FREEZE_REVOKED | BPFMMAP_FREEZE_FROZEN | BPFMMAP_FREEZE_LOST)

/* How many users may have a pending freeze of one region that survives close. */
#define MAX_KEPT	64

/* A pending freeze that survives close. */
struct bpfmmap_kept {
	struct list_head list;
	kuid_t uid;
};

void bpfmmap_freeze_init(struct bpfmmap_freeze_state *freeze,
			 void (*frozen)(struct bpfmmap_freeze_state *freeze))
{
	freeze->frozen = frozen;
	mutex_init(&freeze->lock);
	INIT_LIST_HEAD(&freeze->kept);
	init_waitqueue_head(&freeze->wait);
	atomic64_set(&freeze->word, 0);
}

/* Nobody refers to the region any more. */
void bpfmmap_freeze_destroy(struct bpfmmap_freeze_state *freeze)
{
	struct bpfmmap_kept *kept, *next;

	WARN_ON_ONCE(bpfmmap_freeze_writers(freeze));
	list_for_each_entry_safe(kept, next, &freeze->kept, list)
		kfree(kept);
	mutex_destroy(&freeze->lock);
}

/* The word has just become FROZEN. */
static void tell(struct bpfmmap_freeze_state *freeze)
{
	trace_bpfmmap_freeze(freeze->id, 0);
	/* a full barrier, and one in bpfmmap_freeze_poll() */
	if (wq_has_sleeper(&freeze->wait))
		wake_up_all(&freeze->wait);
	freeze->frozen(freeze);
}

/* Freeze if the word is as expected, by one cmpxchg. Returns what it was. */
static u64 freeze_if(struct bpfmmap_freeze_state *freeze, u64 expected)
{
	u64 old = atomic64_cmpxchg(&freeze->word, expected, BPFMMAP_FREEZE_FROZEN);

	if (old == expected)
		tell(freeze);
	return old;
}

/**
 * bpfmmap_freeze_begin_write() - become a writer
 * @freeze: of the region, not to be frozen until bpfmmap_freeze_end_write()
 *
 * Context: any but NMI; takes no lock.
 * Return: 0; -EPERM: it is frozen, or revoked; -EBUSY: a freeze is pending.
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
 * bpfmmap_freeze_copy_writer() - one writer becomes two, as when a VMA is copied
 * @freeze: has a writer that does not end before this returns
 *
 * Context: as bpfmmap_freeze_begin_write().
 */
void bpfmmap_freeze_copy_writer(struct bpfmmap_freeze_state *freeze)
{
	s64 old = atomic64_fetch_inc(&freeze->word);

	WARN_ON_ONCE(!(old & BPFMMAP_FREEZE_WRITERS));
	/* I2: what is frozen has no writers but revoked ones */
	WARN_ON_ONCE((old & (BPFMMAP_FREEZE_FROZEN | BPFMMAP_FREEZE_REVOKED)) ==
		     BPFMMAP_FREEZE_FROZEN);
}

/**
 * bpfmmap_freeze_end_write() - no longer be a writer
 * @freeze: as given to bpfmmap_freeze_begin_write() or bpfmmap_freeze_copy_writer()
 *
 * What this writer has written is there for those who see the number go down. The last writer
 * freezes the region if that is pending.
 *
 * Context: as bpfmmap_freeze_begin_write().
 */
void bpfmmap_freeze_end_write(struct bpfmmap_freeze_state *freeze)
{
	s64 new = atomic64_dec_return(&freeze->word);

	WARN_ON_ONCE((new & BPFMMAP_FREEZE_WRITERS) == BPFMMAP_FREEZE_WRITERS);
	/* the freeze may be taken back meanwhile, or writers come: then it is not the last */
	if (new == BPFMMAP_FREEZE_PENDING)
		freeze_if(freeze, BPFMMAP_FREEZE_PENDING);
}

/**
 * bpfmmap_freeze_lose_writer() - a writer is gone, and may have left a way to write behind
 * @freeze: of the region, which is never frozen then
 *
 * Called before bpfmmap_freeze_end_write(). A writer that was revoked before has left none.
 */
void bpfmmap_freeze_lose_writer(struct bpfmmap_freeze_state *freeze)
{
	s64 old = atomic64_read(&freeze->word);

	do {
		if (old & BPFMMAP_FREEZE_REVOKED)
			return;
	} while (!atomic64_try_cmpxchg(&freeze->word, &old, old | BPFMMAP_FREEZE_LOST));
}

/* Freeze if there is no writer. Returns 0, or why not. */
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
 * bpfmmap_freeze_now() - let nobody write any more
 * @freeze: of the region, which stays readable
 *
 * Return: 0; -EPERM: it is frozen already; -EBUSY: it has writers.
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

/* Is another one, who came first, about to freeze it? Then wait for that. */
static int wait_for_revoker(struct bpfmmap_freeze_state *freeze)
{
	if (wait_event_killable(freeze->wait, bpfmmap_freeze_is_frozen(freeze)))
		return -EINTR;
	return -EPERM;
}

/* Set REVOKED. Returns what the word was; with LOST nothing is set. */
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
 * bpfmmap_freeze_begin_revoke() - let nobody write any more, whoever does now
 * @freeze: of the region, which stays readable
 *
 * After -EINPROGRESS nothing is stored any more but by entries of page tables that are there
 * already. The caller takes those away and calls bpfmmap_freeze_end_revoke(), come what may.
 *
 * Context: may sleep, for a grace period of RCU.
 * Return: 0: it had no writers, and is frozen; -EINPROGRESS; -EPERM: it is frozen already, or
 * was when another one who revokes was done; -EINTR: the caller was killed before that; -EBUSY:
 * a writer is out of reach.
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
	/* the last writer may have left since, and frozen it: then REVOKED does no harm */
	if (old & BPFMMAP_FREEZE_FROZEN)
		err = 0;
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
 * bpfmmap_freeze_end_revoke() - no writer can store any more in any way
 * @freeze: as given to bpfmmap_freeze_begin_revoke(), which returned -EINPROGRESS
 */
void bpfmmap_freeze_end_revoke(struct bpfmmap_freeze_state *freeze)
{
	u64 old = atomic64_fetch_or(BPFMMAP_FREEZE_FROZEN, &freeze->word);

	WARN_ON_ONCE(!(old & BPFMMAP_FREEZE_REVOKED) || (old & BPFMMAP_FREEZE_FROZEN));
	tell(freeze);
}

/*
 * A pending freeze more. Returns 0: it is frozen; -EINPROGRESS; or why not. PENDING is set only
 * together with a writer who is to freeze it, so what was idle is looked at again if it is not
 * frozen: a writer who came and left meanwhile knew of nothing.
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

/* One pending freeze is taken back. Returns 0; -EPERM: too late. */
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
 * bpfmmap_freeze_when_idle() - let the last writer freeze it
 * @freeze: of the region, which takes no more writers from now on
 * @pending: has the caller's open file a pending freeze? It has one at most.
 *
 * Return: 0: there was no writer; -EINPROGRESS; -EPERM: it is frozen already.
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
 * bpfmmap_freeze_when_idle_kept() - the same, for as long as the region lives
 * @freeze: of the region, which takes no more writers from now on
 *
 * Return: as bpfmmap_freeze_when_idle(); -ENOMEM; -ENOSPC: too many users have asked for that.
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
	/* what is frozen says so, however many had asked for it */
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
 * @freeze: of the region, which takes writers again if that was the last one
 * @pending: has the open file one?
 *
 * Return: 0; -ENOENT: it has none; -EPERM: too late, the region is frozen.
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
 * @freeze: of the region, which takes writers again if that was the last one
 *
 * With CAP_SYS_ADMIN in the initial user namespace, those of all users.
 *
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
 * bpfmmap_freeze_forget() - an open file is closed, and its pending freeze ends with it
 * @freeze: of the region
 * @pending: has the open file one?
 */
void bpfmmap_freeze_forget(struct bpfmmap_freeze_state *freeze, bool *pending)
{
	/* nobody else can use the open file any more */
	if (!*pending)
		return;
	mutex_lock(&freeze->lock);
	drop_pending(freeze);
	mutex_unlock(&freeze->lock);
	*pending = false;
}

/**
 * bpfmmap_freeze_poll() - wait for it to be frozen, as poll does
 * @freeze: of the region
 * @file: that is polled
 * @table: of poll
 *
 * Return: whether it is frozen now; if not, those who poll will be woken.
 */
bool bpfmmap_freeze_poll(struct bpfmmap_freeze_state *freeze, struct file *file,
			 struct poll_table_struct *table)
{
	poll_wait(file, &freeze->wait, table);
	/* tell() looks for sleepers after it has set FROZEN */
	smp_mb();
	return bpfmmap_freeze_is_frozen(freeze);
}
