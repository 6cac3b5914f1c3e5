// SPDX-License-Identifier: GPL-2.0-only
/*
 * No program can break a promise of the module: a fuzzer
 *
 * It plays random cases (lib/case.h), keeps those that reach something new (lib/cover.h), and makes
 * further cases from these. A case that breaks a promise (lib/check.h, lib/play.c) is shrunk to few
 * calls and printed. Each case is printed before it is played, so that the last one of a guest that
 * went down is known; the runner names it.
 *
 *	SECONDS_OF_FUZZ=	the time
 *	MOST_CASES=		end after so many cases
 *	SEED=			the same seed makes the same cases, as long as coverage is the same
 *	REPLAY=			play this case instead, some times, as it was printed; or several
 *				with a slash between, as a process plays some in turn
 */
#include "fixture.h"
#include "corpus.h"
#include "cover.h"
#include "operation.h"
#include "play.h"
#include "world.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>

#define CORPUS		"/extra/fuzz.extra/corpus"
#define REPLAYS		20
#define ATTEMPTS	3	/* to break a promise again, while a case is shrunk */
#define KNOWN_GOOD	200	/* cases between two that must work */

static struct {
	uint64_t seed;
	time_t start;
	unsigned long cases, most, slow;
} run;

static unsigned long microseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000UL + time.tv_nsec / 1000;
}

static time_t now(void)
{
	return microseconds() / 1000000;
}

/* The line must be out before the case is played, as the kernel may die of it. */
static void announce(const struct test_case *what)
{
	char text[CASE_TEXT];
	int waiting = 0;

	case_print(what, text, sizeof(text));
	printf("@@ case %lu %s\n", run.cases, text);
	fflush(stdout);
	while (!ioctl(STDOUT_FILENO, TIOCOUTQ, &waiting) && waiting)
		usleep(100);
}

static void show_progress(void)
{
	const time_t time = now() - run.start;

	printf("@@ progress %ld s: %lu cases, %.1f a second, %lu too slow; ", (long)time, run.cases,
	       (double)run.cases / (time ?: 1), run.slow);
	printf("%u addresses, %u features, %u cases kept\n", cover_addresses(), cover_features(),
	       corpus_size());
	fflush(stdout);
}

static struct played play_announced(const struct test_case *what)
{
	static time_t shown;
	struct played played;

	announce(what);
	played = play(what);
	run.cases++;
	run.slow += played.verdict == TIMED_OUT;
	if (now() - shown >= 20) {
		shown = now();
		show_progress();
	}
	return played;
}

/* The kind of a broken promise is the text up to the first colon. */
static bool same_kind(const char *a, const char *b)
{
	size_t len = strcspn(a, ":");

	return len == strcspn(b, ":") && !memcmp(a, b, len);
}

static bool breaks_again(const struct test_case *what, const char *promise)
{
	int tries;

	for (tries = 0; tries < ATTEMPTS; tries++)
		if (play_announced(what).verdict == BROKE_PROMISE &&
		    same_kind(shared->broken, promise))
			return true;
	return false;
}

/* Leave calls out, then what is special with those that are left. */
static void shrink(struct test_case *what, const char *promise)
{
	struct test_case shorter;
	unsigned int n, at, i;

	for (n = what->nr / 2; n; n /= 2)
		for (at = 0; at + n <= what->nr && what->nr > 1;) {
			shorter = *what;
			case_cut(&shorter, at, n);
			if (shorter.nr && breaks_again(&shorter, promise))
				*what = shorter;
			else
				at += n;
		}
	for (at = 0; at < what->nr; at++) {
		shorter = *what;
		shorter.calls[at].how = 0;
		shorter.calls[at].nth = 0;
		if (memcmp(&shorter, what, sizeof(shorter)) && breaks_again(&shorter, promise))
			*what = shorter;
		for (i = 0; i < MOST_ARGS; i++) {
			shorter = *what;
			shorter.calls[at].args[i] = 0;
			if (what->calls[at].args[i] && breaks_again(&shorter, promise))
				*what = shorter;
		}
	}
}

/* Print a case that broke a promise, and fail. */
static void report(struct test_case what)
{
	char promise[sizeof(shared->broken)], text[CASE_TEXT];

	strcpy(promise, shared->broken);
	case_print(&what, text, sizeof(text));
	printf("# broken: %s\n# REPLAY=%s\n", promise, text);
	fflush(stdout);
	if (breaks_again(&what, promise)) {
		shrink(&what, promise);
		/* in the words of the last time */
		if (breaks_again(&what, promise))
			strcpy(promise, shared->broken);
		case_print(&what, text, sizeof(text));
		printf("# shrunk: %s\n# REPLAY=%s\n", promise, text);
	} else {
		printf("# it did not happen again; it may need cases before it\n");
	}
	fail();
}

/* Play a case. What reaches something new is kept, without the calls behind that. */
static void try_case(struct test_case *what)
{
	struct played played = play_announced(what);
	char text[CASE_TEXT];

	if (played.verdict == BROKE_PROMISE)
		report(*what);
	if (played.verdict != KEPT_PROMISES || !played.new_features)
		return;
	what->nr = played.last_new;
	if (!corpus_keep(what, cover_of_case()))
		return;
	case_print(what, text, sizeof(text));
	printf("@@ new %s\n", text);
}

static bool over(void)
{
	return now() - run.start >= (time_t)number_in_environment("SECONDS_OF_FUZZ", 60) ||
	       run.cases >= run.most;
}

static void read_corpus(void)
{
	FILE *file = fopen(CORPUS, "r");
	char line[CASE_TEXT];
	struct test_case what;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) && !over()) {
		/* an operation may have got another name since */
		if (*line == '#' || case_parse(line, &what))
			continue;
		try_case(&what);
	}
	fclose(file);
}

/* What every program does still works. */
static void try_known_good(void)
{
	struct test_case what;
	struct played played;

	assert_ok(case_parse("create,mapall,store:0.1.5,update:0.3,lookup:0.3,munmap,freeze",
			     &what));
	played = play_announced(&what);
	if (played.verdict == BROKE_PROMISE)
		report(what);
	assert_int_equal(played.verdict, KEPT_PROMISES);
	assert_int_equal(played.refused, 0);
}

static void replay_one(const char *text)
{
	struct test_case what;

	assert_ok(case_parse(text, &what));
	if (play_announced(&what).verdict != BROKE_PROMISE)
		return;
	printf("# broken: %s\n", shared->broken);
	fail();
}

static void replay(const char *cases)
{
	unsigned long start = 0;
	char *copy, *left, *text;
	unsigned int i;

	for (i = 0; i < REPLAYS; i++) {
		/* the first ones fill caches */
		if (i == REPLAYS / 2)
			start = microseconds();
		copy = strdup(cases);
		assert_non_null(copy);
		for (left = copy; (text = strsep(&left, "/"));)
			replay_one(text);
		free(copy);
	}
	printf("@@ show playing that takes %lu us\n",
	       (microseconds() - start) / (REPLAYS - REPLAYS / 2));
}

static void no_case_breaks_a_promise(void **state)
{
	const char *text = getenv("REPLAY");
	struct test_case what;

	(void)state;
	run.seed = number_in_environment("SEED", 1);
	run.most = number_in_environment("MOST_CASES", ~0UL);
	play_prepare();
	corpus_prepare();
	run.start = now();
	if (text && *text) {
		replay(text);
		play_finish();
		return;
	}
	printf("@@ show seed %llu, guided by %s\n", (unsigned long long)run.seed,
	       cover_is_guided() ? "the code that runs (KCOV)" :
				   "results only, as the kernel or the module is built without KCOV");
	read_corpus();
	while (!over()) {
		if (run.cases % KNOWN_GOOD == 0)
			try_known_good();
		if (!corpus_size() || !random_below(&run.seed, 8)) {
			case_make_up(&run.seed, &what);
		} else {
			what = *corpus_any(&run.seed);
			case_mutate(&run.seed, &what, corpus_any(&run.seed));
		}
		try_case(&what);
	}
	play_finish();
	show_progress();
	corpus_print_smallest();
	printf("@@ show %lu cases in %ld s, %lu of them too slow; ", run.cases,
	       (long)(now() - run.start), run.slow);
	printf("%u addresses of the module, %u features, %u cases kept\n", cover_addresses(),
	       cover_features(), corpus_size());
}

/* A case that was printed must be played as it was made. */
static void a_case_is_read_as_it_was_printed(void **state)
{
	struct test_case what, read;
	char text[CASE_TEXT], again[CASE_TEXT];
	uint64_t seed = 1;
	int i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		case_make_up(&seed, &what);
		assert_true(case_print(&what, text, sizeof(text)) < CASE_TEXT);
		assert_ok(case_parse(text, &read));
		case_print(&read, again, sizeof(again));
		assert_string_equal(text, again);
		assert_int_equal(read.nr, what.nr);
		case_mutate(&seed, &what, &read);
		assert_in_range(what.nr, 1, MOST_CALLS);
	}
	assert_int_not_equal(case_parse("create,nothing", &read), 0);
	assert_int_not_equal(case_parse("create:0.0.0.0.0.0.0", &read), 0);
	assert_int_not_equal(case_parse("", &read), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_case_is_read_as_it_was_printed),
		cmocka_unit_test(no_case_breaks_a_promise),
	};

	return RUN_GROUP(tests);
}
