// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Drop UDP packets to some ports, until an interrupt: ports INTERFACE PORT...
 *
 * This program writes the table, freezes it, and only then attaches the BPF program that reads it:
 * from there on nobody can change what is dropped, not even root. Programs could never write to
 * it, as it was created for those that read.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/libbpf.h>
#include <bpfmmap.h>

#include "ports.skel.h"
#include "until.h"

#define WORDS	(65536 / 64)

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* A frozen table. */
static struct bpfmmap_region *make_table(int count, char **ports)
{
	BPFMMAP_OPTS(bpfmmap_create_opts, to_read, .flags = BPFMMAP_F_RDONLY_PROG);
	struct bpfmmap_region *region;
	__u64 table[WORDS] = { 0 };
	__u32 words = WORDS;
	int i;

	for (i = 0; i < count; i++) {
		unsigned int port = atoi(ports[i]) & 65535;

		table[port / 64] |= 1ULL << port % 64;
	}
	region = bpfmmap_region__create("ports", sizeof(__u64), WORDS, &to_read);
	if (!region)
		die("create");
	if (bpfmmap_region__update_batch(region, 0, &words, table))
		die("update");
	if (bpfmmap_region__freeze(region))
		die("freeze");
	return region;
}

int main(int argc, char **argv)
{
	struct bpfmmap_region *region;
	struct ports *ports;
	int interface;

	if (argc < 3) {
		fprintf(stderr, "usage: ports INTERFACE PORT...\n");
		return 1;
	}
	until_prepare();
	interface = if_nametoindex(argv[1]);
	if (!interface)
		die(argv[1]);
	region = make_table(argc - 2, argv + 2);
	ports = ports__open();
	if (!ports)
		die("open the program");
	if (bpfmmap_region__handle(region, (__u64 *)&ports->rodata->region))
		die("handle");
	if (ports__load(ports))
		die("load the program");
	ports->links.drop_ports = bpf_program__attach_xdp(ports->progs.drop_ports, interface);
	if (!ports->links.drop_ports)
		die("attach the program");
	printf("dropping\n");
	fflush(stdout);
	until_the_end(NULL);
	printf("dropped %llu packets\n", (unsigned long long)ports->bss->dropped);
	ports__destroy(ports);
	bpfmmap_region__close(region);
	return 0;
}
