/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_SHARE_H
#define _BPFMMAP_SHARE_H

#include <linux/types.h>

struct bpfmmap_freeze_state;
struct bpfmmap_region;
struct file;
struct poll_table_struct;

int bpfmmap_share_init(void);
void bpfmmap_share_exit(void);
bool bpfmmap_share_is_ready(void);

void bpfmmap_share_prepare(struct bpfmmap_region *region);
int bpfmmap_share_reserve(struct bpfmmap_region *region);
void bpfmmap_share_begin(struct bpfmmap_region *region);
void bpfmmap_share_release(struct bpfmmap_region *region);
bool bpfmmap_share_use(struct bpfmmap_region *region);
int bpfmmap_share_handle(struct bpfmmap_region *region, bool writable, u64 *handle);
void bpfmmap_share_drain(struct bpfmmap_freeze_state *freeze);
void bpfmmap_share_flush(struct bpfmmap_region *region);
u32 bpfmmap_share_wakes(const struct bpfmmap_region *region);
void bpfmmap_share_poll(struct bpfmmap_region *region, struct file *file,
			struct poll_table_struct *table);

#endif /* _BPFMMAP_SHARE_H */
