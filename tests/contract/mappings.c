// SPDX-License-Identifier: GPL-2.0-only
/* The list of mappings: which parts of each mmap are left, which process made it, and when. */
#include "fixture.h"
#include "list.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x80
#endif

#define PAGES	8UL
#define LEN	(PAGES * PAGE)
#define ROOM	16

static int fd = -1;
static struct bpfmmap_mapping_entry entries[ROOM];

static int setup(void **state)
{
	(void)state;
	fd = create_pages(PAGES);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	return 0;
}

static uint32_t list(void)
{
	uint32_t count = ROOM;

	memset(entries, 0xee, sizeof(entries));
	assert_ok(try_list(fd, &count, entries));
	return count;
}

static void each_mmap_is_listed(void **state)
{
	uint64_t before = now(), between;
	uint8_t *rw, *ro;

	(void)state;
	assert_int_equal(list(), 0);
	rw = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	between = now();
	ro = map(fd, 2 * PAGE, PROT_READ, 3 * PAGE);

	assert_int_equal(list(), 2);
	assert_int_equal(entries[0].pid, getpid());
	assert_int_equal(entries[0].flags, BPFMMAP_MAPPING_WRITABLE);
	assert_int_equal(entries[0].offset, 0);
	assert_int_equal(entries[0].bytes, LEN);
	assert_int_equal(entries[0].count, 1);
	assert_in_range(entries[0].since_ns, before, between);
	assert_int_equal(entries[1].pid, getpid());
	assert_int_equal(entries[1].flags, 0);
	assert_int_equal(entries[1].offset, 3 * PAGE);
	assert_int_equal(entries[1].bytes, 2 * PAGE);
	assert_in_range(entries[1].since_ns, between, now());

	unmap(rw, LEN);
	assert_int_equal(list(), 1);
	assert_int_equal(entries[0].offset, 3 * PAGE);
	unmap(ro, 2 * PAGE);
	assert_int_equal(list(), 0);
}

static int count_in_child(void *arg)
{
	(void)arg;
	if (list() != 1 || entries[0].count != 2)
		return 1;
	return entries[0].pid == (uint32_t)getppid() ? 0 : 2;
}

static void fork_and_split_are_of_the_same_mmap(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ, 0);

	(void)state;
	assert_ok(in_child(count_in_child, NULL));
	assert_int_equal(list(), 1);
	assert_int_equal(entries[0].count, 1);
	unmap(at + PAGE, PAGE);
	assert_int_equal(list(), 1);
	assert_int_equal(entries[0].count, 2);
	assert_int_equal(entries[0].bytes, LEN);
	unmap(at, PAGE);
	assert_int_equal(list(), 1);
	assert_int_equal(entries[0].count, 1);
	unmap(at + 2 * PAGE, LEN - 2 * PAGE);
	assert_int_equal(list(), 0);
}

static void more_than_there_is_room_for(void **state)
{
	uint8_t *maps[3];
	uint32_t count;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		maps[i] = map(fd, PAGE, PROT_READ, i * PAGE);
	memset(entries, 0xee, sizeof(entries));
	count = 2;
	assert_ok(try_list(fd, &count, entries));
	assert_int_equal(count, 3);
	assert_int_equal(entries[1].offset, PAGE);
	assert_true(all(&entries[2], sizeof(entries[2]), 0xee));
	count = 0;
	assert_ok(try_list(fd, &count, NULL));
	assert_int_equal(count, 3);
	count = UINT32_MAX;
	assert_ok(try_list(fd, &count, entries));
	assert_int_equal(count, 3);
	for (i = 0; i < 3; i++)
		unmap(maps[i], PAGE);
}

static void a_bad_address_faults(void **state)
{
	uint8_t *page = page_before_a_hole();
	uint8_t *at = map(fd, PAGE, PROT_READ, 0);
	uint32_t count = 1;

	(void)state;
	assert_refused(try_list(fd, &count, page + PAGE - 8), EFAULT);
	count = 1;
	assert_ok(try_list(fd, &count, page + PAGE - sizeof(entries[0])));
	unmap(at, PAGE);
	free_page_before_a_hole(page);
}

/* The process that called mmap has gone, and its child still has the mapping. */
static void of_a_process_that_has_gone(void **state)
{
	int pipes[2], ready[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_ok(pipe(pipes));
	assert_ok(pipe(ready));
	assert_ok(prctl(PR_SET_CHILD_SUBREAPER, 1));
	pid = fork();
	if (!pid) {
		map(fd, PAGE, PROT_READ, 0);
		if (!fork()) {
			/* until the test is over or has failed */
			close(pipes[1]);
			if (write(ready[1], "", 1) == 1 && read(pipes[0], &byte, 1))
				_exit(1);
			_exit(0);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(list(), 1);
	assert_int_equal(entries[0].pid, 0);
	assert_int_equal(entries[0].count, 1);
	close(pipes[0]);
	close(pipes[1]);
	close(ready[0]);
	close(ready[1]);
	/* wait for the end of the process, as its mappings go before its descriptors */
	assert_true(wait(NULL) > 0);
	assert_int_equal(list(), 0);
}

/*
 * In another time namespace CLOCK_BOOTTIME is hours ahead. The list has times in the time of the
 * caller, in both namespaces.
 */
#define AHEAD	100000ULL	/* seconds */
#define A_WHILE	(60 * 1000000000ULL)	/* in nanoseconds; nothing here takes as long */

static bool is_young(const struct bpfmmap_mapping_entry *entry)
{
	const uint64_t age = now() - entry->since_ns;

	return entry->since_ns && age < A_WHILE;
}

static int map_ahead_and_list(int there, int back)
{
	uint8_t *own = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	uint32_t count = ROOM;
	char byte;

	if (own == MAP_FAILED || now() < AHEAD * 1000000000ULL)
		return 1;
	if (try_list(fd, &count, entries) || count != 2)
		return 2;
	if (!is_young(&entries[0]))
		return 3;
	if (!is_young(&entries[1]))
		return 4;
	/* until the other process has listed it, too */
	if (write(there, "", 1) != 1 || read(back, &byte, 1) != 0)
		return 5;
	return 0;
}

/* unshare() puts only later children into the namespace. Returns 100 if this kernel has none. */
static int go_ahead(int there, int back)
{
	int offsets, status;
	char line[64];
	pid_t pid;

	if (unshare(CLONE_NEWTIME))
		return 100;
	snprintf(line, sizeof(line), "boottime %llu 0\n", AHEAD);
	offsets = open("/proc/self/timens_offsets", O_WRONLY);
	if (offsets < 0 || write(offsets, line, strlen(line)) != (ssize_t)strlen(line))
		return 101;
	pid = fork();
	if (!pid)
		_exit(map_ahead_and_list(there, back));
	close(there);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 102;
	return WEXITSTATUS(status);
}

static void since_is_in_the_callers_time(void **state)
{
	uint8_t *at = map(fd, PAGE, PROT_READ, 0);
	int there[2], back[2], status;
	bool mapped;
	char byte;
	pid_t pid;

	(void)state;
	assert_ok(pipe(there));
	assert_ok(pipe(back));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(back[1]);
		_exit(go_ahead(there[1], back[0]));
	}
	close(there[1]);
	mapped = read(there[0], &byte, 1) == 1;
	if (mapped) {
		assert_int_equal(list(), 2);
		assert_true(is_young(&entries[0]));
		assert_int_equal(entries[1].offset, PAGE);
		assert_true(is_young(&entries[1]));
	}
	close(there[0]);
	close(back[0]);
	close(back[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	unmap(at, PAGE);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 100)
		skip_because("this kernel has no time namespaces");
	assert_int_equal(status, 0);
	assert_true(mapped);
}

static void *map_a_page(void *arg)
{
	(void)arg;
	return mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
}

/* A thread maps for its process, and may have ended when somebody lists that. */
static void of_a_thread_it_is_the_process(void **state)
{
	pthread_t thread;
	void *at;

	(void)state;
	assert_ok(pthread_create(&thread, NULL, map_a_page, NULL));
	assert_ok(pthread_join(thread, &at));
	assert_ptr_not_equal(at, MAP_FAILED);
	assert_int_equal(list(), 1);
	assert_int_equal(entries[0].pid, getpid());
	unmap(at, PAGE);
}

/* The first process of a namespace: its own mapping, and that of a process that it does not see. */
static int list_in_a_namespace(void)
{
	uint32_t count = ROOM;

	if (getpid() != 1 || map_a_page(NULL) == MAP_FAILED)
		return 1;
	if (try_list(fd, &count, entries) || count != 2)
		return 2;
	return entries[0].pid == 0 && entries[1].pid == 1 ? 0 : 3;
}

/* unshare() puts only later children into the namespace. Returns 100 if this kernel has none. */
static int in_a_pid_namespace(void *arg)
{
	int status;
	pid_t pid;

	(void)arg;
	if (unshare(CLONE_NEWPID))
		return 100;
	pid = fork();
	if (!pid)
		_exit(list_in_a_namespace());
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 101;
	return WEXITSTATUS(status);
}

static void pids_are_as_the_caller_sees_them(void **state)
{
	uint8_t *at = map(fd, PAGE, PROT_READ, 0);
	int ret = in_child(in_a_pid_namespace, NULL);

	(void)state;
	unmap(at, PAGE);
	if (ret == 100)
		skip_because("this kernel has no pid namespaces");
	assert_int_equal(ret, 0);
}

static void a_refused_mmap_is_not_listed(void **state)
{
	(void)state;
	assert_refused(try_map(fd, LEN + PAGE, PROT_READ, MAP_SHARED, 0), EINVAL);
	assert_refused(try_map(fd, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE), EINVAL);
	assert_int_equal(list(), 0);
	assert_int_equal(info(fd).writers, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_mmap_is_listed),
		TEST(fork_and_split_are_of_the_same_mmap),
		TEST(more_than_there_is_room_for),
		TEST(a_bad_address_faults),
		TEST(of_a_process_that_has_gone),
		TEST(since_is_in_the_callers_time),
		TEST(of_a_thread_it_is_the_process),
		TEST(pids_are_as_the_caller_sees_them),
		TEST(a_refused_mmap_is_not_listed),
	};

	return RUN_GROUP(tests);
}
