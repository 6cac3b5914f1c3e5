// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Measure how long system calls take, for SECONDS or until an interrupt: latency NAME [SECONDS]
 *
 * The region that is published under NAME has a histogram for each CPU, one behind the other.
 * plot.py NAME adds them up and draws the result, while this runs and when it has ended.
 */
#include <stdio.h>
#include <stdlib.h>

#include <bpf/libbpf.h>
#include <bpfmmap.h>

#include "latency.skel.h"
#include "until.h"

#define BUCKETS	64

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	BPFMMAP_OPTS(bpfmmap_create_opts, for_programs, .flags = BPFMMAP_F_PROG);
	BPFMMAP_OPTS(bpfmmap_publish_opts, for_all, .flags = BPFMMAP_PUBLISH_MODE, .mode = 0444);
	struct bpfmmap_region *region;
	struct latency *latency;

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: latency NAME [SECONDS]\n");
		return 1;
	}
	until_prepare();
	region = bpfmmap_region__create("latency", sizeof(__u64),
					libbpf_num_possible_cpus() * BUCKETS, &for_programs);
	if (!region)
		die("create");
	latency = latency__open();
	if (!latency)
		die("open the programs");
	if (bpfmmap_region__handle(region, (__u64 *)&latency->rodata->region))
		die("handle");
	if (latency__load(latency) || latency__attach(latency))
		die("load the programs");
	if (bpfmmap_region__publish(region, argv[1], &for_all))
		die("publish");
	printf("measuring into %s/%s\n", BPFMMAP_PUBLISH_DIR, argv[1]);
	fflush(stdout);
	until_the_end(argv[2]);
	if (bpfmmap_region__freeze(region))
		die("freeze");
	puts("frozen");
	latency__destroy(latency);
	bpfmmap_region__close(region);
	return 0;
}
