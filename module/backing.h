/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_BACKING_H
#define _BPFMMAP_BACKING_H

#include <linux/mm.h>

/* Large enough for an entry of a page middle directory with pages of 4 KiB. */
#define BPFMMAP_CHUNK_ORDER	9

struct bpfmmap_backing {
	void *data;		/* all pages, one behind the other; NULL: there are none */
	struct page **pages;	/* the first page of each chunk, then each page of the rest */
	unsigned int nr_pages;
	unsigned int nr_chunks;
};

int bpfmmap_backing_init(void);
void bpfmmap_backing_exit(void);
int bpfmmap_backing_alloc(struct bpfmmap_backing *backing, u64 bytes, int numa_node);
void bpfmmap_backing_free(struct bpfmmap_backing *backing);

static inline struct page *bpfmmap_backing_page(const struct bpfmmap_backing *backing,
						unsigned long pgoff)
{
	const unsigned long in_chunks = (unsigned long)backing->nr_chunks << BPFMMAP_CHUNK_ORDER;

	if (pgoff < in_chunks)
		return backing->pages[pgoff >> BPFMMAP_CHUNK_ORDER] +
		       pgoff % BIT(BPFMMAP_CHUNK_ORDER);
	return backing->pages[backing->nr_chunks + pgoff - in_chunks];
}

static inline unsigned long bpfmmap_backing_pfn(const struct bpfmmap_backing *backing,
						unsigned long pgoff)
{
	return page_to_pfn(bpfmmap_backing_page(backing, pgoff));
}

/* The number of pages from pgoff on, itself included, that are known to be contiguous. */
static inline unsigned long bpfmmap_backing_contiguous(const struct bpfmmap_backing *backing,
						       unsigned long pgoff)
{
	if (pgoff >> BPFMMAP_CHUNK_ORDER < backing->nr_chunks)
		return BIT(BPFMMAP_CHUNK_ORDER) - pgoff % BIT(BPFMMAP_CHUNK_ORDER);
	return 1;
}

/* Does a chunk of that order begin there? */
static inline bool bpfmmap_backing_is_chunk(const struct bpfmmap_backing *backing,
					    unsigned long pgoff, unsigned int order)
{
	return order == BPFMMAP_CHUNK_ORDER && pgoff % BIT(order) == 0 &&
	       pgoff >> order < backing->nr_chunks;
}

#endif /* _BPFMMAP_BACKING_H */
