/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A world: all that a step can touch, once with regions and once with the
 * kernel's arrays
 *
 * File descriptors live in numbered slots, and mappings in an arena, a range of
 * addresses of ARENA_PAGES pages that each world has of its own. A step names slots,
 * pages of the arena and objects by number, so it means the same in both.
 */
#ifndef BPFMMAP_TESTS_WORLD_H
#define BPFMMAP_TESTS_WORLD_H

#include "array.h"

#define SLOTS		5
#define OBJECTS		8
#define ARENA_PAGES	16

/* How a page of the arena answers to a read. */
enum page_state { PAGE_HOLE, PAGE_SEGV, PAGE_BUS, PAGE_READABLE };

struct world {
	const struct array *array;
	uint8_t *arena;
	int fds[SLOTS];			/* -1: free */
	uint32_t ids[OBJECTS];		/* in the order of their creation */
	unsigned int nr_ids;
	uint8_t states[ARENA_PAGES];	/* enum page_state */
};

void world_make(struct world *world, const struct array *array);
void world_clear(struct world *world);

uint8_t *world_page(const struct world *world, unsigned int page);

/* Look at pages again after something has been done to them, and close holes. */
void world_look(struct world *world, unsigned int page, unsigned int pages);

/* The number of an object by its id, or -1. */
int world_object(const struct world *world, uint32_t id);

/*
 * The first difference between two worlds, in words, or NULL: each byte of memory, an
 * element of each array (nr says which), and with objects what each slot is, whether
 * it is frozen, and which objects live.
 */
const char *worlds_differ(const struct world *a, const struct world *b, unsigned int nr,
			  bool objects);
/* The rest: every element of every array. */
const char *worlds_differ_in_full(const struct world *a, const struct world *b);

/* Touch a byte: 0, or minus the signal. */
int touch_read(const volatile uint8_t *at, uint8_t *value);
int touch_write(volatile uint8_t *at, uint8_t value);
void touch_init(void);

#endif /* BPFMMAP_TESTS_WORLD_H */
