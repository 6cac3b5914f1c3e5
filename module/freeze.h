/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_FREEZE_H
#define _BPFMMAP_FREEZE_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>

struct region;

struct freeze {
	struct mutex lock;	/* protects the three below */
	bool frozen;		/* written under lock, never cleared */
	unsigned int requests;	/* written under lock: how many want it when idle */
	struct list_head kept;	/* under lock: those that no open file stands for */
	atomic64_t writers;	/* see freeze_begin_write() */
	wait_queue_head_t wait;	/* for frozen */
};

void freeze_init(struct region *region);
void freeze_destroy(struct region *region);

int freeze_begin_write(struct region *region);
void freeze_end_write(struct region *region);

int freeze_now(struct region *region);
int freeze_when_idle(struct region *region, bool *wanted);
int freeze_when_idle_kept(struct region *region);
int freeze_cancel(struct region *region, bool *wanted);
int freeze_cancel_kept(struct region *region);
void freeze_forget(struct region *region, bool *wanted);

#endif /* _BPFMMAP_FREEZE_H */
