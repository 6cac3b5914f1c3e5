// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frozen means frozen, also after a race: whatever two threads have made of the page table of a
 * mapping, munmap removes it on all CPUs, and neither thread can write any more.
 */
#include "pages.h"

#include <sys/prctl.h>

static int fd = -1;
static uint8_t *at;
static uint32_t *view;
static uint32_t before;	/* the sum of the second words of all pages */

static uint32_t sum(void)
{
	uint32_t all = 0;
	size_t page;

	for (page = 0; page < 2 * CHUNK_PAGES; page++)
		all += view[page * PAGE / sizeof(*view) + 1];
	return all;
}

static void end_the_last(void)
{
	if (fd < 0)
		return;
	if (sum() != before)
		wrong("a frozen region has changed");
	munmap(view, 2 * CHUNK);
	close(fd);
	fd = -1;
}

/* In odd rounds threads write; in even ones they try to. */
static void create_or_freeze(unsigned long round)
{
	if (round % 2 == 0) {
		cover(at, 2 * CHUNK);
		if (try_freeze(fd))
			wrong("freeze: %s", strerror(errno));
		before = sum();
		return;
	}
	end_the_last();
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	fd = try_create(8, 2 * CHUNK / 8);
	view = mmap(NULL, 2 * CHUNK, PROT_READ, MAP_SHARED, fd, 0);
	if (view == MAP_FAILED)
		wrong("mmap: %s", strerror(errno));
	put(fd, at, 2 * CHUNK, 0);
}

static bool write_some(struct racer *self, unsigned long round)
{
	unsigned int i, written = 0;

	for (i = 0; i < 4; i++)
		written += scribble(at + any(self, 2 * CHUNK_PAGES) * PAGE) != REFUSED;
	if (written && round % 2 == 0)
		wrong("written to after munmap");
	return written;
}

static bool write_some_without_thp(struct racer *self, unsigned long round)
{
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	return write_some(self, round);
}

static bool write_and_take_apart(struct racer *self, unsigned long round)
{
	uint8_t *there = at + any(self, 2 * CHUNK_PAGES) * PAGE;

	if (round % 2) {
		mprotect(there, PAGE, PROT_NONE);
		spin(any(self, 1000));
		mprotect(there, PAGE, PROT_READ | PROT_WRITE);
	}
	return write_some(self, round);
}

static int setup(void **state)
{
	(void)state;
	set_huge_pages("always");
	at = reserve(2 * CHUNK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unmap(at, 2 * CHUNK);
	end_the_last();
	return 0;
}

static void nobody_writes_who_has_raced(void **state)
{
	struct racer racers[] = {
		{ .what = "writers", .step = write_some },
		{ .what = "writers without huge pages", .step = write_some_without_thp },
		{ .what = "writers that take entries apart", .step = write_and_take_apart },
	};

	(void)state;
	race(create_or_freeze, racers, ARRAY_SIZE(racers));
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_writes_who_has_raced),
	};

	return RUN_GROUP(tests);
}
