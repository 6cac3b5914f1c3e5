// SPDX-License-Identifier: GPL-2.0-only
/* Ids: the walk over all regions, opening a region by its id, and who may do that. */
#include "fixture.h"

#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>

static void ids_are_unique_and_in_order(void **state)
{
	int fds[20];
	uint32_t id = 0, last = 0;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = create(8, 1);
		assert_true(info(fds[i]).id > last);
		last = info(fds[i]).id;
	}
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		assert_ok(try_next_id(id, &id));
		assert_int_equal(id, info(fds[i]).id);
	}
	assert_refused(try_next_id(id, &id), ENOENT);

	/* a region in the middle is gone: the walk leaves it out */
	last = info(fds[5]).id;
	close(fds[5]);
	assert_ok(try_next_id(last - 1, &id));
	assert_int_equal(id, info(fds[6]).id);
	assert_ok(try_next_id(last, &id));
	assert_int_equal(id, info(fds[6]).id);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		if (i != 5)
			close(fds[i]);
	assert_refused(try_next_id(0, &id), ENOENT);
}

static void an_id_is_not_used_again_at_once(void **state)
{
	int fd = create(8, 1);
	uint32_t id = info(fd).id;

	(void)state;
	close(fd);
	fd = create(8, 1);
	assert_int_not_equal(info(fd).id, id);
	assert_false(id_exists(id));
	close(fd);
}

static void start_ids_around_the_largest(void **state)
{
	int fd = create(8, 1);
	uint32_t id;

	(void)state;
	assert_refused(try_next_id(INT32_MAX - 1, &id), ENOENT);
	assert_refused(try_next_id(INT32_MAX, &id), EINVAL);
	assert_refused(try_next_id(1U << 31, &id), EINVAL);
	assert_refused(try_next_id(UINT32_MAX, &id), EINVAL);
	close(fd);
}

static void an_fd_by_id_is_the_same_region(void **state)
{
	int fd = create(8, 4), again = open_id(info(fd).id, 0);
	uint64_t value = 77, out = 0;

	(void)state;
	assert_int_equal(info(again).id, info(fd).id);
	assert_int_equal(fcntl(again, F_GETFD), FD_CLOEXEC);
	assert_ok(try_update(fd, 2, &value, 0));
	close(fd);
	assert_ok(try_lookup(again, 2, &out));
	assert_int_equal(out, 77);
	close(again);
}

static void ids_that_there_are_not(void **state)
{
	int fd = create(8, 1);

	(void)state;
	assert_refused(try_open_id(0, 0), ENOENT);
	assert_refused(try_open_id(info(fd).id + 1, 0), ENOENT);
	assert_refused(try_open_id(INT32_MAX, 0), ENOENT);
	assert_refused(try_open_id(UINT32_MAX, 0), ENOENT);
	close(fd);
}

static void open_flags(void **state)
{
	int fd = create(8, 1), bit, again;
	uint32_t id = info(fd).id;

	(void)state;
	for (bit = 0; bit < 32; bit++) {
		again = try_open_id(id, 1U << bit);
		if ((1U << bit) & (BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY | BPFMMAP_F_NOFREEZE)) {
			assert_true(again >= 0);
			close(again);
		} else {
			assert_refused(again, EINVAL);
		}
	}
	assert_refused(try_open_id(id, BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY), EINVAL);
	again = open_id(id, BPFMMAP_F_RDONLY);
	assert_int_equal(fcntl(again, F_GETFL) & O_ACCMODE, O_RDONLY);
	close(again);
	close(fd);
}

/* For children: each call is refused, and errors have the right order. */
static int ids_are_refused(int control, uint32_t id)
{
	struct bpfmmap_next_id next = { .size = sizeof(next) };
	struct bpfmmap_open other = { .size = sizeof(other), .id = id };

	if (request(control, BPFMMAP_IOC_NEXT_ID, &next) != -EPERM)
		return 1;
	if (request(control, BPFMMAP_IOC_OPEN, &other) != -EPERM)
		return 2;
	/* an id that does not exist gives EPERM as well */
	other.id = INT32_MAX;
	if (request(control, BPFMMAP_IOC_OPEN, &other) != -EPERM)
		return 3;
	/* errors in the arguments come first, as with bpf(2) */
	other.flags = 1;
	if (request(control, BPFMMAP_IOC_OPEN, &other) != -EINVAL)
		return 4;
	next.start_id = INT32_MAX;
	if (request(control, BPFMMAP_IOC_NEXT_ID, &next) != -EINVAL)
		return 5;
	return 0;
}

static int as_nobody(void *arg)
{
	int control = open(BPFMMAP_DEVICE, O_RDWR);

	become_nobody();
	return ids_are_refused(control, *(uint32_t *)arg);
}

static int as_root_without_the_capability(void *arg)
{
	int control = open(BPFMMAP_DEVICE, O_RDWR);
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return 100;
	data[0].effective &= ~(1U << CAP_SYS_ADMIN);
	if (syscall(SYS_capset, &header, data))
		return 101;
	return ids_are_refused(control, *(uint32_t *)arg);
}

static int as_root_of_a_user_namespace(void *arg)
{
	int control = open(BPFMMAP_DEVICE, O_RDWR);
	int map;

	if (unshare(CLONE_NEWUSER))
		return 100;
	map = open("/proc/self/uid_map", O_WRONLY);
	if (map < 0 || write(map, "0 0 1", 5) != 5)
		return 101;
	return ids_are_refused(control, *(uint32_t *)arg);
}

static void ids_are_for_the_administrator(void **state)
{
	int fd = create(8, 1);
	uint32_t id = info(fd).id;

	(void)state;
	assert_ok(in_child(as_nobody, &id));
	assert_ok(in_child(as_root_without_the_capability, &id));
	assert_ok(in_child(as_root_of_a_user_namespace, &id));
	close(fd);
}

static int reopen(void *arg)
{
	return open(path_of_fd(*(int *)arg), O_RDWR) < 0 ? errno : 0;
}

/* To open the link in /proc does not give a second fd with more rights. */
static void fds_can_not_be_reopened(void **state)
{
	int fd = create(8, 1), readonly = open_id(info(fd).id, BPFMMAP_F_RDONLY);

	(void)state;
	assert_int_equal(in_child(reopen, &fd), ENXIO);
	assert_int_equal(in_child(reopen, &readonly), ENXIO);
	close(readonly);
	close(fd);
}

#define ROUNDS	1500

struct coming {
	atomic_uint id;		/* of the region that is there, or was a moment ago */
	atomic_uint tried;	/* the id that was opened last, or not */
	atomic_bool over;
};

static void wait_for_a_try(struct coming *coming)
{
	coming->tried = 0;
	while (coming->tried != coming->id)
		sched_yield();
}

/* Of four regions one is there when it is opened, one is gone, and two go meanwhile. */
static void *come_and_go(void *arg)
{
	struct coming *coming = arg;
	const char *failure = NULL;
	int round, fd;

	for (round = 0; round < ROUNDS && !failure; round++) {
		struct bpfmmap_info got = { .size = sizeof(got) };

		fd = try_create(8, 1);
		if (fd < 0 || request(fd, BPFMMAP_IOC_INFO, &got))
			failure = "create";
		coming->id = got.id;
		if (round % 4 == 1)
			wait_for_a_try(coming);
		close(fd);
		if (round % 4 == 3)
			wait_for_a_try(coming);
	}
	coming->over = true;
	return (void *)failure;
}

/* An id leads to its region or to none, also in the moment in which the region goes. */
static void opened_while_it_goes(void **state)
{
	struct coming coming = { .id = 0 };
	unsigned int opened = 0, gone = 0;
	pthread_t thread;
	void *failure;

	(void)state;
	assert_ok(pthread_create(&thread, NULL, come_and_go, &coming));
	while (!coming.over) {
		const uint32_t id = coming.id;
		int fd = try_open_id(id, 0);

		if (fd >= 0) {
			assert_int_equal(info(fd).id, id);
			close(fd);
			opened++;
		} else {
			assert_int_equal(fd, -ENOENT);
			gone++;
		}
		coming.tried = id;
	}
	assert_ok(pthread_join(thread, &failure));
	assert_null(failure);
	assert_true(opened >= ROUNDS / 4 && gone >= ROUNDS / 4);
	assert_false(id_exists(coming.id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_unique_and_in_order),
		cmocka_unit_test(an_id_is_not_used_again_at_once),
		cmocka_unit_test(start_ids_around_the_largest),
		cmocka_unit_test(an_fd_by_id_is_the_same_region),
		cmocka_unit_test(ids_that_there_are_not),
		cmocka_unit_test(open_flags),
		cmocka_unit_test(ids_are_for_the_administrator),
		cmocka_unit_test(fds_can_not_be_reopened),
		cmocka_unit_test(opened_while_it_goes),
	};

	return RUN_GROUP(tests);
}
