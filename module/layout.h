/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layout: the place of an element in a region, for all files of the module
 *
 * Element i starts at byte i * elem_size of the region, where elem_size is value_size rounded
 * up to 8, as in the kernel's own array (array_map_alloc() in kernel/bpf/arraymap.c):
 *
 *	value_size = 12		elem_size = 16
 *
 *	byte	0	     12   16	       28   32
 *		| value 0    | -- | value 1    | -- | ..
 */
#ifndef _BPFMMAP_LAYOUT_H
#define _BPFMMAP_LAYOUT_H

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/types.h>

struct bpfmmap_layout {
	u32 value_size;		/* bytes of an element, 1 to INT_MAX */
	u32 max_entries;	/* number of elements, 1 to U32_MAX */
	u32 elem_size;		/* bytes from the start of one element to that of the next */
};

static inline struct bpfmmap_layout bpfmmap_layout(u32 value_size, u32 max_entries)
{
	return (struct bpfmmap_layout) {
		.value_size = value_size,
		.max_entries = max_entries,
		.elem_size = round_up(value_size, 8),
	};
}

/* The bytes up to the end of the last value, below 2^63: the product can't overflow. */
static inline u64 bpfmmap_layout_size(const struct bpfmmap_layout *layout)
{
	return (u64)(layout->max_entries - 1) * layout->elem_size + layout->value_size;
}

/* The bytes that can be mapped: whole pages. */
static inline u64 bpfmmap_layout_bytes(const struct bpfmmap_layout *layout)
{
	return PAGE_ALIGN((u64)layout->max_entries * layout->elem_size);
}

static inline bool bpfmmap_layout_has(const struct bpfmmap_layout *layout, u32 index)
{
	return index < layout->max_entries;
}

/* The offset in bytes of an element that exists. Speculation can't leave the array either. */
static inline u64 bpfmmap_layout_offset(const struct bpfmmap_layout *layout, u32 index)
{
	index = array_index_nospec(index, layout->max_entries);
	return (u64)index * layout->elem_size;
}

#endif /* _BPFMMAP_LAYOUT_H */
