/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_SHARE_H
#define _BPFMMAP_SHARE_H

#include <linux/types.h>
#include <linux/workqueue.h>

#include "backing.h"

struct bpfmmap_freeze_state;
struct bpfmmap_layout;
struct bpfmmap_share;
struct file;
struct poll_table_struct;

/* Work that is done when all BPF programs that run now have ended. */
struct bpfmmap_grace {
	struct rcu_head rcu;
	struct work_struct work;
};

int bpfmmap_share_init(void);
void bpfmmap_share_exit(void);
bool bpfmmap_share_is_ready(void);
void bpfmmap_share_after_programs(struct bpfmmap_grace *grace);

struct bpfmmap_share *bpfmmap_share_reserve(void);
void bpfmmap_share_begin(struct bpfmmap_share *share, const struct bpfmmap_backing *backing,
			 const struct bpfmmap_layout *layout, bool may_read, bool may_write);
void bpfmmap_share_release(struct bpfmmap_share *share, struct bpfmmap_backing *backing);
void bpfmmap_share_revoke(struct bpfmmap_share *share);
int bpfmmap_share_handle(struct bpfmmap_share *share, struct bpfmmap_freeze_state *freeze,
			 bool writable, u64 *handle);
u32 bpfmmap_share_wakes(const struct bpfmmap_share *share);
void bpfmmap_share_poll(struct bpfmmap_share *share, struct file *file,
			struct poll_table_struct *table);

#endif /* _BPFMMAP_SHARE_H */
