// SPDX-License-Identifier: GPL-2.0-only
/* See race.h. */
#include "access.h"
#include "race.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>

#define SECONDS		8
#define STUCK_SECONDS	180	/* without a new round: then something hangs */
#define SPINS		5000	/* before a racer that waits goes to sleep */
#define NO_ROUND	ULONG_MAX

static void (*prepare_round)(unsigned long round);
static atomic_ulong rounds;
static atomic_uint turn;	/* changes with each round, and wakes those who wait */
static atomic_uint arrived, in_rounds;
static atomic_bool over;

static char first_wrong[256];
static atomic_bool was_wrong;

void wrong(const char *format, ...)
{
	va_list args;

	if (atomic_exchange(&was_wrong, true))
		return;
	va_start(args, format);
	vsnprintf(first_wrong, sizeof(first_wrong), format, args);
	va_end(args);
}

unsigned int any(struct racer *self, unsigned int most)
{
	return rand_r(&self->seed) % most;
}

void spin(unsigned int turns)
{
	while (turns--)
		__asm__ volatile("" ::: "memory");
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void run_on(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Spin, so that all begin at once; then sleep, as another racer may need this CPU. */
static void wait_for_turn(unsigned int seen)
{
	unsigned int spins = 0;

	while (turn == seen)
		if (++spins > SPINS)
			syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, seen, NULL);
}

/* End a round and begin the next one: returns its number, or NO_ROUND. */
static unsigned long next_round(unsigned long round)
{
	unsigned int seen = turn;

	if (atomic_fetch_add(&arrived, 1) + 1 < in_rounds) {
		wait_for_turn(seen);
		return rounds;
	}
	arrived = 0;
	if (prepare_round && !over && !was_wrong)
		prepare_round(round + 1);
	/* all racers see the same */
	rounds = over || was_wrong ? NO_ROUND : round + 1;
	turn++;
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, INT_MAX);
	return rounds;
}

static void *go_in_rounds(void *arg)
{
	struct racer *self = arg;
	unsigned long round = 0;

	run_on(self->seed);
	self->seed += time(NULL);
	/* each power of two has the same chance: steps are close together or far apart */
	while ((round = next_round(round)) != NO_ROUND) {
		spin(any(self, 1U << any(self, 15)));
		self->count += self->step(self, round);
	}
	return NULL;
}

static void *go_alone(void *arg)
{
	struct racer *self = arg;
	unsigned long round = 0;

	while (!over && !was_wrong)
		self->count += self->step(self, ++round);
	return NULL;
}

/* A thread that takes a CPU away at moments without a system call, as in the middle of a fault. */
static void *interrupt(void *arg)
{
	unsigned int seed = 1;

	(void)arg;
	run_on(0);
	while (!over && !was_wrong) {
		usleep(20 + rand_r(&seed) % 200);
		spin(rand_r(&seed) % 30000);
	}
	return NULL;
}

/* A thread that hangs can't be joined, so the program ends. */
static void stuck(const char *what)
{
	printf("# something takes for ever: %s, round %lu\n", what, rounds);
	fflush(stdout);
	_exit(1);
}

static void wait_for_the_end(void)
{
	const unsigned int seconds = number_in_environment("SECONDS_OF_RACE", SECONDS);
	double start = now(), last = start;
	unsigned long seen = 0;

	while (!was_wrong && now() - start < seconds) {
		usleep(20000);
		if (rounds != seen)
			last = now();
		seen = rounds;
		if (now() - last > STUCK_SECONDS)
			stuck("a step");
	}
	over = true;
}

static void end(pthread_t thread, const char *what)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += STUCK_SECONDS;
	if (pthread_timedjoin_np(thread, NULL, &until))
		stuck(what);
}

static void start(struct racer *racer, unsigned int nr)
{
	racer->count = 0;
	racer->seed = nr;
	if (pthread_create(&racer->thread, NULL, racer->alone ? go_alone : go_in_rounds, racer))
		abort();
}

const char *try_race(void (*prepare)(unsigned long round), struct racer *racers, size_t nr)
{
	pthread_t interrupter;
	size_t i;

	catch_segv();
	prepare_round = prepare;
	arrived = 0;
	rounds = 0;
	over = false;
	was_wrong = false;
	in_rounds = 0;
	for (i = 0; i < nr; i++)
		in_rounds += !racers[i].alone;

	if (pthread_create(&interrupter, NULL, interrupt, NULL))
		abort();
	for (i = 0; i < nr; i++)
		start(&racers[i], i);
	wait_for_the_end();
	for (i = 0; i < nr; i++)
		end(racers[i].thread, racers[i].what);
	end(interrupter, "the interrupter");

	for (i = 0; i < nr; i++) {
		printf("# %lu %s\n", racers[i].count, racers[i].what);
		if (!racers[i].count)
			wrong("there were no %s", racers[i].what);
	}
	fflush(stdout);
	return was_wrong ? first_wrong : NULL;
}

void race(void (*prepare)(unsigned long round), struct racer *racers, size_t nr)
{
	const char *what = try_race(prepare, racers, nr);

	if (!what)
		return;
	printf("# %s\n", what);
	fflush(stdout);
	fail();
}
