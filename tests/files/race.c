// SPDX-License-Identifier: GPL-2.0-only
/*
 * While a name changes, open(2) by it gives an fd of a region that the caller may open, or an
 * error. It never gives a region that the caller may not open.
 *
 * One process changes what a name leads to, by publish and unlink or by renames: now a region for
 * all, now a private one. Two other processes without rights open it all the time, and look at the
 * contents of what they got. (Regions were device nodes once. Their numbers were used again, so a
 * permission check of one node could open the region of another.)
 *
 * OPENS in the environment is the number of opens in each test that must find something, 3,000 by
 * default.
 */
#include "files.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <time.h>

#define OPENERS	2

/* Shared by the openers and the process that changes the name. */
struct race {
	const char *path;	/* that is opened */
	int flags;
	long wanted;		/* opens */
	atomic_long opened, refused, wrong, changes;
	atomic_bool stop;
};

static struct race *race;

static int setup(void **state)
{
	(void)state;
	race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	race->wanted = number_in_environment("OPENS", 3000);
	race->flags = O_RDWR;
	return race == MAP_FAILED;
}

static int teardown(void **state)
{
	(void)state;
	withdraw_all();
	munmap(race, sizeof(*race));
	return 0;
}

static int make(const char *contents)
{
	int fd = create_pages(1);

	assert_int_equal(pwrite(fd, contents, strlen(contents), 0), strlen(contents));
	return fd;
}

/* Count what an open gave: the contents of a region for all, or an error that is allowed. */
static void judge(int fd)
{
	char contents[8] = "";

	if (fd < 0) {
		race->refused++;
		race->wrong += errno != ENOENT && errno != EACCES && errno != ENXIO;
		return;
	}
	if (pread(fd, contents, 7, 0) != 7 || strcmp(contents, "for all"))
		race->wrong++;
	race->opened++;
	close(fd);
}

static void open_all_the_time(int (*fn)(void))
{
	become_nobody();
	while (!race->stop)
		judge(fn());
	_exit(0);
}

static int open_path(void)
{
	return open(race->path, race->flags);
}

/* Openers call fn, and this process change(), until enough opens have found something. */
static void run(const char *path, int (*fn)(void), void (*change)(void *arg), void *arg)
{
	pid_t pids[OPENERS];
	int i, status;

	race->path = strdup(path);
	fflush(stdout);
	for (i = 0; i < OPENERS; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			open_all_the_time(fn);
		}
	}
	while (race->opened < race->wanted || !race->refused || race->changes < 100) {
		change(arg);
		race->changes++;
	}
	race->stop = true;
	for (i = 0; i < OPENERS; i++) {
		waitpid(pids[i], &status, 0);
		assert_int_equal(status, 0);
	}
	printf("# %ld opened, %ld refused, %ld wrong, %ld changes\n", race->opened, race->refused,
	       race->wrong, race->changes);
	assert_int_equal(race->wrong, 0);
}

struct two {
	int all, private;
};

static void publish_and_withdraw(void *arg)
{
	const struct two *two = arg;

	assert_ok(try_publish_mode(two->all, "raced", 0666));
	assert_ok(try_withdraw("raced"));
	assert_ok(try_publish_mode(two->private, "raced", 0600));
	assert_ok(try_withdraw("raced"));
}

static void a_name_that_is_taken_again_at_once(void **state)
{
	struct two two = { make("for all"), make("private") };

	(void)state;
	run(path_of("raced"), open_path, publish_and_withdraw, &two);
	close(two.all);
	close(two.private);
}

/* New regions each time, so that memory and dentries are used again. */
static void new_regions(void *arg)
{
	struct two two = { make("for all"), make("private") };

	(void)arg;
	publish_and_withdraw(&two);
	close(two.all);
	close(two.private);
}

static void regions_that_come_and_go(void **state)
{
	(void)state;
	run(path_of("raced"), open_path, new_regions, NULL);
}

/* Renames put the region for all and a private one in each other's place, in turn. */
static void rename_over(void *arg)
{
	(void)arg;
	only_named("new", 0600);
	assert_ok(try_rename("new", "raced", 0));
	assert_ok(try_link("keep", "new"));
	assert_ok(try_rename("new", "raced", 0));
}

static void a_rename_over_what_is_opened(void **state)
{
	int fd = make("for all");

	(void)state;
	assert_ok(try_publish_mode(fd, "keep", 0666));
	assert_ok(try_link("keep", "raced"));
	run(path_of("raced"), open_path, rename_over, NULL);
	close(fd);
}

static void hard_links(void *arg)
{
	(void)arg;
	assert_ok(try_link("all", "raced"));
	sched_yield();
	assert_ok(try_withdraw("raced"));
	assert_ok(try_link("private", "raced"));
	sched_yield();
	assert_ok(try_withdraw("raced"));
}

static void hard_links_to_the_one_and_the_other(void **state)
{
	int all = make("for all"), private = make("private");

	(void)state;
	assert_ok(try_publish_mode(all, "all", 0666));
	assert_ok(try_publish_mode(private, "private", 0600));
	run(path_of("raced"), open_path, hard_links, NULL);
	close(all);
	close(private);
}

/* The path leads through a bind mount of the directory. */
static void through_a_bind_mount(void **state)
{
	int all = make("for all"), private = make("private");

	(void)state;
	mkdir("/tmp/bound", 0755);
	assert_ok(mount(BPFMMAP_PUBLISH_DIR, "/tmp/bound", NULL, MS_BIND, NULL));
	assert_ok(try_publish_mode(all, "all", 0666));
	assert_ok(try_publish_mode(private, "private", 0600));
	run("/tmp/bound/raced", open_path, hard_links, NULL);
	assert_ok(umount("/tmp/bound"));
	close(all);
	close(private);
}

/* The fd of O_PATH is opened again when another region may have the name. */
static int open_by_o_path(void)
{
	int found = open(race->path, O_PATH), fd;

	if (found < 0)
		return found;
	fd = open(path_of_fd(found), race->flags);
	close(found);
	return fd;
}

static void through_an_fd_of_o_path(void **state)
{
	int all = make("for all"), private = make("private");

	(void)state;
	assert_ok(try_publish_mode(all, "all", 0666));
	assert_ok(try_publish_mode(private, "private", 0600));
	run(path_of("raced"), open_by_o_path, hard_links, NULL);
	close(all);
	close(private);
}

/* The directory is closed to the openers from time to time. */
static void close_the_directory(void *arg)
{
	(void)arg;
	assert_ok(chmod(path_of("dir"), 0700));
	assert_ok(try_withdraw("dir/raced"));
	assert_ok(try_link("private", "dir/raced"));
	assert_ok(try_withdraw("dir/raced"));
	assert_ok(try_link("all", "dir/raced"));
	assert_ok(chmod(path_of("dir"), 0755));
	sched_yield();
}

static void a_directory_that_is_closed_from_time_to_time(void **state)
{
	int all = make("for all"), private = make("private");

	(void)state;
	assert_ok(try_mkdir("dir", 0755));
	assert_ok(try_publish_mode(all, "all", 0666));
	assert_ok(try_publish_mode(private, "private", 0600));
	assert_ok(try_link("all", "dir/raced"));
	run(path_of("dir/raced"), open_path, close_the_directory, NULL);
	close(all);
	close(private);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_that_is_taken_again_at_once),
		TEST(regions_that_come_and_go),
		TEST(a_rename_over_what_is_opened),
		TEST(hard_links_to_the_one_and_the_other),
		TEST(through_a_bind_mount),
		TEST(through_an_fd_of_o_path),
		TEST(a_directory_that_is_closed_from_time_to_time),
	};

	return RUN_GROUP(tests);
}
