// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three things that change what an operation costs, and are not part of it
 *
 * What a kernel still does after it has booted makes things cost two and three times as
 * much, so wait until that is over.
 *
 * Most systems have every process in a memory cgroup, where memory is charged for. In the
 * root cgroup, where init is, it is not, and the kernel allocates pages in bulk.
 *
 * From 6.1 on the mappings of a process are in a tree of nodes for about 16. If the node
 * where new ones come is just full, then every mmap splits it and every munmap joins it
 * again, at twice the cost. Whether it is depends on how many libraries a program has.
 */
#include "settle.h"

#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#include "harness.h"
#include "measure.h"

#define SETTLED		15	/* seconds after boot */

#define NODE		32	/* mappings, at the least, from one full node to the next */
#define IN_A_ROW	3	/* more of them without a split leave room enough */
#define TRIES		5

static void wait_for_the_kernel(void)
{
	struct timespec up;

	for (;;) {
		clock_gettime(CLOCK_BOOTTIME, &up);
		if (up.tv_sec >= SETTLED)
			return;
		sleep(SETTLED - up.tv_sec);
	}
}

static void enter_cgroup(void)
{
	const char *folder = "/sys/fs/cgroup/bench";
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	if (mkdir(folder, 0755) && errno != EEXIST)
		give_up("%s", folder);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		give_up("%s", path);
	close(fd);
}

static void *map_a_page(void *at, int prot)
{
	return mmap(at, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Of a mapping with nothing beside it, below the others. */
static uint64_t map_cost(void *lowest)
{
	uint64_t start, cost, least = UINT64_MAX;
	void *at;
	int i;

	for (i = 0; i < TRIES; i++) {
		start = now();
		at = map_a_page(lowest - 64 * KIB, PROT_NONE);
		munmap(at, PAGE);
		cost = now() - start;
		if (cost < least)
			least = cost;
	}
	return least;
}

/* Neighbours that differ are not joined to one mapping. */
static void *one_more(void)
{
	static bool other;

	other = !other;
	return map_a_page(NULL, other ? PROT_READ : PROT_NONE);
}

static void *nothing(void *arg)
{
	return arg;
}

static void make_room_for_mappings(void)
{
	uint64_t cost, least = UINT64_MAX;
	pthread_t thread;
	int i, row;

	/* its stack stays mapped for the next one */
	if (!pthread_create(&thread, NULL, nothing, NULL))
		pthread_join(thread, NULL);
	for (i = 0; i < NODE; i++) {
		cost = map_cost(one_more());
		if (cost < least)
			least = cost;
	}
	/* where time is real the least may not come again */
	for (i = row = 0; row < IN_A_ROW && i < 2 * NODE; i++)
		row = map_cost(one_more()) <= least + least / 8 ? row + 1 : 0;
}

void settle(void)
{
	enter_cgroup();
	wait_for_the_kernel();
	make_room_for_mappings();
}
