// SPDX-License-Identifier: GPL-2.0-only
/* Freeze: now, when idle, and the wait for it. */
#include "library.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#define LONG	60000	/* ms; longer than any wait here, also on a slow guest */

static struct bpfmmap_region *region;

static int setup(void **state)
{
	(void)state;
	region = make_region(4);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	bpfmmap_region__close(region);
	return 0;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void freeze_now(void **state)
{
	struct bpfmmap_map map = map_region(region, true);

	(void)state;
	assert_failed(bpfmmap_region__freeze(region), EBUSY);
	unmap_region(&map);
	assert_ok(bpfmmap_region__freeze(region));
	assert_failed(bpfmmap_region__freeze(region), EPERM);
}

static int touch(void *at)
{
	signal(SIGBUS, SIG_DFL);
	*(volatile __u64 *)at = 1;
	return 0;
}

static void freeze_revoke_takes_the_writing_away(void **state)
{
	struct bpfmmap_map map = map_region(region, true), reading = map_region(region, false);
	struct bpfmmap_region *reader = bpfmmap_region__restrict(region, BPFMMAP_F_RDONLY);
	__u64 value = 42;

	(void)state;
	assert_failed(bpfmmap_region__freeze_revoke(reader), EPERM);
	bpfmmap_region__close(reader);
	assert_ok(bpfmmap_region__update(region, 0, &value, 0));
	assert_ok(bpfmmap_region__freeze_revoke(region));
	assert_int_equal(state_of(region).frozen, 1);
	assert_int_equal(state_of(region).revoked, 1);
	assert_int_equal(in_child(touch, map.data), 128 + SIGBUS);
	assert_int_equal(*(__u64 *)reading.data, 42);
	assert_failed(bpfmmap_region__update(region, 0, &value, 0), EPERM);
	assert_failed(bpfmmap_region__freeze_revoke(region), EPERM);
	unmap_region(&map);
	unmap_region(&reading);
	assert_int_equal(state_of(region).revoked, 0);
}

static void when_idle_is_now_without_a_writer(void **state)
{
	(void)state;
	assert_ok(bpfmmap_region__freeze_when_idle(region, NULL));
	assert_int_equal(state_of(region).frozen, 1);
	assert_failed(bpfmmap_region__freeze_when_idle(region, NULL), EPERM);
	assert_failed(bpfmmap_region__freeze_cancel(region), EPERM);
}

static void when_idle_waits_for_the_last_writer(void **state)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, writable, .writable = true);
	struct bpfmmap_map map = map_region(region, true), other;
	__u64 value = 1;

	(void)state;
	assert_failed(bpfmmap_region__freeze_when_idle(region, NULL), EINPROGRESS);
	assert_int_equal(state_of(region).freeze_pending, 1);
	assert_failed(bpfmmap_region__map(region, &other, &writable), EBUSY);
	assert_failed(bpfmmap_region__update(region, 0, &value, 0), EBUSY);
	unmap_region(&map);
	assert_int_equal(state_of(region).frozen, 1);
}

static void when_idle_is_taken_back(void **state)
{
	struct bpfmmap_map map = map_region(region, true);
	__u64 value = 1;

	(void)state;
	assert_failed(bpfmmap_region__freeze_cancel(region), ENOENT);
	assert_failed(bpfmmap_region__freeze_when_idle(region, NULL), EINPROGRESS);
	assert_ok(bpfmmap_region__freeze_cancel(region));
	assert_ok(bpfmmap_region__update(region, 0, &value, 0));
	unmap_region(&map);
	assert_int_equal(state_of(region).frozen, 0);
}

/* A request ends when its handle is closed, unless it is one to keep. */
static void when_idle_and_close(void **state)
{
	BPFMMAP_OPTS(bpfmmap_freeze_opts, keep, .keep = true);
	struct bpfmmap_map map = map_region(region, true);
	struct bpfmmap_region *other;

	(void)state;
	other = bpfmmap_region__restrict(region, 0);
	assert_failed(bpfmmap_region__freeze_when_idle(other, NULL), EINPROGRESS);
	bpfmmap_region__close(other);
	assert_int_equal(state_of(region).freeze_pending, 0);

	other = bpfmmap_region__restrict(region, 0);
	assert_failed(bpfmmap_region__freeze_when_idle(other, &keep), EINPROGRESS);
	bpfmmap_region__close(other);
	assert_int_equal(state_of(region).freeze_pending, 1);
	unmap_region(&map);
	assert_int_equal(state_of(region).frozen, 1);
}

static void wait_is_over_without_a_writer(void **state)
{
	(void)state;
	assert_ok(bpfmmap_region__freeze_wait(region, 0));
	assert_int_equal(state_of(region).frozen, 1);
	assert_failed(bpfmmap_region__freeze_wait(region, LONG), EPERM);
	assert_ok(bpfmmap_region__wait_frozen(region, 0));
	assert_ok(bpfmmap_region__wait_frozen(region, -1));
}

static void wait_for_a_writer_in_another_process(void **state)
{
	pid_t writer = start_writer(region, 200);

	(void)state;
	assert_ok(bpfmmap_region__freeze_wait(region, LONG));
	assert_int_equal(state_of(region).frozen, 1);
	end_process(writer);
}

static void wait_for_ever(void **state)
{
	pid_t writer = start_writer(region, 200);

	(void)state;
	assert_ok(bpfmmap_region__freeze_wait(region, -1));
	assert_int_equal(state_of(region).frozen, 1);
	end_process(writer);
}

static void wait_until_the_time_is_up(void **state)
{
	struct bpfmmap_map map = map_region(region, true);
	int fds = open_fds();
	__u64 value = 1;
	long long start;

	(void)state;
	start = now_ms();
	assert_failed(bpfmmap_region__freeze_wait(region, 0), ETIMEDOUT);
	assert_failed(bpfmmap_region__freeze_wait(region, 300), ETIMEDOUT);
	assert_true(now_ms() - start >= 300);
	assert_true(now_ms() - start < LONG);

	/* no request is left */
	assert_int_equal(open_fds(), fds);
	assert_int_equal(state_of(region).freeze_pending, 0);
	assert_ok(bpfmmap_region__update(region, 0, &value, 0));
	unmap_region(&map);
	assert_int_equal(state_of(region).frozen, 0);
}

static void wait_leaves_other_requests_alone(void **state)
{
	BPFMMAP_OPTS(bpfmmap_freeze_opts, keep, .keep = true);
	struct bpfmmap_region *other = bpfmmap_region__restrict(region, 0);
	struct bpfmmap_map map = map_region(region, true);

	(void)state;
	assert_failed(bpfmmap_region__freeze_when_idle(region, NULL), EINPROGRESS);
	assert_failed(bpfmmap_region__freeze_when_idle(other, &keep), EINPROGRESS);
	assert_failed(bpfmmap_region__freeze_wait(region, 10), ETIMEDOUT);
	assert_int_equal(state_of(region).freeze_pending, 2);
	unmap_region(&map);
	assert_int_equal(state_of(region).frozen, 1);
	bpfmmap_region__close(other);
}

static void wait_is_not_for_readers(void **state)
{
	struct bpfmmap_region *reader = bpfmmap_region__restrict(region, BPFMMAP_F_RDONLY);
	struct bpfmmap_region *nofreeze = bpfmmap_region__restrict(region, BPFMMAP_F_NOFREEZE);

	(void)state;
	assert_failed(bpfmmap_region__freeze_wait(reader, LONG), EPERM);
	assert_failed(bpfmmap_region__freeze_wait(nofreeze, LONG), EPERM);
	/* these can wait until another one freezes it */
	assert_failed(bpfmmap_region__wait_frozen(reader, 10), ETIMEDOUT);
	assert_ok(bpfmmap_region__freeze(region));
	assert_ok(bpfmmap_region__wait_frozen(reader, LONG));
	assert_ok(bpfmmap_region__wait_frozen(nofreeze, LONG));
	bpfmmap_region__close(reader);
	bpfmmap_region__close(nofreeze);
}

/* A process that waits is killed: the region is as if it had not asked. */
static void a_waiter_that_is_killed_leaves_nothing(void **state)
{
	struct bpfmmap_map map = map_region(region, true), other;
	pid_t waiter;

	(void)state;
	fflush(stdout);
	waiter = fork();
	if (!waiter)
		_exit(bpfmmap_region__freeze_wait(region, -1) ? 1 : 0);
	assert_true(waiter > 0);
	while (!state_of(region).freeze_pending)
		usleep(1000);
	end_process(waiter);
	assert_int_equal(state_of(region).freeze_pending, 0);
	other = map_region(region, true);
	*(__u64 *)other.data = 1;
	unmap_region(&other);
	unmap_region(&map);
	assert_int_equal(state_of(region).frozen, 0);
	assert_ok(bpfmmap_region__freeze(region));
}

static void ignore(int signal)
{
	(void)signal;
}

/* SIGALRM comes again and again, because one may come before the wait begins. */
static void start_alarms(int flags)
{
	const struct itimerval often = { { 0, 100000 }, { 0, 100000 } };
	struct sigaction action = { .sa_handler = ignore, .sa_flags = flags };

	assert_ok(sigaction(SIGALRM, &action, NULL));
	assert_ok(setitimer(ITIMER_REAL, &often, NULL));
}

static void stop_alarms(void)
{
	const struct itimerval never = { 0 };

	assert_ok(setitimer(ITIMER_REAL, &never, NULL));
}

static void a_signal_handler_ends_a_wait(void **state)
{
	struct bpfmmap_map map = map_region(region, true);

	(void)state;
	start_alarms(0);
	assert_failed(bpfmmap_region__freeze_wait(region, LONG), EINTR);
	assert_failed(bpfmmap_region__wait_frozen(region, LONG), EINTR);
	stop_alarms();
	start_alarms(SA_RESTART);
	assert_failed(bpfmmap_region__freeze_wait(region, -1), EINTR);
	assert_failed(bpfmmap_region__wait_frozen(region, -1), EINTR);
	stop_alarms();
	assert_int_equal(state_of(region).freeze_pending, 0);
	unmap_region(&map);
	assert_int_equal(state_of(region).frozen, 0);
}

static void *unmap_later(void *map)
{
	usleep(200000);
	unmap_region(map);
	return NULL;
}

static void wait_for_a_thread(void **state)
{
	struct bpfmmap_map map = map_region(region, true);
	pthread_t thread;

	(void)state;
	assert_ok(pthread_create(&thread, NULL, unmap_later, &map));
	assert_ok(bpfmmap_region__freeze_wait(region, LONG));
	pthread_join(thread, NULL);
	assert_int_equal(state_of(region).frozen, 1);
}

static void wait_until_another_has_frozen_it(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		usleep(200000);
		_exit(bpfmmap_region__freeze(region) ? 1 : 0);
	}
	assert_true(pid > 0);
	assert_ok(bpfmmap_region__wait_frozen(region, LONG));
	assert_int_equal(state_of(region).frozen, 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Each way by options: for processes first, then for everybody. */
static void freeze_by_options(void **state)
{
	BPFMMAP_OPTS(bpfmmap_freeze_opts, processes, .processes = true);
	BPFMMAP_OPTS(bpfmmap_freeze_opts, revoke, .revoke = true);
	BPFMMAP_OPTS(bpfmmap_freeze_opts, keep, .keep = true);

	(void)state;
	assert_failed(bpfmmap_region__freeze_with(region, &keep), EINVAL);
	assert_failed(bpfmmap_region__freeze_when_idle(region, &revoke), EINVAL);
	assert_failed(bpfmmap_region__freeze_wait_with(region, 0, &keep), EINVAL);
	assert_failed(bpfmmap_region__freeze_wait_with(region, 0, &revoke), EINVAL);
	assert_int_equal(state_of(region).freeze_pending, 0);
	assert_ok(bpfmmap_region__freeze_with(region, &processes));
	assert_int_equal(state_of(region).frozen_for, BPFMMAP_FROZEN_FOR_PROCESSES);
	assert_failed(bpfmmap_region__freeze_with(region, &processes), EPERM);
	assert_failed(bpfmmap_region__wait_frozen(region, 0), ETIMEDOUT);
	assert_ok(bpfmmap_region__freeze_with(region, NULL));
	assert_int_equal(state_of(region).frozen, 1);
	assert_failed(bpfmmap_region__freeze_with(region, &revoke), EPERM);
}

static void revoke_by_options(void **state)
{
	BPFMMAP_OPTS(bpfmmap_freeze_opts, revoke, .revoke = true);
	struct bpfmmap_map map = map_region(region, true);

	(void)state;
	assert_failed(bpfmmap_region__freeze_with(region, NULL), EBUSY);
	assert_ok(bpfmmap_region__freeze_with(region, &revoke));
	assert_int_equal(state_of(region).frozen, 1);
	unmap_region(&map);
}

/* The first party freezes it, and every later one learns that it is frozen. */
static void two_parties_make_sure_that_it_is_frozen(void **state)
{
	BPFMMAP_OPTS(bpfmmap_freeze_opts, ok, .frozen_ok = true);
	BPFMMAP_OPTS(bpfmmap_freeze_opts, by_force, .frozen_ok = true, .revoke = true);
	struct bpfmmap_region *reader = bpfmmap_region__restrict(region, BPFMMAP_F_RDONLY);
	struct bpfmmap_region *nofreeze = bpfmmap_region__restrict(region, BPFMMAP_F_NOFREEZE);
	struct bpfmmap_map map = map_region(region, true);

	(void)state;
	/* it is not frozen: each error is what it is without the option */
	assert_failed(bpfmmap_region__freeze_with(region, &ok), EBUSY);
	assert_failed(bpfmmap_region__freeze_wait_with(region, 0, &ok), ETIMEDOUT);
	assert_failed(bpfmmap_region__freeze_with(reader, &ok), EPERM);
	assert_failed(bpfmmap_region__freeze_with(nofreeze, &ok), EPERM);
	assert_failed(bpfmmap_region__freeze_when_idle(reader, &ok), EPERM);
	assert_failed(bpfmmap_region__freeze_wait_with(reader, 0, &ok), EPERM);
	unmap_region(&map);
	assert_int_equal(state_of(region).frozen, 0);

	assert_ok(bpfmmap_region__freeze_with(region, &ok));
	assert_ok(bpfmmap_region__freeze_with(region, &ok));
	assert_ok(bpfmmap_region__freeze_with(region, &by_force));
	assert_ok(bpfmmap_region__freeze_when_idle(region, &ok));
	assert_ok(bpfmmap_region__freeze_wait_with(region, -1, &ok));
	assert_ok(bpfmmap_region__freeze_with(reader, &ok));
	assert_ok(bpfmmap_region__freeze_wait_with(nofreeze, 0, &ok));
	assert_failed(bpfmmap_region__freeze_with(region, NULL), EPERM);
	assert_failed(bpfmmap_region__freeze(region), EPERM);
	assert_failed(bpfmmap_region__freeze_wait(region, 0), EPERM);
	assert_failed(bpfmmap_region__freeze_wait_with(region, 0, NULL), EPERM);
	bpfmmap_region__close(reader);
	bpfmmap_region__close(nofreeze);
}

/* Frozen for processes is not enough for who wants it frozen for everybody. */
static void frozen_enough(void **state)
{
	BPFMMAP_OPTS(bpfmmap_freeze_opts, processes, .frozen_ok = true, .processes = true);
	BPFMMAP_OPTS(bpfmmap_freeze_opts, all, .frozen_ok = true);
	struct bpfmmap_region *reader = bpfmmap_region__restrict(region, BPFMMAP_F_RDONLY);

	(void)state;
	assert_ok(bpfmmap_region__freeze_with(region, &processes));
	assert_ok(bpfmmap_region__freeze_with(region, &processes));
	assert_ok(bpfmmap_region__freeze_wait_with(region, 0, &processes));
	assert_ok(bpfmmap_region__freeze_with(reader, &processes));
	assert_failed(bpfmmap_region__freeze_with(reader, &all), EPERM);
	assert_int_equal(state_of(region).frozen, 0);
	assert_ok(bpfmmap_region__freeze_wait_with(region, 0, &all));
	assert_int_equal(state_of(region).frozen, 1);
	assert_ok(bpfmmap_region__freeze_with(reader, &processes));
	assert_ok(bpfmmap_region__freeze_with(reader, &all));
	bpfmmap_region__close(reader);
}

static void wait_until_it_is_frozen_for_processes(void **state)
{
	BPFMMAP_OPTS(bpfmmap_freeze_opts, processes, .processes = true);
	pid_t writer = start_writer(region, 200);

	(void)state;
	assert_ok(bpfmmap_region__freeze_wait_with(region, LONG, &processes));
	assert_int_equal(state_of(region).frozen_for, BPFMMAP_FROZEN_FOR_PROCESSES);
	end_process(writer);
}

/* Programs may be at it, so it takes a moment, in which it is too late to take it back. */
static void wait_for_programs(void **state)
{
	BPFMMAP_OPTS(bpfmmap_create_opts, for_programs, .flags = BPFMMAP_F_PROG);
	struct bpfmmap_region *shown = bpfmmap_region__create("shown", 8, 512, &for_programs);
	__u64 handle = 0;

	(void)state;
	assert_non_null(shown);
	assert_ok(bpfmmap_region__handle(shown, &handle));
	assert_true(handle);
	assert_ok(bpfmmap_region__freeze_wait(shown, 0));
	assert_int_equal(state_of(shown).frozen, 1);
	bpfmmap_region__close(shown);
}

/*
 * The last writer leaves at about the end of the time. The result of the wait agrees with the
 * state of the region in both orders.
 */
static void the_last_moment(void **state)
{
	struct bpfmmap_region *raced;
	int round, ret;
	pid_t writer;

	(void)state;
	for (round = 0; round < 30; round++) {
		raced = make_region(1);
		writer = start_writer(raced, 10);
		ret = bpfmmap_region__freeze_wait(raced, 1 + round % 15);
		assert_true(ret == 0 || ret == -ETIMEDOUT);
		assert_int_equal(state_of(raced).frozen, ret == 0);
		end_process(writer);
		assert_int_equal(state_of(raced).frozen, ret == 0);
		bpfmmap_region__close(raced);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(freeze_now, setup, teardown),
		cmocka_unit_test_setup_teardown(freeze_revoke_takes_the_writing_away, setup,
						teardown),
		cmocka_unit_test_setup_teardown(when_idle_is_now_without_a_writer, setup, teardown),
		cmocka_unit_test_setup_teardown(when_idle_waits_for_the_last_writer, setup,
						teardown),
		cmocka_unit_test_setup_teardown(when_idle_is_taken_back, setup, teardown),
		cmocka_unit_test_setup_teardown(when_idle_and_close, setup, teardown),
		cmocka_unit_test_setup_teardown(wait_is_over_without_a_writer, setup, teardown),
		cmocka_unit_test_setup_teardown(wait_for_a_writer_in_another_process, setup,
						teardown),
		cmocka_unit_test_setup_teardown(wait_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(wait_until_the_time_is_up, setup, teardown),
		cmocka_unit_test_setup_teardown(wait_leaves_other_requests_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(wait_is_not_for_readers, setup, teardown),
		cmocka_unit_test_setup_teardown(a_waiter_that_is_killed_leaves_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_signal_handler_ends_a_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(wait_for_a_thread, setup, teardown),
		cmocka_unit_test_setup_teardown(wait_until_another_has_frozen_it, setup, teardown),
		cmocka_unit_test_setup_teardown(freeze_by_options, setup, teardown),
		cmocka_unit_test_setup_teardown(revoke_by_options, setup, teardown),
		cmocka_unit_test_setup_teardown(two_parties_make_sure_that_it_is_frozen, setup,
						teardown),
		cmocka_unit_test_setup_teardown(frozen_enough, setup, teardown),
		cmocka_unit_test_setup_teardown(wait_until_it_is_frozen_for_processes, setup,
						teardown),
		cmocka_unit_test(wait_for_programs),
		cmocka_unit_test(the_last_moment),
	};

	return RUN_GROUP(tests);
}
