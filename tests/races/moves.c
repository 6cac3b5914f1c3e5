// SPDX-License-Identifier: GPL-2.0-only
/*
 * mremap beside faults: a mapping moves between an address that fits chunks and others that do
 * not. Its page tables move along. They may then be where an entry of 2 MiB would fit, and must be
 * filled as tables.
 */
#include "pages.h"

#define MOVED	(4 * CHUNK)
#define PLACE	(MOVED + CHUNK)
#define NR	3
#define PATIENCE	1000	/* touches, until a page counts as lost */

static const size_t shifts[NR] = { 0, 1, 255 };	/* in pages */

static int fd;
static uint8_t *room;
static unsigned int where;	/* only the racer that moves it knows */

static uint8_t *place(unsigned int nr)
{
	return room + nr * PLACE + shifts[nr] * PAGE;
}

static int setup(void **state)
{
	(void)state;
	fd = create_numbered(OURS, 0);
	room = reserve(NR * PLACE);
	where = 0;
	put(fd, place(0), MOVED, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unmap(room, NR * PLACE);
	settle(fd, OURS);
	return 0;
}

/* Move a part of the mapping to another place. */
static void move(size_t offset, size_t len, unsigned int from, unsigned int to)
{
	uint8_t *old = place(from) + offset, *new = place(to) + offset;

	if (mremap(old, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, new) != new)
		wrong("mremap of %zu bytes at %zu: %s", len, offset, strerror(errno));
	cover(old, len);
}

static unsigned int another(struct racer *self)
{
	return (where + 1 + any(self, NR - 1)) % NR;
}

/* Move it there and back; sometimes it stays. */
static bool move_it(struct racer *self, unsigned long round)
{
	unsigned int to = another(self);

	(void)round;
	move(0, MOVED, where, to);
	spin(any(self, 5000));
	if (any(self, 4))
		move(0, MOVED, to, where);
	else
		__atomic_store_n(&where, to, __ATOMIC_RELAXED);
	return true;
}

static bool touch_where_it_was(struct racer *self, unsigned long round)
{
	(void)round;
	return touch(self, place(__atomic_load_n(&where, __ATOMIC_RELAXED)),
		     any(self, MOVED / PAGE));
}

static bool touch_anywhere(struct racer *self, unsigned long round)
{
	(void)round;
	return touch(self, place(any(self, NR)), any(self, MOVED / PAGE));
}

/* Page tables that have moved along stay. */
static void start_anew_sometimes(unsigned long round)
{
	size_t some = round / 8 % 4 * CHUNK_PAGES;

	if (round % 8)
		return;
	check(place(where), OURS, some, some + CHUNK_PAGES);
	cover(place(where), MOVED);
	where = round / 8 % NR;
	put(fd, place(where), MOVED, 0);
}

static void it_moves_beside_faults(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched where it was", .step = touch_where_it_was },
		{ .what = "moves", .step = move_it },
		{ .what = "pages touched anywhere", .step = touch_anywhere },
	};

	(void)state;
	race(start_anew_sometimes, racers, ARRAY_SIZE(racers));
}

/*
 * A mapping arrives where chunks fit, and is touched at once: some of its chunks have page tables,
 * which are full or nearly empty, and others have none.
 */
static void to_where_it_does_not_fit(unsigned long round)
{
	size_t last = round % 4 * CHUNK_PAGES, chunk;

	check(place(where), OURS, last, last + CHUNK_PAGES);
	cover(place(where), MOVED);
	where = 1;
	put(fd, place(where), MOVED, 0);
	for (chunk = 0; chunk < MOVED / CHUNK; chunk++)
		if (round & 1 << chunk)
			check(place(where), OURS, chunk * CHUNK_PAGES,
			      chunk * CHUNK_PAGES + (round & 16 ? CHUNK_PAGES : 1));
}

static bool arrive(struct racer *self, unsigned long round)
{
	/* the pages of a chunk stay behind for a moment, or all arrive at once */
	size_t len = any(self, 4) ? MOVED : 3 * CHUNK;

	(void)round;
	move(0, len, 1, 0);
	if (len < MOVED)
		move(len, MOVED - len, 1, 0);
	where = 0;
	return true;
}

/* Fill chunk by chunk from any page on, so that a stream fills the next ones in advance. */
static bool touch_where_it_arrives(struct racer *self, unsigned long round)
{
	size_t page = any(self, MOVED / PAGE);
	unsigned int tries = 0, touched = 0;

	(void)round;
	while (page < MOVED / PAGE && tries++ < PATIENCE) {
		if (!touch(self, place(0), page))
			continue;
		page += CHUNK_PAGES;
		touched++;
	}
	return touched;
}

static void it_arrives_with_page_tables_where_chunks_fit(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = touch_where_it_arrives },
		{ .what = "arrivals", .step = arrive },
		{ .what = "pages touched by the other", .step = touch_where_it_arrives },
	};

	(void)state;
	race(to_where_it_does_not_fit, racers, ARRAY_SIZE(racers));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_moves_beside_faults),
		TEST(it_arrives_with_page_tables_where_chunks_fit),
	};

	return RUN_GROUP(tests);
}
