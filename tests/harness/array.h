/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One interface for two arrays: a region and the array of the kernel
 *
 * A suite that compares them uses struct array, and runs with both. Each function returns what the
 * system call returns, or -errno. mmap and its relatives need no function here, as both have an
 * fd.
 */
#ifndef BPFMMAP_TESTS_ARRAY_H
#define BPFMMAP_TESTS_ARRAY_H

#include <stdbool.h>
#include <stdint.h>

/* What both tell of an array. */
struct array_info {
	uint32_t id;
	uint32_t value_size;
	uint32_t max_entries;
	bool frozen;
};

struct array {
	const char *name;

	/* flags: BPFMMAP_F_RDONLY and _WRONLY, or 0 */
	int (*create)(uint32_t value_size, uint32_t max_entries, uint32_t flags);
	int (*open_id)(uint32_t id, uint32_t flags);
	int (*next_id)(uint32_t start, uint32_t *next);
	int (*info)(int fd, struct array_info *info);
	int (*lookup)(int fd, uint32_t index, void *value, uint64_t flags);
	int (*update)(int fd, uint32_t index, const void *value, uint64_t flags);
	/* count: in, the number of elements from index on; out, how many were done */
	int (*lookup_batch)(int fd, uint32_t index, uint32_t *count, void *values);
	int (*update_batch)(int fd, uint32_t index, uint32_t *count, const void *values);
	int (*freeze)(int fd);
};

extern const struct array region_array;	/* a region of ours */
extern const struct array kernel_array;	/* BPF_MAP_TYPE_ARRAY with BPF_F_MMAPABLE */

#endif /* BPFMMAP_TESTS_ARRAY_H */
