/* SPDX-License-Identifier: GPL-2.0-only */
/* Objects that the kernel has allocated, by cache, and which of them grow from round to round. */
#ifndef BPFMMAP_TESTS_SLABS_H
#define BPFMMAP_TESTS_SLABS_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_ROUNDS	4096

struct slabs;

/* NULL: this kernel has no /proc/slabinfo. */
struct slabs *slabs_new(void);
void slabs_free(struct slabs *slabs);

/* Count now, at the end of a round. */
void slabs_count(struct slabs *slabs);

/* False if there were too few rounds for slabs_that_grow(). */
bool slabs_can_tell(const struct slabs *slabs);

/* Print the caches that grew in each part of the rounds. Returns how many there are. */
size_t slabs_that_grow(const struct slabs *slabs);

#endif /* BPFMMAP_TESTS_SLABS_H */
