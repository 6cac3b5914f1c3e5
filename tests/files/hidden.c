// SPDX-License-Identifier: GPL-2.0-only
/* A user who may not search a directory does not learn the names in it, in any way. */
#include "files.h"

#include <dirent.h>
#include <sys/mount.h>

static int region = -1;		/* with all rights, and without a name */

static int setup(void **state)
{
	int dir;

	(void)state;
	region = create_pages(1);
	assert_ok(try_mkdir("dir", 0700));
	assert_ok(try_mkdir("dir/sub", 0777));
	assert_ok(chmod(path_of("dir/sub"), 0777));
	dir = open_directory("dir/sub");
	assert_ok(try_publish_in(region, dir, "secret"));
	assert_ok(chmod(path_of("dir/sub/secret"), 0666));
	close(dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(region);
	withdraw_all();
	return 0;
}

static bool fdinfo_has(int fd, const char *text)
{
	char contents[4096] = "";
	int file;

	file = open(path_of_fdinfo(fd), O_RDONLY);
	if (file < 0 || read(file, contents, sizeof(contents) - 1) <= 0)
		return true;
	close(file);
	return strstr(contents, text);
}

/* For children: the name that INFO tells of that fd, or "?", which is no name. */
static const char *published(int fd)
{
	static struct bpfmmap_info args;

	args = (struct bpfmmap_info) { .size = sizeof(args) };
	return request(fd, BPFMMAP_IOC_INFO, &args) ? "?" : args.published;
}

struct look {
	int fd;
	const char *expected;
};

static int look(void *arg)
{
	const struct look *wanted = arg;
	const char *told = published(wanted->fd);

	if (strcmp(told, wanted->expected)) {
		printf("# it is told as '%s'\n", told);
		return 1;
	}
	return !*told && fdinfo_has(wanted->fd, "secret") ? 2 : 0;
}

static void an_fd_alone_tells_no_name_in_a_closed_directory(void **state)
{
	struct look hidden = { region, "" }, known = { region, "dir/sub/secret" };

	(void)state;
	assert_ok(look(&known));
	assert_ok(as_user(1000, look, &hidden));
	assert_ok(chmod(path_of("dir"), 0755));
	assert_ok(as_user(1000, look, &known));
	/* a user who may search it but not list it has to know the name */
	assert_ok(chmod(path_of("dir/sub"), 0711));
	assert_ok(as_user(1000, look, &hidden));
	assert_ok(chmod(path_of("dir/sub"), 0744));
	assert_ok(as_user(1000, look, &hidden));
}

/* An fd that root has opened by the name. */
static void nor_does_one_that_was_opened_by_it(void **state)
{
	int opened = open_name("dir/sub/secret", O_RDWR);
	struct look hidden = { opened, "" }, known = { opened, "dir/sub/secret" };

	(void)state;
	assert_ok(as_user(1000, look, &hidden));
	/* the user may search both directories now */
	assert_ok(chmod(path_of("dir"), 0711));
	assert_ok(chmod(path_of("dir/sub"), 0711));
	assert_ok(as_user(1000, look, &known));
	close(opened);
}

static void of_two_names_the_one_that_it_was_opened_by_is_told(void **state)
{
	int opened;
	struct look known, hidden;

	(void)state;
	assert_ok(try_mkdir("open", 0755));
	assert_ok(try_link("dir/sub/secret", "open/here"));
	opened = open_name("open/here", O_RDWR);
	known = (struct look) { opened, "open/here" };
	hidden = (struct look) { opened, "" };
	assert_ok(as_user(1000, look, &known));
	assert_ok(look(&known));
	/* when that name is gone, the other one is not told */
	assert_ok(try_withdraw("open/here"));
	assert_ok(as_user(1000, look, &hidden));
	assert_string_equal(published(opened), "dir/sub/secret");
	close(opened);
}

static void with_less_than_all_rights_nothing_is_told(void **state)
{
	int restricted = try_restrict(region, BPFMMAP_F_NOFREEZE);
	int by_id = open_id(info(region).id, BPFMMAP_F_RDONLY);

	(void)state;
	assert_string_equal(info(restricted).published, "");
	assert_string_equal(info(by_id).published, "");
	assert_false(fdinfo_has(restricted, "secret"));
	close(restricted);
	close(by_id);
}

/* A bind mount of one directory shows no names above it. */
static void a_bind_mount_is_all_that_is_seen(void **state)
{
	int opened;

	(void)state;
	mkdir("/tmp/bound", 0755);
	assert_ok(mount(path_of("dir/sub"), "/tmp/bound", NULL, MS_BIND, NULL));
	opened = open("/tmp/bound/secret", O_RDWR);
	assert_string_equal(info(opened).published, "secret");
	assert_false(fdinfo_has(opened, "sub"));
	/* a region that has left the directory has no name there */
	assert_ok(try_rename("dir/sub/secret", "dir/elsewhere", 0));
	assert_string_equal(info(opened).published, "");
	close(opened);
	assert_ok(umount("/tmp/bound"));
}

static int try_to_look(void *arg)
{
	char path[64], target[64];

	(void)arg;
	if (opendir(path_of("dir")) || errno != EACCES)
		return 1;
	if (try_open_name("dir/sub/secret", O_RDONLY) != -EACCES)
		return 2;
	if (try_open_name("dir/sub/not", O_RDONLY) != -EACCES)
		return 3;
	if (access(path_of("dir/sub"), F_OK) != -1 || errno != EACCES)
		return 4;
	/* files of a process of another user */
	snprintf(path, sizeof(path), "/proc/%d/maps", getppid());
	if (open(path, O_RDONLY) >= 0)
		return 5;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", getppid(), region);
	if (open(path, O_RDONLY) >= 0)
		return 6;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getppid(), region);
	return readlink(path, target, sizeof(target)) >= 0 ? 7 : 0;
}

static void a_closed_directory_is_closed(void **state)
{
	(void)state;
	assert_ok(as_user(1000, try_to_look, NULL));
}

static void a_path_that_is_too_long_is_not_told(void **state)
{
	char longest[64] = "", path[256];
	int fd = create_pages(1), dir;

	(void)state;
	memset(longest, 'n', 62);
	assert_ok(try_mkdir("d", 0700));
	dir = open_directory("d");
	longest[61] = '\0';
	/* 61 times "d/", and a NUL: it just fits */
	assert_ok(try_publish_in(fd, dir, longest));
	snprintf(path, sizeof(path), "d/%s", longest);
	assert_string_equal(info(fd).published, path);
	assert_ok(try_withdraw(path));
	longest[61] = 'n';
	assert_ok(try_publish_in(fd, dir, longest));
	assert_string_equal(info(fd).published, "");
	close(dir);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_fd_alone_tells_no_name_in_a_closed_directory),
		TEST(nor_does_one_that_was_opened_by_it),
		TEST(of_two_names_the_one_that_it_was_opened_by_is_told),
		TEST(with_less_than_all_rights_nothing_is_told),
		TEST(a_bind_mount_is_all_that_is_seen),
		TEST(a_closed_directory_is_closed),
		TEST(a_path_that_is_too_long_is_not_told),
	};

	return RUN_GROUP(tests);
}
