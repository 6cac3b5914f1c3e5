/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A world: all that a step can touch, once with regions and once with the
 * kernel's arrays
 *
 * File descriptors are in numbered slots, and mappings in an arena, a range of addresses
 * of its own in each world. A step names slots, pages of the arena and objects by number,
 * so it has the same meaning in both.
 *
 * With UNIT_PAGES= a page of a step is a unit of that many pages, arrays are larger by
 * the same factor, and a block is the least number of units that are 2 MiB or more:
 *
 *	UNIT_PAGES	a block is	the arena is
 *	1		1 page		16 pages
 *	128		4 units		64 units	32 MiB
 *	384		2 units		32 units	48 MiB
 *	512		1 unit		16 units	32 MiB
 *
 * The arena then begins at a multiple of 2 MiB. To look at all bytes after each step would
 * take too long. In each unit the first page is looked at, one in the middle, the last
 * one, and the one that the step is about, or a random one.
 */
#ifndef BPFMMAP_TESTS_WORLD_H
#define BPFMMAP_TESTS_WORLD_H

#include "array.h"

#define SLOTS		5
#define OBJECTS		8
#define ARENA_BLOCKS	16
#define HUGE_PAGES	512	/* that an entry of 2 MiB takes the place of */
#define MIN_UNIT	64	/* but for 1 */
#define MAX_UNIT	1024
#define MAX_UNITS	(ARENA_BLOCKS * HUGE_PAGES / MIN_UNIT)
#define PROBES		3	/* pages of a unit that are always looked at */

/* How a page of the arena answers to a read. */
enum page_state { PAGE_HOLE, PAGE_SEGV, PAGE_BUS, PAGE_READABLE };

struct world {
	const struct array *array;
	uint8_t *arena;
	int fds[SLOTS];			/* -1: free */
	uint32_t ids[OBJECTS];		/* in the order of their creation */
	unsigned int nr_ids;
	uint8_t states[MAX_UNITS][PROBES];	/* enum page_state */
};

/* What a step is about, which is looked at in any case. */
struct focus {
	unsigned int page;		/* of each unit */
	unsigned int element, elements;	/* of each array */
};

/* Of pages; set before all else, and false if it can't be that. */
extern unsigned int world_unit;
bool world_set_unit(unsigned int pages);
unsigned int world_block(void);		/* in units */
unsigned int world_arena(void);		/* the same */

void world_make(struct world *world, const struct array *array);
void world_clear(struct world *world);

/* The address of a unit; and a number of units in bytes. */
uint8_t *world_page(const struct world *world, unsigned int page);
size_t world_bytes(unsigned int pages);

/* Look at units again after something has been done to them, and close holes. */
void world_look(struct world *world, unsigned int page, unsigned int pages);

/* The number of an object by its id, or -1. */
int world_object(const struct world *world, uint32_t id);

/*
 * The first difference between two worlds, in words, or NULL: each byte of memory (of
 * pages that are looked at, if units are larger), elements of each array, and with
 * objects what each slot is, whether it is frozen, and which objects live.
 */
const char *worlds_differ(const struct world *a, const struct world *b, const struct focus *focus,
			  bool objects);
/* The rest: the other pages of units, and the elements of every array (or a thousand of them). */
const char *worlds_differ_in_full(const struct world *a, const struct world *b);

/* Touch a byte: 0, or minus the signal. */
int touch_read(const volatile uint8_t *at, uint8_t *value);
int touch_write(volatile uint8_t *at, uint8_t value);
void touch_init(void);

#endif /* BPFMMAP_TESTS_WORLD_H */
