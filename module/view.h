/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Views: what bpfmmap_bpf.ko sees of a region
 *
 * A handle is 52 random bits above the number of a slot. The slot leads to the view, and the
 * view's own handles say whether it is the region that was meant: one handle for those who may
 * write, one for those who may only read. A slot without a region leads to a view of nothing, so
 * nobody asks whether there is one. A handle of 0 is nobody's.
 *
 * A view that has been found under rcu_read_lock() or rcu_read_lock_trace() (each BPF program runs
 * under one of them) may be used, and what it points to, until the end of that: a region
 * gives up its slot first, and its memory after a grace period of both. A freeze sets
 * writable and writable_entries to 0 first, and says that it is done after one.
 */
#ifndef _BPFMMAP_VIEW_H
#define _BPFMMAP_VIEW_H

#include <linux/bits.h>
#include <linux/cache.h>
#include <linux/types.h>

struct irq_work;

#define BPFMMAP_VIEW_BITS	12
#define BPFMMAP_VIEWS		((unsigned int)BIT(BPFMMAP_VIEW_BITS))

struct bpfmmap_view {
	u64 handle;		/* of those who may write (and read) */
	void *data;
	u64 writable;		/* bytes that slices may have; becomes 0, and stays */
	u32 writable_entries;	/* the same in elements */
	u32 elem_size;
	u32 value_size;
	u32 max_entries;	/* that may be read; 0: programs only write */
	u64 readable;		/* the same in bytes */
	u64 handle_ro;		/* of those who may only read */
	u64 storable;		/* bytes that bpfmmap_write() may change; becomes 0, and stays */
	struct irq_work *wake;	/* wakes those who poll */
} ____cacheline_aligned;

extern struct bpfmmap_view *bpfmmap_views[BPFMMAP_VIEWS];

void bpfmmap_share_set_ready(bool ready);

#endif /* _BPFMMAP_VIEW_H */
