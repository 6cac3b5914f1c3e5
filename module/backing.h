/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_BACKING_H
#define _BPFMMAP_BACKING_H

#include <linux/mm.h>

/* Order of a chunk: with pages of 4 KiB one entry of a page middle directory (PMD) maps it. */
#define BPFMMAP_CHUNK_ORDER	9

struct bpfmmap_backing {
	void *data;		/* kernel address of all pages as one array; NULL: no pages */
	struct page **pages;	/* the first page of each chunk, then each page of the rest */
	unsigned int nr_pages;	/* all pages, 1 to INT_MAX */
	unsigned int nr_chunks;	/* chunks at the start of the region */
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

/* Returns the number of pages from pgoff on, that page included, that are known contiguous. */
static inline unsigned long bpfmmap_backing_contiguous(const struct bpfmmap_backing *backing,
						       unsigned long pgoff)
{
	if (pgoff >> BPFMMAP_CHUNK_ORDER < backing->nr_chunks)
		return BIT(BPFMMAP_CHUNK_ORDER) - pgoff % BIT(BPFMMAP_CHUNK_ORDER);
	return 1;
}

/* Returns true if a chunk of this order starts at page pgoff of the region. */
static inline bool bpfmmap_backing_is_chunk(const struct bpfmmap_backing *backing,
					    unsigned long pgoff, unsigned int order)
{
	return order == BPFMMAP_CHUNK_ORDER && pgoff % BIT(order) == 0 &&
	       pgoff >> order < backing->nr_chunks;
}

#endif /* _BPFMMAP_BACKING_H */
