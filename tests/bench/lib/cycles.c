// SPDX-License-Identifier: GPL-2.0-only
/*
 * See cycles.h.
 *
 * The loops that touch pages take 4 instructions a page in order and 7 at random, which
 * are in the figures.
 */
#include "cycles.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "harness.h"

/* Numbers that jump about: each below n, a power of two, comes once in n. */
#define NEXT(i, n)	(((i) * 1664525 + 1013904223) & ((n) - 1))

/* Calls whose cost is told for one. */
#define CALLS		1000
#define BATCHES		20

#define FORKS		15

/* The repetition before the first, which is not looked at. */
#define WARM_UP		(-1)

#define HUGE_ALIGN	(2 * MIB)

static int create_or_give_up(const struct contender *who, size_t bytes)
{
	int fd = who->create(bytes);

	if (fd < 0) {
		errno = -fd;
		give_up("create of %zu bytes by %s", bytes, who->name);
	}
	return fd;
}

static void must(int ret, const char *what, const struct contender *who)
{
	if (ret < 0) {
		errno = -ret;
		give_up("%s by %s", what, who->name);
	}
}

/* Where to map it: NULL, anywhere. */
static void *place_for(const struct contender *who, size_t bytes)
{
	uintptr_t hole, at;

	if (!who->off_by_a_page)
		return NULL;
	hole = (uintptr_t)mmap(NULL, bytes + 2 * HUGE_ALIGN, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if ((void *)hole == MAP_FAILED)
		give_up("no room for %zu bytes", bytes);
	at = (hole + HUGE_ALIGN - 1) / HUGE_ALIGN * HUGE_ALIGN + PAGE;
	unmap((void *)hole, bytes + 2 * HUGE_ALIGN);
	return (void *)at;
}

static uint8_t *map_at(void *at, const struct contender *who, int fd, size_t bytes)
{
	uint8_t *got = mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (got == MAP_FAILED || (at && got != at))
		give_up("mmap of %zu bytes by %s", bytes, who->name);
	return got;
}

static void touch(const volatile uint8_t *page)
{
	(void)*page;
}

static void touch_in_order(uint8_t *at, size_t bytes)
{
	size_t i, page = PAGE;

	for (i = 0; i < bytes; i += page)
		touch(at + i);
}

static void touch_at_random(uint8_t *at, size_t bytes)
{
	size_t page = PAGE, n = bytes / page, i, which = 0;

	for (i = 0; i < n; i++) {
		touch(at + which * page);
		which = NEXT(which, n);
	}
}

static void write_in_order(uint8_t *at, size_t bytes)
{
	size_t i, page = PAGE;

	for (i = 0; i < bytes; i += page)
		*(volatile uint8_t *)(at + i) = 1;
}

static void run_create(const struct contender *who, size_t bytes, int repetitions)
{
	uint64_t start, created, frozen, end;
	int rep, fd, ret;

	for (rep = WARM_UP; rep < repetitions; rep++) {
		start = now();
		fd = create_or_give_up(who, bytes);
		created = now();
		ret = who->freeze(fd);
		frozen = now();
		close(fd);
		end = now();
		must(ret, "freeze", who);
		sample(CREATE, rep, (created - start) + (end - frozen));
		sample(FREEZE, rep, frozen - created);
	}
}

static void run_one(const struct contender *who, size_t bytes, int repetitions)
{
	int rep, fd = create_or_give_up(who, bytes);
	uint64_t start, mapped, touched, end;
	void *place;
	uint8_t *at;

	for (rep = WARM_UP; rep < repetitions; rep++) {
		place = place_for(who, bytes);
		start = now();
		at = map_at(place, who, fd, bytes);
		mapped = now();
		touch(at + bytes / 2);
		touched = now();
		munmap(at, bytes);
		end = now();
		sample(MAP, rep, mapped - start);
		sample(TOUCH_ONE, rep, touched - start);
		sample(TOUCH_ONE_UNMAP, rep, end - start);
	}
	close(fd);
}

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

static long long page_tables(void)
{
	return proc_number("/proc/self/status", "VmPTE") * KIB;
}

static void run_all(const struct contender *who, size_t bytes, int repetitions)
{
	int rep, fd = create_or_give_up(who, bytes);
	uint64_t start, touched, end;
	long faults_before;
	long long tables;
	void *place;
	uint8_t *at;

	for (rep = WARM_UP; rep < repetitions; rep++) {
		place = place_for(who, bytes);
		tables = page_tables();
		faults_before = faults();
		start = now();
		at = map_at(place, who, fd, bytes);
		touch_in_order(at, bytes);
		touched = now();
		sample(FAULTS, rep, faults() - faults_before);
		sample(PAGE_TABLES, rep, page_tables() - tables);
		sample(TOUCH_ALL, rep, touched - start);
		start = now();
		munmap(at, bytes);
		end = now();
		sample(MUNMAP, rep, end - start);
	}
	close(fd);
}

static void run_touching(const struct contender *who, size_t bytes, int repetitions,
			 enum figure figure, void (*touch_all)(uint8_t *at, size_t bytes))
{
	int rep, fd = create_or_give_up(who, bytes);
	uint64_t start, end;
	void *place;
	uint8_t *at;

	for (rep = WARM_UP; rep < repetitions; rep++) {
		place = place_for(who, bytes);
		start = now();
		at = map_at(place, who, fd, bytes);
		touch_all(at, bytes);
		end = now();
		munmap(at, bytes);
		sample(figure, rep, end - start);
	}
	close(fd);
}

static void run_random(const struct contender *who, size_t bytes, int repetitions)
{
	run_touching(who, bytes, repetitions, TOUCH_RANDOM, touch_at_random);
}

static void run_write(const struct contender *who, size_t bytes, int repetitions)
{
	run_touching(who, bytes, repetitions, WRITE_ALL, write_in_order);
}

/* A child that does nothing, from fork to its end. */
static uint64_t fork_cost(void)
{
	uint64_t start = now();
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		give_up("fork");
	return now() - start;
}

/*
 * Forks are told from one another by less than what else happens in one now and then: more
 * of them, and what is extra is that to the median without a mapping.
 */
static void run_fork(const struct contender *who, size_t bytes, int repetitions)
{
	int rep, fd = create_or_give_up(who, bytes);
	double with, without;
	uint8_t *at;

	if (repetitions < FORKS)
		repetitions = FORKS;
	for (rep = WARM_UP; rep < repetitions; rep++)
		sample(FORK_EXTRA, rep, fork_cost());
	without = take_median(FORK_EXTRA);
	at = map_at(place_for(who, bytes), who, fd, bytes);
	touch_in_order(at, bytes);
	for (rep = WARM_UP; rep < repetitions; rep++) {
		with = fork_cost();
		sample(FORK, rep, with);
		sample(FORK_EXTRA, rep, with - without);
	}
	munmap(at, bytes);
	close(fd);
}

static void run_lookup(const struct contender *who, size_t bytes, int repetitions)
{
	int rep, i, ret = 0, fd = create_or_give_up(who, bytes);
	uint32_t nr = bytes / VALUE_SIZE, count = nr < BATCH ? nr : BATCH, which = 0;
	static uint64_t values[BATCH];
	uint64_t start;

	for (rep = WARM_UP; rep < repetitions; rep++) {
		start = now();
		for (i = 0; i < CALLS && ret >= 0; i++) {
			ret = who->lookup(fd, which, values);
			which = NEXT(which, nr);
		}
		must(ret, "lookup", who);
		sample(LOOKUP, rep, (double)(now() - start) / CALLS);
		start = now();
		for (i = 0; i < BATCHES && ret >= 0; i++)
			ret = who->lookup_batch(fd, count, values);
		must(ret, "lookup batch", who);
		sample(LOOKUP_BATCH, rep, (double)(now() - start) / BATCHES / count);
	}
	close(fd);
}

static void run_update(const struct contender *who, size_t bytes, int repetitions)
{
	uint32_t nr = bytes / VALUE_SIZE, count = nr < BATCH ? nr : BATCH, which = 0;
	static uint64_t values[BATCH];
	int rep, i, ret = 0, fd;
	uint64_t start;

	if (!who->update)
		return;
	fd = create_or_give_up(who, bytes);
	for (rep = WARM_UP; rep < repetitions; rep++) {
		start = now();
		for (i = 0; i < CALLS && ret >= 0; i++) {
			ret = who->update(fd, which, values);
			which = NEXT(which, nr);
		}
		must(ret, "update", who);
		sample(UPDATE, rep, (double)(now() - start) / CALLS);
		start = now();
		for (i = 0; i < BATCHES && ret >= 0; i++)
			ret = who->update_batch(fd, count, values);
		must(ret, "update batch", who);
		sample(UPDATE_BATCH, rep, (double)(now() - start) / BATCHES / count);
	}
	close(fd);
}

/*
 * A thread that takes mmap_lock over and over, and knows how long it has not got on. It
 * makes and frees nothing, as what the kernel frees later is a stall of its own.
 */
struct bystander {
	pthread_t thread;
	atomic_bool stop;
	atomic_ullong worst;
};

static void *stand_by(void *arg)
{
	struct bystander *bystander = arg;
	uint64_t last = now(), gap;
	int prot = PROT_READ;
	void *at;

	at = mmap(NULL, PAGE, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	while (!atomic_load(&bystander->stop)) {
		prot ^= PROT_WRITE;
		mprotect(at, PAGE, prot);
		gap = now() - last;
		last += gap;
		if (gap > atomic_load(&bystander->worst))
			atomic_store(&bystander->worst, gap);
	}
	munmap(at, PAGE);
	return NULL;
}

/* How long was its longest stall meanwhile? */
static uint64_t worst_of_a_while(struct bystander *bystander)
{
	struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 };

	nanosleep(&moment, NULL);
	return atomic_exchange(&bystander->worst, 0);
}

static void run_stall(const struct contender *who, size_t bytes, int repetitions)
{
	int rep, fd = create_or_give_up(who, bytes);
	struct bystander bystander;
	uint8_t *at;

	for (rep = WARM_UP; rep < repetitions; rep++) {
		memset(&bystander, 0, sizeof(bystander));
		if (pthread_create(&bystander.thread, NULL, stand_by, &bystander))
			give_up("no thread");
		worst_of_a_while(&bystander);
		sample(STALL_IDLE, rep, worst_of_a_while(&bystander));
		at = map_at(NULL, who, fd, bytes);
		sample(STALL, rep, worst_of_a_while(&bystander));
		atomic_store(&bystander.stop, true);
		pthread_join(bystander.thread, NULL);
		munmap(at, bytes);
	}
	close(fd);
}

#define TAKES(...)	.figures = { __VA_ARGS__ }, \
			.nr_figures = sizeof((enum figure[]){ __VA_ARGS__ }) / sizeof(enum figure)

const struct cycle cycles[] = {
	{ run_create, TAKES(CREATE, FREEZE) },
	{ run_one, TAKES(MAP, TOUCH_ONE, TOUCH_ONE_UNMAP) },
	{ run_all, TAKES(TOUCH_ALL, MUNMAP, PAGE_TABLES, FAULTS) },
	{ run_random, TAKES(TOUCH_RANDOM) },
	{ run_write, TAKES(WRITE_ALL) },
	{ run_fork, TAKES(FORK, FORK_EXTRA) },
	{ run_lookup, TAKES(LOOKUP, LOOKUP_BATCH) },
	{ run_update, TAKES(UPDATE, UPDATE_BATCH) },
	{ run_stall, .least_bytes = MIB, TAKES(STALL, STALL_IDLE) },
};

const size_t nr_cycles = ARRAY_SIZE(cycles);
