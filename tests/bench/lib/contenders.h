/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is measured: regions, and what else a program could share memory by
 *
 * All of them give a fd whose memory is there, and zero, when create() returns. Calls
 * return what the system call does, or -errno. What one has no such call for is NULL.
 */
#ifndef BPFMMAP_BENCH_CONTENDERS_H
#define BPFMMAP_BENCH_CONTENDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VALUE_SIZE	sizeof(uint64_t)
#define BATCH		1024U

struct contender {
	const char *name;
	size_t least_bytes;		/* smallest size */
	bool off_by_a_page;		/* mapped where no entry of 2 MiB fits */
	bool (*exists)(void);		/* NULL: always */
	void (*reserve)(size_t bytes);	/* before the first of a size; 0: after the last */
	int (*create)(size_t bytes);
	int (*freeze)(int fd);
	int (*lookup)(int fd, uint32_t index, void *value);
	int (*update)(int fd, uint32_t index, const void *value);
	/* count elements from the first on, at most BATCH */
	int (*lookup_batch)(int fd, uint32_t count, void *values);
	int (*update_batch)(int fd, uint32_t count, const void *values);
};

extern const struct contender contenders[];
extern const size_t nr_contenders;

/* Once, before any other. */
void contenders_init(void);

#endif /* BPFMMAP_BENCH_CONTENDERS_H */
