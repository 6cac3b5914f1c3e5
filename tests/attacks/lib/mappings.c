// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes by mmap and its kin: get a mapping that can be stored to, or keep one across
 * the freeze.
 */
#include "attack.h"

#include <sched.h>

static void store(void *at)
{
	memset(at, THEIRS, PAGE);
}

static void writable_mmap(struct target *t)
{
	static const int flags[] = {
		0, MAP_POPULATE, MAP_LOCKED, MAP_NORESERVE, MAP_NONBLOCK, MAP_FIXED,
	};
	size_t i;

	if (!freeze(t))
		return;
	for (i = 0; i < 4 * ARRAY_SIZE(flags); i++) {
		int prot = i & 1 ? PROT_WRITE : PROT_READ | PROT_WRITE;
		off_t offset = i & 2 ? LEN - PAGE : 0;
		void *at = mmap(memory(PAGE), PAGE, prot, MAP_SHARED | flags[i / 4], t->fd, offset);

		if (passes(t, "mmap", at == MAP_FAILED ? -errno : 0))
			store(at);
	}
}

static void private_mmap(struct target *t)
{
	void *at;

	if (!freeze(t))
		return;
	at = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE, t->fd, 0);
	if (passes(t, "mmap", at == MAP_FAILED ? -errno : 0))
		store(at);
}

static void plain_store(struct target *t)
{
	void *at = frozen_view(t);

	if (at)
		store(at);
}

static void protect_after(struct target *t)
{
	void *at = frozen_view(t);

	if (at && passes(t, "mprotect", result(mprotect(at, LEN, PROT_READ | PROT_WRITE))))
		store(at);
	if (at && passes(t, "pkey_mprotect",
			 result(syscall(SYS_pkey_mprotect, at, LEN, PROT_WRITE, -1))))
		store(at);
}

static void protect_from_none(struct target *t)
{
	void *at = map_of(t, PROT_NONE);

	if (at && freeze(t) &&
	    passes(t, "mprotect", result(mprotect(at, LEN, PROT_READ | PROT_WRITE))))
		store(at);
}

static void kept(struct target *t)
{
	void *at = writable(t);

	if (at && freeze(t))
		store(at);
}

static void kept_readonly(struct target *t)
{
	void *at = writable(t);

	if (!at || !passes(t, "mprotect", result(mprotect(at, LEN, PROT_READ))) || !freeze(t))
		return;
	mprotect(at, LEN, PROT_READ | PROT_WRITE);
	store(at);
}

static void kept_in_part(struct target *t)
{
	uint8_t *at = writable(t);

	if (!at || !passes(t, "mprotect", result(mprotect(at, PAGE, PROT_READ))))
		return;
	munmap(at, PAGE);
	munmap(at + 2 * PAGE, 2 * PAGE);
	if (freeze(t))
		store(at + PAGE);
}

static void kept_elsewhere(struct target *t)
{
	void *at = writable(t), *moved;

	if (!at)
		return;
	moved = mremap(at, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, memory(LEN));
	if (!passes(t, "mremap", moved == MAP_FAILED ? -errno : 0))
		return;
	munmap(at, LEN);
	if (freeze(t))
		store(moved);
}

/* An old size of 0 makes another mapping of what is shared. */
static void doubled(struct target *t)
{
	void *at = writable(t), *other;

	if (!at)
		return;
	other = mremap(at, 0, LEN, MREMAP_MAYMOVE);
	if (!passes(t, "mremap", other == MAP_FAILED ? -errno : 0))
		return;
	munmap(at, LEN);
	if (freeze(t))
		store(other);
}

static void remap_after(struct target *t)
{
	void *at = frozen_view(t), *moved;

	if (!at)
		return;
	moved = mremap(at, LEN, 2 * LEN, MREMAP_MAYMOVE);
	if (passes(t, "mremap", moved == MAP_FAILED ? -errno : 0))
		store((uint8_t *)moved + LEN);
	moved = mremap(at, LEN, LEN, MREMAP_MAYMOVE | 4 /* MREMAP_DONTUNMAP */, NULL);
	if (passes(t, "mremap", moved == MAP_FAILED ? -errno : 0))
		store(moved);
}

static void remap_file_pages_after(struct target *t)
{
	void *at = frozen_view(t);

	if (!at || !passes(t, "remap_file_pages", result(remap_file_pages(at, PAGE, 0, 1, 0))))
		return;
	if (passes(t, "mprotect", result(mprotect(at, PAGE, PROT_READ | PROT_WRITE))))
		store(at);
}

static void remap_file_pages_before(struct target *t)
{
	uint8_t *at = writable(t);

	if (!at || !passes(t, "remap_file_pages", result(remap_file_pages(at, PAGE, 0, 1, 0))))
		return;
	/* all that is not remapped goes */
	munmap(at + PAGE, LEN - PAGE);
	if (freeze(t))
		store(at);
}

static void forked(struct target *t)
{
	void *at = writable(t);
	int go[2];
	char byte;

	if (!at || pipe(go))
		return;
	if (!fork()) {
		if (read(go[0], &byte, 1) == 1)
			store(at);
		_exit(0);
	}
	munmap(at, LEN);
	freeze(t);
	if (write(go[1], "", 1) == 1)
		wait(NULL);
}

/* The C library's own can't be followed by more than exec or _exit. */
static long vfork_once(void)
{
#ifdef SYS_vfork
	return syscall(SYS_vfork);
#else
	return syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
#endif
}

/* A mapping that is inherited and not written by its first owner. */
static void vfork_shares(struct target *t)
{
	uint8_t *at = writable(t);

	if (!at)
		return;
	if (!vfork_once()) {
		munmap(at, PAGE);
		_exit(0);
	}
	if (freeze(t))
		store(at + PAGE);
}

/* Threads that store as fast as they can, in mappings that come and go. */
struct race {
	struct target *t;
	uint8_t *at;
	volatile bool stop;
};

static __thread sigjmp_buf after_fault;

static void leave_fault(int sig)
{
	(void)sig;
	siglongjmp(after_fault, 1);
}

static void *race_store(void *arg)
{
	struct race *race = arg;
	volatile uint8_t *at = race->at;
	volatile size_t i;

	if (sigsetjmp(after_fault, 1))
		sched_yield();
	while (!race->stop)
		for (i = 0; i < LEN; i += 512)
			at[i]++;
	return NULL;
}

static void *race_map_fixed(void *arg)
{
	struct race *race = arg;
	int flags = MAP_SHARED | MAP_FIXED;

	while (!race->stop) {
		mmap(race->at, LEN, PROT_READ | PROT_WRITE, flags, race->t->fd, 0);
		mmap(race->at, LEN, PROT_READ, flags, race->t->fd, 0);
		usleep(rand() % 300);	/* a chance for freeze */
	}
	return NULL;
}

static void *race_fork(void *arg)
{
	struct race *race = arg;
	uint8_t *at;
	pid_t pid;

	while (!race->stop) {
		at = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, race->t->fd, 0);
		if (at == MAP_FAILED)
			break;
		pid = fork();
		if (!pid) {
			at[0]++;
			munmap(at, PAGE);
			at[PAGE]++;
			_exit(0);
		}
		munmap(at, LEN);
		waitpid(pid, NULL, 0);
		usleep(rand() % 300);
	}
	return NULL;
}

#define MOST_TRIES	5000

/* Freeze until it works, then let the others go on for a while. */
static void win(struct race *race, pthread_t *threads, size_t nr)
{
	struct target *t = race->t;
	int tries;

	for (tries = 0; tries < MOST_TRIES && !freeze(t); tries++) {
		usleep(tries % 50);
		t->outcome = NO_EFFECT;
		t->why[0] = 0;
	}
	if (!t->frozen)
		passes(t, "freeze", -EBUSY);
	usleep(20000);
	race->stop = true;
	while (nr--)
		pthread_join(threads[nr], NULL);
}

static void map_fixed_race(struct target *t)
{
	struct race race = { .t = t, .at = readonly(t) };
	pthread_t threads[2];

	if (!race.at)
		return;
	signal(SIGSEGV, leave_fault);
	pthread_create(&threads[0], NULL, race_store, &race);
	pthread_create(&threads[1], NULL, race_map_fixed, &race);
	win(&race, threads, 2);
}

/* What another CPU knows of a mapping must be gone when munmap returns. */
static void munmap_race(struct target *t)
{
	struct race race = { .t = t, .at = writable(t) };
	pthread_t thread;

	if (!race.at)
		return;
	signal(SIGSEGV, leave_fault);
	pthread_create(&thread, NULL, race_store, &race);
	usleep(3000);
	munmap(race.at, LEN);
	win(&race, &thread, 1);
}

static void fork_race(struct target *t)
{
	struct race race = { .t = t };
	pthread_t thread;

	pthread_create(&thread, NULL, race_fork, &race);
	usleep(3000);
	win(&race, &thread, 1);
}

const struct route mapping_routes[] = {
	{ .name = "mmap, shared and writable", .run = writable_mmap },
	{ .name = "mmap, private and writable", .run = private_mmap },
	{ .name = "a store to a read-only mapping", .run = plain_store },
	{ .name = "mprotect of a read-only mapping", .run = protect_after },
	{ .name = "mprotect of a PROT_NONE mapping made before", .run = protect_from_none },
	{ .name = "a writable mapping made before", .run = kept },
	{ .name = ".. made read-only meanwhile", .run = kept_readonly },
	{ .name = ".. split, a part of it kept", .run = kept_in_part },
	{ .name = ".. moved by mremap", .run = kept_elsewhere },
	{ .name = ".. doubled by mremap", .run = doubled },
	{ .name = ".. changed by remap_file_pages", .run = remap_file_pages_before },
	{ .name = ".. kept by a forked child", .run = forked },
	{ .name = ".. split by a vfork child", .run = vfork_shares },
	{ .name = "mremap of a read-only mapping", .run = remap_after },
	{ .name = "remap_file_pages of a read-only mapping", .run = remap_file_pages_after },
	{ .name = "MAP_FIXED over and over, racing with freeze", .run = map_fixed_race,
	  .rounds = 30 },
	{ .name = "stores racing with munmap and freeze", .run = munmap_race, .rounds = 30 },
	{ .name = "forks racing with freeze", .run = fork_race, .rounds = 20 },
	{ }
};
