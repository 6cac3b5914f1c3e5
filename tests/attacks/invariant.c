// SPDX-License-Identifier: GPL-2.0-only
/*
 * Under load: writers of every kind do what they can to one region while another
 * thread tries to freeze it. From the moment that freeze has returned 0, nobody sees a
 * byte change. Then comes the next region.
 *
 * Writers never stop for a freeze. They find the region of the moment in a table of
 * two: the next one is published while the last is still being looked at, so a frozen
 * region has all of them against it for as long as it is checked.
 *
 * SECONDS_OF_LOAD in the environment says how long, 60 by default. With that or more it
 * goes on until enough freezes were won, which takes a slow kernel longer; should it
 * take for ever, the guest's deadline fails the run.
 */
#include "harness.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#define PAGES		2UL
#define LEN		(PAGES * PAGE)
#define NR		((uint32_t)(LEN / 8))
#define ENOUGH		1000	/* freezes won, at least one more than this */
#define LEN_OF_WRITE	300
#define CHECKS		4	/* of each frozen region, twice */

static const unsigned int default_seconds = 60;

static atomic_int current = -1;		/* fd of the region to write to */
static atomic_bool stop;
static atomic_ulong writes, refusals;

static unsigned int rest(unsigned int *seed, unsigned int most)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % most;
}

static void count(long ret)
{
	if (ret < 0)
		refusals++;
	else
		writes++;
}

/* Each does one thing to a region that may be frozen, or even closed, at any time. */
static void map_and_write(int fd, unsigned int *seed)
{
	size_t len = rest(seed, 2) ? LEN : PAGE;
	uint64_t *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	size_t i;

	count(at == MAP_FAILED ? -1 : 0);
	if (at == MAP_FAILED)
		return;
	for (i = rest(seed, 64); i < len / 8; i += 64)
		at[i]++;
	if (rest(seed, 4) == 0)
		mprotect(at, PAGE, PROT_READ);
	munmap(at, len);
}

static void split_and_write(int fd, unsigned int *seed)
{
	uint8_t *at = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	(void)seed;
	count(at == MAP_FAILED ? -1 : 0);
	if (at == MAP_FAILED)
		return;
	at[PAGE]++;
	munmap(at + PAGE, PAGE);
	at[0]++;
	munmap(at, PAGE);
}

static void update_one(int fd, unsigned int *seed)
{
	uint64_t value = rest(seed, 1 << 16) * 0x100010001UL;

	count(try_update(fd, rest(seed, NR), &value, BPFMMAP_ANY));
}

static void write_some(int fd, unsigned int *seed)
{
	uint8_t values[LEN_OF_WRITE];

	memset(values, rest(seed, 256), sizeof(values));
	count(pwrite(fd, values, sizeof(values), rest(seed, LEN - sizeof(values))));
}

static void update_many(int fd, unsigned int *seed)
{
	uint64_t values[2 * 4096 / 8];
	uint32_t nr = ARRAY_SIZE(values) < NR ? ARRAY_SIZE(values) : NR;

	memset(values, rest(seed, 256), sizeof(values));
	count(try_batch(fd, BPFMMAP_IOC_UPDATE_BATCH, 0, &nr, values));
}

static void fork_and_write(int fd, unsigned int *seed)
{
	uint8_t *at = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	pid_t pid;

	count(at == MAP_FAILED ? -1 : 0);
	if (at == MAP_FAILED)
		return;
	pid = fork();
	if (!pid) {
		at[0]++;
		munmap(at, rest(seed, 2) ? PAGE : LEN);
		_exit(0);
	}
	munmap(at, LEN);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

struct writer {
	void (*acts[4])(int fd, unsigned int *seed);
	pthread_t thread;
	unsigned int seed;
};

static void *write_on(void *arg)
{
	struct writer *writer = arg;
	int fd;

	while (!stop) {
		fd = current;
		writer->acts[rest(&writer->seed, ARRAY_SIZE(writer->acts))](fd, &writer->seed);
		/* or there is always one of them and freeze never wins */
		if (rest(&writer->seed, 2))
			usleep(rest(&writer->seed, 1500));
	}
	return NULL;
}

/* Freezes with random pauses; how often it was refused. */
static unsigned long freeze_at_last(int fd, unsigned int *seed)
{
	unsigned long busy = 0;
	int err;

	for (err = try_freeze(fd); err; err = try_freeze(fd)) {
		assert_int_equal(err, -EBUSY);
		busy++;
		usleep(rest(seed, 300));
	}
	return busy;
}

/* From freeze's 0 on: how many times it was seen different. */
static unsigned int check(int fd, const uint8_t *view, unsigned int *seed)
{
	static uint8_t before[1 << 17], now[1 << 17];
	unsigned int i, changes = 0;
	uint32_t nr = NR;

	memcpy(before, view, LEN);
	for (i = 0; i < CHECKS; i++) {
		assert_ok(try_batch(fd, BPFMMAP_IOC_LOOKUP_BATCH, 0, &nr, now));
		changes += !!memcmp(before, now, LEN);
		changes += !!memcmp(before, view, LEN);
		if (i % 2)
			usleep(rest(seed, 800));
		else
			sched_yield();
	}
	return changes;
}

static double now_in_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void frozen_stays_frozen(void **state)
{
	static struct writer writers[] = {
		{ .acts = { map_and_write, map_and_write, split_and_write, update_one } },
		{ .acts = { update_one, update_many, write_some, map_and_write } },
		{ .acts = { fork_and_write, map_and_write, update_one, split_and_write } },
	};
	const char *text = getenv("SECONDS_OF_LOAD");
	double seconds = text ? atof(text) : default_seconds, start = now_in_seconds(), spent;
	bool full = seconds >= default_seconds;
	unsigned long wins = 0, busy = 0, changes = 0;
	unsigned int seed = 1;
	int last = -1, fd;
	uint8_t *view;
	size_t i;

	(void)state;
	current = create_pages(PAGES);
	for (i = 0; i < ARRAY_SIZE(writers); i++) {
		writers[i].seed = i + 1;
		assert_ok(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]));
	}
	do {
		fd = current;
		view = map(fd, LEN, PROT_READ, 0);
		busy += freeze_at_last(fd, &seed);
		wins++;
		changes += check(fd, view, &seed);
		/* whoever still has the number of the one before gets EBADF, or the next */
		if (last >= 0)
			close(last);
		last = fd;
		current = create_pages(PAGES);
		changes += check(fd, view, &seed);
		unmap(view, LEN);
		spent = now_in_seconds() - start;
	} while (!changes && (spent < seconds || (full && wins <= ENOUGH)));
	stop = true;
	for (i = 0; i < ARRAY_SIZE(writers); i++)
		pthread_join(writers[i].thread, NULL);

	printf("@@ show %lu freezes won in %.0f s, %lu refused: %lu changes seen\n",
	       wins, spent, busy, changes);
	printf("@@ show (writes done: %lu, refused: %lu)\n", writes, refusals);
	assert_ok(try_freeze(current));
	close(current);
	close(last);
	assert_int_equal(changes, 0);
	if (full)
		assert_true(wins > ENOUGH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frozen_stays_frozen),
	};

	return RUN_GROUP(tests);
}
