/* SPDX-License-Identifier: GPL-2.0-only */
/* Physical memory, which root may read in /proc/kcore. */
#ifndef BPFMMAP_TESTS_KCORE_H
#define BPFMMAP_TESTS_KCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kcore_range {
	uint64_t start, len;	/* physical addresses */
	off_t offset;		/* of its start in the file */
};

struct kcore {
	int fd;
	size_t nr;
	struct kcore_range ranges[64];
};

/* False: there is no such file. Memory that is added later is not in it. */
bool kcore_open(struct kcore *kcore);
/* Read 8 bytes at a physical address of one of the ranges. False: that failed. */
bool kcore_read(const struct kcore *kcore, const struct kcore_range *range, uint64_t address,
		uint64_t *value);
void kcore_close(struct kcore *kcore);

#endif /* BPFMMAP_TESTS_KCORE_H */
