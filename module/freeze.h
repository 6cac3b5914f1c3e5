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

/* The freeze word: the number of writers in its low half, and flags. See freeze.c. */
#define BPFMMAP_FREEZE_WRITERS	GENMASK_ULL(31, 0)
#define BPFMMAP_FREEZE_PENDING	BIT_ULL(32)	/* the last writer that leaves freezes, */
#define BPFMMAP_FREEZE_PENDING_ALL BIT_ULL(33)	/* and it freezes for everybody */
#define BPFMMAP_FREEZE_REVOKED	BIT_ULL(34)	/* writers may no longer begin to store */
#define BPFMMAP_FREEZE_FROZEN	BIT_ULL(35)	/* no process changes a byte from now on */
#define BPFMMAP_FREEZE_SHARED	BIT_ULL(36)	/* BPF programs or modules may store, uncounted */
#define BPFMMAP_FREEZE_DRAINING	BIT_ULL(37)	/* they may no longer begin to; some still store */
#define BPFMMAP_FREEZE_ALL	BIT_ULL(38)	/* no byte of the region changes from now on */
#define BPFMMAP_FREEZE_LOST	BIT_ULL(39)	/* see freeze.c: the region can't be frozen */

/* The scope of a freeze: those who can't change the region any more. */
enum bpfmmap_freeze_scope {
	BPFMMAP_FREEZE_FOR_ALL,
	BPFMMAP_FREEZE_FOR_PROCESSES,
};

/* Functions of the region that a freeze calls, in any context but NMI. */
struct bpfmmap_freeze_ops {
	/* called once, after ALL is set */
	void (*frozen)(struct bpfmmap_freeze_state *freeze);
	/*
	 * Called once, after DRAINING is set: let no BPF program or module begin to store, and
	 * call bpfmmap_freeze_drained() when none stores any more.
	 */
	void (*drain)(struct bpfmmap_freeze_state *freeze);
};

struct bpfmmap_freeze_state {
	u32 id;				/* id of the region, for tracepoints; set once */
	const struct bpfmmap_freeze_ops *ops;
	struct mutex lock;		/* protects the next three; not taken by writers */
	unsigned int nr_pending;	/* all pending freezes; read without the lock for display */
	unsigned int nr_pending_all;	/* those of them that are for everybody */
	struct list_head kept;		/* pending freezes that survive close, one per user */
	wait_queue_head_t wait;		/* tasks that wait until FROZEN or ALL is set */

	/* on a cache line of its own, as writers change it often */
	atomic64_t word ____cacheline_aligned_in_smp;
};

/* The pending freeze of an open file; under freeze.lock. */
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

/* The state now. It may have changed on return, except that a frozen region stays frozen (I3). */
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

/* What is shown of a freeze, all of it from one read of the word. */
struct bpfmmap_freeze_view {
	bool frozen;		/* for everybody */
	bool frozen_for_processes;	/* at least */
	u32 writers;		/* that may store */
	u32 revoked;		/* that a frozen region still counts, and that store nothing (I2) */
	u32 pending;		/* pending freezes */
};

static inline struct bpfmmap_freeze_view
bpfmmap_freeze_view(const struct bpfmmap_freeze_state *freeze)
{
	const u64 word = atomic64_read(&freeze->word);
	const u32 writers = word & BPFMMAP_FREEZE_WRITERS;

	if (word & BPFMMAP_FREEZE_FROZEN)
		return (struct bpfmmap_freeze_view){
			.frozen = word & BPFMMAP_FREEZE_ALL,
			.frozen_for_processes = true,
			.revoked = writers,
		};
	return (struct bpfmmap_freeze_view){
		.writers = writers,
		.pending = READ_ONCE(freeze->nr_pending),
	};
}

/* True if writers may not begin to store. It stays true (I3). */
static inline bool bpfmmap_freeze_is_revoked(const struct bpfmmap_freeze_state *freeze)
{
	return atomic64_read(&freeze->word) & BPFMMAP_FREEZE_REVOKED;
}

/**
 * bpfmmap_freeze_begin_store() - begin a section that stores, or sets a page table entry
 *
 * The caller is a writer. In the section it must ask bpfmmap_freeze_is_revoked(), and it may store
 * only if that returns false (I6). A freeze by revoke waits for the end of the section
 * (bpfmmap_freeze_end_store()). The section must not sleep, so it copies from the user only while
 * page faults are disabled.
 *
 * Context: any but NMI.
 */
static inline void bpfmmap_freeze_begin_store(void)
{
	rcu_read_lock();
}

/* End a section that bpfmmap_freeze_begin_store() has begun. */
static inline void bpfmmap_freeze_end_store(void)
{
	rcu_read_unlock();
}

#endif /* _BPFMMAP_FREEZE_H */
