// SPDX-License-Identifier: GPL-2.0-only
/* See library.h. */
#include "library.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>

struct bpfmmap_region *make_region(size_t pages)
{
	struct bpfmmap_region *region = bpfmmap_region__create("made", 8, pages * PAGE / 8, NULL);

	assert_non_null(region);
	return region;
}

struct bpfmmap_map map_region(const struct bpfmmap_region *region, bool writable)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, opts, .writable = writable);
	struct bpfmmap_map map;

	assert_ok(bpfmmap_region__map(region, &map, &opts));
	return map;
}

void unmap_region(struct bpfmmap_map *map)
{
	assert_ok(bpfmmap_region__unmap(NULL, map));
}

struct bpfmmap_info state_of(const struct bpfmmap_region *region)
{
	struct bpfmmap_info info = { .size = sizeof(info) };

	assert_ok(bpfmmap_region__info(region, &info));
	return info;
}

int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

pid_t start_writer(const struct bpfmmap_region *region, unsigned int lifetime)
{
	struct bpfmmap_map map = map_region(region, true);
	pid_t pid;

	/* the child is a writer from the fork on */
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		poll(NULL, 0, lifetime ? (int)lifetime : -1);
		_exit(0);
	}
	unmap_region(&map);
	return pid;
}

void end_process(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}
