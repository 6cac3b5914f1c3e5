// SPDX-License-Identifier: GPL-2.0-only
/*
 * mprotect beside faults: it splits entries and mappings, so a chunk that fitted does not fit any
 * more. A thread that touches a page meanwhile gets SIGSEGV and tries again.
 */
#include "pages.h"

#define PATIENCE	1000000

static int fd;
static uint8_t *at;

static int setup(void **state)
{
	(void)state;
	fd = create_numbered(OURS, 0);
	at = reserve(LEN);
	put(fd, at, LEN, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unmap(at, LEN);
	settle(fd, OURS);
	return 0;
}

static void map_again(unsigned long round)
{
	size_t last = chunk_in_turn(round - 1) * CHUNK_PAGES;

	check(at, OURS, last, last + CHUNK_PAGES);
	if (chunk_in_turn(round) == 0)
		put(fd, at, LEN, 0);
}

static bool touch_it(struct racer *self, unsigned long round)
{
	size_t page = page_in_turn(self, round);
	unsigned int tries;

	for (tries = 0; tries < PATIENCE; tries++)
		if (touch(self, at, page))
			return true;
	wrong("page %#zx does not come back", page);
	return false;
}

static bool protect(struct racer *self, unsigned long round)
{
	const int prot = any(self, 4) ? PROT_NONE : PROT_READ;
	uint8_t *chunk = at + chunk_in_turn(round) * CHUNK, *part = chunk;
	size_t len = CHUNK;

	switch (any(self, 4)) {
	case 0:
		part = at;
		len = LEN;
		break;
	case 1:
		len = CHUNK / 2;
		part = chunk + any(self, 2) * len;
		break;
	case 2:
		len = PAGE;
		part = chunk + any(self, CHUNK_PAGES) * len;
		break;
	}
	if (mprotect(part, len, prot))
		wrong("mprotect: %s", strerror(errno));
	spin(any(self, 2000));
	if (mprotect(part, len, PROT_READ | PROT_WRITE))
		wrong("mprotect back: %s", strerror(errno));
	return true;
}

static void it_goes_and_comes_back_beside_faults(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = touch_it },
		{ .what = "times it went and came back", .step = protect },
	};

	(void)state;
	race(map_again, racers, ARRAY_SIZE(racers));
}

static void and_two_threads_fault(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = touch_it },
		{ .what = "pages touched by the other", .step = touch_it },
		{ .what = "times it went and came back", .step = protect },
	};

	(void)state;
	race(map_again, racers, ARRAY_SIZE(racers));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_goes_and_comes_back_beside_faults),
		TEST(and_two_threads_fault),
	};

	return RUN_GROUP(tests);
}
