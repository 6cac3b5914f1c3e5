// SPDX-License-Identifier: GPL-2.0-only
/* A signal ends a create at once, and nothing of the region is left. */
#include "fixture.h"

#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define LARGE	(384 * MIB)	/* the kernel needs far longer for this than a signal to come */

static volatile sig_atomic_t signals;

static void note(int signal)
{
	(void)signal;
	signals++;
}

/* Send signals at an interval, so that one comes during the create; 0 ends that. */
static void signal_every_microseconds(long microseconds)
{
	struct timeval interval = { .tv_usec = microseconds };
	struct itimerval timer = { .it_value = interval, .it_interval = interval };

	assert_ok(setitimer(ITIMER_REAL, &timer, NULL));
}

static bool no_region_is_left(void)
{
	uint32_t id;

	return try_next_id(0, &id) == -ENOENT;
}

/* Also with SA_RESTART: the caller decides whether to try again. */
static void a_signal_interrupts(void **state)
{
	static const int flags[] = { 0, SA_RESTART };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct sigaction action = { .sa_handler = note, .sa_flags = flags[i] };

		signals = 0;
		assert_ok(sigaction(SIGALRM, &action, NULL));
		signal_every_microseconds(5000);
		assert_refused(try_create(LARGE, 1), EINTR);
		signal_every_microseconds(0);
		assert_true(signals > 0);
		assert_true(no_region_is_left());
	}
	/* without a signal it works */
	close(create(LARGE, 1));
}

static void a_blocked_or_ignored_signal_does_not(void **state)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, standard = { .sa_handler = SIG_DFL };
	sigset_t set;

	(void)state;
	assert_ok(sigaction(SIGALRM, &ignore, NULL));
	signal_every_microseconds(5000);
	close(create(64 * MIB, 1));
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	assert_ok(sigprocmask(SIG_BLOCK, &set, NULL));
	assert_ok(sigaction(SIGALRM, &(struct sigaction){ .sa_handler = note }, NULL));
	close(create(64 * MIB, 1));
	signal_every_microseconds(0);
	assert_ok(sigprocmask(SIG_UNBLOCK, &set, NULL));
	assert_ok(sigaction(SIGALRM, &standard, NULL));
}

/* Stop and continue the process at many moments, as ^Z and fg do: that gives no EINTR. */
static void a_stopped_create_goes_on(void **state)
{
	int round, status;

	(void)state;
	for (round = 0; round < 20; round++) {
		pid_t pid = fork();

		if (!pid)
			_exit(try_create(LARGE, 1) < 0);
		usleep(1000 + 3000 * round);
		assert_ok(kill(pid, SIGSTOP));
		assert_ok(kill(pid, SIGCONT));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

/*
 * The kernel has work to do in the process, here to take down a ring of io_uring. That looks like
 * a signal, but there is none.
 */
static void work_for_the_process_is_no_signal(void **state)
{
	struct io_uring_params params;
	int round, ring;

	(void)state;
	for (round = 0; round < 100; round++) {
		memset(&params, 0, sizeof(params));
		ring = syscall(SYS_io_uring_setup, 1, &params);
		if (ring < 0)
			skip_because("this kernel has no io_uring");
		close(ring);
		close(create(8 * MIB, 1));
	}
}

static int create_until_killed(void *arg)
{
	(void)arg;
	for (;;) {
		int fd = try_create(LARGE, 1);

		if (fd < 0)
			return -fd;
		close(fd);
	}
}

/* Kill the process at many moments; each time all of its memory comes back. */
static void a_killed_creator_leaves_nothing(void **state)
{
	long long before = available_memory();
	int round, status;

	(void)state;
	for (round = 0; round < 20; round++) {
		pid_t pid = fork();

		if (!pid)
			_exit(create_until_killed(NULL));
		usleep(1000 + 3000 * round);
		assert_ok(kill(pid, SIGKILL));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
	}
	assert_true(no_region_is_left());
	/* less than one region is missing; the last pages may take a moment */
	for (round = 0; round < 100 && available_memory() <= before - 64 * (long long)MIB; round++)
		usleep(100000);
	assert_true(available_memory() > before - 64 * (long long)MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_interrupts),
		cmocka_unit_test(a_blocked_or_ignored_signal_does_not),
		cmocka_unit_test(a_stopped_create_goes_on),
		cmocka_unit_test(work_for_the_process_is_no_signal),
		cmocka_unit_test(a_killed_creator_leaves_nothing),
	};

	return RUN_GROUP(tests);
}
