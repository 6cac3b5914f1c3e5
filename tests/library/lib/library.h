/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the library's tests share
 *
 * The harness has short names for the module's requests; here are those for the library's
 * two ways to say that something failed.
 */
#ifndef BPFMMAP_TESTS_LIBRARY_H
#define BPFMMAP_TESTS_LIBRARY_H

#include "fixture.h"

#include <bpfmmap.h>

/* The call returns -error, and errno says so too. */
#define assert_failed(call, error)			\
	do {						\
		int wanted = (error);			\
							\
		errno = 0;				\
		assert_int_equal((call), -wanted);	\
		assert_int_equal(errno, wanted);	\
	} while (0)

/* The call returns NULL, and errno says why. */
#define assert_none(call, error)			\
	do {						\
		errno = 0;				\
		assert_null(call);			\
		assert_int_equal(errno, error);		\
	} while (0)

/* A region of so many pages, with elements of 8 bytes. */
struct bpfmmap_region *make_region(size_t pages);

/* A mapping of all of it. */
struct bpfmmap_map map_region(const struct bpfmmap_region *region, bool writable);
void unmap_region(struct bpfmmap_map *map);

/* How it stands. */
struct bpfmmap_info state_of(const struct bpfmmap_region *region);

/* The number of open fds of this process. */
int open_fds(void);

/*
 * A process that has a writable mapping of the region, for so many milliseconds or, with 0,
 * until end_process(), which also waits for one that ends by itself.
 */
pid_t start_writer(const struct bpfmmap_region *region, unsigned int lifetime);
void end_process(pid_t pid);

#endif /* BPFMMAP_TESTS_LIBRARY_H */
