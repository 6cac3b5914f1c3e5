// SPDX-License-Identifier: GPL-2.0-only
/* Directories: they are made, moved and removed, and regions are published in them. */
#include "files.h"

#include <dirent.h>
#include <linux/fs.h>

static int region = -1;

static int setup(void **state)
{
	(void)state;
	region = create_pages(1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(region);
	withdraw_all();
	return 0;
}

static unsigned int entries(const char *name)
{
	DIR *dir = opendir(path_of(name));
	struct dirent *entry;
	unsigned int nr = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		struct stat st;

		assert_ok(fstatat(dirfd(dir), entry->d_name, &st, 0));
		assert_int_equal(entry->d_type, S_ISDIR(st.st_mode) ? DT_DIR : DT_REG);
		/* ".." of the root belongs to another file system */
		if (strcmp(entry->d_name, ".."))
			assert_int_equal(entry->d_ino, st.st_ino);
		nr += entry->d_name[0] != '.';
	}
	closedir(dir);
	return nr;
}

static void a_directory_is_made_and_removed(void **state)
{
	const nlink_t before = stat_of(".").st_nlink;
	mode_t mask = umask(027);

	(void)state;
	assert_ok(try_mkdir("dir", 0777));
	umask(mask);
	assert_true(S_ISDIR(stat_of("dir").st_mode));
	assert_int_equal(stat_of("dir").st_mode & 07777, 0750);
	assert_int_equal(stat_of("dir").st_nlink, 2);
	assert_int_equal(stat_of(".").st_nlink, before + 1);
	assert_int_equal(entries("dir"), 0);
	assert_int_equal(entries("."), 1);
	assert_refused(try_mkdir("dir", 0700), EEXIST);
	assert_refused(try_withdraw("dir"), EISDIR);
	assert_ok(try_rmdir("dir"));
	assert_refused(try_rmdir("dir"), ENOENT);
	assert_int_equal(stat_of(".").st_nlink, before);
}

static void a_region_is_published_in_the_directory_of_an_fd(void **state)
{
	static const int flags[] = { O_RDONLY, O_PATH };
	size_t i;
	int dir;

	(void)state;
	assert_ok(try_mkdir("dir", 0700));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		dir = open_name("dir", O_DIRECTORY | flags[i]);
		assert_ok(try_publish_in(region, dir, "one"));
		assert_string_equal(info(region).published, "dir/one");
		assert_int_equal(id_of("dir/one"), info(region).id);
		assert_int_equal(entries("dir"), 1);
		assert_refused(try_rmdir("dir"), ENOTEMPTY);
		assert_ok(try_withdraw("dir/one"));
		close(dir);
	}
}

static void other_fds_are_no_directories(void **state)
{
	int named, tmp = open("/tmp", O_RDONLY | O_DIRECTORY);

	(void)state;
	only_named("named", 0600);
	named = open_name("named", O_RDWR);
	assert_refused(try_publish_in(region, named, "one"), ENOTDIR);
	assert_refused(try_publish_in(region, region, "one"), ENOTDIR);
	assert_refused(try_publish_in(region, tmp, "one"), EXDEV);
	assert_refused(try_publish_in(region, 4000, "one"), EBADF);
	assert_refused(try_publish_in(region, -1, "one"), EBADF);
	close(named);
	close(tmp);
}

static void a_removed_directory_takes_nothing(void **state)
{
	int dir, over;

	(void)state;
	assert_ok(try_mkdir("dir", 0700));
	assert_ok(try_mkdir("other", 0700));
	assert_ok(try_mkdir("over", 0700));
	dir = open_directory("dir");
	over = open_directory("over");
	assert_ok(try_rmdir("dir"));
	assert_refused(try_publish_in(region, dir, "one"), ENOENT);
	assert_refused(result(mkdirat(dir, "sub", 0700)), ENOENT);
	/* the same holds for a directory that another one has replaced */
	assert_ok(try_rename("other", "over", 0));
	assert_refused(try_publish_in(region, over, "one"), ENOENT);
	assert_int_equal(stat_of_fd(region).st_nlink, 0);
	close(dir);
	close(over);
}

static void what_rename_refuses(void **state)
{
	(void)state;
	assert_ok(try_mkdir("dir", 0700));
	assert_ok(try_mkdir("dir/sub", 0700));
	assert_ok(try_mkdir("empty", 0700));
	only_named("file", 0600);
	assert_refused(try_rename("empty", "dir", 0), ENOTEMPTY);
	assert_refused(try_rename("file", "dir", 0), EISDIR);
	assert_refused(try_rename("dir", "file", 0), ENOTDIR);
	assert_refused(try_rename("dir", "dir/sub/loop", 0), EINVAL);
	assert_refused(try_rename("dir", "dir/sub", 0), EINVAL);
	assert_refused(try_rename("dir/sub", "dir", 0), ENOTEMPTY);
	assert_refused(try_rmdir("dir"), ENOTEMPTY);
	assert_refused(try_rmdir("file"), ENOTDIR);
	assert_refused(try_rmdir("dir/."), EINVAL);
	assert_refused(result(rmdir(BPFMMAP_PUBLISH_DIR)), EBUSY);
}

static void a_directory_moves_with_what_is_in_it(void **state)
{
	uint32_t id = only_named("one", 0600);

	(void)state;
	assert_ok(try_mkdir("a", 0700));
	assert_ok(try_mkdir("b", 0700));
	assert_ok(try_mkdir("a/dir", 0700));
	assert_ok(try_rename("one", "a/dir/one", 0));
	assert_int_equal(stat_of("a").st_nlink, 3);
	assert_ok(try_rename("a/dir", "b/dir", 0));
	assert_int_equal(stat_of("a").st_nlink, 2);
	assert_int_equal(stat_of("b").st_nlink, 3);
	assert_int_equal(id_of("b/dir/one"), id);
	assert_ok(try_mkdir("b/empty", 0700));
	assert_ok(try_rename("b/dir", "b/empty", 0));
	assert_int_equal(stat_of("b").st_nlink, 3);
	assert_int_equal(id_of("b/empty/one"), id);
}

static void a_group_is_inherited_where_the_directory_says_so(void **state)
{
	(void)state;
	assert_ok(try_mkdir("dir", 0700));
	assert_ok(chown(path_of("dir"), 0, 77));
	assert_ok(chmod(path_of("dir"), 02775));
	assert_ok(try_mkdir("dir/sub", 0700));
	assert_int_equal(stat_of("dir/sub").st_gid, 77);
	assert_true(stat_of("dir/sub").st_mode & S_ISGID);
}

static int remove_roots(void *arg)
{
	(void)arg;
	if (try_withdraw("dir/roots") != -EPERM)
		return 1;
	if (try_rename("dir/roots", "dir/mine", 0) != -EPERM)
		return 2;
	if (try_rmdir("dir/rootsdir") != -EPERM)
		return 3;
	return try_withdraw("dir/theirs") ? 4 : 0;
}

static void sticky_bits_count(void **state)
{
	(void)state;
	assert_ok(try_mkdir("dir", 0700));
	assert_ok(chmod(path_of("dir"), 01777));
	assert_ok(try_mkdir("dir/rootsdir", 0777));
	only_named("roots", 0666);
	only_named("theirs", 0600);
	assert_ok(chown(path_of("theirs"), 1000, 1000));
	assert_ok(try_rename("roots", "dir/roots", 0));
	assert_ok(try_rename("theirs", "dir/theirs", 0));
	assert_ok(as_user(1000, remove_roots, NULL));
}

static void times_of_a_directory_change_with_its_names(void **state)
{
	struct stat before = stat_of("."), after;

	(void)state;
	usleep(30000);
	assert_ok(try_publish(region, "one"));
	after = stat_of(".");
	assert_memory_not_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	before = after;
	usleep(30000);
	assert_ok(try_withdraw("one"));
	after = stat_of(".");
	assert_memory_not_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_directory_is_made_and_removed),
		TEST(a_region_is_published_in_the_directory_of_an_fd),
		TEST(other_fds_are_no_directories),
		TEST(a_removed_directory_takes_nothing),
		TEST(what_rename_refuses),
		TEST(a_directory_moves_with_what_is_in_it),
		TEST(a_group_is_inherited_where_the_directory_says_so),
		TEST(sticky_bits_count),
		TEST(times_of_a_directory_change_with_its_names),
	};

	return RUN_GROUP(tests);
}
