// SPDX-License-Identifier: GPL-2.0-only
/* Mounts, names and directories: each is there with its count, or not at all. */
#include "faults.h"

#include <dirent.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <linux/fs.h>

#define SECOND	"/tmp/second"	/* another mount */

static int region, directory;

/*
 * Mounts
 */

static void unmount_first(void)
{
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
}

static long mount_it(void)
{
	return try_mount("mode=0755,uid=0,gid=0");
}

static void is_mounted(long ret)
{
	assert_int_equal(ret, 0);
	close(create(8, 1));
}

static void the_first_mount(void **state)
{
	(void)state;
	FAIL_EACH(.before = unmount_first, .make = mount_it, .after = is_mounted,
		  .errors = USUAL_ERRORS);
}

static long mount_second(void)
{
	return result(mount("bpfmmap", SECOND, "bpfmmap", 0, ""));
}

static void unmount_second(long ret)
{
	assert_int_equal(ret, 0);
	assert_ok(access(SECOND "/name", F_OK));
	assert_ok(umount(SECOND));
}

static void a_second_mount(void **state)
{
	(void)state;
	assert_ok(mkdir(SECOND, 0700));
	region = create_filled(1);
	assert_ok(try_publish(region, "name"));
	FAIL_EACH(.make = mount_second, .after = unmount_second, .region = &region,
		  .errors = USUAL_ERRORS);
	assert_ok(try_withdraw("name"));
	close(region);
	assert_ok(rmdir(SECOND));
}

static mode_t mode_of_root(void)
{
	struct stat st;

	assert_ok(stat(BPFMMAP_PUBLISH_DIR, &st));
	return st.st_mode & 07777;
}

static void set_root_mode(void)
{
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01775));
}

static long mount_anew(void)
{
	return result(mount("none", BPFMMAP_PUBLISH_DIR, NULL, MS_REMOUNT, "mode=0700"));
}

static void has_the_mode(long ret)
{
	assert_int_equal(ret, 0);
	assert_int_equal(mode_of_root(), 0700);
}

static void has_the_old_mode(void)
{
	assert_int_equal(mode_of_root(), 01775);
}

static void a_mount_with_other_options(void **state)
{
	(void)state;
	FAIL_EACH(.before = set_root_mode, .make = mount_anew, .after = has_the_mode,
		  .failed = has_the_old_mode, .end = set_root_mode, .errors = USUAL_ERRORS);
}

static long unmount_it(void)
{
	return result(umount(BPFMMAP_PUBLISH_DIR));
}

static void mount_again(long ret)
{
	assert_int_equal(ret, 0);
	assert_ok(try_mount(""));
	assert_ok(access(path_of("name"), F_OK));
}

/* The name keeps the file system. */
static void umount_with_a_name(void **state)
{
	(void)state;
	region = create_filled(1);
	assert_ok(try_publish(region, "name"));
	close(region);
	FAIL_EACH(.make = unmount_it, .after = mount_again, .errors = USUAL_ERRORS);
	assert_ok(try_withdraw("name"));
}

static long ask_statfs(void)
{
	struct statfs st;

	return result(statfs(BPFMMAP_PUBLISH_DIR, &st));
}

static void statfs_of_the_mount(void **state)
{
	(void)state;
	FAIL_EACH(.make = ask_statfs, .errors = USUAL_ERRORS);
}

/*
 * Names of regions
 */

static void make_region(void)
{
	region = create_filled(1);
}

static void make_named_region(void)
{
	make_region();
	assert_ok(try_publish_mode(region, "name", 0640));
}

static void close_region(void)
{
	close(region);
}

static void withdraw_and_close(void)
{
	assert_ok(try_withdraw("name"));
	close(region);
}

static void no_name(void)
{
	assert_int_equal(access(path_of("name"), F_OK), -1);
	assert_int_equal(info(region).published[0], '\0');
}

static long publish_it(void)
{
	return try_publish_mode(region, "name", 0640);
}

static void is_published(long ret)
{
	struct stat st;

	assert_int_equal(ret, 0);
	assert_ok(stat(path_of("name"), &st));
	assert_int_equal(st.st_ino, info(region).id);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_nlink, 1);
	assert_string_equal(info(region).published, "name");
}

static void publish(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_region, .make = publish_it, .after = is_published,
		  .failed = no_name, .end = withdraw_and_close, .region = &region,
		  .errors = USUAL_ERRORS);
}

/* Changes of the user allocate, too, and the one back must not fail. */
static long publish_as_another_user(void)
{
	long ret;

	if (seteuid(1234))
		return -errno;
	ret = publish_it();
	while (seteuid(0))
		continue;
	return ret;
}

/* The first name of a user: there is something to count for this user from now on. */
static void publish_by_another_user(void **state)
{
	(void)state;
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01777));
	set_parameter("max_published", "20");
	FAIL_EACH(.before = make_region, .make = publish_as_another_user, .after = is_published,
		  .failed = no_name, .end = withdraw_and_close, .region = &region,
		  .errors = USUAL_ERRORS);
}

static void make_region_and_directory(void)
{
	make_region();
	assert_ok(mkdir(path_of("directory"), 0755));
	directory = open_directory("directory");
}

static void remove_directory(void)
{
	close(directory);
	assert_ok(rmdir(path_of("directory")));
	close(region);
}

static long publish_in_directory(void)
{
	return try_publish_in(region, directory, "name");
}

static void is_in_directory(long ret)
{
	assert_int_equal(ret, 0);
	assert_string_equal(info(region).published, "directory/name");
	assert_ok(unlinkat(directory, "name", 0));
}

static void publish_in_a_directory(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_region_and_directory, .make = publish_in_directory,
		  .after = is_in_directory, .end = remove_directory, .region = &region,
		  .errors = USUAL_ERRORS);
}

static long open_it(void)
{
	return try_open_name("name", O_RDWR);
}

static void close_it(long fd)
{
	assert_int_equal(info(fd).id, info(region).id);
	close(fd);
}

static void open_by_name(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_named_region, .make = open_it, .after = close_it,
		  .end = withdraw_and_close, .region = &region, .errors = USUAL_ERRORS);
}

static long link_it(void)
{
	return result(link(path_of("name"), path_of("second")));
}

static void is_linked(long ret)
{
	assert_int_equal(ret, 0);
	assert_ok(try_withdraw("second"));
}

static void link_of_a_name(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_named_region, .make = link_it, .after = is_linked,
		  .end = withdraw_and_close, .region = &region, .errors = USUAL_ERRORS);
}

static long unlink_it(void)
{
	return try_withdraw("name");
}

static void is_unlinked(long ret)
{
	assert_int_equal(ret, 0);
	no_name();
}

static void still_named(void)
{
	assert_string_equal(info(region).published, "name");
	assert_ok(access(path_of("name"), F_OK));
}

static void unlink_of_a_name(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_named_region, .make = unlink_it, .after = is_unlinked,
		  .failed = still_named, .end = close_region, .region = &region,
		  .errors = USUAL_ERRORS);
}

static long rename_it(void)
{
	return result(rename(path_of("name"), path_of("new")));
}

static void is_renamed(long ret)
{
	assert_int_equal(ret, 0);
	assert_string_equal(info(region).published, "new");
	assert_ok(rename(path_of("new"), path_of("name")));
}

static void rename_of_a_name(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_named_region, .make = rename_it, .after = is_renamed,
		  .failed = still_named, .end = withdraw_and_close, .region = &region,
		  .errors = USUAL_ERRORS);
}

static int other;

static void make_two_regions(void)
{
	make_named_region();
	other = create_filled(1);
	assert_ok(try_publish(other, "new"));
}

static void is_renamed_over(long ret)
{
	is_renamed(ret);
	assert_int_equal(info(other).published[0], '\0');
}

static void both_named(void)
{
	still_named();
	assert_string_equal(info(other).published, "new");
}

static void close_both(void)
{
	withdraw_and_close();
	close(other);
}

static void rename_over_a_name(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_two_regions, .make = rename_it, .after = is_renamed_over,
		  .failed = both_named, .end = close_both, .region = &region,
		  .errors = USUAL_ERRORS);
}

static long exchange(void)
{
	return result(syscall(SYS_renameat2, AT_FDCWD, path_of("name"), AT_FDCWD,
			      path_of("new"), RENAME_EXCHANGE));
}

static void is_exchanged(long ret)
{
	assert_int_equal(ret, 0);
	assert_string_equal(info(region).published, "new");
	assert_string_equal(info(other).published, "name");
}

static void withdraw_both(void)
{
	assert_ok(try_withdraw("new"));
	close_both();
}

static void exchange_of_names(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_two_regions, .make = exchange, .after = is_exchanged,
		  .failed = both_named, .end = withdraw_both, .region = &region,
		  .errors = USUAL_ERRORS);
}

/*
 * Directories
 */

static nlink_t links_of_root(void)
{
	struct stat st;

	assert_ok(stat(BPFMMAP_PUBLISH_DIR, &st));
	return st.st_nlink;
}

static long make_directory(void)
{
	return result(mkdir(path_of("directory"), 0750));
}

static void is_directory(long ret)
{
	struct stat st;

	assert_int_equal(ret, 0);
	assert_ok(stat(path_of("directory"), &st));
	assert_int_equal(st.st_mode, S_IFDIR | 0750);
	assert_int_equal(links_of_root(), 3);
	assert_ok(rmdir(path_of("directory")));
}

static void no_directory(void)
{
	assert_int_equal(links_of_root(), 2);
	assert_int_equal(access(path_of("directory"), F_OK), -1);
}

static void mkdir_in_the_root(void **state)
{
	(void)state;
	FAIL_EACH(.make = make_directory, .after = is_directory, .failed = no_directory,
		  .errors = USUAL_ERRORS);
}

static void inherits(long ret)
{
	assert_int_equal(ret, 0);
	assert_true(getxattr(path_of("directory"), "system.posix_acl_default", NULL, 0) > 0);
	assert_true(getxattr(path_of("directory"), "system.posix_acl_access", NULL, 0) > 0);
	assert_ok(rmdir(path_of("directory")));
}

/* The new directory gets copies of a list. */
static void mkdir_that_inherits_a_list(void **state)
{
	(void)state;
	assert_ok(let_user_in_by_default(BPFMMAP_PUBLISH_DIR, 1234, 7));
	FAIL_EACH(.make = make_directory, .after = inherits, .failed = no_directory,
		  .errors = USUAL_ERRORS);
}

static void make_directory_first(void)
{
	assert_ok(make_directory());
}

static long remove_it(void)
{
	return result(rmdir(path_of("directory")));
}

static void is_removed(long ret)
{
	assert_int_equal(ret, 0);
	no_directory();
}

static void rmdir_of_a_directory(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_directory_first, .make = remove_it, .after = is_removed,
		  .errors = USUAL_ERRORS);
}

static long list_it(void)
{
	char entries[1024];
	int fd = open(BPFMMAP_PUBLISH_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long len;

	if (fd < 0)
		return -errno;
	len = result(syscall(SYS_getdents64, fd, entries, sizeof(entries)));
	close(fd);
	return len;
}

static void something_is_listed(long len)
{
	assert_true(len > 0);
}

static void listing_of_a_directory(void **state)
{
	(void)state;
	make_named_region();
	FAIL_EACH(.make = list_it, .after = something_is_listed, .region = &region,
		  .errors = USUAL_ERRORS);
	withdraw_and_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULTS_TEST(the_first_mount),
		FAULTS_TEST(a_second_mount),
		FAULTS_TEST(a_mount_with_other_options),
		FAULTS_TEST(umount_with_a_name),
		FAULTS_TEST(statfs_of_the_mount),
		FAULTS_TEST(publish),
		FAULTS_TEST(publish_by_another_user),
		FAULTS_TEST(publish_in_a_directory),
		FAULTS_TEST(open_by_name),
		FAULTS_TEST(link_of_a_name),
		FAULTS_TEST(unlink_of_a_name),
		FAULTS_TEST(rename_of_a_name),
		FAULTS_TEST(rename_over_a_name),
		FAULTS_TEST(exchange_of_names),
		FAULTS_TEST(mkdir_in_the_root),
		FAULTS_TEST(mkdir_that_inherits_a_list),
		FAULTS_TEST(rmdir_of_a_directory),
		FAULTS_TEST(listing_of_a_directory),
	};

	return RUN_FAULTS_GROUP(tests);
}
