// SPDX-License-Identifier: GPL-2.0-only
/* See racing.h. */
#include "racing.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#define UNTOUCHED	0x11111111U
#define PATIENCE	1.0	/* seconds for the guest to write */
#define CHECKS		10	/* of what is frozen */

static const double default_seconds = 20;

struct racer {
	const struct race *race;
	struct kvm_guest *guest;
	pthread_t guest_thread, hog_thread;
	atomic_bool stop;
	atomic_ulong exits;
	unsigned int seed;
};

double seconds_of_race(void)
{
	const char *text = getenv("SECONDS_OF_RACE");

	return text ? atof(text) : default_seconds;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void spin(unsigned int times)
{
	volatile unsigned int left = times;

	while (left)
		left--;
}

/* Its timers make the kernel look for somebody else to run, wherever the guest is. */
static void *hog(void *arg)
{
	struct racer *racer = arg;
	unsigned int seed = 3;

	pin(1);
	while (!racer->stop) {
		usleep(20 + rand_r(&seed) % 200);
		spin(rand_r(&seed) % 100000);
	}
	return NULL;
}

static void *run_guest(void *arg)
{
	struct racer *racer = arg;
	int (*step)(struct kvm_guest *guest) = racer->race->step ?: kvm_guest_run;
	int exit;

	pin(1);
	while (!racer->stop) {
		exit = step(racer->guest);
		if (exit == -EINTR)
			continue;
		racer->exits++;
		/* KVM has refused something by an exception, which the program is not made for */
		if (exit != -EFAULT && !works(exit))
			kvm_guest_reset(racer->guest, GUEST_WINDOW);
	}
	return NULL;
}

static void interrupt(int signal)
{
	(void)signal;
}

static void start(struct racer *racer)
{
	struct sigaction action = { .sa_handler = interrupt };

	sigaction(SIGUSR1, &action, NULL);
	pin(0);
	assert_ok(pthread_create(&racer->guest_thread, NULL, run_guest, racer));
	assert_ok(pthread_create(&racer->hog_thread, NULL, hog, racer));
}

static void stop(struct racer *racer)
{
	racer->stop = true;
	racer->guest->run->immediate_exit = 1;
	pthread_kill(racer->guest_thread, SIGUSR1);
	pthread_join(racer->guest_thread, NULL);
	pthread_join(racer->hog_thread, NULL);
}

/* Has the guest written? It has its time, unless it has tried and that was all. */
static bool wait_for_guest(struct racer *racer, volatile uint32_t *word)
{
	unsigned long exits = racer->exits;
	double end = now() + PATIENCE;

	while (*word == UNTOUCHED && racer->exits < exits + 2 && now() < end)
		spin(100);
	return *word != UNTOUCHED;
}

/* Where something changes from now on, or -1. */
static long watch(int fd, size_t pages)
{
	const size_t len = pages * PAGE;
	uint8_t *view = map(fd, len, PROT_READ, 0), *before = contents(fd, pages);
	long at = -1;
	int i;

	for (i = 0; i < CHECKS && at < 0; i++) {
		usleep(50);
		at = difference(view, before, len);
	}
	free(before);
	unmap(view, len);
	return at;
}

static void one_round(struct racer *racer, bool region, struct race_result *result)
{
	const struct race *race = racer->race;
	volatile uint32_t *word = (volatile uint32_t *)(WINDOW + race->offset);
	int fd = region ? make_region(race->pages) : make_memfd(race->pages);
	long at;

	map_window(fd, race->pages, PROT_READ | PROT_WRITE);
	*word = UNTOUCHED;
	result->written += wait_for_guest(racer, word);
	/* what comes from now on is another change */
	*word = UNTOUCHED;
	spin(rand_r(&racer->seed) % 3000);
	unmap_window(race->pages);
	if (region && !try_freeze(fd)) {
		result->frozen++;
		at = watch(fd, race->pages);
		if (at >= 0 && !result->changed++)
			printf("# FROZEN AND CHANGED at %#lx\n", at);
	}
	close_file(fd);
	result->rounds++;
}

struct race_result run_race(const struct race *race, const char *name, bool region,
			    double seconds)
{
	struct race_result result = { 0 };
	struct racer racer = { .race = race, .seed = 9 };
	double end;

	racer.guest = start_guest(race->flags, race->pages);
	kvm_guest_load(racer.guest, race->program);
	kvm_guest_reset(racer.guest, GUEST_WINDOW);
	start(&racer);
	end = now() + seconds;
	do
		one_round(&racer, region, &result);
	while (now() < end);
	stop(&racer);
	result.exits = racer.exits;
	result.word = *kvm_guest_word(racer.guest, 0);
	printf("# %s, %s: %lu rounds, written to in %lu, changed in %lu; %lu exits\n", name,
	       region ? "regions" : "memfds", result.rounds, result.written, result.changed,
	       result.exits);
	clear_up(NULL);
	return result;
}
