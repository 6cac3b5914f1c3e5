/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that say who they are
 *
 * The first word of each page of a region is the region's number and its own, so that a page
 * in the wrong place shows. The second word is for whoever writes.
 *
 * The regions here have CHUNKS of what the kernel can show with one entry. Most races are
 * for one of these a round, in an order that is not taken for a stream, so that there is
 * nothing yet where the racers meet.
 */
#ifndef BPFMMAP_TESTS_PAGES_H
#define BPFMMAP_TESTS_PAGES_H

#include "access.h"
#include "race.h"

#define CHUNK		(2 * MIB)
#define CHUNK_PAGES	(CHUNK / PAGE)
#define CHUNKS		16UL
#define LEN		(CHUNKS * CHUNK)

/* Regions, and what a page says that is none of a region's. */
#define OURS		1U
#define OTHERS		2U
#define ANONYMOUS	0U

#define NUMBER(region, page)	((region) << 24 | (uint32_t)(page))

/* /sys/kernel/mm/transparent_hugepage/enabled, where a kernel has it. */
bool set_huge_pages(const char *to);

/* A region of LEN, with huge pages for all; flags are those of create. */
int create_numbered(unsigned int region, uint32_t flags);

/* Address space from an address that fits a chunk on; nothing else comes there. */
uint8_t *reserve(size_t len);

/*
 * For racers: map it there, writable, from that page on; or map nothing there again. Where
 * that fails it is wrong().
 */
void put(int fd, uint8_t *at, size_t len, size_t page);
void cover(uint8_t *at, size_t len);

uint32_t look_or_scribble(struct racer *self, uint8_t *at);

/* Which chunk's turn is it? And any of its pages. */
size_t chunk_in_turn(unsigned long round);
size_t page_in_turn(struct racer *self, unsigned long round);

/*
 * Touch a page of OURS, mapped from at on. Another page there is wrong(), and with
 * touch_mapped() so is none; touch() returns false then.
 */
bool touch(struct racer *self, uint8_t *at, size_t page);
bool touch_mapped(struct racer *self, uint8_t *at, size_t page);

/* Look at each of the pages [first, end) of a region that is mapped from at on. */
void check(const uint8_t *at, unsigned int region, size_t first, size_t end);

/*
 * The end of a test: a region that is not mapped any more is frozen, while two threads go on
 * writing to a last mapping of it that goes. From then on it stays as it is. Closes fd.
 */
void settle(int fd, unsigned int region);

#endif /* BPFMMAP_TESTS_PAGES_H */
