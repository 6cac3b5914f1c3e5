/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of a region's mappings. */
#ifndef BPFMMAP_TESTS_LIST_H
#define BPFMMAP_TESTS_LIST_H

#include <stdint.h>

/* count: in, how many entries there is room for; out, how many there are. */
int try_list(int region, uint32_t *count, void *entries);

/* CLOCK_BOOTTIME of this process's time namespace in nanoseconds, as since_ns is. */
uint64_t now(void);

#endif /* BPFMMAP_TESTS_LIST_H */
