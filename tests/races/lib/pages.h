/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that have numbers
 *
 * The first word of each page has the number of its region and its own, so a page in the wrong
 * place shows. The second word is for writers.
 *
 * Regions here have CHUNKS chunks, which the kernel can map by one entry each. Most races use one
 * chunk a round, in an order that does not look like a stream, so that nothing is mapped yet where
 * the racers meet.
 */
#ifndef BPFMMAP_TESTS_PAGES_H
#define BPFMMAP_TESTS_PAGES_H

#include "access.h"
#include "race.h"

#define CHUNK		(2 * MIB)
#define CHUNK_PAGES	(CHUNK / PAGE)
#define CHUNKS		16UL
#define LEN		(CHUNKS * CHUNK)

/* Numbers of regions, and the number of pages that belong to none. */
#define OURS		1U
#define OTHERS		2U
#define ANONYMOUS	0U

#define NUMBER(region, page)	((region) << 24 | (uint32_t)(page))

/* Write to /sys/kernel/mm/transparent_hugepage/enabled, where a kernel has it. */
bool set_huge_pages(const char *to);

/* A region of LEN, while huge pages are on for all; flags are those of create. */
int create_numbered(unsigned int region, uint32_t flags);

/* Reserve address space that begins at a multiple of a chunk. */
uint8_t *reserve(size_t len);

/*
 * For racers: map the region there, writable, from that page on; or map nothing there again. A
 * failure is wrong().
 */
void put(int fd, uint8_t *at, size_t len, size_t page);
void cover(uint8_t *at, size_t len);

uint32_t look_or_scribble(struct racer *self, uint8_t *at);

/* The chunk of a round, and a random page of it. */
size_t chunk_in_turn(unsigned long round);
size_t page_in_turn(struct racer *self, unsigned long round);

/*
 * Touch a page of OURS, which is mapped from at on. The number of another page is wrong(). If the
 * page is not mapped, touch() returns false, and with touch_mapped() that is wrong().
 */
bool touch(struct racer *self, uint8_t *at, size_t page);
bool touch_mapped(struct racer *self, uint8_t *at, size_t page);

/* Check the numbers of the pages [first, end) of a region that is mapped from at on. */
void check(const uint8_t *at, unsigned int region, size_t first, size_t end);

/*
 * The end of a test: two threads write to a last mapping of the region. The mapping goes, the
 * region is frozen, and from then on it does not change. Closes fd.
 */
void settle(int fd, unsigned int region);

#endif /* BPFMMAP_TESTS_PAGES_H */
