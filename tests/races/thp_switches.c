// SPDX-License-Identifier: GPL-2.0-only
/*
 * The switches for transparent huge pages change while two threads touch a chunk. The kernel asks
 * for an entry of 2 MiB for one of them and for a page for the other. The result must not depend
 * on the switches.
 */
#include "pages.h"

#include <sys/prctl.h>

static int fd;
static uint8_t *at;

static int setup(void **state)
{
	(void)state;
	fd = create_numbered(OURS, 0);
	at = reserve(LEN);
	put(fd, at, LEN, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unmap(at, LEN);
	settle(fd, OURS);
	return 0;
}

static void map_again(unsigned long round)
{
	if (chunk_in_turn(round) == 0)
		put(fd, at, LEN, 0);
}

static void map_with_thp(unsigned long round)
{
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	map_again(round);
}

static bool touch_it(struct racer *self, unsigned long round)
{
	return touch_mapped(self, at, page_in_turn(self, round));
}

static bool touch_without_thp(struct racer *self, unsigned long round)
{
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		wrong("PR_SET_THP_DISABLE: %s", strerror(errno));
	return touch_it(self, round);
}

static struct racer process_racers[] = {
	{ .what = "pages touched", .step = touch_it },
	{ .what = "pages touched after prctl", .step = touch_without_thp },
};

static void a_process_disables_them_beside_a_fault(void **state)
{
	(void)state;
	race(map_with_thp, process_racers, ARRAY_SIZE(process_racers));
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
}

static int race_as_nobody(void *arg)
{
	const char *what;

	(void)arg;
	become_nobody();
	what = try_race(map_with_thp, process_racers, ARRAY_SIZE(process_racers));
	if (what) {
		printf("# %s\n", what);
		fflush(stdout);
	}
	return !!what;
}

static void so_does_one_without_privileges(void **state)
{
	(void)state;
	assert_ok(in_child(race_as_nobody, NULL));
}

static bool switch_the_system(struct racer *self, unsigned long round)
{
	static const char *const values[] = { "always", "madvise", "never" };

	(void)round;
	return set_huge_pages(values[any(self, ARRAY_SIZE(values))]);
}

static void the_system_switches_beside_faults(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = touch_it },
		{ .what = "pages touched by the other", .step = touch_it },
		{ .what = "switches", .step = switch_the_system, .alone = true },
	};

	(void)state;
	if (!set_huge_pages("never"))
		skip_because("this kernel has no transparent huge pages");
	race(map_again, racers, ARRAY_SIZE(racers));
}

/* Change the whole mapping, or a part: then it becomes two mappings. */
static bool advise(struct racer *self, unsigned long round)
{
	int advice = any(self, 2) ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;
	uint8_t *chunk = at + chunk_in_turn(round) * CHUNK;
	int ret;

	if (any(self, 8))
		ret = madvise(at, LEN, advice);
	else
		ret = madvise(chunk + any(self, 2) * CHUNK / 2, CHUNK / 2, advice);
	/* some kernels refuse this for such mappings */
	return !ret || errno == EINVAL;
}

static void advice_is_given_beside_faults(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = touch_it },
		{ .what = "pages touched by the other", .step = touch_it },
		{ .what = "pieces of advice", .step = advise },
	};

	(void)state;
	race(map_again, racers, ARRAY_SIZE(racers));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_process_disables_them_beside_a_fault),
		TEST(so_does_one_without_privileges),
		TEST(the_system_switches_beside_faults),
		TEST(advice_is_given_beside_faults),
	};

	return RUN_GROUP(tests);
}
