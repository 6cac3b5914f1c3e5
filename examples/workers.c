// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * One large table for many workers: workers [MIB [WORKERS]]
 *
 * The program builds a table of MIB (256) mebibytes once and freezes it. Then WORKERS (8)
 * processes sum up a share of it each, all in the same memory. None of them can change the
 * table for the others.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpfmmap.h>

#define MAX_MIB		32767ULL	/* U32_MAX elements are a little less than 32 GiB */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Fill the table. Returns the sum of its elements. */
static uint64_t build(struct bpfmmap_region *region)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, writable, .writable = true);
	__u32 i, max_entries = bpfmmap_region__max_entries(region);
	uint64_t value = 1, sum = 0;
	struct bpfmmap_map map;
	uint64_t *table;

	if (bpfmmap_region__map(region, &map, &writable))
		die("map");
	table = map.data;
	for (i = 0; i < max_entries; i++) {
		value = value * 6364136223846793005 + 1442695040888963407;
		table[i] = value;
		sum += value;
	}
	bpfmmap_region__unmap(region, &map);
	return sum;
}

/* A worker maps the table, sums up its share, and writes the sum to the pipe. */
static int work(const struct bpfmmap_region *region, int number, int shares, int to)
{
	uint64_t max_entries = bpfmmap_region__max_entries(region);
	uint64_t i, sum = 0;
	struct bpfmmap_map map;
	const uint64_t *table;

	if (bpfmmap_region__map(region, &map, NULL))
		die("worker: map");
	table = map.data;
	for (i = max_entries * number / shares; i < max_entries * (number + 1) / shares; i++)
		sum += table[i];
	return write(to, &sum, sizeof(sum)) == sizeof(sum) ? 0 : 1;
}

int main(int argc, char **argv)
{
	unsigned long long mib = argc > 1 ? strtoull(argv[1], NULL, 0) : 256;
	int workers = argc > 2 ? atoi(argv[2]) : 8;
	uint64_t expected, part, sum = 0;
	struct bpfmmap_region *region;
	int i, status, sums[2];
	double start;

	if (!mib || mib > MAX_MIB || workers < 1) {
		fprintf(stderr, "usage: workers [MIB [WORKERS]], MIB from 1 to %llu\n", MAX_MIB);
		return 1;
	}
	region = bpfmmap_region__create("table", 8, mib << 17, NULL);
	if (!region)
		die("create");
	start = seconds();
	expected = build(region);
	if (bpfmmap_region__freeze(region))
		die("freeze");
	printf("built and froze a table of %llu MiB in %.1f s\n", mib, seconds() - start);
	fflush(stdout);

	start = seconds();
	if (pipe(sums))
		die("pipe");
	for (i = 0; i < workers; i++) {
		switch (fork()) {
		case -1:
			die("fork");
			break;
		case 0:
			_exit(work(region, i, workers, sums[1]));
		}
	}
	close(sums[1]);
	while (read(sums[0], &part, sizeof(part)) == sizeof(part))
		sum += part;
	for (i = 0; i < workers; i++)
		if (wait(&status) < 0 || status) {
			fprintf(stderr, "a worker failed\n");
			return 1;
		}
	printf("%d workers summed it up in %.1f s: %016llx, %s\n", workers, seconds() - start,
	       (unsigned long long)sum, sum == expected ? "as it should be" : "WRONG");
	bpfmmap_region__close(region);
	return sum == expected ? 0 : 1;
}
