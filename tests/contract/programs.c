// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions for BPF programs, as processes see them: flags, handles, limits, and memory that is
 * freed late. That needs no BPF; what programs see is in tests/bpf.
 */
#include "fixture.h"

#include <sys/resource.h>
#include <time.h>

#define USER		4242
#define SHARE_OF_USER	1024

static int try_create_for(uint32_t flags, size_t bytes)
{
	struct bpfmmap_create args = create_args(8, bytes / 8);

	args.flags = flags;
	return try_create_args(&args);
}

static int create_for(uint32_t flags, size_t bytes)
{
	int fd = try_create_for(flags, bytes);

	assert_true(fd >= 0);
	return fd;
}

static int try_handle(int fd, uint64_t *handle)
{
	struct bpfmmap_handle_args args = { .size = sizeof(args) };
	int ret = request(fd, BPFMMAP_IOC_HANDLE, &args);

	*handle = args.handle;
	return ret;
}

static uint64_t handle_of(int fd)
{
	uint64_t handle;

	assert_ok(try_handle(fd, &handle));
	assert_true(handle);
	return handle;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void one_flag_at_most(void **state)
{
	const uint32_t flags[] = { BPFMMAP_F_RDONLY_PROG, BPFMMAP_F_WRONLY_PROG, BPFMMAP_F_PROG };
	uint32_t set, sum;
	size_t i;
	int fd;

	(void)state;
	for (set = 0; set < 8; set++) {
		for (i = 0, sum = 0; i < ARRAY_SIZE(flags); i++)
			sum |= set & (1U << i) ? flags[i] : 0;
		fd = try_create_for(sum, 8);
		if (set & (set - 1)) {
			assert_refused(fd, EINVAL);
			continue;
		}
		assert_true(fd >= 0);
		assert_int_equal(info(fd).flags, sum);
		close(fd);
	}
}

static void without_a_flag_there_is_no_handle(void **state)
{
	int fd = create(8, 1);
	uint64_t handle;

	(void)state;
	assert_refused(try_handle(fd, &handle), EOPNOTSUPP);
	close(fd);
}

static void a_handle_has_the_rights_of_the_fd(void **state)
{
	int fd = create_for(BPFMMAP_F_PROG, 4096);
	int readonly = open_id(info(fd).id, BPFMMAP_F_RDONLY);
	int writeonly = open_id(info(fd).id, BPFMMAP_F_WRONLY);
	int nofreeze = open_id(info(fd).id, BPFMMAP_F_NOFREEZE);
	uint64_t handle;

	(void)state;
	assert_int_equal(handle_of(fd), handle_of(fd));
	assert_int_equal(handle_of(nofreeze), handle_of(fd));
	assert_true(handle_of(readonly) != handle_of(fd));
	assert_refused(try_handle(writeonly, &handle), EPERM);
	close(fd);
	close(readonly);
	close(writeonly);
	close(nofreeze);
}

static void who_only_reads_gets_none_to_write_by(void **state)
{
	int fd = create_for(BPFMMAP_F_WRONLY_PROG, 4096);
	int readonly = open_id(info(fd).id, BPFMMAP_F_RDONLY);
	uint64_t handle;

	(void)state;
	assert_true(handle_of(fd));
	assert_refused(try_handle(readonly, &handle), EOPNOTSUPP);
	close(fd);
	close(readonly);

	fd = create_for(BPFMMAP_F_RDONLY_PROG, 4096);
	assert_true(handle_of(fd));
	/* programs can't write: nobody has to be waited for */
	assert_ok(try_freeze(fd));
	assert_int_equal(info(fd).frozen_for, BPFMMAP_FROZEN_FOR_ALL);
	close(fd);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

/* Not even by one who sees those of all other regions, and of those that are gone. */
static void handles_are_not_used_again(void **state)
{
	static uint64_t handles[500];
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(handles); i++) {
		fd = create_for(BPFMMAP_F_PROG, 8);
		handles[i] = handle_of(fd);
		close(fd);
	}
	qsort(handles, ARRAY_SIZE(handles), sizeof(handles[0]), by_value);
	for (i = 1; i < ARRAY_SIZE(handles); i++)
		assert_true(handles[i] != handles[i - 1]);
	/* the low 12 bits are the number of a slot; of each other bit both values are seen */
	for (i = 12; i < 64; i++) {
		size_t j, ones = 0;

		for (j = 0; j < ARRAY_SIZE(handles); j++)
			ones += handles[j] >> i & 1;
		assert_in_range(ones, 1, ARRAY_SIZE(handles) - 1);
	}
}

static void a_frozen_region_still_has_one(void **state)
{
	int fd = create_for(BPFMMAP_F_PROG, 4096);

	(void)state;
	assert_ok(try_freeze(fd));
	assert_true(handle_of(fd));
	assert_int_equal(info(fd).frozen_for, BPFMMAP_FROZEN_FOR_ALL);
	close(fd);
}

/*
 * What was closed is freed after grace periods. Closing does not wait for that; what creates does,
 * before more than 64 MiB wait.
 */
static void memory_is_freed_in_time(void **state)
{
	const size_t bytes = 16 * MIB;
	double start, worst = 0;
	int i, fd;

	(void)state;
	/* six times what may wait, in a limit of twice that: nothing grows */
	set_parameter("max_total_bytes", "134217728");
	for (i = 0; i < 24; i++) {
		fd = create_for(BPFMMAP_F_PROG, bytes);
		handle_of(fd);
		start = now();
		close(fd);
		worst = now() - start > worst ? now() - start : worst;
	}
	set_parameter("max_total_bytes", "0");
	/* freeing 16 MiB takes a while, grace periods take longer */
	printf("# the longest close took %.1f ms\n", worst * 1000);
}

/* More than a user can have, if none of them was freed meanwhile. */
static int create_and_close_many(void *arg)
{
	struct bpfmmap_create args = create_args(8, 1);
	int control = *(int *)arg, i, fd;

	args.flags = BPFMMAP_F_PROG;
	go_on_as(USER);
	for (i = 0; i < SHARE_OF_USER + 100; i++) {
		fd = request(control, BPFMMAP_IOC_CREATE, &args);
		if (fd < 0)
			return 1;
		close(fd);
	}
	return 0;
}

static void small_ones_are_freed_in_time(void **state)
{
	int control = open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC);

	(void)state;
	assert_true(control >= 0);
	assert_ok(in_child(create_and_close_many, &control));
	close(control);
}

static int create_many(void *arg)
{
	const struct rlimit files = { 2 * SHARE_OF_USER, 2 * SHARE_OF_USER };
	int control = *(int *)arg, i, tries, ret = 0;
	struct bpfmmap_create args = create_args(8, 1);

	args.flags = BPFMMAP_F_PROG;
	if (setrlimit(RLIMIT_NOFILE, &files))
		return 3;
	go_on_as(USER);
	for (i = 0; i <= SHARE_OF_USER; i++) {
		/* until those of an earlier test have been freed */
		for (tries = 0; tries < 1000; tries++) {
			ret = request(control, BPFMMAP_IOC_CREATE, &args);
			if (ret != -ENOSPC || i == SHARE_OF_USER)
				break;
			usleep(10000);
		}
		if (ret < 0)
			break;
	}
	if (i != SHARE_OF_USER || ret != -ENOSPC)
		return 1;
	/* regions that programs don't reach are not among them */
	args.flags = 0;
	return request(control, BPFMMAP_IOC_CREATE, &args) < 0 ? 2 : 0;
}

static void a_user_has_a_quarter(void **state)
{
	int control = open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC);

	(void)state;
	assert_true(control >= 0);
	assert_ok(in_child(create_many, &control));
	close(control);
}

static void a_create_that_fails_takes_nothing(void **state)
{
	int i;

	(void)state;
	set_parameter("max_total_bytes", "4096");
	for (i = 0; i < 2 * SHARE_OF_USER; i++)
		assert_refused(try_create_for(BPFMMAP_F_PROG, MIB), ENOSPC);
	set_parameter("max_total_bytes", "0");
	close(create_for(BPFMMAP_F_PROG, MIB));
}

static void unloading_waits_for_what_is_to_be_freed(void **state)
{
	int i, fd;

	(void)state;
	for (i = 0; i < 20; i++) {
		fd = create_for(BPFMMAP_F_PROG, MIB);
		handle_of(fd);
		close(fd);
	}
	assert_ok(try_unload());
	assert_ok(try_load(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_flag_at_most),
		cmocka_unit_test(without_a_flag_there_is_no_handle),
		cmocka_unit_test(a_handle_has_the_rights_of_the_fd),
		cmocka_unit_test(who_only_reads_gets_none_to_write_by),
		cmocka_unit_test(handles_are_not_used_again),
		cmocka_unit_test(a_frozen_region_still_has_one),
		cmocka_unit_test(memory_is_freed_in_time),
		cmocka_unit_test(small_ones_are_freed_in_time),
		cmocka_unit_test(a_user_has_a_quarter),
		cmocka_unit_test(a_create_that_fails_takes_nothing),
		cmocka_unit_test(unloading_waits_for_what_is_to_be_freed),
	};

	return RUN_GROUP(tests);
}
