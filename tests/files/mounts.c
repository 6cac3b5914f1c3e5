// SPDX-License-Identifier: GPL-2.0-only
/* Mounts: options, several mounts, read-only mounts, no mount, and what keeps the module loaded. */
#include "files.h"

#include <sched.h>
#include <sys/mount.h>

#define SECOND	"/tmp/second"

static int setup(void **state)
{
	(void)state;
	mkdir(SECOND, 0755);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	umount2(SECOND, MNT_DETACH);
	withdraw_all();
	return 0;
}

static int try_mount_at(const char *at, unsigned long flags, const char *options)
{
	return result(mount("bpfmmap", at, "bpfmmap", flags, options));
}

static int try_remount(unsigned long flags, const char *options)
{
	return result(mount("none", BPFMMAP_PUBLISH_DIR, NULL, MS_REMOUNT | flags, options));
}

/* Mount it after umount, so that this mount is the first one. */
static void mount_anew(unsigned long flags, const char *options)
{
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_ok(try_mount_at(BPFMMAP_PUBLISH_DIR, flags, options));
}

static void its_root_is_roots_with_mode_1775(void **state)
{
	(void)state;
	mount_anew(0, "");
	assert_int_equal(stat_of(".").st_mode, S_IFDIR | 01775);
	assert_int_equal(stat_of(".").st_uid, 0);
	assert_int_equal(stat_of(".").st_gid, 0);
}

static void options_are_for_its_root(void **state)
{
	(void)state;
	mount_anew(0, "uid=12,gid=34,mode=0750");
	assert_int_equal(stat_of(".").st_mode, S_IFDIR | 0750);
	assert_int_equal(stat_of(".").st_uid, 12);
	assert_int_equal(stat_of(".").st_gid, 34);
	assert_ok(try_remount(0, "mode=1777"));
	assert_int_equal(stat_of(".").st_mode, S_IFDIR | 01777);
	assert_int_equal(stat_of(".").st_uid, 12);
	assert_ok(try_remount(0, "uid=0,gid=0"));
	assert_int_equal(stat_of(".").st_uid, 0);
	assert_int_equal(stat_of(".").st_gid, 0);
	assert_ok(try_remount(0, "mode=1775"));
}

/* True if the line of /proc/mounts has the text; options with default values are not shown. */
static bool mounts_have(const char *text)
{
	char line[512];
	bool found = false;
	FILE *file = fopen("/proc/self/mounts", "r");

	while (fgets(line, sizeof(line), file))
		found |= !strncmp(line, "bpfmmap " BPFMMAP_PUBLISH_DIR " bpfmmap ",
				  strlen("bpfmmap " BPFMMAP_PUBLISH_DIR " bpfmmap ")) &&
			 strstr(line, text);
	fclose(file);
	return found;
}

static void options_are_shown(void **state)
{
	(void)state;
	assert_false(mounts_have("uid="));
	assert_false(mounts_have("mode="));
	assert_ok(try_remount(0, "uid=5,gid=6,mode=700"));
	assert_true(mounts_have(",uid=5,gid=6,mode=700"));
	assert_ok(try_remount(0, "uid=0,gid=0,mode=1775"));
}

static void bad_options_are_refused(void **state)
{
	static const char * const bad[] = {
		"size=1M", "uid=-1", "uid=x", "uid=4294967295", "gid=4294967296", "gid", "mode=8",
		"mode=x", "rubbish", "mode=", "nr_inodes=1",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_refused(try_mount_at(SECOND, 0, bad[i]), EINVAL);
		assert_refused(try_remount(0, bad[i]), EINVAL);
	}
	assert_int_equal(stat_of(".").st_mode, S_IFDIR | 01775);
}

static void a_mode_takes_lists_away_that_say_more(void **state)
{
	(void)state;
	if (let_user_in(path_of("."), 1000, 7))
		skip_because("this kernel has no ACLs: %s", strerror(errno));
	assert_true(listed(path_of("."), "system.posix_acl_access"));
	assert_ok(try_remount(0, "mode=1775"));
	assert_false(listed(path_of("."), "system.posix_acl_access"));
}

static void a_second_mount_shows_the_same_tree(void **state)
{
	struct stat st;
	uint32_t id;

	(void)state;
	assert_ok(try_mount_at(SECOND, 0, ""));
	assert_ok(try_mkdir("dir", 0700));
	id = only_named("one", 0600);
	assert_ok(stat(SECOND "/one", &st));
	assert_int_equal(st.st_ino, id);
	assert_int_equal(st.st_dev, stat_of("one").st_dev);
	/* link and rename between two mounts are refused */
	assert_refused(result(link(SECOND "/one", path_of("two"))), EXDEV);
	assert_ok(rename(SECOND "/one", SECOND "/dir/one"));
	assert_int_equal(id_of("dir/one"), id);
	assert_ok(umount(SECOND));
	assert_int_equal(id_of("dir/one"), id);
}

static void names_and_empty_directories_survive_umount(void **state)
{
	uint32_t id = only_named("one", 0640);
	uint64_t value = 4711;
	int fd = open_name("one", O_RDWR);

	(void)state;
	assert_ok(try_update(fd, 3, &value, 0));
	close(fd);
	assert_ok(try_mkdir("empty", 0711));
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_int_equal(id_of("one"), 0);
	assert_true(id_exists(id));
	assert_refused(try_unload_only(), EWOULDBLOCK);
	assert_ok(try_mount(""));
	assert_int_equal(id_of("one"), id);
	assert_int_equal(stat_of("one").st_mode & 07777, 0640);
	assert_int_equal(stat_of("empty").st_mode & 07777, 0711);
	fd = open_name("one", O_RDONLY);
	value = 0;
	assert_ok(try_lookup(fd, 3, &value));
	assert_int_equal(value, 4711);
	close(fd);
}

static void an_empty_directory_alone_keeps_the_module(void **state)
{
	(void)state;
	assert_ok(try_mkdir("empty", 0700));
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_refused(try_unload_only(), EWOULDBLOCK);
	assert_ok(try_mount(""));
	assert_ok(try_rmdir("empty"));
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_ok(try_unload_only());
	assert_ok(try_load(""));
}

static void a_mount_alone_keeps_the_module(void **state)
{
	(void)state;
	assert_refused(try_unload_only(), EWOULDBLOCK);
	assert_ok(try_mount_at(SECOND, 0, ""));
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_refused(try_unload_only(), EWOULDBLOCK);
	assert_ok(umount(SECOND));
	assert_ok(try_unload_only());
	assert_ok(try_load(""));
}

/* In many rounds: no work of a kernel thread delays the unload. */
static void with_nothing_left_it_unloads_at_once(void **state)
{
	int i, fd;
	uint8_t *at;

	(void)state;
	for (i = 0; i < 30; i++) {
		fd = region_named("one");
		at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);
		if (i % 3)
			assert_ok(try_revoke(fd));
		else
			when_idle(fd);
		unmap(at, PAGE);
		close(fd);
		assert_ok(try_withdraw("one"));
		assert_ok(umount(BPFMMAP_PUBLISH_DIR));
		assert_ok(try_unload_only());
		assert_ok(try_load(""));
	}
}

/* Everything that a read-only mount refuses, tried from a directory in it. */
static void check_read_only(const char *at)
{
	int region = create_pages(1), dir = open(at, O_RDONLY | O_DIRECTORY), fd;
	char one[128], two[128];

	snprintf(one, sizeof(one), "%s/one", at);
	snprintf(two, sizeof(two), "%s/two", at);
	assert_refused(try_publish_in(region, dir, "two"), EROFS);
	assert_refused(result(unlink(one)), EROFS);
	assert_refused(result(rename(one, two)), EROFS);
	assert_refused(result(link(one, two)), EROFS);
	assert_refused(result(mkdir(two, 0700)), EROFS);
	assert_refused(result(chmod(one, 0600)), EROFS);
	assert_refused(result(open(one, O_RDWR)), EROFS);
	assert_refused(result(open(one, O_WRONLY)), EROFS);
	fd = open(one, O_RDONLY);
	assert_true(fd >= 0);
	assert_refused(try_map(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EACCES);
	close(fd);
	close(dir);
	/* other mounts are writable, and publish without a directory works */
	assert_ok(try_publish(region, "two"));
	assert_ok(try_withdraw("two"));
	close(region);
}

static void a_read_only_mount_is_only_that(void **state)
{
	(void)state;
	only_named("one", 0666);
	assert_ok(try_mount_at(SECOND, MS_RDONLY, ""));
	check_read_only(SECOND);
	close(open_name("one", O_RDWR));
	assert_ok(umount(SECOND));
}

/* As a container has it: the directory was bound once, and names come and go. */
static void a_bind_mount_outlives_the_last_name(void **state)
{
	struct stat st;
	uint32_t id;
	int round;

	(void)state;
	assert_ok(mount(BPFMMAP_PUBLISH_DIR, SECOND, NULL, MS_BIND, NULL));
	for (round = 0; round < 3; round++) {
		id = only_named("one", 0666);
		assert_ok(stat(SECOND "/one", &st));
		assert_int_equal(st.st_ino, id);
		assert_ok(unlink(SECOND "/one"));
		assert_int_equal(id_of("one"), 0);
	}
	assert_ok(umount(SECOND));
}

static void a_read_only_bind_mount_too(void **state)
{
	(void)state;
	only_named("one", 0666);
	assert_ok(mount(BPFMMAP_PUBLISH_DIR, SECOND, NULL, MS_BIND, NULL));
	assert_ok(mount(NULL, SECOND, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	check_read_only(SECOND);
	assert_ok(umount(SECOND));
}

/* It is the first mount. Other file systems would take its flag for all later mounts. */
static void a_first_mount_that_is_read_only_is_only_that(void **state)
{
	int region;

	(void)state;
	mount_anew(MS_RDONLY, "");
	assert_ok(try_mount_at(SECOND, 0, ""));
	region = create_pages(1);
	assert_ok(try_publish(region, "one"));
	assert_refused(try_withdraw("one"), EROFS);
	assert_ok(unlink(SECOND "/one"));
	assert_ok(umount(SECOND));
	close(region);
	assert_ok(try_remount(0, ""));
	assert_ok(try_mkdir("dir", 0700));
}

static void remounted_read_only_and_back(void **state)
{
	int fd;

	(void)state;
	only_named("one", 0666);
	assert_ok(try_mount_at(SECOND, 0, ""));
	assert_ok(try_remount(MS_RDONLY, ""));
	assert_refused(try_open_name("one", O_RDWR), EROFS);
	fd = open(SECOND "/one", O_RDWR);
	assert_true(fd >= 0);
	close(fd);
	assert_ok(mkdir(SECOND "/dir", 0700));
	assert_ok(try_remount(0, ""));
	close(open_name("one", O_RDWR));
	assert_ok(umount(SECOND));
}

/* An fd that restrict returned does not keep the mount of the fd that it was made of. */
static void restricted_fds_do_not_keep_a_mount(void **state)
{
	uint32_t id = only_named("one", 0600);
	int fd, restricted;

	(void)state;
	assert_ok(try_mount_at(SECOND, 0, ""));
	fd = open(SECOND "/one", O_RDWR);
	assert_refused(result(umount(SECOND)), EBUSY);
	restricted = try_restrict(fd, BPFMMAP_F_NOFREEZE);
	assert_true(restricted >= 0);
	close(fd);
	assert_ok(umount(SECOND));
	assert_int_equal(info(restricted).id, id);
	close(restricted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_root_is_roots_with_mode_1775),
		TEST(options_are_for_its_root),
		TEST(options_are_shown),
		TEST(bad_options_are_refused),
		TEST(a_mode_takes_lists_away_that_say_more),
		TEST(a_second_mount_shows_the_same_tree),
		TEST(names_and_empty_directories_survive_umount),
		TEST(an_empty_directory_alone_keeps_the_module),
		TEST(a_mount_alone_keeps_the_module),
		TEST(with_nothing_left_it_unloads_at_once),
		TEST(a_read_only_mount_is_only_that),
		TEST(a_bind_mount_outlives_the_last_name),
		TEST(a_read_only_bind_mount_too),
		TEST(a_first_mount_that_is_read_only_is_only_that),
		TEST(remounted_read_only_and_back),
		TEST(restricted_fds_do_not_keep_a_mount),
	};

	return RUN_GROUP(tests);
}
