// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams: several threads go through one mapping page by page. A mapping remembers one window
 * that faults fill, so they disturb each other. Other threads fill one page table together.
 */
#include "pages.h"

#define STREAMS		4
#define STREAM_PAGES	(LEN / PAGE / STREAMS)
#define THREADS		8

static int fd;
static uint8_t *room, *at;
static struct racer racers[THREADS];

static int setup(void **state)
{
	(void)state;
	fd = create_numbered(OURS, 0);
	room = reserve(LEN + CHUNK);
	at = room;
	put(fd, at, LEN, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unmap(room, LEN + CHUNK);
	settle(fd, OURS);
	return 0;
}

static void map_where_chunks_fit_or_not(unsigned long round)
{
	cover(room, LEN + CHUNK);
	at = room + round % 3 * PAGE;
	put(fd, at, LEN, 0);
}

static bool go_through_a_part(struct racer *self, unsigned long round)
{
	size_t page = (self - racers) * STREAM_PAGES, last = page + STREAM_PAGES;

	(void)round;
	for (; page < last; page++)
		touch_mapped(self, at, page);
	return true;
}

static void each_goes_through_a_part(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < STREAMS; i++)
		racers[i] = (struct racer){ .what = "streams", .step = go_through_a_part };
	race(map_where_chunks_fit_or_not, racers, STREAMS);
}

static void map_where_they_do_not_fit(unsigned long round)
{
	(void)round;
	cover(room, LEN + CHUNK);
	at = room + PAGE;
	put(fd, at, LEN, 0);
}

/* Touch every eighth page of one table. */
static bool fill_a_share(struct racer *self, unsigned long round)
{
	size_t page, last = (chunk_in_turn(round) + 1) * CHUNK_PAGES;

	for (page = last - CHUNK_PAGES + (self - racers); page < last; page += THREADS)
		touch_mapped(self, at, page);
	return true;
}

static void eight_fill_one_page_table(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		racers[i] = (struct racer){ .what = "shares of a table", .step = fill_a_share };
	race(map_where_they_do_not_fit, racers, THREADS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_goes_through_a_part),
		TEST(eight_fill_one_page_table),
	};

	return RUN_GROUP(tests);
}
