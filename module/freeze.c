// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freeze: decides whether a writer may begin, and when a region is frozen
 *
 * There are two kinds of writers, as in map_freeze() of kernel/bpf/syscall.c: a writable mapping
 * (a VMA that has VM_MAYWRITE), from its mmap to the close of its last part; and an update or a
 * write while it runs. BPF programs and other modules are not counted, as counting would cost a
 * program more than its store (share.c). One atomic word holds the number of writers and the flags
 * (freeze.h). The transitions of the word:
 *
 *	begin write	  FROZEN, REVOKED: EPERM. Else PENDING, DRAINING: EBUSY. Else writers + 1
 *	fork, split	  writers + 1, with any flags: the copied VMA is a writer already
 *	end write	  writers - 1. If no writer is left and nothing but PENDING is set: "freeze"
 *	freeze now	  frozen: EPERM. Else writers, REVOKED or LOST: EBUSY. Else "freeze"
 *	freeze when idle  frozen: EPERM. Else writers or LOST: PENDING. Else "freeze"
 *	cancel, close	  if no other pending freeze is left: PENDING is cleared
 *	freeze by revoke  REVOKED; wait for stores; remove entries of mappings; "freeze"
 *
 * and "freeze" is one of these, by the scope of the freeze:
 *
 *	for processes	  FROZEN
 *	for everybody	  if SHARED is not set: FROZEN and ALL
 *	the same, SHARED  DRAINING; wait for programs and modules; FROZEN and ALL
 *
 * A region that is frozen for processes can be frozen for everybody later. If requests of both
 * scopes are pending, the region is frozen for everybody.
 *
 * Each transition is one cmpxchg (I3) or one addition that needs no condition. So a beginning
 * writer and a freeze have an order, and the later one sees the earlier one. A writer may begin
 * and end in any context but NMI. FROZEN, ALL and REVOKED are never cleared (I3).
 *
 * A freeze by revoke does not wait until writers leave. As soon as REVOKED is set, a writer may not
 * begin to store (bpfmmap_freeze_begin_store(), I6). Stores that had begun before have ended
 * after a grace period of RCU. Then the revoking task removes the entries of all mappings and
 * freezes. It holds no lock meanwhile that mmap, fault, open or close takes. The writers are
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

#define ANY_PENDING	(BPFMMAP_FREEZE_PENDING | BPFMMAP_FREEZE_PENDING_ALL)

/* With one of these flags set, the region is frozen, or will be and nothing can prevent it. */
#define DECIDED		(BPFMMAP_FREEZE_FROZEN | BPFMMAP_FREEZE_DRAINING | BPFMMAP_FREEZE_ALL)

/* Number of users who may have a pending freeze of one region that survives close. */
#define MAX_KEPT	64

/* A pending freeze that survives close. Each user has one at most for a region. */
struct bpfmmap_kept {
	struct list_head list;
	kuid_t uid;
	enum bpfmmap_freeze_scope scope;
};

/* Set up the state of a new region. */
void bpfmmap_freeze_init(struct bpfmmap_freeze_state *freeze,
			 const struct bpfmmap_freeze_ops *ops)
{
	freeze->ops = ops;
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
	WARN_ON_ONCE(atomic64_read(&freeze->word) & BPFMMAP_FREEZE_DRAINING);
	list_for_each_entry_safe(kept, next, &freeze->kept, list)
		kfree(kept);
	mutex_destroy(&freeze->lock);
}

/* Wake up pollers, and if it is frozen for everybody notify watches. */
static void tell(struct bpfmmap_freeze_state *freeze, bool all)
{
	trace_bpfmmap_freeze(freeze->id, 0);
	/* wq_has_sleeper() has a full barrier, which pairs with that of bpfmmap_freeze_poll() */
	if (wq_has_sleeper(&freeze->wait))
		wake_up_all(&freeze->wait);
	if (all)
		freeze->ops->frozen(freeze);
}

/* Returns the word that follows when a region without writers that may store is frozen. */
static u64 frozen_word(u64 word, enum bpfmmap_freeze_scope scope)
{
	/* a pending freeze for everybody is granted together with one for processes */
	const bool all = scope == BPFMMAP_FREEZE_FOR_ALL || (word & BPFMMAP_FREEZE_PENDING_ALL);

	word &= ~ANY_PENDING;
	if (!all)
		return word | BPFMMAP_FREEZE_FROZEN;
	if (word & BPFMMAP_FREEZE_SHARED)
		return word | BPFMMAP_FREEZE_DRAINING;
	return word | BPFMMAP_FREEZE_FROZEN | BPFMMAP_FREEZE_ALL;
}

/* Freeze if the word is as expected, by one cmpxchg. Returns the previous word. */
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
 * @freeze: freeze state of the region
 *
 * After 0 only a freeze by revoke can freeze the region before bpfmmap_freeze_end_write().
 *
 * Context: any but NMI; takes no lock.
 * Return: 0; -EPERM: the region is frozen or has been revoked; -EBUSY: a freeze is pending,
 * or has begun and waits for programs.
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

/* True if the last writer has left while a freeze was pending. */
static bool is_due(u64 word)
{
	return (word & ANY_PENDING) && !(word & ~(ANY_PENDING | BPFMMAP_FREEZE_SHARED));
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
	/* it fails if the word has changed meanwhile: then look again whether a freeze is due */
	while (is_due(new)) {
		u64 seen = freeze_if(freeze, new, BPFMMAP_FREEZE_FOR_PROCESSES);

		if (seen == new)
			break;
		new = seen;
	}
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

/**
 * bpfmmap_freeze_share() - let BPF programs or modules store without being counted
 * @freeze: freeze state of the region
 *
 * It must be called before they get a pointer or a handle that they can store by.
 *
 * Context: any.
 * Return: false: the region is frozen for everybody, or will be, so they must not store.
 */
bool bpfmmap_freeze_share(struct bpfmmap_freeze_state *freeze)
{
	u64 old = atomic64_fetch_or(BPFMMAP_FREEZE_SHARED, &freeze->word);

	return !(old & (BPFMMAP_FREEZE_DRAINING | BPFMMAP_FREEZE_ALL));
}

/* The same for a caller that asks often: it writes to the word only once. */
bool bpfmmap_freeze_may_share(struct bpfmmap_freeze_state *freeze)
{
	const u64 word = atomic64_read(&freeze->word);

	if (word & (BPFMMAP_FREEZE_DRAINING | BPFMMAP_FREEZE_ALL))
		return false;
	return (word & BPFMMAP_FREEZE_SHARED) || bpfmmap_freeze_share(freeze);
}

/**
 * bpfmmap_freeze_drained() - finish a freeze for everybody: no program or module stores any more
 * @freeze: freeze state of the region, whose drain() was called
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
 * Freeze if the region has no writer that may store. Returns 0: it is frozen; -EINPROGRESS: this
 * call has set DRAINING; -EALREADY: DRAINING was set before; -EPERM: it was frozen for this scope;
 * -EBUSY: not possible.
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
		/* with FROZEN set all writers have been revoked (I2) */
		if (!(old & BPFMMAP_FREEZE_FROZEN) &&
		    (old & (BPFMMAP_FREEZE_WRITERS | BPFMMAP_FREEZE_REVOKED | BPFMMAP_FREEZE_LOST)))
			return -EBUSY;
		seen = freeze_if(freeze, old, scope);
		if (seen == old)
			return frozen_word(old, scope) & BPFMMAP_FREEZE_DRAINING ? -EINPROGRESS : 0;
		old = seen;
	}
}

/* Wait until a region that is DRAINING is frozen. err: from freeze_if_idle(), not -EBUSY. */
static int wait_if_draining(struct bpfmmap_freeze_state *freeze, int err)
{
	if (err != -EINPROGRESS && err != -EALREADY)
		return err;
	if (wait_event_killable(freeze->wait, bpfmmap_freeze_is_frozen(freeze)))
		return -EINTR;
	return err == -EALREADY ? -EPERM : 0;
}

/**
 * bpfmmap_freeze_now() - freeze a region that has no writer
 * @freeze: freeze state of the region
 * @scope: scope of the freeze
 *
 * Context: may sleep, without a lock for grace periods of RCU; takes freeze.lock.
 * Return: 0; -EPERM: it was frozen already, or another task has frozen it; -EBUSY: it has writers,
 * is being revoked or is LOST; -EINTR: the caller was killed, and the region will be frozen.
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

/* Set REVOKED unless another flag makes that useless. Returns the previous word. */
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
 * Set REVOKED, or freeze if there is no writer. If another task revokes, wait until it is done,
 * and look again: its scope may be smaller. Returns what bpfmmap_freeze_begin_revoke() returns.
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
 * bpfmmap_freeze_begin_revoke() - take the right to store from all writers
 * @freeze: freeze state of the region
 * @scope: scope of the freeze
 *
 * After -EINPROGRESS counted writers can store only through page table entries that exist already.
 * The caller must remove those and then call bpfmmap_freeze_end_revoke(), in any case.
 *
 * Context: may sleep, for grace periods of RCU; takes and releases freeze.lock.
 * Return: 0: the region had no writers and is frozen; -EINPROGRESS: see above; -EPERM: it was
 * frozen already, or another task has frozen it; -EINTR: the caller was killed while it waited
 * for that task or for programs; -EBUSY: the region is LOST.
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
 * bpfmmap_freeze_end_revoke() - finish a freeze by revoke
 * @freeze: as given to bpfmmap_freeze_begin_revoke(), which returned -EINPROGRESS
 * @scope: as given to it
 *
 * Context: may sleep, for grace periods of RCU; the entries of all writable mappings have been
 * removed.
 * Return: 0: it is frozen; -EINTR: the caller was killed, and the region will be frozen.
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
 * Set PENDING, or freeze if there is no writer. PENDING is set by a cmpxchg of a word that has a
 * writer, which will freeze the region when it leaves. (A writer that left just before did not see
 * PENDING; then the cmpxchg fails, and the loop looks again.) Returns 0: the region is frozen;
 * -EINPROGRESS: it will be, and *added tells whether a pending freeze has been added; -EPERM:
 * frozen already.
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
		/* the task that revokes freezes for everybody if that is pending by then */
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

/* Take one pending freeze back. Returns 0; -EPERM: it is frozen, or will be. */
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
 * bpfmmap_freeze_when_idle() - freeze a region now, or when its last writer leaves
 * @freeze: freeze state of the region
 * @scope: scope of the freeze
 * @pending: in and out: the pending freeze of the caller's open file. It has one at most, of the
 *	scope that was asked for last.
 *
 * Context: may sleep; takes freeze.lock, which protects @pending.
 * Return: 0: it had no writer and is frozen; -EINPROGRESS: it will be frozen, and no writer can
 * begin from now on; -EPERM: it is frozen already.
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
 * @scope: scope of the freeze; the last one counts if the user has asked before
 *
 * The pending freeze belongs to the caller's effective user id.
 *
 * Context: may sleep; takes freeze.lock.
 * Return: as bpfmmap_freeze_when_idle(); -ENOMEM; -ENOSPC: MAX_KEPT other users have one.
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
	/* a region that is frozen gives EPERM, not ENOSPC */
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
 * @freeze: freeze state of the region; writers may begin again if no pending freeze is left
 * @pending: in and out: the pending freeze of the open file
 *
 * Context: may sleep; takes freeze.lock, which protects @pending.
 * Return: 0; -ENOENT: it has none; -EPERM: the region is frozen, or will be.
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
 * bpfmmap_freeze_forget() - end the pending freeze of an open file that is closed
 * @freeze: freeze state of the region
 * @pending: the pending freeze of the open file
 *
 * Context: may sleep; takes freeze.lock if there is a pending freeze.
 */
void bpfmmap_freeze_forget(struct bpfmmap_freeze_state *freeze,
			   enum bpfmmap_freeze_pending *pending)
{
	/* no lock: this is the last user of the open file */
	if (!*pending)
		return;
	mutex_lock(&freeze->lock);
	drop_pending(freeze, scope_of(*pending));
	mutex_unlock(&freeze->lock);
	*pending = BPFMMAP_FREEZE_NOT_PENDING;
}

/**
 * bpfmmap_freeze_poll() - register a poller that is woken up when the region is frozen
 * @freeze: freeze state of the region
 * @file: file that is polled
 * @table: table of the poll
 *
 * Context: may sleep.
 * Return: EPOLLPRI if the region is frozen for everybody, EPOLLRDBAND if it is frozen at least for
 * processes. A later freeze wakes the poller up.
 */
__poll_t bpfmmap_freeze_poll(struct bpfmmap_freeze_state *freeze, struct file *file,
			     struct poll_table_struct *table)
{
	__poll_t events = 0;

	poll_wait(file, &freeze->wait, table);
	/* pairs with wq_has_sleeper() in tell(), which runs after FROZEN or ALL has been set */
	smp_mb();
	if (bpfmmap_freeze_is_frozen(freeze))
		events |= EPOLLPRI;
	if (bpfmmap_freeze_is_frozen_for_processes(freeze))
		events |= EPOLLRDBAND;
	return events;
}
