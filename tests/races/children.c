// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork beside faults: a child has all that its parent had, whatever another thread of the parent
 * does at that moment. What happens to the copy of the child does not affect the parent.
 */
#include "pages.h"

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

/* Map it in one piece, and the next time in halves of chunks, which have page tables. */
static void map_again(unsigned long round)
{
	size_t piece = round / CHUNKS % 2 ? CHUNK / 2 : LEN, done;

	if (chunk_in_turn(round) == 0)
		for (done = 0; done < LEN; done += piece)
			put(fd, at + done, piece, done / PAGE);
}

static bool touch_it(struct racer *self, unsigned long round)
{
	return touch_mapped(self, at, page_in_turn(self, round));
}

/* What a child finds wrong; 0: nothing. */
static int touch_all(size_t first, bool write)
{
	size_t page;

	for (page = first; page < first + CHUNK_PAGES; page++) {
		uint8_t *there = at + page * PAGE;

		if ((write ? scribble(there) : look(there)) != NUMBER(OURS, page))
			return 1;
	}
	return 0;
}

static int be_a_child(unsigned int what, size_t first)
{
	uint8_t *chunk = at + first * PAGE;
	int failed = touch_all(first, what % 2);

	switch (what / 2) {
	case 0:
		return failed;
	case 1:
		if (munmap(chunk, CHUNK / 2) || look(chunk) != REFUSED)
			return 2;
		return failed;
	case 2:
		if (mprotect(chunk + PAGE, PAGE, PROT_NONE) || look(chunk + PAGE) != REFUSED)
			return 3;
		return failed;
	case 3:
		if (!failed)
			execl("/bin/true", "true", NULL);
		return 4;
	}
	return 5;
}

static bool make_a_child(struct racer *self, unsigned long round)
{
	unsigned int what = any(self, 8);
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(be_a_child(what, chunk_in_turn(round) * CHUNK_PAGES));
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		wrong("fork: %s", strerror(errno));
		return false;
	}
	if (status)
		wrong("child %u ended with %#x", what, status);
	return true;
}

static void they_are_made_beside_faults(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = touch_it },
		{ .what = "children", .step = make_a_child },
	};

	(void)state;
	race(map_again, racers, ARRAY_SIZE(racers));
	assert_int_equal(info(fd).mappings, info(fd).writers);
}

static void and_a_second_thread_makes_some(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = touch_it },
		{ .what = "children", .step = make_a_child },
		{ .what = "children of the other", .step = make_a_child },
	};

	(void)state;
	race(map_again, racers, ARRAY_SIZE(racers));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(they_are_made_beside_faults),
		TEST(and_a_second_thread_makes_some),
	};

	return RUN_GROUP(tests);
}
