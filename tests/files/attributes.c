// SPDX-License-Identifier: GPL-2.0-only
/* Owner, mode, access control lists and extended attributes, as on tmpfs. */
#include "files.h"

#include <sys/xattr.h>

static int open_for(void *arg)
{
	const char *name = arg;
	int ret = try_open_name(name, O_RDWR);

	return ret >= 0 ? 0 : -ret;
}

static void chmod_and_chown_count_at_the_next_open(void **state)
{
	(void)state;
	only_named("one", 0600);
	assert_int_equal(as_user(1000, open_for, "one"), EACCES);
	assert_ok(chmod(path_of("one"), 0606));
	assert_int_equal(as_user(1000, open_for, "one"), 0);
	assert_ok(chmod(path_of("one"), 0600));
	assert_ok(chown(path_of("one"), 1000, -1));
	assert_int_equal(as_user(1000, open_for, "one"), 0);
	assert_int_equal(as_user(1001, open_for, "one"), EACCES);
}

static int change_what_is_roots(void *arg)
{
	const long *refusal = arg;

	if (chmod(path_of("one"), 0666) != -1 || errno != EPERM)
		return 1;
	if (chown(path_of("one"), 1000, -1) != -1 || errno != EPERM)
		return 2;
	if (utimensat(AT_FDCWD, path_of("one"), NULL, 0) != -1 || errno != EACCES)
		return 3;
	if (let_user_in(path_of("one"), 1000, 6) != *refusal)
		return 4;
	if (setxattr(path_of("one"), "user.x", "x", 1, 0) != -1 || errno != EACCES)
		return 5;
	if (setxattr(path_of("one"), "trusted.x", "x", 1, 0) != -1 || errno != EPERM)
		return 6;
	return truncate(path_of("one"), PAGE) == -1 && errno == EACCES ? 0 : 7;
}

static void others_change_nothing(void **state)
{
	long refusal = -EPERM;

	(void)state;
	only_named("two", 0644);
	/* a kernel without access lists says so to everybody */
	if (let_user_in(path_of("two"), 1000, 6) == -EOPNOTSUPP)
		refusal = -EOPNOTSUPP;
	only_named("one", 0644);
	assert_ok(as_user(1000, change_what_is_roots, &refusal));
}

/* A new publish sets owner, mode and list anew: nothing of the old ones is left. */
static void a_new_publish_sets_owner_mode_and_list_anew(void **state)
{
	int fd = region_named("one");

	(void)state;
	assert_ok(chown(path_of("one"), 1000, 1000));
	if (let_user_in(path_of("one"), 1001, 6))
		skip_because("this kernel has no ACLs: %s", strerror(errno));
	assert_int_equal(as_user(1001, open_for, "one"), 0);
	assert_ok(try_withdraw("one"));
	assert_ok(try_publish(fd, "one"));
	assert_int_equal(stat_of("one").st_uid, 0);
	assert_int_equal(stat_of("one").st_mode & 0777, 0600);
	assert_false(listed(path_of("one"), "system.posix_acl_access"));
	assert_int_equal(as_user(1001, open_for, "one"), EACCES);
	close(fd);
}

/* A publish that is refused changes none of them. */
static void a_refused_publish_leaves_owner_mode_and_list(void **state)
{
	int fd = region_named("one");
	char list[200];

	(void)state;
	assert_ok(chown(path_of("one"), 1000, 1000));
	if (let_user_in(path_of("one"), 1001, 6))
		skip_because("this kernel has no ACLs: %s", strerror(errno));
	assert_ok(try_withdraw("one"));
	assert_ok(try_mkdir("dir", 0700));
	set_parameter("max_published", "1");
	assert_refused(try_publish_mode(fd, "two", 0666), ENOSPC);
	set_parameter("max_published", "256");
	assert_int_equal(stat_of_fd(fd).st_uid, 1000);
	assert_int_equal(stat_of_fd(fd).st_mode & 0777, 0760);
	assert_true(fgetxattr(fd, "system.posix_acl_access", list, sizeof(list)) > 0);
	close(fd);
}

static void chmod_is_the_mask_of_a_list(void **state)
{
	(void)state;
	only_named("one", 0600);
	if (let_user_in(path_of("one"), 1000, 6))
		skip_because("this kernel has no ACLs: %s", strerror(errno));
	assert_int_equal(stat_of("one").st_mode & 0777, 0760);
	assert_int_equal(as_user(1000, open_for, "one"), 0);
	assert_ok(chmod(path_of("one"), 0740));
	assert_int_equal(as_user(1000, open_for, "one"), EACCES);
	assert_ok(removexattr(path_of("one"), "system.posix_acl_access"));
	assert_false(listed(path_of("one"), "system.posix_acl_access"));
}

static void a_directory_inherits_the_default_list(void **state)
{
	mode_t mask = umask(077);

	(void)state;
	assert_ok(try_mkdir("dir", 0777));
	if (let_user_in_by_default(path_of("dir"), 1000, 7))
		skip_because("this kernel has no ACLs: %s", strerror(errno));
	/* the list and not the umask decides */
	assert_ok(try_mkdir("dir/sub", 0777));
	umask(mask);
	assert_true(listed(path_of("dir/sub"), "system.posix_acl_default"));
	assert_true(listed(path_of("dir/sub"), "system.posix_acl_access"));
	assert_int_equal(stat_of("dir/sub").st_mode & 0777, 0770);
	assert_ok(try_mkdir("dir/sub/more", 0700));
	assert_true(listed(path_of("dir/sub/more"), "system.posix_acl_default"));
}

/* publish sets the mode; like link(2), it does not use the default list of the directory. */
static void a_region_inherits_no_list(void **state)
{
	int fd = create_pages(1), dir;

	(void)state;
	assert_ok(try_mkdir("dir", 0700));
	if (let_user_in_by_default(path_of("dir"), 1000, 7))
		skip_because("this kernel has no ACLs: %s", strerror(errno));
	dir = open_directory("dir");
	assert_ok(try_publish_in(fd, dir, "one"));
	assert_false(listed(path_of("dir/one"), "system.posix_acl_access"));
	assert_int_equal(stat_of("dir/one").st_mode & 0777, 0600);
	close(dir);
	close(fd);
}

static int make_in_dir(void *arg)
{
	(void)arg;
	return try_mkdir("dir/theirs", 0700) ? 1 : 0;
}

static void a_list_lets_a_user_make_names(void **state)
{
	(void)state;
	assert_ok(try_mkdir("dir", 0700));
	assert_int_equal(as_user(1000, make_in_dir, NULL), 1);
	if (let_user_in(path_of("dir"), 1000, 7))
		skip_because("this kernel has no ACLs: %s", strerror(errno));
	assert_ok(as_user(1000, make_in_dir, NULL));
	assert_int_equal(stat_of("dir/theirs").st_uid, 1000);
}

static void attributes_are_set_read_listed_and_removed(void **state)
{
	static const char * const names[] = { "user.one", "trusted.two", "security.three" };
	char path[64], back[16], list[200];
	size_t i, j;

	(void)state;
	only_named("file", 0600);
	assert_ok(try_mkdir("dir", 0700));
	for (j = 0; j < 2; j++) {
		snprintf(path, sizeof(path), "%s/%s", BPFMMAP_PUBLISH_DIR, j ? "dir" : "file");
		for (i = 0; i < ARRAY_SIZE(names); i++) {
			assert_refused(result(getxattr(path, names[i], NULL, 0)), ENODATA);
			assert_refused(result(setxattr(path, names[i], "v", 1, XATTR_REPLACE)),
				       ENODATA);
			assert_ok(setxattr(path, names[i], "value", 5, XATTR_CREATE));
			assert_refused(result(setxattr(path, names[i], "v", 1, XATTR_CREATE)),
				       EEXIST);
			assert_int_equal(getxattr(path, names[i], NULL, 0), 5);
			assert_refused(result(getxattr(path, names[i], back, 4)), ERANGE);
			assert_int_equal(getxattr(path, names[i], back, sizeof(back)), 5);
			assert_memory_equal(back, "value", 5);
			assert_ok(setxattr(path, names[i], "", 0, XATTR_REPLACE));
			assert_int_equal(getxattr(path, names[i], back, sizeof(back)), 0);
			assert_true(listed(path, names[i]));
		}
		assert_int_equal(listxattr(path, NULL, 0), 9 + 12 + 15);
		assert_refused(result(listxattr(path, list, 9)), ERANGE);
		for (i = 0; i < ARRAY_SIZE(names); i++) {
			assert_ok(removexattr(path, names[i]));
			assert_refused(result(removexattr(path, names[i])), ENODATA);
		}
		assert_int_equal(listxattr(path, NULL, 0), 0);
	}
	assert_refused(result(setxattr(path, "other.x", "v", 1, 0)), EOPNOTSUPP);
	assert_refused(result(setxattr(path, "user.", "v", 1, 0)), EINVAL);
}

static int list_trusted(void *arg)
{
	(void)arg;
	return listed(path_of("one"), "user.x") && !listed(path_of("one"), "trusted.x") ? 0 : 1;
}

static void trusted_attributes_are_roots(void **state)
{
	(void)state;
	only_named("one", 0666);
	assert_ok(setxattr(path_of("one"), "user.x", "x", 1, 0));
	assert_ok(setxattr(path_of("one"), "trusted.x", "x", 1, 0));
	assert_true(listed(path_of("one"), "trusted.x"));
	assert_ok(as_user(1000, list_trusted, NULL));
}

static void attributes_are_up_to_64_kib_of_an_inode(void **state)
{
	char *value = calloc(1, 65536);
	char name[32];
	int i;

	(void)state;
	only_named("one", 0600);
	for (i = 0; i < 15; i++) {
		snprintf(name, sizeof(name), "user.n%02d", i);
		assert_ok(setxattr(path_of("one"), name, value, 4096, 0));
	}
	assert_refused(result(setxattr(path_of("one"), "user.more", value, 4096, 0)), ENOSPC);
	/* but there is room for a larger value in the place of an old one */
	assert_ok(setxattr(path_of("one"), "user.n00", value, 4100, 0));
	assert_ok(removexattr(path_of("one"), "user.n00"));
	assert_ok(setxattr(path_of("one"), "user.more", value, 4096, 0));
	free(value);
}

/*
 * Attributes belong to the inode: all names and fds of it show them, and they stay without a name.
 */
static void attributes_live_as_long_as_the_region(void **state)
{
	int fd = create_pages(1);
	char back[8];

	(void)state;
	assert_ok(fsetxattr(fd, "user.x", "x", 1, 0));
	assert_ok(try_publish(fd, "one"));
	assert_ok(try_link("one", "two"));
	assert_int_equal(getxattr(path_of("two"), "user.x", back, sizeof(back)), 1);
	withdraw_all();
	assert_int_equal(fgetxattr(fd, "user.x", back, sizeof(back)), 1);
	close(fd);
}

static void what_is_frozen_keeps_its_permissions_changeable(void **state)
{
	int fd = region_named("one");

	(void)state;
	assert_ok(try_freeze(fd));
	assert_ok(chmod(path_of("one"), 0644));
	assert_ok(chown(path_of("one"), 1000, 1000));
	assert_ok(setxattr(path_of("one"), "user.x", "x", 1, 0));
	assert_ok(try_rename("one", "two", 0));
	assert_ok(try_link("two", "three"));
	close(open_name("three", O_RDWR));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NAMES_TEST(chmod_and_chown_count_at_the_next_open),
		NAMES_TEST(others_change_nothing),
		NAMES_TEST(a_new_publish_sets_owner_mode_and_list_anew),
		NAMES_TEST(a_refused_publish_leaves_owner_mode_and_list),
		NAMES_TEST(chmod_is_the_mask_of_a_list),
		NAMES_TEST(a_directory_inherits_the_default_list),
		NAMES_TEST(a_region_inherits_no_list),
		NAMES_TEST(a_list_lets_a_user_make_names),
		NAMES_TEST(attributes_are_set_read_listed_and_removed),
		NAMES_TEST(trusted_attributes_are_roots),
		NAMES_TEST(attributes_are_up_to_64_kib_of_an_inode),
		NAMES_TEST(attributes_live_as_long_as_the_region),
		NAMES_TEST(what_is_frozen_keeps_its_permissions_changeable),
	};

	return RUN_GROUP(tests);
}
