/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The weather: what an administrator and the kernel do to a machine while others use it. A CPU goes
 * and comes, blocks of memory as well, huge pages are switched off and on, memory is compacted,
 * caches are dropped.
 */
#ifndef BPFMMAP_TESTS_WEATHER_H
#define BPFMMAP_TESTS_WEATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weather_tally {
	unsigned long cpus, memory, memory_refused, huge_pages, compactions, drops;
};

/* One change, at random. */
void weather_change(uint64_t *seed, struct weather_tally *tally);

/* All CPUs and all memory are there again, and huge pages are as they were. */
void weather_settle(void);

#endif /* BPFMMAP_TESTS_WEATHER_H */
