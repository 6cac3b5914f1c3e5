/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_BACKING_H
#define _BPFMMAP_BACKING_H

#include <linux/mm.h>

/* Large enough for an entry of a page middle directory with pages of 4 KiB. */
#define BACKING_CHUNK_ORDER	9

struct backing {
	struct page **blocks;	/* the first page of each chunk, then each page of the rest */
	unsigned int nr_pages;
	unsigned int nr_chunks;
	void *data;		/* all of them, in a row */
};

int backing_init(void);
void backing_exit(void);
int backing_alloc(struct backing *backing, u64 bytes, int numa_node);
void backing_free(struct backing *backing);

static inline struct page *backing_page(const struct backing *backing, unsigned long pgoff)
{
	const unsigned long in_chunks = (unsigned long)backing->nr_chunks << BACKING_CHUNK_ORDER;

	if (pgoff < in_chunks)
		return backing->blocks[pgoff >> BACKING_CHUNK_ORDER] +
		       pgoff % BIT(BACKING_CHUNK_ORDER);
	return backing->blocks[backing->nr_chunks + pgoff - in_chunks];
}

static inline unsigned long backing_pfn(const struct backing *backing, unsigned long pgoff)
{
	return page_to_pfn(backing_page(backing, pgoff));
}

/* Is what begins there one block of that order? */
static inline bool backing_is_chunk(const struct backing *backing, unsigned long pgoff,
				    unsigned int order)
{
	return order == BACKING_CHUNK_ORDER && pgoff % BIT(order) == 0 &&
	       pgoff >> order < backing->nr_chunks;
}

#endif /* _BPFMMAP_BACKING_H */
