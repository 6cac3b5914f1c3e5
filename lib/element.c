// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* libbpfmmap: lookup and update of one element and of a range. */
#include "internal.h"

static int one(const struct bpfmmap_region *region, unsigned long cmd, __u32 index,
	       const void *value, __u64 flags)
{
	struct bpfmmap_element args = {
		.size = sizeof(args),
		.index = index,
		.value = (uintptr_t)value,
		.flags = flags,
	};

	return failed(request(region->fd, cmd, &args));
}

int bpfmmap_region__lookup(const struct bpfmmap_region *region, __u32 index, void *value)
{
	return one(region, BPFMMAP_IOC_LOOKUP, index, value, 0);
}

int bpfmmap_region__update(const struct bpfmmap_region *region, __u32 index, const void *value,
			   __u64 flags)
{
	return one(region, BPFMMAP_IOC_UPDATE, index, value, flags);
}

static int many(const struct bpfmmap_region *region, unsigned long cmd, __u32 index,
		__u32 *count, const void *values)
{
	struct bpfmmap_batch args = {
		.size = sizeof(args),
		.index = index,
		.count = *count,
		.values = (uintptr_t)values,
	};
	int err;

	err = request(region->fd, cmd, &args);
	/* if all are done there is no error: the module has not seen this request */
	if (err < 0 && args.count == *count)
		args.count = 0;
	*count = args.count;
	return failed(err);
}

int bpfmmap_region__lookup_batch(const struct bpfmmap_region *region, __u32 index, __u32 *count,
				 void *values)
{
	return many(region, BPFMMAP_IOC_LOOKUP_BATCH, index, count, values);
}

int bpfmmap_region__update_batch(const struct bpfmmap_region *region, __u32 index, __u32 *count,
				 const void *values)
{
	return many(region, BPFMMAP_IOC_UPDATE_BATCH, index, count, values);
}
