// SPDX-License-Identifier: GPL-2.0-only
/*
 * inotify and fanotify: a freeze of any kind sends IN_ATTRIB to watchers of the file and to
 * watchers of its directory.
 */
#include "files.h"

#include <poll.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>

#define SHORTLY	300	/* ms; no event comes in this time */
#define LONG	20000	/* ms; an event that has not come by then does not come */

static int region = -1, watcher = -1;
static int of_file, of_directory;

static int setup(void **state)
{
	(void)state;
	assert_ok(try_mkdir("dir", 0700));
	only_named("one", 0600);
	assert_ok(try_rename("one", "dir/one", 0));
	region = open_name("dir/one", O_RDWR);
	watcher = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	of_file = inotify_add_watch(watcher, path_of("dir/one"), IN_ATTRIB);
	of_directory = inotify_add_watch(watcher, path_of("dir"), IN_ATTRIB);
	return of_file < 0 || of_directory < 0;
}

static int teardown(void **state)
{
	(void)state;
	close(watcher);
	close(region);
	withdraw_all();
	return 0;
}

/* True if an event comes for that watch, with that name. */
static bool told(int watch, const char *name, uint32_t mask)
{
	char buffer[4096] __attribute__((aligned(8)));
	struct pollfd wait = { .fd = watcher, .events = POLLIN };
	const struct inotify_event *event;
	bool found = false;
	char *at;

	while (!found && poll(&wait, 1, LONG) == 1) {
		ssize_t len = read(watcher, buffer, sizeof(buffer));

		for (at = buffer; at < buffer + len; at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)at;
			found |= event->wd == watch && (event->mask & mask) &&
				 !strcmp(event->len ? event->name : "", name);
		}
	}
	return found;
}

static bool told_nothing(void)
{
	struct pollfd wait = { .fd = watcher, .events = POLLIN };

	return poll(&wait, 1, SHORTLY) == 0;
}

static void the_file_is_told_of_a_freeze(void **state)
{
	(void)state;
	assert_true(told_nothing());
	assert_ok(try_freeze(region));
	assert_true(told(of_file, "", IN_ATTRIB));
}

static void the_directory_is_told_of_a_freeze(void **state)
{
	(void)state;
	assert_ok(try_freeze(region));
	assert_true(told(of_directory, "one", IN_ATTRIB));
}

/* Fds of restrict and open by id have no directory, and are newer than the name. */
static void the_directory_is_told_whatever_else_is_open(void **state)
{
	int restricted = try_restrict(region, BPFMMAP_F_RDONLY);
	int by_id = open_id(info(region).id, 0);

	(void)state;
	assert_ok(try_freeze(by_id));
	assert_true(told(of_directory, "one", IN_ATTRIB));
	close(restricted);
	close(by_id);
}

static void the_last_writers_munmap_tells(void **state)
{
	uint8_t *at = map(region, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(when_idle(region), EINPROGRESS);
	assert_true(told_nothing());
	unmap(at, PAGE);
	assert_true(told(of_file, "", IN_ATTRIB));
}

static void a_revoking_freeze_tells(void **state)
{
	uint8_t *at = map(region, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	at[0] = 1;
	assert_ok(try_revoke(region));
	assert_true(told(of_directory, "one", IN_ATTRIB));
	unmap(at, PAGE);
}

static void a_freeze_that_is_refused_tells_nothing(void **state)
{
	uint8_t *at = map(region, PAGE, PROT_READ | PROT_WRITE, 0);
	char rest[4096];

	(void)state;
	assert_refused(try_freeze(region), EBUSY);
	assert_true(told_nothing());
	unmap(at, PAGE);
	assert_ok(try_freeze(region));
	assert_true(told(of_file, "", IN_ATTRIB));
	assert_refused(try_freeze(region), EPERM);
	/* more events of the first freeze may still come, but no others */
	told_nothing();
	while (read(watcher, rest, sizeof(rest)) > 0)
		continue;
	assert_true(told_nothing());
}

/* A region without a name any more, and one that never had one (watched by /proc/self/fd). */
static void what_has_no_name_tells_who_looks_at_it(void **state)
{
	int fd = create_pages(1), watch;

	(void)state;
	assert_ok(try_withdraw("dir/one"));
	assert_true(told(of_file, "", IN_ATTRIB));	/* of nlink */
	assert_ok(try_freeze(region));
	assert_true(told(of_file, "", IN_ATTRIB));

	watch = inotify_add_watch(watcher, path_of_fd(fd), IN_ATTRIB);
	assert_true(watch >= 0);
	assert_ok(try_freeze(fd));
	assert_true(told(watch, "", IN_ATTRIB));
	close(fd);
}

static void fanotify_is_told_too(void **state)
{
	struct fanotify_event_metadata event[8];
	struct pollfd wait = { .events = POLLIN };
	int fan = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_NONBLOCK, 0);

	(void)state;
	assert_true(fan >= 0);
	wait.fd = fan;
	if (fanotify_mark(fan, FAN_MARK_ADD, FAN_ATTRIB, AT_FDCWD, path_of("dir/one"))) {
		/*
		 * up to 6.5 fanotify needs file handles that can be opened, and there are none
		 * here
		 */
		assert_true(errno == ENODEV || errno == EOPNOTSUPP);
		close(fan);
		return;
	}
	assert_ok(try_freeze(region));
	assert_int_equal(poll(&wait, 1, LONG), 1);
	assert_true(read(fan, event, sizeof(event)) > 0);
	assert_true(event[0].mask & FAN_ATTRIB);
	close(fan);
}

/* publish and unlink send IN_CREATE and IN_DELETE, as with any file. */
static void the_directory_is_told_of_publish_and_unlink(void **state)
{
	int fd = create_pages(1), dir = open_directory("dir");

	(void)state;
	of_directory = inotify_add_watch(watcher, path_of("dir"), IN_CREATE);
	assert_ok(try_publish_in(fd, dir, "two"));
	assert_true(told(of_directory, "two", IN_CREATE));
	of_directory = inotify_add_watch(watcher, path_of("dir"), IN_DELETE);
	assert_ok(try_withdraw("dir/two"));
	assert_true(told(of_directory, "two", IN_DELETE));
	close(dir);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_file_is_told_of_a_freeze),
		TEST(the_directory_is_told_of_a_freeze),
		TEST(the_directory_is_told_whatever_else_is_open),
		TEST(the_last_writers_munmap_tells),
		TEST(a_revoking_freeze_tells),
		TEST(a_freeze_that_is_refused_tells_nothing),
		TEST(what_has_no_name_tells_who_looks_at_it),
		TEST(fanotify_is_told_too),
		TEST(the_directory_is_told_of_publish_and_unlink),
	};

	return RUN_GROUP(tests);
}
