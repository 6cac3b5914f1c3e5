// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mmap-able array of the kernel behind the interface of array.h, by libbpf.
 *
 * Its batches are lists of keys, and a lookup batch starts behind a key; here both look like
 * ranges of indexes. If the kernel refuses a batch as a whole, it leaves the count unchanged; here
 * the count is 0 then, as with regions.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "array.h"
#include "fixture.h"

static int kernel_create(uint32_t value_size, uint32_t max_entries, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE | flags);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "oracle", 4, value_size, max_entries, &opts);
}

static int kernel_open_id(uint32_t id, uint32_t flags)
{
	LIBBPF_OPTS(bpf_get_fd_by_id_opts, opts, .open_flags = flags);

	return bpf_map_get_fd_by_id_opts(id, &opts);
}

static int kernel_next_id(uint32_t start, uint32_t *next)
{
	*next = 0;
	return bpf_map_get_next_id(start, next);
}

static int kernel_info(int fd, struct array_info *info)
{
	struct bpf_map_info map = { 0 };
	uint32_t len = sizeof(map);
	int ret;

	ret = bpf_obj_get_info_by_fd(fd, &map, &len);
	*info = (struct array_info){
		.id = map.id,
		.value_size = map.value_size,
		.max_entries = map.max_entries,
		/* only fdinfo has it */
		.frozen = file_has(path_of_fdinfo(fd), "frozen:\t1\n"),
	};
	return ret;
}

static int kernel_lookup(int fd, uint32_t index, void *value, uint64_t flags)
{
	return bpf_map_lookup_elem_flags(fd, &index, value, flags);
}

static int kernel_update(int fd, uint32_t index, const void *value, uint64_t flags)
{
	return bpf_map_update_elem(fd, &index, value, flags);
}

static uint32_t *keys_from(uint32_t index, uint32_t count)
{
	uint32_t *keys = calloc(count + 1, sizeof(*keys)), i;

	for (i = 0; keys && i < count; i++)
		keys[i] = index + i;
	return keys;
}

static int refused_as_a_whole(int ret, uint32_t *count)
{
	if (ret == -EPERM || ret == -EINVAL)
		*count = 0;
	return ret;
}

static int kernel_lookup_batch(int fd, uint32_t index, uint32_t *count, void *values)
{
	uint32_t *keys = keys_from(index, *count);
	uint32_t before = index - 1, last;
	int ret;

	ret = bpf_map_lookup_batch(fd, index ? &before : NULL, &last, keys, values, count, NULL);
	free(keys);
	return refused_as_a_whole(ret, count);
}

static int kernel_update_batch(int fd, uint32_t index, uint32_t *count, const void *values)
{
	uint32_t *keys = keys_from(index, *count);
	int ret;

	ret = bpf_map_update_batch(fd, keys, values, count, NULL);
	free(keys);
	return refused_as_a_whole(ret, count);
}

const struct array kernel_array = {
	.name = "kernel's array",
	.create = kernel_create,
	.open_id = kernel_open_id,
	.next_id = kernel_next_id,
	.info = kernel_info,
	.lookup = kernel_lookup,
	.update = kernel_update,
	.lookup_batch = kernel_lookup_batch,
	.update_batch = kernel_update_batch,
	.freeze = bpf_map_freeze,
};
