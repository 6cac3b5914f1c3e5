// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory beyond the data: how many pages fewer are free once something has been created?
 *
 * That finds all there is, unlike the memory cgroup's accounts, which leave the page tables
 * of the kernel's own addresses out. Pages that a CPU keeps for itself count as free. What
 * is small is created many times, as memory goes by pages. They stay until those of the next
 * contender are there, which so can't have what they would leave behind.
 */
#include "footprint.h"

#include <time.h>

#include "contenders.h"
#include "harness.h"
#include "measure.h"

#define MANY		256

/* Let the kernel give back in peace what it gives back later. */
static void pause_a_moment(void)
{
	struct timespec moment = { .tv_sec = 1 };

	nanosleep(&moment, NULL);
}

static long long free_bytes(void)
{
	long long pages = 0, number;
	char line[256];
	FILE *file;
	int fd;

	pause_a_moment();
	/* what each CPU has counted by itself goes into the sums */
	fd = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		give_up("stat_refresh");
	close(fd);

	file = fopen("/proc/zoneinfo", "r");
	if (!file)
		give_up("zoneinfo");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " pages free %lld", &number) == 1 ||
		    sscanf(line, " count: %lld", &number) == 1)
			pages += number;
	fclose(file);
	return pages * PAGE;
}

static void close_all(const int *fds, int nr)
{
	while (nr)
		close(fds[--nr]);
}

void tell_footprints(size_t bytes)
{
	int copies = bytes == PAGE ? MANY : 1;
	int fds[2][MANY], nr_before = 0, now = 0, i;
	long long before;
	size_t who;

	if (!wanted(MEMORY))
		return;
	/* room for them all in the table of descriptors */
	dup2(STDOUT_FILENO, STDERR_FILENO + 4 * MANY);
	close(STDERR_FILENO + 4 * MANY);

	for (who = 0; who < nr_contenders; who++) {
		/* the same memory once more; and that of a pool is not counted as free */
		if (contenders[who].off_by_a_page || contenders[who].reserve)
			continue;
		close(contenders[who].create(PAGE));
		before = free_bytes();
		for (i = 0; i < copies; i++) {
			fds[now][i] = contenders[who].create(bytes);
			if (fds[now][i] < 0)
				give_up("create of %zu bytes by %s", bytes, contenders[who].name);
		}
		sample(MEMORY, 0, (double)(before - free_bytes()) / copies - bytes);
		tell(contenders[who].name, bytes, NULL);
		close_all(fds[!now], nr_before);
		nr_before = copies;
		now = !now;
	}
	close_all(fds[!now], nr_before);
	pause_a_moment();
}
