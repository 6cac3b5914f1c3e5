/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Views: the part of a region that bpfmmap_bpf.ko uses
 *
 * A handle has the number of a slot in its low 12 bits, and 52 random bits above it. The slot
 * points to a view, and the view has two handles to compare with: one that may write and one that
 * may only read. The slot of no region points to an empty view, which no handle but 0 equals, and
 * which gives nothing. So there is no check for NULL.
 *
 * Each BPF program runs under rcu_read_lock() or rcu_read_lock_trace(). A view that a program has
 * found, and the memory it points to, is valid until the program ends: an evicted region loses its
 * slot first, and view and memory after a grace period of both kinds (I11). A freeze for everybody
 * sets writable, writable_entries and storable to 0, and is complete after such grace
 * periods (I10).
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
	u64 handle;		/* handle that may write, and read */
	void *data;
	u64 writable;		/* bytes that a slice to write may cover; a freeze sets 0 */
	u32 writable_entries;	/* the same as a number of elements */
	u32 elem_size;
	u32 value_size;
	u32 max_entries;	/* elements that may be read; 0: programs only write */
	u64 readable;		/* the same as a number of bytes */
	u64 handle_ro;		/* handle that may only read */
	u64 storable;		/* bytes that bpfmmap_write() may change; a freeze sets 0 */
	struct irq_work *wake;	/* wakes the pollers of the region */
} ____cacheline_aligned;

extern struct bpfmmap_view *bpfmmap_views[BPFMMAP_VIEWS];

void bpfmmap_share_set_ready(bool ready);

#endif /* _BPFMMAP_VIEW_H */
