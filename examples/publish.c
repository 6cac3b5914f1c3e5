// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Leave a table behind for everybody to read: publish NAME
 *
 * The program makes a table of squares, freezes it, and publishes it under NAME, readable by
 * all. The table stays when this program has ended, until `bpfmmap withdraw NAME`. reader.py
 * NAME reads it without privileges.
 */
#include <stdio.h>
#include <stdlib.h>

#include <bpfmmap.h>

#define ENTRIES		1000

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	BPFMMAP_OPTS(bpfmmap_publish_opts, for_all, .flags = BPFMMAP_PUBLISH_MODE, .mode = 0444);
	BPFMMAP_OPTS(bpfmmap_map_opts, writable, .writable = true);
	struct bpfmmap_region *region;
	struct bpfmmap_map map;
	__u64 i;

	if (argc != 2) {
		fprintf(stderr, "usage: publish NAME\n");
		return 1;
	}
	region = bpfmmap_region__create("squares", 8, ENTRIES, NULL);
	if (!region)
		die("create");
	if (bpfmmap_region__map(region, &map, &writable))
		die("map");
	for (i = 0; i < ENTRIES; i++)
		*(__u64 *)bpfmmap_map__at(&map, 8, i) = i * i;
	bpfmmap_region__unmap(region, &map);

	/* freeze before publish, so that everybody who finds the name finds the complete table */
	if (bpfmmap_region__freeze(region))
		die("freeze");
	if (bpfmmap_region__publish(region, argv[1], &for_all))
		die("publish");
	printf("%s/%s has %d squares, for good\n", BPFMMAP_PUBLISH_DIR, argv[1], ENTRIES);
	bpfmmap_region__close(region);
	return 0;
}
