// SPDX-License-Identifier: GPL-2.0-only
/*
 * A copy of 100 MiB into a region gives way to other processes of the same CPU, and to SIGKILL.
 *
 * The process that copies and the one that looks on share a CPU, so the second one runs only when
 * the first one gives way. On a kernel that does not preempt system calls it gives way only if the
 * module does that itself.
 */
#include "fixture.h"

#include <sched.h>

#define LEN	(100 * MIB)
#define ROUNDS	10	/* tries, at least one of which is early enough */

static uint8_t *value;

/* Value by value, or as a file. */
struct way {
	const char *name;
	uint32_t value_size;
	int (*write)(int fd);
};

static int update(int fd)
{
	return try_update(fd, 0, value, 0);
}

static int update_batch(int fd)
{
	uint32_t count = LEN / info(fd).value_size;

	return try_batch(fd, BPFMMAP_IOC_UPDATE_BATCH, 0, &count, value);
}

static int write_all(int fd)
{
	return pwrite(fd, value, LEN, 0) == LEN ? 0 : -EIO;
}

static const struct way ways[] = {
	{ "update", LEN, update },
	{ "a batch of one", LEN, update_batch },
	{ "a batch of large values", 4 * MIB, update_batch },
	{ "a batch of small ones", 4096, update_batch },
	{ "pwrite", LEN, write_all },
};

static int setup(void **state)
{
	if (load_module(state))
		return -1;
	/* populated, so that the time goes into the copy */
	value = mmap(NULL, LEN, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	memset(value, 0x55, LEN);
	stay_on_cpu(0);
	return 0;
}

static bool is_over(pid_t pid)
{
	siginfo_t ended = { };

	return waitid(P_PID, pid, &ended, WEXITED | WNOHANG | WNOWAIT) || ended.si_pid;
}

/* Start a child that copies; when this returns, it has copied the first byte. */
static pid_t begin(const struct way *way, int fd, const volatile uint8_t *at)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(way->write(fd) ? 1 : 0);
	assert_true(pid > 0);
	while (!at[0] && !is_over(pid))
		sched_yield();
	assert_int_equal(at[0], 0x55);
	return pid;
}

/* Counts how often this process runs between the first byte and the last. */
static unsigned long others_were_on(const struct way *way, int fd, const volatile uint8_t *at)
{
	pid_t pid = begin(way, fd, at);
	unsigned long times = 0;
	int status;

	while (!at[LEN - 1] && !is_over(pid)) {
		times++;
		sched_yield();
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(all((const void *)at, LEN, 0x55));
	return times;
}

static void others_are_on_meanwhile(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		int fd = create(ways[i].value_size, LEN / ways[i].value_size), round;
		uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
		unsigned long times = 0;

		for (round = 0; round < ROUNDS && !times; round++) {
			at[0] = 0;
			at[LEN - 1] = 0;
			times = others_were_on(&ways[i], fd, at);
		}
		printf("# %s: others were on %lu times\n", ways[i].name, times);
		if (!times)
			fail_msg("%s: nobody else was on", ways[i].name);
		unmap(at, LEN);
		close(fd);
	}
}

/* True if the child has ended before the last byte was set. */
static bool ended_in_its_middle(const struct way *way, int fd, const volatile uint8_t *at)
{
	pid_t pid = begin(way, fd, at);
	int status;

	assert_ok(kill(pid, SIGKILL));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && !at[LEN - 1];
}

static void killed_they_end(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		int fd = create(ways[i].value_size, LEN / ways[i].value_size), round;
		uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
		bool ended = false;

		for (round = 0; round < ROUNDS && !ended; round++) {
			at[0] = 0;
			at[LEN - 1] = 0;
			ended = ended_in_its_middle(&ways[i], fd, at);
		}
		if (!ended)
			fail_msg("%s: SIGKILL came too late each time", ways[i].name);
		/* a process that was killed is no longer a writer */
		unmap(at, LEN);
		assert_ok(try_freeze(fd));
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_are_on_meanwhile),
		cmocka_unit_test(killed_they_end),
	};

	return RUN_GROUP_WITH(tests, setup, unload_module);
}
