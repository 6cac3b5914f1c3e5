// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parts of a mapping are unmapped or replaced beside faults of the rest: a chunk that fitted does
 * not fit any more. If a page table begins in one mapping and ends in another, a fault fills only
 * the part of its own mapping.
 */
#include "pages.h"

static int fd, other;
static uint8_t *at;

/* The new state of the pages [first, end) in this round. */
static size_t first, end;
static uint32_t (*now)(size_t page);

static int setup(void **state)
{
	(void)state;
	fd = create_numbered(OURS, 0);
	other = create_numbered(OTHERS, 0);
	at = reserve(LEN);
	put(fd, at, LEN, 0);
	first = 0;
	end = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unmap(at, LEN);
	settle(fd, OURS);
	settle(other, OTHERS);
	return 0;
}

static uint32_t is_nothing(size_t page)
{
	(void)page;
	return REFUSED;
}

static uint32_t is_others(size_t page)
{
	return NUMBER(OTHERS, page);
}

static uint32_t is_anonymous(size_t page)
{
	(void)page;
	return ANONYMOUS;
}

static uint32_t is_ours(size_t page)
{
	return NUMBER(OURS, page);
}

/* Check the chunk of the last round, and prepare the next one. */
static void look_and_map_again(unsigned long round)
{
	size_t begin = chunk_in_turn(round - 1) * CHUNK_PAGES, page;

	for (page = begin; page < begin + CHUNK_PAGES; page++) {
		bool changed = page >= first && page < end;
		uint32_t seen;

		/* a signal for each takes long */
		if (changed && now == is_nothing && page % 32)
			continue;
		seen = look(at + page * PAGE);
		if (seen != (changed ? now(page) : NUMBER(OURS, page)))
			wrong("page %#zx says %#x, with %#zx to %#zx changed", page, seen, first,
			      end);
	}
	if (chunk_in_turn(round) == 0)
		put(fd, at, LEN, 0);
}

/* Unmap half of the chunk, or a page, or a range that ends in it. */
static void choose_a_part(struct racer *self, unsigned long round)
{
	size_t begin = chunk_in_turn(round) * CHUNK_PAGES;

	switch (any(self, 4)) {
	case 0:
		first = begin;
		end = begin + CHUNK_PAGES / 2;
		break;
	case 1:
		first = begin + CHUNK_PAGES / 2;
		end = begin + CHUNK_PAGES;
		break;
	case 2:
		first = begin + any(self, CHUNK_PAGES);
		end = first + 1;
		break;
	case 3:
		first = begin + any(self, CHUNK_PAGES);
		end = begin + CHUNK_PAGES;
		break;
	}
}

static bool unmap_a_part(struct racer *self, unsigned long round)
{
	choose_a_part(self, round);
	now = is_nothing;
	if (munmap(at + first * PAGE, (end - first) * PAGE))
		wrong("munmap: %s", strerror(errno));
	return true;
}

static bool replace_a_part(struct racer *self, unsigned long round)
{
	uint8_t *there;
	size_t len;

	choose_a_part(self, round);
	there = at + first * PAGE;
	len = (end - first) * PAGE;
	switch (any(self, 3)) {
	case 0:
		now = is_others;
		put(other, there, len, first);
		break;
	case 1:
		/* map the same again, which makes two more mappings */
		now = is_ours;
		put(fd, there, len, first);
		break;
	case 2:
		now = is_anonymous;
		if (mmap(there, len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != there)
			wrong("mmap of anonymous memory: %s", strerror(errno));
		break;
	}
	return true;
}

static bool touch_it(struct racer *self, unsigned long round)
{
	size_t page = page_in_turn(self, round);
	uint32_t seen = look_or_scribble(self, at + page * PAGE);

	if (seen != REFUSED && seen != NUMBER(OURS, page) && seen != NUMBER(OTHERS, page) &&
	    seen != ANONYMOUS)
		wrong("page %#zx says %#x", page, seen);
	return seen != REFUSED;
}

static void a_part_goes_beside_faults(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = touch_it },
		{ .what = "parts unmapped", .step = unmap_a_part },
	};

	(void)state;
	race(look_and_map_again, racers, ARRAY_SIZE(racers));
}

static void a_part_is_replaced_beside_faults(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = touch_it },
		{ .what = "parts replaced", .step = replace_a_part },
		{ .what = "pages touched by the other", .step = touch_it },
	};

	(void)state;
	race(look_and_map_again, racers, ARRAY_SIZE(racers));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_part_goes_beside_faults),
		TEST(a_part_is_replaced_beside_faults),
	};

	return RUN_GROUP(tests);
}
