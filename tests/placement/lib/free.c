// SPDX-License-Identifier: GPL-2.0-only
/* See free.h. */
#include "free.h"
#include "fixture.h"

long long free_bytes(int node)
{
	char path[64], key[32];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	snprintf(key, sizeof(key), "Node %d MemFree", node);
	return proc_number(path, key) * 1024;
}

int try_create_on(int node, size_t len)
{
	struct bpfmmap_create args = create_args(8, len / 8);

	if (node >= 0) {
		args.flags = BPFMMAP_F_NUMA_NODE;
		args.numa_node = node;
	}
	return try_create_args(&args);
}

int create_on(int node, size_t len)
{
	int fd = try_create_on(node, len);

	assert_true(fd >= 0);
	return fd;
}
