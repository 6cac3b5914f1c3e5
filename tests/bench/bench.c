// SPDX-License-Identifier: GPL-2.0-only
/*
 * What do things cost, with a region and with what else there is?
 *
 *	bench [full[,sizes=BYTES+BYTES..][,figures=NAME+NAME..][,unit=ns]]
 *
 * full measures all contenders in all sizes, for scripts/bench/measure. Without it a few figures
 * of regions are compared with what they were when they were last agreed upon.
 */
#include "harness.h"

#include "cycles.h"
#include "expected.h"
#include "footprint.h"
#include "measure.h"
#include "settle.h"

#define CHECK_BYTES	(64 * MIB)
#define MAX_SIZES	32

#define CHECKED		"create+freeze+map+touch-one-unmap+touch-all+munmap+fork+fork-extra+" \
			"lookup+update+lookup-batch+update-batch"

static size_t sizes[MAX_SIZES];
static int nr_sizes;

/* Enough for a median; the smaller, the more it takes to see through what else happens. */
static int repetitions(size_t bytes)
{
	if (bytes <= MIB)
		return 21;
	return bytes <= 64 * MIB ? 7 : 3;
}

static bool takes_wanted(const struct cycle *cycle)
{
	int i;

	for (i = 0; i < cycle->nr_figures; i++)
		if (wanted(cycle->figures[i]))
			return true;
	return false;
}

static void measure(const struct contender *who, size_t bytes,
		    void (*hear)(const struct told *told))
{
	size_t i;

	printf("# measuring %s %zu\n", who->name, bytes);
	fflush(stdout);
	if (who->reserve)
		who->reserve(bytes);
	for (i = 0; i < nr_cycles; i++) {
		if (bytes < cycles[i].least_bytes || !takes_wanted(&cycles[i]))
			continue;
		cycles[i].run(who, bytes, repetitions(bytes));
		tell(who->name, bytes, hear);
	}
	if (who->reserve)
		who->reserve(0);
}

static void measure_all(void)
{
	size_t who;
	int i;

	tell_footprints(sizes[0]);
	if (nr_sizes > 1)
		tell_footprints(sizes[nr_sizes - 1]);
	for (who = 0; who < nr_contenders; who++) {
		if (contenders[who].exists && !contenders[who].exists())
			continue;
		for (i = 0; i < nr_sizes; i++)
			if (sizes[i] >= contenders[who].least_bytes)
				measure(&contenders[who], sizes[i], NULL);
	}
}

/* Regions alone, and what costs little to measure. */
static int check(void)
{
	char key[64];
	size_t who;
	bool known;

	known = read_expected(key, sizeof(key));
	printf("# kernel %s\n", key);
	want_figures(CHECKED);
	for (who = 0; who < nr_contenders; who++)
		if (!strncmp(contenders[who].name, "region", 6) &&
		    (!contenders[who].exists || contenders[who].exists()))
			measure(&contenders[who], CHECK_BYTES, compare_with_expected);
	if (known)
		return tell_comparisons();
	printf("# skipped: nothing is known of %s yet: make bench-renew\n", key);
	printf("ok 1 - figures # SKIP\n1..1\n");
	return 0;
}

static void read_sizes(char *list)
{
	char *size;

	nr_sizes = 0;
	while ((size = strsep(&list, "+")) && nr_sizes < MAX_SIZES)
		sizes[nr_sizes++] = strtoull(size, NULL, 0);
}

/* Returns whether it is to be full. */
static bool read_arguments(char *list)
{
	bool full = false;
	char *word;

	while ((word = strsep(&list, ","))) {
		if (!strcmp(word, "full"))
			full = true;
		else if (!strcmp(word, "unit=ns"))
			count_nanoseconds();
		else if (!strncmp(word, "sizes=", 6))
			read_sizes(word + 6);
		else if (strncmp(word, "figures=", 8) || !want_figures(word + 8))
			give_up("unknown: %s", word);
	}
	return full;
}

int main(int argc, char **argv)
{
	bool full;
	size_t bytes;
	int bad = 0;

	for (bytes = 4 * KIB; bytes <= GIB; bytes *= 4)
		sizes[nr_sizes++] = bytes;
	full = argc > 1 && read_arguments(argv[1]);
	if (try_load_only(""))
		give_up("the module can't be loaded");
	contenders_init();
	settle();
	if (full) {
		measure_all();
		printf("ok 1 - measured\n1..1\n");
	} else {
		bad = check();
	}
	return bad ? 1 : 0;
}
