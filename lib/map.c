// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* libbpfmmap: mappings. */
#include "internal.h"

#include <sys/mman.h>

/* How mmap takes the address that opts have. */
static int placement(const struct bpfmmap_map_opts *opts)
{
	if (!opts->at)
		return 0;
	return opts->noreplace ? MAP_FIXED_NOREPLACE : MAP_FIXED;
}

static int map_region(const struct bpfmmap_region *region, struct bpfmmap_map *map,
		      const struct bpfmmap_map_opts *opts)
{
	__u64 bytes = opts->bytes;
	void *data;

	if (opts->noreplace && !opts->at)
		return -EINVAL;
	/* check before the conversion to off_t and size_t, which may have 32 bits */
	if (opts->offset > region->bytes || bytes > region->bytes)
		return -EINVAL;
	if (!bytes)
		bytes = region->bytes - opts->offset;
	if (bytes > SIZE_MAX)
		return -ENOMEM;
	data = mmap(opts->at, bytes, opts->writable ? PROT_READ | PROT_WRITE : PROT_READ,
		    MAP_SHARED | placement(opts), region->fd, opts->offset);
	if (data == MAP_FAILED)
		return -errno;
	map->data = data;
	map->bytes = bytes;
	return 0;
}

int bpfmmap_region__map(const struct bpfmmap_region *region, struct bpfmmap_map *map,
			const struct bpfmmap_map_opts *opts)
{
	struct bpfmmap_map_opts known;
	int err;

	map->data = NULL;
	map->bytes = 0;
	err = take_opts(&known, offsetof(struct bpfmmap_map_opts, reserved), opts);
	return failed(err ? err : map_region(region, map, &known));
}

/* region is not used: the parameter exists for symmetry with bpfmmap_region__map(). */
int bpfmmap_region__unmap(const struct bpfmmap_region *region, struct bpfmmap_map *map)
{
	(void)region;
	if (!map->data)
		return 0;
	if (munmap(map->data, map->bytes))
		return -errno;
	map->data = NULL;
	map->bytes = 0;
	return 0;
}

const void *bpfmmap_region__at(const struct bpfmmap_region *region, const struct bpfmmap_map *map,
			       __u32 index)
{
	const __u64 offset = index * bpfmmap_region__stride(region);

	if (index >= region->max_entries || map->bytes < region->value_size ||
	    offset > map->bytes - region->value_size)
		return failed_null(-ENOENT);
	return (const char *)map->data + offset;
}

void *bpfmmap_region__at_writable(const struct bpfmmap_region *region,
				  const struct bpfmmap_map *map, __u32 index)
{
	return (void *)bpfmmap_region__at(region, map, index);
}
