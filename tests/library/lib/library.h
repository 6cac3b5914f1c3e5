/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the library share
 *
 * The harness has short names for the requests of the module; this header has them for the two
 * ways in which the library reports a failure.
 */
#ifndef BPFMMAP_TESTS_LIBRARY_H
#define BPFMMAP_TESTS_LIBRARY_H

#include "fixture.h"

#include <bpfmmap.h>

/* The call returns -error, and errno has the error too. */
#define assert_failed(call, error)			\
	do {						\
		int wanted = (error);			\
							\
		errno = 0;				\
		assert_int_equal((call), -wanted);	\
		assert_int_equal(errno, wanted);	\
	} while (0)

/* The call returns NULL, and errno has the error. */
#define assert_none(call, error)			\
	do {						\
		errno = 0;				\
		assert_null(call);			\
		assert_int_equal(errno, error);		\
	} while (0)

/* A region of that many pages, with elements of 8 bytes. */
struct bpfmmap_region *make_region(size_t pages);

/* A mapping of the whole region. */
struct bpfmmap_map map_region(const struct bpfmmap_region *region, bool writable);
void unmap_region(struct bpfmmap_map *map);

/* How it stands. */
struct bpfmmap_info state_of(const struct bpfmmap_region *region);

/* The number of open fds of this process. */
int open_fds(void);

/*
 * Start a process that has a writable mapping of the region, for that many milliseconds, or with 0
 * until end_process(). That function also waits for a process that ends by itself.
 */
pid_t start_writer(const struct bpfmmap_region *region, unsigned int lifetime);
void end_process(pid_t pid);

#endif /* BPFMMAP_TESTS_LIBRARY_H */
