// SPDX-License-Identifier: GPL-2.0-only
/*
 * 64 threads wait in the middle of an update. Each holds no more than 64 KiB of memory meanwhile,
 * and others can use the rest.
 *
 * The runner fails a run whose kernel log mentions the OOM killer.
 */
#include "fixture.h"
#include "held_page.h"

#include <pthread.h>

#define THREADS		64
#define BYTES		(20 * MIB)	/* of a region */
#define PER_THREAD	(192 * KIB)	/* including its stacks, and all else that a thread needs */
#define SLACK		(4 * MIB)	/* changes of free memory by others */
#define MOST_BYTES	"30000000"	/* max_total_bytes: this region and 8 MiB */

static int fd = -1;
static uint8_t *values;

static int teardown(void **state)
{
	(void)state;
	set_parameter("max_total_bytes", "0");
	munmap(values, BYTES);
	close(fd);
	return 0;
}

/* A way to set all elements of a region, and their size. */
struct way {
	const char *name;
	uint32_t value_size;
	int (*set)(void);
};

static int update(void)
{
	return try_update(fd, 0, values, 0);
}

static int update_batch(void)
{
	uint32_t count = info(fd).max_entries;

	return try_batch(fd, BPFMMAP_IOC_UPDATE_BATCH, 0, &count, values);
}

static int write_all(void)
{
	return result(pwrite(fd, values, BYTES, 0));
}

static const struct way ways[] = {
	{ "an update of all", BYTES, update },
	{ "a batch of large values", 5 * MIB, update_batch },
	{ "a batch of values of a page", 4096, update_batch },
	{ "a batch of small values", 8, update_batch },
	{ "pwrite", 4096, write_all },
};

static void *set(void *way)
{
	return (void *)(intptr_t)((const struct way *)way)->set();
}

static int take_40_mib(void *arg)
{
	uint8_t *at = mmap(NULL, 40 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	(void)arg;
	if (at == MAP_FAILED)
		return 1;
	memset(at, 1, 40 * MIB);
	return 0;
}

/* The limit counts regions, and not the updates. */
static void assert_limit_is_kept(void)
{
	int other;

	assert_refused(try_create(9 * MIB, 1), ENOSPC);
	other = create(8 * MIB, 1);
	assert_refused(try_create(MIB, 1), ENOSPC);
	close(other);
}

/* The page with that byte does not come. */
static void stall_all(const struct way *way, size_t byte)
{
	pthread_t threads[THREADS];
	struct held_page held;
	long long before, with;
	size_t i, came = 0;
	void *ret;

	fd = create(way->value_size, BYTES / way->value_size);
	values = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!hold_page_at(&held, values + byte - byte % PAGE))
		skip_because("this kernel has no userfaultfd");
	before = available_memory();
	for (i = 0; i < THREADS; i++)
		assert_ok(pthread_create(&threads[i], NULL, set, (void *)way));
	while (came < THREADS && wait_for_toucher(&held))
		came++;
	with = available_memory();
	assert_int_equal(came, THREADS);
	assert_int_equal(info(fd).writers, THREADS);
	printf("# %s, stalled at %zu: %lld KiB a thread\n", way->name, byte,
	       (before - with) / 1024 / THREADS);
	assert_true(before - with < (long long)(THREADS * PER_THREAD + SLACK));
	assert_limit_is_kept();
	assert_ok(in_child(take_40_mib, NULL));

	/* so they end without setting 20 MiB each */
	assert_ok(try_protect(held.page, PAGE, PROT_NONE));
	let_go_of_page(&held);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &ret);
		assert_int_equal((intptr_t)ret, -EFAULT);
	}
	assert_int_equal(info(fd).writers, 0);
	munmap(values, BYTES);
	close(fd);
}

static void stalled_ones_hold_little(void **state)
{
	const long long before = available_memory();
	long long after;
	size_t i;

	(void)state;
	set_parameter("max_total_bytes", MOST_BYTES);
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		stall_all(&ways[i], 0);
		if (ways[i].value_size > MIB)
			stall_all(&ways[i], ways[i].value_size - 1);
	}
	/* if the updates had kept memory, these would be 24 MiB by now */
	after = available_memory();
	printf("# %lld KiB less in the end\n", (before - after) / 1024);
	assert_true(before - after < (long long)(3 * SLACK));
}

/* So an update of much more than the free memory works. */
static void one_of_more_than_is_left_is_done(void **state)
{
	size_t bytes = available_memory() / 5 * 2, most;
	uint8_t *other;

	(void)state;
	bytes -= bytes % PAGE;
	fd = create(bytes, 1);
	/* only the page of zeros */
	values = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	most = available_memory() / 5 * 4;
	other = mmap(NULL, most, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	assert_ptr_not_equal(other, MAP_FAILED);
	assert_true(available_memory() < (long long)bytes);
	assert_int_equal(pwrite(fd, "mark", 4, 0), 4);
	assert_ok(try_update(fd, 0, values, 0));
	assert_ok(try_freeze(fd));
	unmap(other, most);
	unmap(values, bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(stalled_ones_hold_little, teardown),
		cmocka_unit_test_teardown(one_of_more_than_is_left_is_done, teardown),
	};

	return RUN_GROUP_WITH(tests, give_back_what_is_free, unload_module);
}
