/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_FREEZE_H
#define _BPFMMAP_FREEZE_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/wait.h>

struct file;
struct poll_table_struct;
struct bpfmmap_freeze_state;

/* The word: how many writers there are, in its low half, and what has been decided. */
#define BPFMMAP_FREEZE_WRITERS	GENMASK_ULL(31, 0)
#define BPFMMAP_FREEZE_PENDING	BIT_ULL(32)	/* the last writer to leave freezes it, .. */
#define BPFMMAP_FREEZE_PENDING_ALL BIT_ULL(33)	/* .. for programs, too */
#define BPFMMAP_FREEZE_REVOKED	BIT_ULL(34)	/* no writer may store any more */
#define BPFMMAP_FREEZE_FROZEN	BIT_ULL(35)	/* no process changes a byte any more */
#define BPFMMAP_FREEZE_SHARED	BIT_ULL(36)	/* some may write who are not counted: programs */
#define BPFMMAP_FREEZE_DRAINING	BIT_ULL(37)	/* those can't begin any more, but may be at it */
#define BPFMMAP_FREEZE_ALL	BIT_ULL(38)	/* not a byte changes any more */
#define BPFMMAP_FREEZE_LOST	BIT_ULL(39)	/* a writer is out of reach: it never freezes */

/* Those who can't change it any more when it is frozen. */
enum bpfmmap_freeze_scope {
	BPFMMAP_FREEZE_FOR_ALL,
	BPFMMAP_FREEZE_FOR_PROCESSES,
};

/* Of the region, for what is not decided here. Called in any context but NMI. */
struct bpfmmap_freeze_ops {
	/* it has just become ALL */
	void (*frozen)(struct bpfmmap_freeze_state *freeze);
	/* let no program begin to write, and call bpfmmap_freeze_drained() when none is at it */
	void (*drain)(struct bpfmmap_freeze_state *freeze);
};

struct bpfmmap_freeze_state {
	u32 id;				/* of the region, for tracepoints; set once */
	const struct bpfmmap_freeze_ops *ops;
	struct mutex lock;		/* protects the three below; not taken by writers */
	unsigned int nr_pending;	/* pending freezes; read without the lock for display */
	unsigned int nr_pending_all;	/* those of them that are for programs, too */
	struct list_head kept;		/* those of them that survive close, one per user */
	wait_queue_head_t wait;		/* for FROZEN, and for ALL */

	/* writers change it all the time, readers look at what stands above */
	atomic64_t word ____cacheline_aligned_in_smp;
};

/* What a pending freeze of an open file is for; under the lock. */
enum bpfmmap_freeze_pending {
	BPFMMAP_FREEZE_NOT_PENDING,
	BPFMMAP_FREEZE_PENDING_FOR_PROCESSES,
	BPFMMAP_FREEZE_PENDING_FOR_ALL,
};

void bpfmmap_freeze_init(struct bpfmmap_freeze_state *freeze,
			 const struct bpfmmap_freeze_ops *ops);
void bpfmmap_freeze_destroy(struct bpfmmap_freeze_state *freeze);

int bpfmmap_freeze_begin_write(struct bpfmmap_freeze_state *freeze);
void bpfmmap_freeze_copy_writer(struct bpfmmap_freeze_state *freeze);
void bpfmmap_freeze_end_write(struct bpfmmap_freeze_state *freeze);
void bpfmmap_freeze_lose_writer(struct bpfmmap_freeze_state *freeze);
bool bpfmmap_freeze_may_share(struct bpfmmap_freeze_state *freeze);
bool bpfmmap_freeze_share(struct bpfmmap_freeze_state *freeze);
void bpfmmap_freeze_drained(struct bpfmmap_freeze_state *freeze);

int bpfmmap_freeze_now(struct bpfmmap_freeze_state *freeze, enum bpfmmap_freeze_scope scope);
int bpfmmap_freeze_begin_revoke(struct bpfmmap_freeze_state *freeze,
				enum bpfmmap_freeze_scope scope);
int bpfmmap_freeze_end_revoke(struct bpfmmap_freeze_state *freeze,
			      enum bpfmmap_freeze_scope scope);
int bpfmmap_freeze_when_idle(struct bpfmmap_freeze_state *freeze, enum bpfmmap_freeze_scope scope,
			     enum bpfmmap_freeze_pending *pending);
int bpfmmap_freeze_when_idle_kept(struct bpfmmap_freeze_state *freeze,
				  enum bpfmmap_freeze_scope scope);
int bpfmmap_freeze_cancel(struct bpfmmap_freeze_state *freeze,
			  enum bpfmmap_freeze_pending *pending);
int bpfmmap_freeze_cancel_kept(struct bpfmmap_freeze_state *freeze);
void bpfmmap_freeze_forget(struct bpfmmap_freeze_state *freeze,
			   enum bpfmmap_freeze_pending *pending);
__poll_t bpfmmap_freeze_poll(struct bpfmmap_freeze_state *freeze, struct file *file,
			     struct poll_table_struct *table);

/* How it stands: for display, as the next moment it may stand otherwise. */
static inline bool bpfmmap_freeze_is_frozen(const struct bpfmmap_freeze_state *freeze)
{
	return atomic64_read(&freeze->word) & BPFMMAP_FREEZE_ALL;
}

static inline bool bpfmmap_freeze_is_frozen_for_processes(const struct bpfmmap_freeze_state *freeze)
{
	return atomic64_read(&freeze->word) & (BPFMMAP_FREEZE_FROZEN | BPFMMAP_FREEZE_ALL);
}

static inline u32 bpfmmap_freeze_writers(const struct bpfmmap_freeze_state *freeze)
{
	return atomic64_read(&freeze->word) & BPFMMAP_FREEZE_WRITERS;
}

static inline u32 bpfmmap_freeze_nr_pending(const struct bpfmmap_freeze_state *freeze)
{
	return bpfmmap_freeze_is_frozen_for_processes(freeze) ? 0 : READ_ONCE(freeze->nr_pending);
}

/* Have the writers lost their rights? Decided for good. */
static inline bool bpfmmap_freeze_is_revoked(const struct bpfmmap_freeze_state *freeze)
{
	return atomic64_read(&freeze->word) & BPFMMAP_FREEZE_REVOKED;
}

/**
 * bpfmmap_freeze_begin_store() - begin to store, or to put an entry of a page table in
 *
 * The caller is a writer, and asks bpfmmap_freeze_is_revoked() next. If it is not, what is done
 * before bpfmmap_freeze_end_store() is done before a freeze that revokes goes on. It must
 * not sleep, so a copy from the user is not done in there unless with page faults off.
 *
 * Context: any but NMI.
 */
static inline void bpfmmap_freeze_begin_store(void)
{
	rcu_read_lock();
}

static inline void bpfmmap_freeze_end_store(void)
{
	rcu_read_unlock();
}

#endif /* _BPFMMAP_FREEZE_H */
