// SPDX-License-Identifier: GPL-2.0-only
/*
 * Create when memory is short: ENOMEM, and no process is killed.
 *
 * The runner fails a run whose kernel log mentions the OOM killer, so the tests need not look for
 * that.
 */
#include "fixture.h"

#define SLACK	(4 * MIB)	/* changes of free memory by others */

/* Memory of another user, so that less is free for a region. */
static uint8_t *hog(size_t bytes)
{
	uint8_t *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	assert_ptr_not_equal(at, MAP_FAILED);
	return at;
}

static void far_too_much_is_refused(void **state)
{
	(void)state;
	assert_refused(try_create(GIB, 4), ENOMEM);
	assert_refused(try_create(4096, INT32_MAX), ENOMEM);
	assert_refused(try_create(192 * MIB, 1), ENOMEM);
}

/* All sizes, from one that fits to one that does not. */
static void around_what_there_is(void **state)
{
	long long there = available_memory();
	int percent, refused = 0, granted = 0;

	(void)state;
	for (percent = 50; percent <= 150; percent += 5) {
		int fd = try_create(there / 100 * percent, 1);

		if (fd < 0) {
			assert_refused(fd, ENOMEM);
			refused++;
		} else {
			granted++;
			close(fd);
		}
	}
	assert_true(granted > 0);
	assert_true(refused > 0);
	/* no memory is lost */
	assert_true(available_memory() > there - (long long)(8 * MIB));
}

static void beside_somebody_who_has_it(void **state)
{
	size_t bytes = available_memory() / 2;
	uint8_t *other = hog(bytes);
	int fd;

	(void)state;
	memset(other, 0x33, bytes);
	assert_refused(try_create(available_memory() + 32 * MIB, 1), ENOMEM);
	assert_refused(try_create(bytes + bytes / 2, 1), ENOMEM);
	fd = create(available_memory() / 2, 1);
	close(fd);
	assert_true(all(other, bytes, 0x33));
	unmap(other, bytes);
}

/*
 * Create regions until there is no memory; then close some, and another one fits. The kernel takes
 * memory at any time (2 MiB were seen), so one that is closed need not be room for one more.
 */
static void one_by_one_until_it_is_full(void **state)
{
	static int fds[4096];
	size_t i, n = 0;
	int fd;

	(void)state;
	while (n < ARRAY_SIZE(fds)) {
		fd = try_create(MIB, 1);
		if (fd < 0)
			break;
		fds[n++] = fd;
	}
	assert_refused(fd, ENOMEM);
	assert_true(n > 16);
	for (i = 0; i < 1 + SLACK / MIB; i++)
		close(fds[--n]);
	fd = try_create(MIB, 1);
	assert_true(fd >= 0);
	close(fd);
	for (i = 0; i < n; i++)
		close(fds[i]);
}

static int create_often(void *arg)
{
	size_t bytes = *(size_t *)arg;
	int round;

	for (round = 0; round < 8; round++) {
		int fd = try_create(bytes, 1);
		uint8_t *at;

		if (fd == -ENOMEM)
			continue;
		if (fd < 0)
			return 1;
		at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (at == MAP_FAILED)
			return 2;
		memset(at, round, bytes);
		if (!all(at, bytes, round))
			return 3;
		munmap(at, bytes);
		close(fd);
	}
	return 0;
}

/* Four processes together want more than there is: each gets its region or an error. */
static void several_at_once(void **state)
{
	size_t bytes = available_memory() / 3;
	pid_t pids[4];
	size_t i;
	int status;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(create_often(&bytes));
	}
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(far_too_much_is_refused),
		cmocka_unit_test(around_what_there_is),
		cmocka_unit_test(beside_somebody_who_has_it),
		cmocka_unit_test(one_by_one_until_it_is_full),
		cmocka_unit_test(several_at_once),
	};

	return RUN_GROUP(tests);
}
