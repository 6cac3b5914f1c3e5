/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cycles: what is done to a contender, over and over, to take samples of figures
 *
 * A cycle does a thing from beginning to end and takes samples on its way, of as many
 * figures as it comes by. What it does once before it takes any is not repeated here.
 */
#ifndef BPFMMAP_BENCH_CYCLES_H
#define BPFMMAP_BENCH_CYCLES_H

#include <stddef.h>

#include "contenders.h"
#include "measure.h"

struct cycle {
	void (*run)(const struct contender *who, size_t bytes, int repetitions);
	size_t least_bytes;
	enum figure figures[4];		/* it takes samples of */
	int nr_figures;
};

extern const struct cycle cycles[];
extern const size_t nr_cycles;

#endif /* BPFMMAP_BENCH_CYCLES_H */
