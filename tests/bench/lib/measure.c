// SPDX-License-Identifier: GPL-2.0-only
/*
 * See measure.h.
 *
 * Where QEMU counts instructions the guest's clock is their number, at 1 ns each. The
 * time stamp counter is that number itself; the kernel's clocks go through what the
 * kernel found it to tick at when it booted, which is off by some millionths.
 */
#include "measure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if __has_builtin(__builtin_ia32_rdtsc)
#define time_stamp_counter()	__builtin_ia32_rdtsc()
#else
#define time_stamp_counter()	nanoseconds()
#endif

/* COST stands for the unit that costs are counted in. */
#define COST	NULL

static const struct {
	const char *name;
	const char *unit;
} figures[FIGURES] = {
	[CREATE] = { "create", COST },			/* with the close of it */
	[FREEZE] = { "freeze", COST },
	[MAP] = { "map", COST },			/* mmap alone */
	[TOUCH_ONE] = { "touch-one", COST },		/* mmap and one page */
	[TOUCH_ONE_UNMAP] = { "touch-one-unmap", COST }, /* the same and munmap */
	[TOUCH_ALL] = { "touch-all", COST },		/* mmap and all pages, in order */
	[TOUCH_RANDOM] = { "touch-random", COST },	/* .. at random */
	[WRITE_ALL] = { "write-all", COST },		/* .. in order, written to */
	[MUNMAP] = { "munmap", COST },			/* of what is all touched */
	[PAGE_TABLES] = { "page-tables", "bytes" },
	[FAULTS] = { "faults", "faults" },
	[FORK] = { "fork", COST },			/* with exit and wait, all touched */
	[FORK_EXTRA] = { "fork-extra", COST },		/* .. more than with nothing mapped */
	[LOOKUP] = { "lookup", COST },
	[UPDATE] = { "update", COST },
	[LOOKUP_BATCH] = { "lookup-batch", COST },	/* a value */
	[UPDATE_BATCH] = { "update-batch", COST },
	[STALL] = { "stall", COST },			/* of another thread by mmap */
	[STALL_IDLE] = { "stall-idle", COST },		/* the same without an mmap */
	[MEMORY] = { "memory", "bytes" },		/* beyond the data */
};

static struct {
	double values[MAX_SAMPLES];
	int nr;
} samples[FIGURES];

static bool unwanted[FIGURES];
static bool in_nanoseconds;

static uint64_t nanoseconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void count_nanoseconds(void)
{
	in_nanoseconds = true;
}

uint64_t now(void)
{
	return in_nanoseconds ? nanoseconds() : time_stamp_counter();
}

bool want_figures(const char *names)
{
	char *copy = strdup(names), *rest = copy, *name;
	bool known = true;
	int i;

	memset(unwanted, true, sizeof(unwanted));
	while (known && (name = strsep(&rest, "+"))) {
		for (i = 0; i < FIGURES && strcmp(figures[i].name, name); i++)
			;
		known = i < FIGURES;
		if (known)
			unwanted[i] = false;
	}
	free(copy);
	return known;
}

bool wanted(enum figure figure)
{
	return !unwanted[figure];
}

void sample(enum figure figure, int repetition, double value)
{
	if (repetition < 0 || unwanted[figure])
		return;
	if (samples[figure].nr == MAX_SAMPLES)
		give_up("too many samples of %s", figures[figure].name);
	samples[figure].values[samples[figure].nr++] = value;
}

static int compare(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Sort them; returns their median. */
static double sort_samples(enum figure figure)
{
	double *values = samples[figure].values;
	int nr = samples[figure].nr;

	if (!nr)
		return 0;
	qsort(values, nr, sizeof(*values), compare);
	return nr % 2 ? values[nr / 2] : (values[nr / 2 - 1] + values[nr / 2]) / 2;
}

double take_median(enum figure figure)
{
	double median = sort_samples(figure);

	samples[figure].nr = 0;
	return median;
}

void tell(const char *contender, size_t bytes, void (*hear)(const struct told *told))
{
	const char *cost = in_nanoseconds ? "ns" : "instructions";
	int i;

	for (i = 0; i < FIGURES; i++) {
		int nr = samples[i].nr;
		struct told told = {
			.figure = figures[i].name,
			.contender = contender,
			.bytes = bytes,
			.median = take_median(i),
		};

		if (!nr)
			continue;
		told.min = samples[i].values[0];
		told.max = samples[i].values[nr - 1];
		printf("# figure %s %s %zu %s %d %.10g %.10g %.10g\n", told.figure, contender,
		       bytes, figures[i].unit ?: cost, nr, told.min, told.median, told.max);
		if (hear)
			hear(&told);
	}
	fflush(stdout);
}

void give_up(const char *format, ...)
{
	int err = errno;
	va_list args;

	printf("Bail out! ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(" (%s)\n", strerror(err));
	fflush(stdout);
	exit(1);
}
