// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freeze: who may still write, and from when on nobody
 *
 * There are two kinds of writers that are counted, as in kernel/bpf/syscall.c: a writable mapping
 * (a VMA that has VM_MAYWRITE), from its mmap to the close of its last part; and an update or a
 * write, while it runs. Others are not counted, as they could not pay for it: BPF programs
 * and other modules that store where they have been shown (share.c). One atomic word has the
 * number of writers and what has been decided:
 *
 *	begin write	nothing is decided ? writers + 1 : FROZEN, REVOKED ? EPERM : EBUSY
 *	fork, split	writers + 1, whatever the flags: the VMA that is copied counts already
 *	end write	writers - 1; was it the last, and a freeze pending: it freezes
 *	freeze now	writers = 0 ? freeze : EBUSY
 *	.. when idle	writers = 0 ? freeze : PENDING
 *	cancel, close	the last of those who asked takes PENDING away
 *	.. revoke	REVOKED; wait for stores; take the mappings away; freeze
 *
 *	freeze, for processes		FROZEN
 *	.., for everybody		FROZEN | ALL, if it is not SHARED; else
 *					DRAINING; wait for those who are not counted; FROZEN | ALL
 *
 * Each line is one cmpxchg (I3; or an addition that can't be wrong), so of a writer that begins
 * and a freeze one comes first and the other one sees it. A writer may begin and end in any
 * context but NMI. FROZEN, ALL and REVOKED are never taken away. From FROZEN to ALL is a step that
 * can be made later.
 *
 * A freeze that revokes finds writers and does not wait for them to leave. From REVOKED on
 * they may not store (bpfmmap_freeze_begin_store()). What they had begun to store before is
 * over after a grace period of RCU; then the one who revokes takes the entries of their mappings
 * away, and only then it is frozen. Nothing that mmap, fault, open or close takes is held
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

#define ANY_PENDING	(BPFMMAP_FREEZE_PENDING | BPFMMAP_FREEZE_PENDING_ALL)

/* It is frozen, or nothing keeps it from that any more. */
#define DECIDED		(BPFMMAP_FREEZE_FROZEN | BPFMMAP_FREEZE_DRAINING | BPFMMAP_FREEZE_ALL)

/* How many users may have a pending freeze of one region that survives close. */
#define MAX_KEPT	64

/* A pending freeze that survives close. */
struct bpfmmap_kept {
	struct list_head list;
	kuid_t uid;
	enum bpfmmap_freeze_scope scope;
};

void bpfmmap_freeze_init(struct bpfmmap_freeze_state *freeze,
			 const struct bpfmmap_freeze_ops *ops)
{
	freeze->ops = ops;
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
	WARN_ON_ONCE(atomic64_read(&freeze->word) & BPFMMAP_FREEZE_DRAINING);
	list_for_each_entry_safe(kept, next, &freeze->kept, list)
		kfree(kept);
	mutex_destroy(&freeze->lock);
}

/* The word has just become FROZEN or ALL. */
static void tell(struct bpfmmap_freeze_state *freeze, bool all)
{
	trace_bpfmmap_freeze(freeze->id, 0);
	/* a full barrier, and one in bpfmmap_freeze_poll() */
	if (wq_has_sleeper(&freeze->wait))
		wake_up_all(&freeze->wait);
	if (all)
		freeze->ops->frozen(freeze);
}

/* The word of what is so and has no writers that may store, when it is frozen. */
static u64 frozen_word(u64 word, enum bpfmmap_freeze_scope scope)
{
	/* one who waits for it to be frozen for everybody gets that */
	const bool all = scope == BPFMMAP_FREEZE_FOR_ALL || (word & BPFMMAP_FREEZE_PENDING_ALL);

	word &= ~ANY_PENDING;
	if (!all)
		return word | BPFMMAP_FREEZE_FROZEN;
	if (word & BPFMMAP_FREEZE_SHARED)
		return word | BPFMMAP_FREEZE_DRAINING;
	return word | BPFMMAP_FREEZE_FROZEN | BPFMMAP_FREEZE_ALL;
}

/* Freeze if the word is as expected, by one cmpxchg. Returns what it was. */
static u64 freeze_if(struct bpfmmap_freeze_state *freeze, u64 expected,
		     enum bpfmmap_freeze_scope scope)
{
	u64 new = frozen_word(expected, scope);
	u64 old = atomic64_cmpxchg(&freeze->word, expected, new);

	if (old != expected)
		return old;
	if (new & BPFMMAP_FREEZE_DRAINING)
		freeze->ops->drain(freeze);
	else
		tell(freeze, new & BPFMMAP_FREEZE_ALL);
	return old;
}

/**
 * bpfmmap_freeze_begin_write() - become a writer
 * @freeze: of the region, not to be frozen until bpfmmap_freeze_end_write()
 *
 * Context: any but NMI; takes no lock.
 * Return: 0; -EPERM: it is frozen, or revoked; -EBUSY: it is about to be frozen.
 */
int bpfmmap_freeze_begin_write(struct bpfmmap_freeze_state *freeze)
{
	s64 old = atomic64_read(&freeze->word);

	do {
		if (old & (BPFMMAP_FREEZE_FROZEN | BPFMMAP_FREEZE_REVOKED))
			return -EPERM;
		if (old & (ANY_PENDING | BPFMMAP_FREEZE_DRAINING))
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

/* The last writer has left, and a freeze was pending. */
static bool is_due(u64 word)
{
	return (word & ANY_PENDING) &&
	       !(word & ~(ANY_PENDING | BPFMMAP_FREEZE_SHARED));
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
	/* the word may have changed meanwhile, so that it is still due, or not any more */
	while (is_due(new)) {
		u64 seen = freeze_if(freeze, new, BPFMMAP_FREEZE_FOR_PROCESSES);

		if (seen == new)
			break;
		new = seen;
	}
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

/**
 * bpfmmap_freeze_share() - from now on some may write who are not counted
 * @freeze: of the region
 *
 * Called before they are shown where.
 *
 * Return: false: it is frozen for everybody, or about to be, so they must not be able to.
 */
bool bpfmmap_freeze_share(struct bpfmmap_freeze_state *freeze)
{
	u64 old = atomic64_fetch_or(BPFMMAP_FREEZE_SHARED, &freeze->word);

	return !(old & (BPFMMAP_FREEZE_DRAINING | BPFMMAP_FREEZE_ALL));
}

/* The same for one who asks each time, which is cheap from the second time on. */
bool bpfmmap_freeze_may_share(struct bpfmmap_freeze_state *freeze)
{
	const u64 word = atomic64_read(&freeze->word);

	if (word & (BPFMMAP_FREEZE_DRAINING | BPFMMAP_FREEZE_ALL))
		return false;
	return (word & BPFMMAP_FREEZE_SHARED) || bpfmmap_freeze_share(freeze);
}

/**
 * bpfmmap_freeze_drained() - those who are not counted can't write any more, and none is at it
 * @freeze: its drain() was called
 *
 * Context: may sleep.
 */
void bpfmmap_freeze_drained(struct bpfmmap_freeze_state *freeze)
{
	s64 old = atomic64_read(&freeze->word), new;

	do {
		new = old & ~(BPFMMAP_FREEZE_DRAINING | ANY_PENDING);
		new |= BPFMMAP_FREEZE_FROZEN | BPFMMAP_FREEZE_ALL;
	} while (!atomic64_try_cmpxchg(&freeze->word, &old, new));
	WARN_ON_ONCE(!(old & BPFMMAP_FREEZE_DRAINING) || (old & BPFMMAP_FREEZE_ALL));
	tell(freeze, true);
}

/*
 * Freeze if that can be now. Returns 0: it is frozen; -EINPROGRESS: it is about to be, by this
 * caller; -EALREADY: by another one; -EPERM: it was frozen already; -EBUSY: it has writers.
 */
static int freeze_if_idle(struct bpfmmap_freeze_state *freeze, enum bpfmmap_freeze_scope scope)
{
	u64 old = atomic64_read(&freeze->word), seen;

	lockdep_assert_held(&freeze->lock);
	for (;;) {
		if (old & BPFMMAP_FREEZE_ALL)
			return -EPERM;
		if (scope == BPFMMAP_FREEZE_FOR_PROCESSES && (old & BPFMMAP_FREEZE_FROZEN))
			return -EPERM;
		if (old & BPFMMAP_FREEZE_DRAINING)
			return -EALREADY;
		/* of what is frozen for processes the writers are revoked ones */
		if (!(old & BPFMMAP_FREEZE_FROZEN) &&
		    (old & (BPFMMAP_FREEZE_WRITERS | BPFMMAP_FREEZE_REVOKED | BPFMMAP_FREEZE_LOST)))
			return -EBUSY;
		seen = freeze_if(freeze, old, scope);
		if (seen == old)
			return frozen_word(old, scope) & BPFMMAP_FREEZE_DRAINING ? -EINPROGRESS : 0;
		old = seen;
	}
}

/* Wait until it is frozen, if it is about to be. err: of freeze_if_idle(), not -EBUSY. */
static int wait_if_draining(struct bpfmmap_freeze_state *freeze, int err)
{
	if (err != -EINPROGRESS && err != -EALREADY)
		return err;
	if (wait_event_killable(freeze->wait, bpfmmap_freeze_is_frozen(freeze)))
		return -EINTR;
	return err == -EALREADY ? -EPERM : 0;
}

/**
 * bpfmmap_freeze_now() - let nobody write any more
 * @freeze: of the region, which stays readable
 * @scope: who is nobody
 *
 * Context: may sleep, for grace periods of RCU if it is SHARED, without any lock.
 * Return: 0; -EPERM: it is frozen already, or was when another one was done; -EBUSY: it has
 * writers; -EINTR: the caller was killed; it freezes all the same.
 */
int bpfmmap_freeze_now(struct bpfmmap_freeze_state *freeze, enum bpfmmap_freeze_scope scope)
{
	int err;

	mutex_lock(&freeze->lock);
	err = freeze_if_idle(freeze, scope);
	mutex_unlock(&freeze->lock);
	err = wait_if_draining(freeze, err);
	if (err)
		trace_bpfmmap_freeze(freeze->id, err);
	return err;
}

/* Set REVOKED, unless there is no use in it. Returns what the word was. */
static u64 revoke_if_possible(struct bpfmmap_freeze_state *freeze)
{
	s64 old = atomic64_read(&freeze->word);

	lockdep_assert_held(&freeze->lock);
	do {
		if (old & (DECIDED | BPFMMAP_FREEZE_REVOKED | BPFMMAP_FREEZE_LOST))
			break;
	} while (!atomic64_try_cmpxchg(&freeze->word, &old, old | BPFMMAP_FREEZE_REVOKED));
	return old;
}

/*
 * The same as bpfmmap_freeze_begin_revoke(), but for the grace period and the trace. It looks
 * again if it was frozen in between, or when another one who revokes is done.
 */
static int begin_revoke(struct bpfmmap_freeze_state *freeze, enum bpfmmap_freeze_scope scope)
{
	u64 old;
	int err;

	for (;;) {
		mutex_lock(&freeze->lock);
		old = 0;
		err = freeze_if_idle(freeze, scope);
		if (err == -EBUSY)
			old = revoke_if_possible(freeze);
		mutex_unlock(&freeze->lock);

		if (err != -EBUSY)
			return wait_if_draining(freeze, err);
		if (old & BPFMMAP_FREEZE_LOST)
			return -EBUSY;
		if (!(old & (DECIDED | BPFMMAP_FREEZE_REVOKED)))
			return -EINPROGRESS;
		if (wait_event_killable(freeze->wait, atomic64_read(&freeze->word) & DECIDED))
			return -EINTR;
	}
}

/**
 * bpfmmap_freeze_begin_revoke() - let nobody write any more, not even those who do now
 * @freeze: of the region, which stays readable
 * @scope: who is nobody
 *
 * After -EINPROGRESS nothing is stored any more by those who are counted, but by entries of page
 * tables that are there already. The caller takes those away and calls bpfmmap_freeze_end_revoke(),
 * come what may.
 *
 * Context: may sleep, for grace periods of RCU.
 * Return: 0: it had no writers, and is frozen; -EINPROGRESS; -EPERM: it is frozen already, or
 * was when another one was done; -EINTR: the caller was killed before that; -EBUSY: a writer is
 * out of reach.
 */
int bpfmmap_freeze_begin_revoke(struct bpfmmap_freeze_state *freeze,
				enum bpfmmap_freeze_scope scope)
{
	int err = begin_revoke(freeze, scope);

	if (err == -EINPROGRESS)
		synchronize_rcu_expedited();
	else if (err)
		trace_bpfmmap_freeze(freeze->id, err);
	return err;
}

/**
 * bpfmmap_freeze_end_revoke() - no counted writer can store any more in any way
 * @freeze: as given to bpfmmap_freeze_begin_revoke(), which returned -EINPROGRESS
 * @scope: the same
 *
 * Context: may sleep, for grace periods of RCU if it is SHARED.
 * Return: 0; -EINTR: the caller was killed; it freezes all the same.
 */
int bpfmmap_freeze_end_revoke(struct bpfmmap_freeze_state *freeze, enum bpfmmap_freeze_scope scope)
{
	u64 old;

	do {
		old = atomic64_read(&freeze->word);
		WARN_ON_ONCE(!(old & BPFMMAP_FREEZE_REVOKED) || (old & DECIDED));
	} while (freeze_if(freeze, old, scope) != old);
	if (frozen_word(old, scope) & BPFMMAP_FREEZE_DRAINING)
		return wait_if_draining(freeze, -EINPROGRESS);
	return 0;
}

static u64 pending_bits(enum bpfmmap_freeze_scope scope)
{
	return scope == BPFMMAP_FREEZE_FOR_ALL ? ANY_PENDING : BPFMMAP_FREEZE_PENDING;
}

/*
 * A pending freeze more. Returns 0: it is frozen; -EINPROGRESS, and *added tells whether it waits
 * for writers; or why not. PENDING is set only together with a writer who is to freeze it, so
 * what was idle is looked at again if it is not frozen: a writer who came and left meanwhile knew
 * of nothing.
 */
static int add_pending(struct bpfmmap_freeze_state *freeze, enum bpfmmap_freeze_scope scope,
		       bool *added)
{
	u64 old, pending;
	int err;

	lockdep_assert_held(&freeze->lock);
	*added = false;
	for (;;) {
		err = freeze_if_idle(freeze, scope);
		if (err == -EALREADY)
			return -EINPROGRESS;
		if (err != -EBUSY)
			return err;
		old = atomic64_read(&freeze->word);
		if (old & DECIDED)
			continue;
		/* the one who revokes is soon done, and then freezes for everybody, if asked to */
		if (old & BPFMMAP_FREEZE_REVOKED)
			pending = old | (pending_bits(scope) & BPFMMAP_FREEZE_PENDING_ALL);
		else if (old & (BPFMMAP_FREEZE_WRITERS | BPFMMAP_FREEZE_LOST))
			pending = old | pending_bits(scope);
		else
			continue;
		if ((u64)atomic64_cmpxchg(&freeze->word, old, pending) != old)
			continue;
		*added = !(old & BPFMMAP_FREEZE_REVOKED);
		return -EINPROGRESS;
	}
}

static void count_pending(struct bpfmmap_freeze_state *freeze, enum bpfmmap_freeze_scope scope)
{
	lockdep_assert_held(&freeze->lock);
	WRITE_ONCE(freeze->nr_pending, freeze->nr_pending + 1);
	freeze->nr_pending_all += scope == BPFMMAP_FREEZE_FOR_ALL;
}

/* One pending freeze is taken back. Returns 0; -EPERM: too late. */
static int drop_pending(struct bpfmmap_freeze_state *freeze, enum bpfmmap_freeze_scope scope)
{
	const bool last = freeze->nr_pending == 1;
	const bool last_all = scope == BPFMMAP_FREEZE_FOR_ALL && freeze->nr_pending_all == 1;
	const u64 drop = (last ? BPFMMAP_FREEZE_PENDING : 0) |
			 (last_all ? BPFMMAP_FREEZE_PENDING_ALL : 0);
	s64 old = atomic64_read(&freeze->word);

	lockdep_assert_held(&freeze->lock);
	WARN_ON_ONCE(!freeze->nr_pending);
	do {
		if (old & (DECIDED | BPFMMAP_FREEZE_REVOKED))
			return -EPERM;
	} while (!atomic64_try_cmpxchg(&freeze->word, &old, old & ~drop));
	WRITE_ONCE(freeze->nr_pending, freeze->nr_pending - 1);
	freeze->nr_pending_all -= scope == BPFMMAP_FREEZE_FOR_ALL;
	return 0;
}

static enum bpfmmap_freeze_scope scope_of(enum bpfmmap_freeze_pending pending)
{
	return pending == BPFMMAP_FREEZE_PENDING_FOR_ALL ? BPFMMAP_FREEZE_FOR_ALL :
							   BPFMMAP_FREEZE_FOR_PROCESSES;
}

/**
 * bpfmmap_freeze_when_idle() - let the last writer freeze it
 * @freeze: of the region, which takes no more writers from now on
 * @scope: for whom
 * @pending: that of the caller's open file. It has one at most, for the last scope asked for.
 *
 * Return: 0: there was no writer, and it is frozen; -EINPROGRESS; -EPERM: it is frozen already.
 */
int bpfmmap_freeze_when_idle(struct bpfmmap_freeze_state *freeze, enum bpfmmap_freeze_scope scope,
			     enum bpfmmap_freeze_pending *pending)
{
	bool added;
	int err;

	mutex_lock(&freeze->lock);
	err = add_pending(freeze, scope, &added);
	if (added) {
		count_pending(freeze, scope);
		if (*pending)
			drop_pending(freeze, scope_of(*pending));
		*pending = scope == BPFMMAP_FREEZE_FOR_ALL ? BPFMMAP_FREEZE_PENDING_FOR_ALL :
							     BPFMMAP_FREEZE_PENDING_FOR_PROCESSES;
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
 * @scope: for whom
 *
 * Return: as bpfmmap_freeze_when_idle(); -ENOMEM; -ENOSPC: too many users have asked for that.
 */
int bpfmmap_freeze_when_idle_kept(struct bpfmmap_freeze_state *freeze,
				  enum bpfmmap_freeze_scope scope)
{
	struct bpfmmap_kept *kept, *before;
	bool added = false;
	unsigned int nr;
	int err;

	kept = kmalloc(sizeof(*kept), GFP_KERNEL_ACCOUNT);
	if (!kept)
		return -ENOMEM;
	kept->uid = current_euid();
	kept->scope = scope;

	mutex_lock(&freeze->lock);
	before = find_kept(freeze, kept->uid, &nr);
	/* what is frozen says so, however many had asked for it */
	err = -ENOSPC;
	if (before || nr < MAX_KEPT || (atomic64_read(&freeze->word) & DECIDED))
		err = add_pending(freeze, scope, &added);
	if (added) {
		count_pending(freeze, scope);
		if (before) {
			drop_pending(freeze, before->scope);
			before->scope = scope;
		} else {
			list_add(&kept->list, &freeze->kept);
			kept = NULL;
		}
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
 * @pending: that of the open file
 *
 * Return: 0; -ENOENT: it has none; -EPERM: too late, the region is frozen or about to be.
 */
int bpfmmap_freeze_cancel(struct bpfmmap_freeze_state *freeze,
			  enum bpfmmap_freeze_pending *pending)
{
	int err = -ENOENT;

	mutex_lock(&freeze->lock);
	if (atomic64_read(&freeze->word) & (DECIDED | BPFMMAP_FREEZE_REVOKED))
		err = -EPERM;
	else if (*pending)
		err = drop_pending(freeze, scope_of(*pending));
	*pending = BPFMMAP_FREEZE_NOT_PENDING;
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
	if (atomic64_read(&freeze->word) & (DECIDED | BPFMMAP_FREEZE_REVOKED))
		err = -EPERM;
	list_for_each_entry_safe(kept, next, &freeze->kept, list) {
		if (err == -EPERM)
			break;
		if (!everybody && !uid_eq(kept->uid, uid))
			continue;
		err = drop_pending(freeze, kept->scope);
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
 * @pending: that of the open file
 */
void bpfmmap_freeze_forget(struct bpfmmap_freeze_state *freeze,
			   enum bpfmmap_freeze_pending *pending)
{
	/* nobody else can use the open file any more */
	if (!*pending)
		return;
	mutex_lock(&freeze->lock);
	drop_pending(freeze, scope_of(*pending));
	mutex_unlock(&freeze->lock);
	*pending = BPFMMAP_FREEZE_NOT_PENDING;
}

/**
 * bpfmmap_freeze_poll() - wait for it to be frozen, as poll does
 * @freeze: of the region
 * @file: that is polled
 * @table: of poll
 *
 * Return: EPOLLPRI once it is frozen for everybody, EPOLLRDBAND once it is frozen for processes
 * (or everybody); those who poll will be woken for what is not so yet.
 */
__poll_t bpfmmap_freeze_poll(struct bpfmmap_freeze_state *freeze, struct file *file,
			     struct poll_table_struct *table)
{
	__poll_t events = 0;

	poll_wait(file, &freeze->wait, table);
	/* tell() looks for sleepers after it has set FROZEN or ALL */
	smp_mb();
	if (bpfmmap_freeze_is_frozen(freeze))
		events |= EPOLLPRI;
	if (bpfmmap_freeze_is_frozen_for_processes(freeze))
		events |= EPOLLRDBAND;
	return events;
}
