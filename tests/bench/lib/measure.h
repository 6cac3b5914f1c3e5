/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Figures: what is measured, in samples, and how it is told
 *
 * A cycle (cycles.h) takes samples of some figures, one a repetition. tell() makes a
 * line of each figure that has samples, with their spread, and forgets them:
 *
 *	# figure CASE CONTENDER BYTES UNIT REPETITIONS MINIMUM MEDIAN MAXIMUM
 */
#ifndef BPFMMAP_BENCH_MEASURE_H
#define BPFMMAP_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum figure {
	CREATE,
	FREEZE,
	MAP,
	TOUCH_ONE,
	TOUCH_ONE_UNMAP,
	TOUCH_ALL,
	TOUCH_RANDOM,
	WRITE_ALL,
	MUNMAP,
	PAGE_TABLES,
	FAULTS,
	FORK,
	FORK_EXTRA,
	LOOKUP,
	UPDATE,
	LOOKUP_BATCH,
	UPDATE_BATCH,
	STALL,
	STALL_IDLE,
	MEMORY,
	FIGURES
};

#define MAX_SAMPLES	32

/* A figure with the spread of its samples. */
struct told {
	const char *figure;
	const char *contender;
	size_t bytes;
	double min, median, max;
};

/* What costs are counted in: instructions (see scripts/guest/vm -i), or nanoseconds. */
void count_nanoseconds(void);
/* The time in that unit, from some moment on. */
uint64_t now(void);

/* Take only those whose names stand in the list, separated by +. False: an unknown one. */
bool want_figures(const char *names);
bool wanted(enum figure figure);

/* A repetition below 0 is to warm up and leaves nothing. */
void sample(enum figure figure, int repetition, double value);
/* The median of what was sampled so far, which is forgotten. */
double take_median(enum figure figure);
/* Print what there is; each goes to hear as well, if that is set. */
void tell(const char *contender, size_t bytes, void (*hear)(const struct told *told));

/* Print what is in the way of going on, and don't. */
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* BPFMMAP_BENCH_MEASURE_H */
