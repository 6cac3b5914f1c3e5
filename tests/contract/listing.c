// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of many mappings, which is copied out in steps. A mapping that stays is in it once, and
 * the oldest is first, while others come and go. A list that is stalled in the middle does not
 * block anybody.
 */
#include "fixture.h"
#include "held_page.h"
#include "list.h"

#include <pthread.h>

#define ENTRY	sizeof(struct bpfmmap_mapping_entry)
#define MANY	1000U	/* mappings that stay, of one page each; number i is of page i */
#define MORE	200U	/* pages behind those, for mappings that come and go */
#define ROOM	(MANY + 10 * MORE)
#define STEP	64U	/* entries that one step copies */
#define PATIENCE 30	/* seconds; without a blocker it takes nearly none */

static int fd = -1;
static uint8_t *stays[MANY], *others[MORE];

static uint8_t *map_page(uint32_t page)
{
	return map(fd, PAGE, PROT_READ, page * PAGE);
}

static void unmap_page(uint8_t **at)
{
	if (*at)
		munmap(*at, PAGE);
	*at = NULL;
}

static int setup(void **state)
{
	uint32_t i;

	(void)state;
	fd = create_pages(MANY + MORE);
	for (i = 0; i < MANY; i++)
		stays[i] = map_page(i);
	return 0;
}

static int teardown(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < MANY; i++)
		unmap_page(&stays[i]);
	for (i = 0; i < MORE; i++)
		unmap_page(&others[i]);
	close(fd);
	return 0;
}

static uint32_t page_of(const struct bpfmmap_mapping_entry *entry)
{
	return entry->offset / PAGE;
}

/* Each mapping that is still there must be listed once. Older ones have lower pages. */
static void assert_all_that_stay(const struct bpfmmap_mapping_entry *entries, uint32_t count)
{
	uint32_t i, there = 0, listed = 0;
	int64_t last = -1;

	for (i = 0; i < MANY; i++)
		there += !!stays[i];
	for (i = 0; i < count; i++) {
		const uint32_t page = page_of(&entries[i]);

		assert_int_equal(entries[i].bytes, PAGE);
		assert_int_equal(entries[i].offset % PAGE, 0);
		if (page >= MANY)
			continue;
		assert_true(page > last);
		last = page;
		/* a mapping that is listed may have gone meanwhile */
		listed += !!stays[page];
	}
	assert_int_equal(listed, there);
}

static void assert_listed(void)
{
	struct bpfmmap_mapping_entry *entries = calloc(ROOM, ENTRY);
	uint32_t count = ROOM;

	assert_ok(try_list(fd, &count, entries));
	assert_in_range(count, 0, ROOM);
	assert_all_that_stay(entries, count);
	free(entries);
}

static void each_is_listed_once_the_oldest_first(void **state)
{
	static const uint32_t rooms[] = {
		0, 1, 2, STEP - 1, STEP, STEP + 1, 2 * STEP - 1, 2 * STEP, 2 * STEP + 1, 500,
		MANY - 1, MANY, MANY + 1, ROOM,
	};
	struct bpfmmap_mapping_entry *entries = malloc(ROOM * ENTRY);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		const uint32_t listed = rooms[i] < MANY ? rooms[i] : MANY;
		uint32_t count = rooms[i], j;

		memset(entries, 0xee, ROOM * ENTRY);
		assert_ok(try_list(fd, &count, entries));
		assert_int_equal(count, MANY);
		for (j = 0; j < listed; j++) {
			assert_int_equal(page_of(&entries[j]), j);
			assert_int_equal(entries[j].pid, getpid());
			assert_int_equal(entries[j].count, 1);
			assert_true(!j || entries[j].since_ns >= entries[j - 1].since_ns);
		}
		assert_true(all(entries + listed, (ROOM - listed) * ENTRY, 0xee));
	}
	free(entries);
}

static _Atomic bool stop;

/* Each thread has half of the others. It unmaps those that are mapped, and maps the rest. */
static void *come_and_go(void *arg)
{
	unsigned int seed = (uintptr_t)arg, i;

	while (!stop) {
		i = rand_r(&seed) % (MORE / 2) * 2 + (uintptr_t)arg % 2;
		if (others[i])
			unmap_page(&others[i]);
		else
			others[i] = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, (MANY + i) * PAGE);
		if (others[i] == MAP_FAILED)
			return arg;
	}
	return NULL;
}

/* At first, the others are between those that stay. A mapping that comes again goes to the end. */
static void others_come_and_go_meanwhile(void **state)
{
	pthread_t threads[2];
	uint32_t round, i;
	void *failed;

	(void)state;
	for (round = 0; round < 5; round++) {
		for (i = 0; i < MANY; i++) {
			unmap_page(&stays[i]);
			stays[i] = map_page(i);
			if (i % (MANY / MORE) == 0) {
				unmap_page(&others[i / (MANY / MORE)]);
				others[i / (MANY / MORE)] = map_page(MANY + i / (MANY / MORE));
			}
		}
		stop = false;
		for (i = 0; i < ARRAY_SIZE(threads); i++)
			assert_ok(pthread_create(&threads[i], NULL, come_and_go,
						 (void *)(uintptr_t)(i + 1)));
		for (i = 0; i < 20; i++)
			assert_listed();
		stop = true;
		for (i = 0; i < ARRAY_SIZE(threads); i++) {
			pthread_join(threads[i], &failed);
			assert_null(failed);
		}
	}
}

/* A thread that lists into memory of which a page is held back, some entries behind its start. */
struct lister {
	struct held_page held;
	struct bpfmmap_mapping_entry *entries;
	uint32_t count;
	int ret;
	uint8_t *memory;
	size_t len;
	pthread_t thread;
};

static bool prepare(struct lister *lister, size_t before)
{
	const size_t pages_before = (before * ENTRY + PAGE - 1) / PAGE;

	lister->len = (pages_before + ROOM * ENTRY / PAGE + 2) * PAGE;
	lister->memory = mmap(NULL, lister->len, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!hold_page_at(&lister->held, lister->memory + pages_before * PAGE))
		return false;
	lister->entries = (void *)(lister->held.page - before * ENTRY);
	return true;
}

static void *run(void *arg)
{
	struct lister *lister = arg;

	lister->count = ROOM;
	lister->ret = try_list(fd, &lister->count, lister->entries);
	return NULL;
}

static void stall(struct lister *lister, size_t before)
{
	if (!prepare(lister, before))
		skip_because("this kernel has no userfaultfd");
	assert_ok(pthread_create(&lister->thread, NULL, run, lister));
	assert_true(wait_for_toucher(&lister->held));
}

static void go_on(struct lister *lister)
{
	assert_true(release_page(&lister->held, 0xee));
	pthread_join(lister->thread, NULL);
	assert_ok(lister->ret);
	assert_in_range(lister->count, 0, ROOM);
	assert_all_that_stay(lister->entries, lister->count);
	unmap(lister->memory, lister->len);
}

/*
 * Map, list and unmap. In a process of its own, because a wait in mmap would stop the threads of
 * this one.
 */
static int use_it(void)
{
	struct bpfmmap_mapping_entry *entries = malloc(ROOM * ENTRY);
	uint32_t count = ROOM;
	uint8_t *at;

	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, MANY * PAGE);
	if (at == MAP_FAILED || try_list(fd, &count, entries) || count != MANY + 1)
		return 1;
	if (munmap(at, PAGE) || try_list(fd, &count, entries) || count != MANY)
		return 2;
	return 0;
}

/* If the stalled lists block others, they are released before the test fails. */
static void assert_not_in_the_way(struct lister *listers, size_t nr)
{
	int tries, status;
	pid_t pid, ended = 0;
	size_t i;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(use_it());
	assert_true(pid > 0);
	for (tries = 0; tries < PATIENCE * 100 && !ended; tries++) {
		usleep(10000);
		ended = waitpid(pid, &status, WNOHANG);
	}
	if (ended == pid) {
		assert_int_equal(status, 0);
		return;
	}
	for (i = 0; i < nr; i++)
		go_on(&listers[i]);
	waitpid(pid, &status, 0);
	fail_msg("a stalled list is in the way of mmap, munmap or another list");
}

static void a_stalled_list_is_in_nobodys_way(void **state)
{
	static const size_t places[] = { 0, 1, STEP, 7 * STEP, MANY - 1 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		struct lister lister;

		stall(&lister, places[i]);
		assert_not_in_the_way(&lister, 1);
		assert_listed();
		go_on(&lister);
	}
}

static void nor_are_several(void **state)
{
	struct lister listers[8];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(listers); i++) {
		stall(&listers[i], i * i * STEP / 4);
		assert_not_in_the_way(listers, i + 1);
		assert_listed();
	}
	/* each list ends in order, while the others are still stalled */
	for (i = 0; i < ARRAY_SIZE(listers); i++) {
		go_on(&listers[i]);
		assert_listed();
	}
}

/* A list is stalled between two mappings, and the mappings around that place go. */
static void what_is_at_its_place_goes(void **state)
{
	static const size_t places[] = { 0, 1, STEP, 2 * STEP, 5 * STEP + 10, MANY - 1 };
	size_t i, j, round;

	(void)state;
	for (round = 0; round < 2 * ARRAY_SIZE(places); round++) {
		const size_t place = places[round / 2];
		struct lister lister;

		stall(&lister, place);
		assert_not_in_the_way(&lister, 1);
		/* in turn the mappings next to it, or far more than a step */
		for (i = place > 3 * STEP ? place - 3 * STEP : 0; i < place + 3 * STEP; i++)
			if (i < MANY && (round % 2 || i % STEP < 2 || i % STEP > STEP - 2))
				unmap_page(&stays[i]);
		for (i = 0; i < MORE; i++)
			others[i] = map_page(MANY + i);
		go_on(&lister);
		assert_listed();
		/* then map all again */
		for (i = 0; i < MORE; i++)
			unmap_page(&others[i]);
		for (i = 0; i < MANY; i++)
			unmap_page(&stays[i]);
		for (j = 0; j < MANY; j++)
			stays[j] = map_page(j);
	}
}

#define CROWD	150	/* more than two steps of places where lists are stalled */

/* All lists wait for the same page at the same place, and write the same to it. */
static void nor_is_a_crowd_at_one_place(void **state)
{
	static struct lister crowd[CROWD];
	struct lister all;
	size_t i, came = 0;

	(void)state;
	if (!prepare(&all, STEP))
		skip_because("this kernel has no userfaultfd");
	for (i = 0; i < CROWD; i++) {
		crowd[i] = all;
		assert_ok(pthread_create(&crowd[i].thread, NULL, run, &crowd[i]));
	}
	while (came < CROWD && wait_for_toucher(&all.held))
		came++;
	if (came == CROWD) {
		assert_listed();
		for (i = 0; i < STEP * 3; i++)
			unmap_page(&stays[i]);
		assert_listed();
	}
	assert_true(release_page(&all.held, 0xee));
	for (i = 0; i < CROWD; i++) {
		pthread_join(crowd[i].thread, NULL);
		assert_ok(crowd[i].ret);
	}
	unmap(all.memory, all.len);
	assert_int_equal(came, CROWD);
	assert_listed();
}

static void entries_that_can_not_be_written(void **state)
{
	static const size_t places[] = { 0, 1, STEP, 7 * STEP, MANY - 1 };
	static const int prots[] = { PROT_NONE, PROT_READ };
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(places); i++)
		for (j = 0; j < ARRAY_SIZE(prots); j++) {
			uint32_t count = MANY, room = places[i];
			struct lister lister;

			if (!prepare(&lister, places[i]))
				skip_because("this kernel has no userfaultfd");
			let_go_of_page(&lister.held);
			assert_ok(try_protect(lister.held.page, PAGE, prots[j]));
			assert_refused(try_list(fd, &count, lister.entries), EFAULT);
			/* the entries before it can be written */
			assert_ok(try_list(fd, &room, lister.entries));
			assert_int_equal(room, MANY);
			assert_listed();
			unmap(lister.memory, lister.len);
		}
	assert_refused(try_list(fd, &(uint32_t) { 1 }, NULL), EFAULT);
	assert_refused(try_list(fd, &(uint32_t) { MANY }, HIGH(1ULL << 63)), EFAULT);
}

static int stall_and_end(void *arg)
{
	struct lister lister;

	if (!prepare(&lister, 2 * STEP))
		return 1;
	if (pthread_create(&lister.thread, NULL, run, &lister))
		return 2;
	if (!wait_for_toucher(&lister.held))
		return 3;
	if (arg)
		raise(SIGKILL);
	return 0;
}

static void a_process_ends_with_a_stalled_list(void **state)
{
	(void)state;
	assert_int_equal(in_child(stall_and_end, NULL), 0);
	assert_listed();
	assert_int_equal(in_child(stall_and_end, ""), 128 + SIGKILL);
	assert_listed();
	assert_int_equal(info(fd).mappings, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_is_listed_once_the_oldest_first),
		TEST(others_come_and_go_meanwhile),
		TEST(a_stalled_list_is_in_nobodys_way),
		TEST(nor_are_several),
		TEST(what_is_at_its_place_goes),
		TEST(nor_is_a_crowd_at_one_place),
		TEST(entries_that_can_not_be_written),
		TEST(a_process_ends_with_a_stalled_list),
	};

	return RUN_GROUP(tests);
}
