// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks of the page tables of a process, which look at them or change them, beside faults. Most of
 * them skip such a mapping. None may split an entry that a fault relies on, or make a page table.
 */
#include "pages.h"

#include <sys/syscall.h>

#ifndef MADV_COLD
#define MADV_COLD		20
#define MADV_PAGEOUT		21
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE		25
#endif

static int fd, self_fd;
static uint8_t *at;

static int setup(void **state)
{
	(void)state;
	fd = create_numbered(OURS, 0);
	self_fd = syscall(SYS_pidfd_open, getpid(), 0);
	at = reserve(LEN);
	put(fd, at, LEN, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unmap(at, LEN);
	close(self_fd);
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
	return touch_mapped(self, at, page_in_turn(self, round));
}

static bool read_file(const char *path)
{
	static char buffer[64 * 1024];
	int file = open(path, O_RDONLY);
	ssize_t got, all = 0;

	while ((got = read(file, buffer, sizeof(buffer))) > 0)
		all += got;
	close(file);
	return all > 0;
}

/* The file has 8 bytes for each page. */
static bool read_pagemap(void)
{
	static uint64_t entries[LEN / 4096];
	size_t len = LEN / PAGE * sizeof(*entries);
	int file = open("/proc/self/pagemap", O_RDONLY);
	ssize_t got = pread(file, entries, len, (uintptr_t)at / PAGE * sizeof(*entries));

	close(file);
	return got == (ssize_t)len;
}

static bool forget_refs(const char *what)
{
	int file = open("/proc/self/clear_refs", O_WRONLY);
	bool done = write(file, what, 1) == 1;

	close(file);
	return done;
}

static bool walk_by_a_file(struct racer *self, unsigned long round)
{
	(void)self;
	switch (round % 6) {
	case 0:
		return read_file("/proc/self/smaps");
	case 1:
		return read_file("/proc/self/smaps_rollup");
	case 2:
		return read_file("/proc/self/numa_maps");
	case 3:
		return read_pagemap();
	case 4:
		return forget_refs("1");
	default:
		/* so that a page is not writable before it is written */
		return forget_refs("4");
	}
}

static void files_of_the_process_beside_faults(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = touch_it },
		{ .what = "pages touched by the other", .step = touch_it },
		{ .what = "files read", .step = walk_by_a_file, .alone = true },
	};

	(void)state;
	race(map_again, racers, ARRAY_SIZE(racers));
}

static bool move_pages(void)
{
	static void *pages[CHUNKS];
	static int status[CHUNKS];
	size_t i;

	for (i = 0; i < CHUNKS; i++)
		pages[i] = at + i * CHUNK;
	return !syscall(SYS_move_pages, 0, CHUNKS, pages, NULL, status, 0);
}

static bool migrate_to_itself(void)
{
	unsigned long nodes = 1;

	return syscall(SYS_migrate_pages, 0, 8 * sizeof(nodes), &nodes, &nodes) >= 0;
}

static bool advise_by_process(int advice)
{
	struct iovec what = { at, LEN };

	return syscall(SYS_process_madvise, self_fd, &what, 1, advice, 0) > 0;
}

/* All walks were done, and each may return what it likes for such a mapping. */
static bool walk_by_a_call(struct racer *self, unsigned long round)
{
	static const int advice[] = {
		MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_COLLAPSE,
		MADV_FREE, MADV_DONTNEED, MADV_MERGEABLE,
	};
	static unsigned char here[LEN / 4096];

	switch (round % 6) {
	case 0:
		return !mincore(at, LEN, here);
	case 1:
		return move_pages();
	case 2:
		return migrate_to_itself();
	case 3:
		advise_by_process(any(self, 2) ? MADV_COLD : MADV_PAGEOUT);
		return false;
	case 4:
		madvise(at + any(self, CHUNKS) * CHUNK, CHUNK,
			advice[any(self, ARRAY_SIZE(advice))]);
		return false;
	default:
		return !mlock(at, LEN) && !munlock(at, LEN);
	}
}

static void calls_beside_faults(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = touch_it },
		{ .what = "pages touched by the other", .step = touch_it },
		{ .what = "calls that had something to say", .step = walk_by_a_call,
		  .alone = true },
	};

	(void)state;
	race(map_again, racers, ARRAY_SIZE(racers));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_of_the_process_beside_faults),
		TEST(calls_beside_faults),
	};

	return RUN_GROUP(tests);
}
