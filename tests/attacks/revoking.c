// SPDX-License-Identifier: GPL-2.0-only
/*
 * A freeze that nobody holds up: writers in threads and processes store, remap, split, fork and
 * update without end and without a pause, and each freeze with REVOKE succeeds. From then on
 * nobody sees a byte change.
 *
 * REVOCATIONS in the environment says how many there are at least; REGION_PAGES how large a region
 * is (1024 makes entries of 2 MiB).
 */
#include "harness.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>

#define WRITERS		3

static unsigned long pages = 4;

#define LEN		(pages * PAGE)

/* What all writers did, counted in memory that they share. */
static struct shared {
	atomic_bool stop;
	atomic_ulong stores, faults, calls, forks, moves;
} *shared;

static atomic_int current = -1;		/* fd of the region to write to */

static unsigned int rest(unsigned int *seed, unsigned int most)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % most;
}

static __thread sigjmp_buf lost;

static void mapping_lost(int signal)
{
	(void)signal;
	siglongjmp(lost, 1);
}

/* Store until the mapping is lost, or a while. */
static void store(uint8_t *at, size_t len, unsigned int *seed)
{
	volatile uint64_t *word;
	unsigned int i, many = 1 + rest(seed, 300);

	if (sigsetjmp(lost, 1)) {
		shared->faults++;
		return;
	}
	for (i = 0; i < many; i++) {
		word = (uint64_t *)(at + rest(seed, len / 8) * 8);
		++*word;
	}
	shared->stores += many;
}

static void fork_and_store(uint8_t *at, unsigned int *seed)
{
	pid_t pid = fork();

	if (!pid) {
		alarm(60);
		store(at, LEN, seed);
		_exit(0);
	}
	store(at, LEN, seed);
	if (pid > 0) {
		waitpid(pid, NULL, 0);
		shared->forks++;
	}
}

/* Move the mapping to another place, and store there. Returns where it is then. */
static uint8_t *move(uint8_t *at)
{
	uint8_t *place = mmap(NULL, LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (place == MAP_FAILED)
		return at;
	if (mremap(at, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) {
		munmap(place, LEN);
		return at;
	}
	shared->moves++;
	return place;
}

static void map_and_store(int fd, unsigned int *seed)
{
	uint8_t *at = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	size_t gone = 0;

	if (at == MAP_FAILED)
		return;
	store(at, LEN, seed);
	switch (rest(seed, 8)) {
	case 0:
		at = move(at);
		break;
	case 1:
		munmap(at, PAGE);
		gone = PAGE;
		break;
	case 2:
		mprotect(at, PAGE, PROT_READ);
		mprotect(at, PAGE, PROT_READ | PROT_WRITE);
		break;
	case 3:
		if (rest(seed, 4) == 0)
			fork_and_store(at, seed);
		break;
	}
	store(at + PAGE, LEN - PAGE, seed);
	munmap(at + gone, LEN - gone);
}

static void call(int fd, unsigned int *seed)
{
	uint64_t values[64];
	uint32_t count = ARRAY_SIZE(values);

	memset(values, rest(seed, 256), sizeof(values));
	switch (rest(seed, 3)) {
	case 0:
		try_update(fd, rest(seed, LEN / 8), values, 0);
		break;
	case 1:
		try_batch(fd, BPFMMAP_IOC_UPDATE_BATCH, 0, &count, values);
		break;
	default:
		pwrite(fd, values, sizeof(values), rest(seed, LEN - sizeof(values)));
	}
	shared->calls++;
}

static void *write_on(void *arg)
{
	unsigned int seed = (uintptr_t)arg;

	while (!shared->stop) {
		if (rest(&seed, 3))
			map_and_store(current, &seed);
		else
			call(current, &seed);
	}
	return NULL;
}

/* From the 0 on: is anything else seen than at first? By the view from before, and by a new one. */
static unsigned int check(int fd, const uint8_t *view, uint8_t *before)
{
	unsigned int i, changes = 0;
	uint8_t *fresh;

	memcpy(before, view, LEN);
	fresh = map(fd, LEN, PROT_READ, 0);
	for (i = 0; i < 3; i++) {
		changes += !!memcmp(before, view, LEN);
		changes += !!memcmp(before, fresh, LEN);
		sched_yield();
	}
	unmap(fresh, LEN);
	return changes;
}

static unsigned long number_of(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

static void every_revoke_wins(void **state)
{
	const unsigned long wanted = number_of("REVOCATIONS", 2000);
	unsigned long won = 0, busy = 0, changes = 0;
	struct bpfmmap_freeze revoke = {
		.size = sizeof(revoke), .flags = BPFMMAP_FREEZE_REVOKE,
	};
	struct sigaction action = { .sa_handler = mapping_lost };
	pthread_t writers[WRITERS];
	uint8_t *before, *view;
	int fd, last = -1;
	size_t i;

	(void)state;
	pages = number_of("REGION_PAGES", 4);
	before = malloc(LEN);
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sigaction(SIGBUS, &action, NULL);
	current = create_pages(pages);
	for (i = 0; i < WRITERS; i++)
		assert_ok(pthread_create(&writers[i], NULL, write_on, (void *)(i + 1)));
	/* on a slow machine, more of them are needed until enough have met a writer */
	while ((won < wanted || busy <= wanted / 10 || shared->faults <= wanted / 20) && !changes) {
		fd = current;
		view = map(fd, LEN, PROT_READ, 0);
		busy += info(fd).writers > 0;
		assert_ok(request(fd, BPFMMAP_IOC_FREEZE, &revoke));
		won++;
		changes += check(fd, view, before);
		if (last >= 0)
			close(last);
		last = fd;
		current = create_pages(pages);
		changes += check(fd, view, before);
		unmap(view, LEN);
	}
	shared->stop = true;
	for (i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	signal(SIGBUS, SIG_DFL);

	printf("@@ show %lu revocations, %lu of regions in use: %lu changes seen\n", won, busy,
	       changes);
	printf("@@ show (stores: %lu, mappings lost: %lu, calls: %lu, forks: %lu, moves: %lu)\n",
	       shared->stores, shared->faults, shared->calls, shared->forks, shared->moves);
	assert_int_equal(changes, 0);
	/* each kind of writer was in the race; without losers it does not come to its end */
	assert_true(shared->stores && shared->calls && shared->forks && shared->moves);
	close(current);
	close(last);
	free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_revoke_wins),
	};

	return RUN_GROUP(tests);
}
