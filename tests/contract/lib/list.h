/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of a region's mappings. */
#ifndef BPFMMAP_TESTS_LIST_H
#define BPFMMAP_TESTS_LIST_H

#include <stdint.h>

/* count: in, room for so many entries; out, how many there are. */
int try_list(int region, uint32_t *count, void *entries);

/* Nanoseconds of this process's CLOCK_BOOTTIME, as since_ns has them. */
uint64_t now(void);

#endif /* BPFMMAP_TESTS_LIST_H */
