// SPDX-License-Identifier: GPL-2.0-only
/*
 * Under load: processes of root and of users run random operations on names and on regions that
 * have names or lose them (lib/operations.c), and others watch. Each call works or gives an error
 * that it may give. In the end nothing is charged to anybody.
 *
 * SECONDS_OF_LOAD in the environment is the time, 10 seconds by default, and SEED chooses the
 * operations.
 */
#include "fixture.h"
#include "operations.h"

#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#define WORKERS		8
#define MAX_PUBLISHED	32

static void become_user(unsigned int uid)
{
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		_exit(127);
}

/* Every second worker is root. */
static int work(unsigned int number, uint64_t seed, time_t end, struct tally *tallies)
{
	struct worker worker = { .number = number, .root = number % 2 == 0 };

	worker.seed = seed + number;
	if (!worker.root)
		become_user(1000 + number / 2);
	worker_start(&worker);
	while (time(NULL) < end)
		operate(&worker, tallies);
	worker_end(&worker);
	return 0;
}

/* A process that gets all events there, and has watches on names that go. */
static int look_on(time_t end)
{
	char events[4096];
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return 1;
	while (time(NULL) < end) {
		inotify_add_watch(fd, path_of("."), IN_ALL_EVENTS);
		inotify_add_watch(fd, path_of("a"), IN_ALL_EVENTS);
		inotify_add_watch(fd, path_of("n0"), IN_ALL_EVENTS);
		inotify_add_watch(fd, path_of("a/n1"), IN_ALL_EVENTS);
		stat(path_of("b/n2"), &st);
		while (read(fd, events, sizeof(events)) > 0)
			continue;
	}
	close(fd);
	return 0;
}

static pid_t in_background(unsigned int number, uint64_t seed, time_t end, struct tally *tallies)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(number < WORKERS ? work(number, seed, end, tallies) : look_on(end));
	}
	return pid;
}

static void report(const struct tally *tallies)
{
	size_t i;

	for (i = 0; i < nr_operations; i++)
		printf("# %-16s %8lu done %8lu refused%s%s\n", operations[i].name, tallies[i].done,
		       tallies[i].refused, tallies[i].wrong ? ", once with " : "",
		       tallies[i].wrong ? strerror(tallies[i].wrong) : "");
	fflush(stdout);
}

static void assert_nothing_is_charged(void)
{
	struct statfs st;
	char name[16];
	int i;

	assert_ok(statfs(BPFMMAP_PUBLISH_DIR, &st));
	assert_int_equal(st.f_bfree, st.f_blocks);
	assert_int_equal(st.f_ffree, st.f_files);
	for (i = 0; i < MAX_PUBLISHED; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		assert_ok(mkdir(path_of(name), 0700));
	}
	assert_refused(result(mkdir(path_of("more"), 0700)), ENOSPC);
	withdraw_all();
}

static void processes_do_what_they_can_and_nothing_is_left(void **state)
{
	const uint64_t seed = number_in_environment("SEED", time(NULL));
	const time_t end = time(NULL) + number_in_environment("SECONDS_OF_LOAD", 10);
	struct tally *tallies = mmap(NULL, nr_operations * sizeof(*tallies),
				     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[WORKERS + 1];
	int status, wrong = 0;
	size_t i;

	(void)state;
	printf("# SEED=%llu\n", (unsigned long long)seed);
	set_parameter("max_published", "32");
	set_parameter("max_regions", "100");
	set_parameter("max_total_bytes", "16777216");
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01777));
	assert_ok(chmod(BPFMMAP_DEVICE, 0666));
	mkdir("/tmp/second", 0755);
	mkdir("/tmp/third", 0755);
	for (i = 0; i < WORKERS + 1; i++)
		pids[i] = in_background(i, seed, end, tallies);
	for (i = 0; i < WORKERS + 1; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		wrong += !!status;
	}
	report(tallies);
	assert_int_equal(wrong, 0);
	for (i = 0; i < nr_operations; i++) {
		assert_int_equal(tallies[i].wrong, 0);
		assert_true(tallies[i].done > 0);
	}

	while (!umount2("/tmp/second", 0) || !umount2("/tmp/third", 0))
		continue;
	withdraw_all();
	assert_nothing_is_charged();
	assert_ok(try_unload());
	assert_ok(try_load(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_do_what_they_can_and_nothing_is_left),
	};

	return RUN_GROUP(tests);
}
