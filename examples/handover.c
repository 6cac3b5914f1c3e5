// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Hand a table over to a process that does not trust you: handover
 *
 * The writer fills a region, freezes it and sends it through a socket. The reader does not
 * rely on the writer: it asks the kernel whether the region is frozen, and then tries to
 * change it itself. The reader need not copy the table, as nobody can change it any more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpfmmap.h>

#define ENTRIES		1000

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void write_and_hand_over(int sock)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, writable, .writable = true);
	struct bpfmmap_region *region;
	struct bpfmmap_map map;
	__u32 i;

	region = bpfmmap_region__create("squares", 8, ENTRIES, NULL);
	if (!region)
		die("create");
	if (bpfmmap_region__map(region, &map, &writable))
		die("map");
	for (i = 0; i < ENTRIES; i++)
		*(__u64 *)bpfmmap_region__at_writable(region, &map, i) = i * i;
	printf("writer: %u squares are written\n", ENTRIES);

	if (bpfmmap_region__freeze(region) != -EBUSY)
		die("freeze with a writable mapping");
	printf("writer: freeze while I can still write: %m\n");
	bpfmmap_region__unmap(region, &map);
	if (bpfmmap_region__freeze(region))
		die("freeze");
	printf("writer: frozen, here you are\n");
	fflush(stdout);
	if (bpfmmap_region__send(region, sock))
		die("send");
	bpfmmap_region__close(region);
}

/* Try to change the table. Returns the number of attempts that worked. */
static int attempt(const char *what, int err)
{
	if (!err) {
		printf("reader: %s WORKED\n", what);
		return 1;
	}
	printf("reader: %s: %s\n", what, strerror(-err));
	return 0;
}

static int read_and_check(int sock)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, writable, .writable = true);
	struct bpfmmap_info info = { .size = sizeof(info) };
	struct bpfmmap_region *region;
	struct bpfmmap_map map, other;
	__u64 evil = 666;
	int worked = 0;
	__u32 i;

	region = bpfmmap_region__receive(sock);
	if (!region)
		die("receive");
	if (bpfmmap_region__info(region, &info))
		die("info");
	printf("reader: got region '%s', %u elements, %s\n", info.name, info.max_entries,
	       info.frozen ? "frozen" : "NOT FROZEN");
	if (!info.frozen || info.value_size != 8)
		return 1;

	if (bpfmmap_region__map(region, &map, NULL))
		die("map");
	worked += attempt("mapping it writable", bpfmmap_region__map(region, &other, &writable));
	worked += attempt("making my mapping writable",
			  mprotect(map.data, map.bytes, PROT_READ | PROT_WRITE) ? -errno : 0);
	worked += attempt("updating element 0", bpfmmap_region__update(region, 0, &evil, 0));

	for (i = 0; i < info.max_entries; i++)
		if (*(const __u64 *)bpfmmap_region__at(region, &map, i) != i * i)
			return 1;
	printf("reader: all %u elements are right, and stay so\n", info.max_entries);
	bpfmmap_region__unmap(region, &map);
	bpfmmap_region__close(region);
	return worked ? 1 : 0;
}

int main(void)
{
	int socks[2], status;
	pid_t reader;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks))
		die("socketpair");
	reader = fork();
	if (reader < 0)
		die("fork");
	if (!reader) {
		close(socks[0]);
		return read_and_check(socks[1]);
	}
	close(socks[1]);
	write_and_hand_over(socks[0]);
	if (waitpid(reader, &status, 0) != reader)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
