// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Count system calls, where everybody can look: count NAME [SECONDS]
 *
 * A BPF program counts into a region that is published under NAME and that anybody may read while
 * it counts (top.py NAME, without privileges), and nobody else can change. At the end, which is
 * after SECONDS or an interrupt, the region is frozen for processes and programs, and stays under
 * its name.
 */
#include <stdio.h>
#include <stdlib.h>

#include <bpf/libbpf.h>
#include <bpfmmap.h>

#include "count.skel.h"
#include "until.h"

#define CALLS	512

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	BPFMMAP_OPTS(bpfmmap_create_opts, for_programs, .flags = BPFMMAP_F_PROG);
	BPFMMAP_OPTS(bpfmmap_freeze_opts, processes, .processes = true);
	BPFMMAP_OPTS(bpfmmap_publish_opts, for_all, .flags = BPFMMAP_PUBLISH_MODE, .mode = 0444);
	struct bpfmmap_region *region;
	struct count *count;

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: count NAME [SECONDS]\n");
		return 1;
	}
	until_prepare();
	region = bpfmmap_region__create("calls", sizeof(__u64), CALLS, &for_programs);
	if (!region)
		die("create");

	count = count__open();
	if (!count)
		die("open the program");
	if (bpfmmap_region__handle(region, (__u64 *)&count->rodata->region))
		die("handle");
	if (count__load(count) || count__attach(count))
		die("load the program");

	/* from now on no process writes to it; the program does */
	if (bpfmmap_region__freeze_with(region, &processes))
		die("freeze for processes");
	if (bpfmmap_region__publish(region, argv[1], &for_all))
		die("publish");
	printf("counting into %s/%s\n", BPFMMAP_PUBLISH_DIR, argv[1]);
	fflush(stdout);
	until_the_end(argv[2]);

	/* the program is still there, and counts nothing any more */
	if (bpfmmap_region__freeze(region))
		die("freeze");
	puts("frozen");
	count__destroy(count);
	bpfmmap_region__close(region);
	return 0;
}
