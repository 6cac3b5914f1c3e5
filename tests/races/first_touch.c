// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first touch of a chunk by two threads at once: one reads, one writes. Each round uses
 * another place of a new mapping, where chunks fit or do not fit.
 */
#include "pages.h"

static int fd;
static uint8_t *room, *at;

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

static void map_elsewhere(unsigned long round)
{
	const size_t shifts[] = { 0, PAGE, 0, CHUNK / 2, 0, CHUNK - PAGE };

	if (chunk_in_turn(round) != 0)
		return;
	if (munmap(at, LEN))
		wrong("munmap: %s", strerror(errno));
	at = room + shifts[round / CHUNKS % ARRAY_SIZE(shifts)];
	put(fd, at, LEN, 0);
}

static bool read_it(struct racer *self, unsigned long round)
{
	size_t page = page_in_turn(self, round);
	uint32_t seen = look(at + page * PAGE);

	if (seen != NUMBER(OURS, page))
		wrong("page %#zx says %#x", page, seen);
	return true;
}

static bool write_it(struct racer *self, unsigned long round)
{
	size_t page = page_in_turn(self, round);
	uint32_t seen = scribble(at + page * PAGE);

	if (seen != NUMBER(OURS, page))
		wrong("page %#zx that was written to says %#x", page, seen);
	return true;
}

static void one_reads_and_one_writes(void **state)
{
	struct racer racers[] = {
		{ .what = "pages read", .step = read_it },
		{ .what = "pages written to", .step = write_it },
	};

	(void)state;
	race(map_elsewhere, racers, ARRAY_SIZE(racers));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_reads_and_one_writes),
	};

	return RUN_GROUP(tests);
}
