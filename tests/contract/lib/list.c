// SPDX-License-Identifier: GPL-2.0-only
/* See list.h. */
#include "fixture.h"
#include "list.h"

#include <time.h>

int try_list(int region, uint32_t *count, void *entries)
{
	struct bpfmmap_mappings args = {
		.size = sizeof(args), .count = *count, .entries = (uintptr_t)entries,
	};
	int ret = request(region, BPFMMAP_IOC_MAPPINGS, &args);

	*count = args.count;
	return ret;
}

uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}
