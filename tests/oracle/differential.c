// SPDX-License-Identifier: GPL-2.0-only
/*
 * A region does what the array of the kernel does
 *
 * Random steps are done twice, once in a world of regions and once in a world of the
 * kernel's arrays. After each step, its results and all visible state must be the same. A
 * run has episodes, each of which starts with empty worlds. A difference that is not
 * listed (lib/known.c) is a failure: the episode is shrunk to the fewest steps that still
 * differ, and these are printed.
 *
 *	SEED=	the same seed gives the same run; it is printed
 *	STEPS=	the number of steps in all; a run of 100,000 or more goes on, up to 600,000,
 *			until each listed difference has been seen
 *	REPLAY=	do these steps instead, as they were printed for a difference
 *	UNIT_PAGES=	1, or 64 to 1024: a unit of that many pages stands for a page
 *			(lib/world.h), so that entries of 2 MiB map regions, and the steps move,
 *			split and drop these; with 512 at their ends, with 128 or 384 also within
 */
#include "fixture.h"
#include "entries.h"
#include "known.h"

#include <sys/prctl.h>

#define EPISODE		60	/* steps */
#define MAX_KNOWN	16
#define ENOUGH_STEPS	100000	/* with fewer steps, a listed difference may not show */
#define MOST_STEPS	600000	/* steps in which each listed difference must show */
#define ENTRY_STEPS	1000	/* steps in which an entry of 2 MiB must be made */

/* An episode, in memory that its children share. */
struct episode {
	struct step steps[EPISODE];
	unsigned int nr_steps;		/* there are */
	unsigned int done;		/* all steps, also those of children */
	struct rng rng;
	bool making_up;			/* otherwise the steps are given */
	bool over;			/* the worlds differ for good, in a listed way */
	bool differs;			/* the worlds differ in a way that is not listed */
	char what[512];
	unsigned long seen[MAX_KNOWN];
};

static struct episode *episode;
static struct world region_world, kernel_world;

static void differ(const struct step *step, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void differ(const struct step *step, const char *format, ...)
{
	char text[160];
	va_list args;
	int n;

	step_print(step, text, sizeof(text));
	n = snprintf(episode->what, sizeof(episode->what), "%s: ", text);
	va_start(args, format);
	vsnprintf(episode->what + n, sizeof(episode->what) - n, format, args);
	va_end(args);
	episode->differs = true;
}

/* True if the step may open, close, end or freeze an object. */
static bool changes_objects(enum op op)
{
	switch (op) {
	case OP_CREATE:
	case OP_OPEN_ID:
	case OP_CLOSE:
	case OP_DUP:
	case OP_PASS:
	case OP_MMAP:
	case OP_MUNMAP:
	case OP_MREMAP:
	case OP_FREEZE:
	case OP_EXIT:
		return true;
	default:
		return false;
	}
}

/* Look a difference up in the list. Returns whether the episode goes on. */
static bool is_listed(const struct step *step, const struct outcome *region,
		      const struct outcome *kernel)
{
	int listed = known_find(step, region, kernel, &kernel_world);

	if (listed < 0)
		return false;
	episode->seen[listed]++;
	episode->over = known[listed].parts;
	return true;
}

/* Do one step in both worlds, and compare. */
static void do_step(const struct step *step, unsigned int nr)
{
	struct outcome region = step_do(step, &region_world);
	struct outcome kernel = step_do(step, &kernel_world);
	unsigned int page, pages;
	struct focus focus;
	const char *what;

	if (region.ret != kernel.ret) {
		if (!is_listed(step, &region, &kernel)) {
			differ(step, "%ld for the region, %ld for the kernel's array",
			       region.ret, kernel.ret);
			return;
		}
	} else if (region.extra != kernel.extra) {
		differ(step, "%lu comes back from the region, %lu from the kernel's array",
		       region.extra, kernel.extra);
		return;
	}
	if (episode->over)
		return;
	step_pages(step, &page, &pages);
	if (pages) {
		world_look(&region_world, page, pages);
		world_look(&kernel_world, page, pages);
	}
	focus = step_focus(step, &kernel_world, nr);
	what = worlds_differ(&region_world, &kernel_world, &focus, changes_objects(step->op));
	if (what && !is_listed(step, &region, &kernel))
		differ(step, "%s", what);
}

static bool going_on(unsigned int at)
{
	return !episode->over && !episode->differs &&
	       at < (episode->making_up ? EPISODE : episode->nr_steps);
}

static unsigned int run_from(unsigned int at, bool child);

/* A child does the steps up to its exit; the parent goes on behind them. */
static unsigned int fork_from(unsigned int at)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		/* the parent waits, whatever the child does */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(world_unit == 1 ? 20 : 200);
		/* MADV_DONTFORK has left holes */
		world_look(&region_world, 0, world_arena());
		world_look(&kernel_world, 0, world_arena());
		run_from(at, true);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		differ(&episode->steps[at - 1], "the child ended with status %#x",
		       pid < 0 ? -1 : status);
	if (episode->making_up)
		return episode->nr_steps;
	while (at < episode->nr_steps && episode->steps[at].op != OP_EXIT)
		at++;
	return at;
}

static unsigned int run_from(unsigned int at, bool child)
{
	while (going_on(at)) {
		struct step *step = &episode->steps[at];

		if (episode->making_up) {
			*step = step_make_up(&episode->rng, &region_world);
			episode->nr_steps = at + 1;
		}
		at++;
		episode->done++;
		if (step->op == OP_EXIT && child)
			break;
		if (step->op == OP_FORK && !child)
			at = fork_from(at);
		else
			do_step(step, at);
	}
	return at;
}

/* Run an episode in new worlds. */
static void run_episode(void)
{
	const char *what;

	episode->over = false;
	episode->differs = false;
	if (episode->making_up)
		episode->nr_steps = 0;
	world_make(&region_world, &region_array);
	world_make(&kernel_world, &kernel_array);
	run_from(0, false);
	if (!episode->over && !episode->differs) {
		what = worlds_differ_in_full(&region_world, &kernel_world);
		if (what)
			differ(&episode->steps[episode->nr_steps - 1], "in the end: %s", what);
	}
	world_clear(&region_world);
	world_clear(&kernel_world);
}

/* Leave out n steps from the at-th on. True if the rest still differs. */
static bool differs_without(unsigned int at, unsigned int n)
{
	struct episode before = *episode;

	memmove(&episode->steps[at], &episode->steps[at + n],
		(episode->nr_steps - at - n) * sizeof(struct step));
	episode->nr_steps -= n;
	run_episode();
	if (episode->differs)
		return true;
	*episode = before;
	return false;
}

static void shrink(void)
{
	unsigned int n, at;
	bool shorter;

	episode->making_up = false;
	do {
		shorter = false;
		for (n = episode->nr_steps / 2; n; n /= 2)
			for (at = 0; at + n <= episode->nr_steps;)
				if (differs_without(at, n))
					shorter = true;
				else
					at += n;
	} while (shorter);
	/* the description is that of the last run */
	run_episode();
}

static void print_difference(void)
{
	char text[160];
	unsigned int i;

	printf("# a difference that is not listed:\n");
	if (world_unit > 1)
		printf("# (a page of a step is %u pages)\n", world_unit);
	for (i = 0; i < episode->nr_steps; i++) {
		step_print(&episode->steps[i], text, sizeof(text));
		printf("# %3u. %s\n", i + 1, text);
	}
	printf("# %s\n# ", episode->what);
	if (world_unit > 1)
		printf("UNIT_PAGES=%u ", world_unit);
	printf("REPLAY=");
	for (i = 0; i < episode->nr_steps; i++) {
		step_encode(&episode->steps[i], text, sizeof(text));
		printf("%s%s", i ? "," : "", text);
	}
	printf("\n");
}

static unsigned long steps_done, seed;

/* True if this difference exists on this kernel, and random steps find it. */
static bool must_show(const struct known *difference)
{
	return known_applies(difference) && !difference->seldom;
}

static bool all_seen(void)
{
	unsigned int i;

	for (i = 0; i < nr_known; i++)
		if (must_show(&known[i]) && !episode->seen[i])
			return false;
	return true;
}

/* True if the run has no end yet after these steps, of which the user asked for that many. */
static bool goes_on(unsigned long done, unsigned long steps)
{
	if (done < steps)
		return true;
	return steps >= ENOUGH_STEPS && done < MOST_STEPS && !all_seen();
}

static void regions_do_what_the_kernels_array_does(void **state)
{
	const char *replay = getenv("REPLAY");
	unsigned long steps = number_in_environment("STEPS", 10000), episodes = 0;

	(void)state;
	seed = number_in_environment("SEED", 1);
	touch_init();
	if (replay && *replay) {
		while (replay && *replay && episode->nr_steps < EPISODE) {
			replay = step_decode(replay, &episode->steps[episode->nr_steps++]);
			assert_non_null(replay);
		}
		run_episode();
	} else {
		episode->making_up = true;
		while (goes_on(episode->done, steps) && !episode->differs) {
			/*
			 * each episode has its own numbers, so it does not depend on those before
			 */
			episode->rng.state = (seed << 20) + ++episodes;
			rng_below(&episode->rng, 2);
			run_episode();
		}
		steps_done = episode->done;
		printf("@@ show seed %lu: %lu steps in %lu episodes\n", seed, steps_done, episodes);
		if (episode->differs)
			shrink();
	}
	if (episode->differs)
		print_difference();
	assert_false(episode->differs);
}

static void every_listed_difference_still_happens(void **state)
{
	unsigned int i, missing = 0;

	(void)state;
	if (steps_done < ENOUGH_STEPS)
		skip_because("%lu steps are too few to say, %u would do", steps_done, ENOUGH_STEPS);
	for (i = 0; i < nr_known; i++) {
		if (!known_applies(&known[i]))
			continue;
		printf("@@ show %8lu x %s\n", episode->seen[i], known[i].what);
		if (!episode->seen[i] && must_show(&known[i])) {
			printf("# never seen: %s (%s)\n", known[i].what, known[i].why);
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

static bool has_entries(void)
{
	return features() & BPFMMAP_FEATURE_HUGE;
}

/* Without such entries the test would have been about single pages only. */
static void entries_of_2_mib_were_made(void **state)
{
	long made = entries_made();

	(void)state;
	if (!has_entries())
		skip_because("this kernel has no entries of 2 MiB without references");
	if (made < 0)
		skip_because("this kernel can't tell, it has no CONFIG_KPROBE_EVENTS");
	printf("@@ show units of %u pages: %ld entries of 2 MiB\n", world_unit, made);
	if (steps_done < ENTRY_STEPS)
		skip_because("%lu steps are too few to say, %u would do", steps_done, ENTRY_STEPS);
	assert_true(made > 0);
}

static int watch_entries(void **state)
{
	(void)state;
	entries_watch();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regions_do_what_the_kernels_array_does),
		cmocka_unit_test(every_listed_difference_still_happens),
	};
	const struct CMUnitTest unit_tests[] = {
		cmocka_unit_test_setup(regions_do_what_the_kernels_array_does, watch_entries),
		cmocka_unit_test(every_listed_difference_still_happens),
		cmocka_unit_test(entries_of_2_mib_were_made),
	};

	if (!world_set_unit(number_in_environment("UNIT_PAGES", 1))) {
		fprintf(stderr, "UNIT_PAGES= is 1, or %u to %u\n", MIN_UNIT, MAX_UNIT);
		return 1;
	}
	episode = mmap(NULL, sizeof(*episode), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (episode == MAP_FAILED || nr_known > MAX_KNOWN)
		return 1;
	return world_unit == 1 ? RUN_GROUP(tests) : RUN_GROUP(unit_tests);
}
