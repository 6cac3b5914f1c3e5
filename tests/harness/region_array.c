// SPDX-License-Identifier: GPL-2.0-only
/* A region behind the interface of array.h. */
#include "array.h"
#include "fixture.h"

static int region_create(uint32_t value_size, uint32_t max_entries, uint32_t flags)
{
	struct bpfmmap_create args = create_args(value_size, max_entries);

	args.flags = flags;
	return try_create_args(&args);
}

static int region_info(int fd, struct array_info *info)
{
	struct bpfmmap_info args = { .size = sizeof(args) };
	int ret = request(fd, BPFMMAP_IOC_INFO, &args);

	*info = (struct array_info){
		.id = args.id,
		.value_size = args.value_size,
		.max_entries = args.max_entries,
		.frozen = args.frozen,
	};
	return ret;
}

static int region_lookup(int fd, uint32_t index, void *value, uint64_t flags)
{
	struct bpfmmap_element args = {
		.size = sizeof(args), .index = index,
		.value = (uintptr_t)value, .flags = flags,
	};

	return request(fd, BPFMMAP_IOC_LOOKUP, &args);
}

static int region_lookup_batch(int fd, uint32_t index, uint32_t *count, void *values)
{
	return try_batch(fd, BPFMMAP_IOC_LOOKUP_BATCH, index, count, values);
}

static int region_update_batch(int fd, uint32_t index, uint32_t *count, const void *values)
{
	return try_batch(fd, BPFMMAP_IOC_UPDATE_BATCH, index, count, (void *)values);
}

const struct array region_array = {
	.name = "region",
	.create = region_create,
	.open_id = try_open_id,
	.next_id = try_next_id,
	.info = region_info,
	.lookup = region_lookup,
	.update = try_update,
	.lookup_batch = region_lookup_batch,
	.update_batch = region_update_batch,
	.freeze = try_freeze,
};
