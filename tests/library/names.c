// SPDX-License-Identifier: GPL-2.0-only
/* Names: publish, open by name, list and withdraw. */
#include "library.h"
#include "fixture.h"

#include <sys/mount.h>
#include <sys/stat.h>

#define LONGEST	"123456789-123456789-123456789-123456789-123456789-123456789-123"

static struct bpfmmap_region *region;

/* Append a name and a space, and stop after a number of names. */
struct list {
	char names[256];
	int left;
};

static int append(const char *name, void *arg)
{
	struct list *list = arg;

	strcat(strcat(list->names, name), " ");
	return --list->left ? 0 : 7;
}

static int setup(void **state)
{
	(void)state;
	region = make_region(2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	bpfmmap_region__close(region);
	return 0;
}

static void published_is_found_and_lives(void **state)
{
	struct bpfmmap_region *one = make_region(1), *found;
	__u32 id = bpfmmap_region__id(one);
	__u64 value = 4711;

	(void)state;
	assert_ok(bpfmmap_region__publish(one, "found", NULL));
	assert_string_equal(state_of(one).published, "found");
	assert_ok(bpfmmap_region__update(one, 3, &value, 0));
	bpfmmap_region__close(one);

	found = bpfmmap_region__open_name("found", NULL);
	assert_non_null(found);
	assert_int_equal(bpfmmap_region__id(found), id);
	assert_int_equal(fcntl(bpfmmap_region__fd(found), F_GETFD), FD_CLOEXEC);
	value = 0;
	assert_ok(bpfmmap_region__lookup(found, 3, &value));
	assert_int_equal(value, 4711);

	assert_ok(bpfmmap_withdraw("found"));
	assert_none(bpfmmap_region__open_name("found", NULL), ENOENT);
	assert_ok(bpfmmap_region__lookup(found, 3, &value));
	assert_true(id_exists(id));
	bpfmmap_region__close(found);
	assert_false(id_exists(id));
}

static void open_with_less(void **state)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts);
	struct bpfmmap_region *found;
	int fds = open_fds();
	__u64 value = 1;

	(void)state;
	assert_ok(bpfmmap_region__publish(region, "less", NULL));

	opts.flags = BPFMMAP_F_RDONLY;
	found = bpfmmap_region__open_name("less", &opts);
	assert_non_null(found);
	assert_failed(bpfmmap_region__update(found, 0, &value, 0), EPERM);
	assert_ok(bpfmmap_region__lookup(found, 0, &value));
	bpfmmap_region__close(found);

	opts.flags = BPFMMAP_F_WRONLY;
	found = bpfmmap_region__open_path(BPFMMAP_PUBLISH_DIR "/less", &opts);
	assert_non_null(found);
	assert_ok(bpfmmap_region__update(found, 0, &value, 0));
	assert_failed(bpfmmap_region__lookup(found, 0, &value), EPERM);
	bpfmmap_region__close(found);

	opts.flags = BPFMMAP_F_NOFREEZE;
	found = bpfmmap_region__open_name("less", &opts);
	assert_non_null(found);
	assert_ok(bpfmmap_region__update(found, 0, &value, 0));
	assert_failed(bpfmmap_region__freeze(found), EPERM);
	bpfmmap_region__close(found);

	opts.flags = BPFMMAP_F_RDONLY | BPFMMAP_F_NOFREEZE;
	found = bpfmmap_region__open_name("less", &opts);
	assert_non_null(found);
	assert_failed(bpfmmap_region__update(found, 0, &value, 0), EPERM);
	bpfmmap_region__close(found);

	opts.flags = BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY;
	assert_none(bpfmmap_region__open_name("less", &opts), EINVAL);
	opts.flags = 1U << 31;
	assert_none(bpfmmap_region__open_name("less", &opts), EINVAL);
	opts.flags = BPFMMAP_F_NOFREEZE;
	assert_none(bpfmmap_region__open_path("/dev/null", &opts), ENOTTY);
	assert_int_equal(open_fds(), fds);
	assert_ok(bpfmmap_withdraw("less"));
}

static void names_that_are_none(void **state)
{
	(void)state;
	assert_none(bpfmmap_region__open_name("", NULL), EINVAL);
	assert_none(bpfmmap_region__open_name(".", NULL), EINVAL);
	assert_none(bpfmmap_region__open_name("..", NULL), EINVAL);
	assert_none(bpfmmap_region__open_name("../bpfmmap", NULL), EINVAL);
	assert_none(bpfmmap_region__open_name("a/b", NULL), ENOENT);
	assert_none(bpfmmap_region__open_name("/a", NULL), EINVAL);
	assert_none(bpfmmap_region__open_name("a/", NULL), EINVAL);
	assert_none(bpfmmap_region__open_name("a/../b", NULL), EINVAL);
	assert_none(bpfmmap_region__open_name("nobody", NULL), ENOENT);
	assert_none(bpfmmap_region__open_name(LONGEST "4", NULL), ENAMETOOLONG);
	assert_failed(bpfmmap_region__publish(region, LONGEST "4", NULL), ENAMETOOLONG);
	assert_failed(bpfmmap_withdraw(LONGEST "4"), ENAMETOOLONG);
	assert_failed(bpfmmap_region__publish(region, "", NULL), EINVAL);
	assert_failed(bpfmmap_region__publish(region, "a/b", NULL), EINVAL);
	assert_failed(bpfmmap_region__publish(region, "-a", NULL), EINVAL);
	assert_failed(bpfmmap_withdraw("nobody"), ENOENT);
	assert_failed(bpfmmap_withdraw(""), EINVAL);
	assert_failed(bpfmmap_withdraw("../bpfmmap"), EINVAL);

	assert_ok(bpfmmap_region__publish(region, LONGEST, NULL));
	bpfmmap_region__close(bpfmmap_region__open_name(LONGEST, NULL));
	assert_ok(bpfmmap_withdraw(LONGEST));
}

/*
 * The command takes a number for an id. mv can make such a name, and the library takes it as a
 * name.
 */
static void digits_alone_are_no_name(void **state)
{
	BPFMMAP_OPTS(bpfmmap_publish_opts, in_directory);

	(void)state;
	assert_failed(bpfmmap_region__publish(region, "1", NULL), EINVAL);
	assert_failed(bpfmmap_region__publish(region, "0123456789", NULL), EINVAL);
	assert_none(bpfmmap_region__create("2024", 8, 1, NULL), EINVAL);
	assert_ok(mkdir(BPFMMAP_PUBLISH_DIR "/years", 0755));
	in_directory.directory = open_directory("years");
	assert_failed(bpfmmap_region__publish(region, "2024", &in_directory), EINVAL);
	close(in_directory.directory);
	assert_ok(rmdir(BPFMMAP_PUBLISH_DIR "/years"));

	assert_ok(bpfmmap_region__publish(region, "2024a", NULL));
	assert_ok(rename(BPFMMAP_PUBLISH_DIR "/2024a", BPFMMAP_PUBLISH_DIR "/2024"));
	bpfmmap_region__close(bpfmmap_region__open_name("2024", NULL));
	assert_string_equal(state_of(region).published, "2024");
	assert_ok(bpfmmap_withdraw("2024"));
}

static void names_in_directories(void **state)
{
	BPFMMAP_OPTS(bpfmmap_publish_opts, in_directory);
	struct bpfmmap_region *other = make_region(1), *found;
	struct list names = { .left = 99 };

	(void)state;
	assert_ok(mkdir(BPFMMAP_PUBLISH_DIR "/team", 0755));
	in_directory.directory = open_directory("team");
	assert_ok(bpfmmap_region__publish(region, "prices", &in_directory));
	assert_string_equal(state_of(region).published, "team/prices");
	assert_failed(bpfmmap_region__publish(other, "prices", &in_directory), EEXIST);
	assert_ok(bpfmmap_region__publish(other, "prices", NULL));

	found = bpfmmap_region__open_name("team/prices", NULL);
	assert_non_null(found);
	assert_int_equal(bpfmmap_region__id(found), bpfmmap_region__id(region));
	bpfmmap_region__close(found);
	assert_none(bpfmmap_region__open_name("team", NULL), EISDIR);
	assert_ok(bpfmmap_each_published(append, &names));
	assert_string_equal(names.names, "prices team/prices ");

	assert_failed(bpfmmap_withdraw("team"), ENOENT);
	assert_ok(bpfmmap_withdraw("team/prices"));
	assert_ok(bpfmmap_withdraw("prices"));
	close(in_directory.directory);
	assert_ok(rmdir(BPFMMAP_PUBLISH_DIR "/team"));

	in_directory.directory = 999;
	assert_failed(bpfmmap_region__publish(region, "prices", &in_directory), EBADF);
	in_directory.directory = open("/tmp", O_RDONLY | O_DIRECTORY);
	assert_failed(bpfmmap_region__publish(region, "prices", &in_directory), EXDEV);
	close(in_directory.directory);
	bpfmmap_region__close(other);
}

/* Another file system that is mounted in there has no regions. */
static void other_file_systems_are_not_walked(void **state)
{
	struct list names = { .left = 99 };

	(void)state;
	assert_ok(bpfmmap_region__publish(region, "ours", NULL));
	assert_ok(mkdir(BPFMMAP_PUBLISH_DIR "/other", 0755));
	assert_ok(mount("tmpfs", BPFMMAP_PUBLISH_DIR "/other", "tmpfs", 0, ""));
	close(open(BPFMMAP_PUBLISH_DIR "/other/file", O_CREAT | O_WRONLY, 0600));
	assert_ok(bpfmmap_each_published(append, &names));
	assert_string_equal(names.names, "ours ");
	assert_ok(umount(BPFMMAP_PUBLISH_DIR "/other"));
	assert_ok(rmdir(BPFMMAP_PUBLISH_DIR "/other"));
	assert_ok(bpfmmap_withdraw("ours"));
}

static void without_the_file_system_there_are_no_names(void **state)
{
	struct list names = { .left = 99 };

	(void)state;
	assert_ok(bpfmmap_region__publish(region, "kept", NULL));
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_none(bpfmmap_region__open_name("kept", NULL), ENOENT);
	assert_failed(bpfmmap_withdraw("kept"), ENOENT);
	assert_ok(bpfmmap_each_published(append, &names));
	assert_string_equal(names.names, "");
	assert_ok(mount("tmpfs", BPFMMAP_PUBLISH_DIR, "tmpfs", 0, ""));
	close(open(BPFMMAP_PUBLISH_DIR "/file", O_CREAT | O_WRONLY, 0600));
	assert_ok(bpfmmap_each_published(append, &names));
	assert_string_equal(names.names, "");
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));

	assert_ok(try_mount(""));
	assert_ok(bpfmmap_each_published(append, &names));
	assert_string_equal(names.names, "kept ");
	assert_ok(bpfmmap_withdraw("kept"));
}

static void owner_group_and_mode(void **state)
{
	BPFMMAP_OPTS(bpfmmap_publish_opts, opts, .flags = BPFMMAP_PUBLISH_UID |
		     BPFMMAP_PUBLISH_GID | BPFMMAP_PUBLISH_MODE,
		     .uid = 1000, .gid = 1001, .mode = 0640);
	struct stat stat_;

	(void)state;
	assert_ok(bpfmmap_region__publish(region, "modes", NULL));
	assert_ok(stat(BPFMMAP_PUBLISH_DIR "/modes", &stat_));
	assert_int_equal(stat_.st_mode, S_IFREG | 0600);
	assert_int_equal(stat_.st_uid, 0);
	assert_ok(bpfmmap_withdraw("modes"));

	assert_ok(bpfmmap_region__publish(region, "modes", &opts));
	assert_ok(stat(BPFMMAP_PUBLISH_DIR "/modes", &stat_));
	assert_int_equal(stat_.st_mode, S_IFREG | 0640);
	assert_int_equal(stat_.st_uid, 1000);
	assert_int_equal(stat_.st_gid, 1001);
	assert_ok(bpfmmap_withdraw("modes"));

	/* a field without its flag is not looked at */
	opts.flags = BPFMMAP_PUBLISH_MODE;
	assert_ok(bpfmmap_region__publish(region, "modes", &opts));
	assert_ok(stat(BPFMMAP_PUBLISH_DIR "/modes", &stat_));
	assert_int_equal(stat_.st_mode, S_IFREG | 0640);
	assert_int_equal(stat_.st_uid, 0);
	assert_ok(bpfmmap_withdraw("modes"));

	opts.mode = 0700;
	assert_failed(bpfmmap_region__publish(region, "modes", &opts), EINVAL);
	opts.flags = 1U << 31;
	assert_failed(bpfmmap_region__publish(region, "modes", &opts), EINVAL);
}

static int as_nobody(void *arg)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, readonly, .flags = BPFMMAP_F_RDONLY);
	struct bpfmmap_region *found;
	__u64 value;

	(void)arg;
	become_nobody();
	if (bpfmmap_region__open_name("for-all", NULL) || errno != EACCES)
		return 1;
	if (bpfmmap_region__open_name("for-root", &readonly) || errno != EACCES)
		return 2;
	found = bpfmmap_region__open_name("for-all", &readonly);
	if (!found)
		return 3;
	if (bpfmmap_region__lookup(found, 0, &value) || value != 42)
		return 4;
	if (bpfmmap_region__freeze(found) != -EPERM)
		return 5;
	return 0;
}

static void the_mode_decides_who_gets_in(void **state)
{
	BPFMMAP_OPTS(bpfmmap_publish_opts, for_all, .flags = BPFMMAP_PUBLISH_MODE, .mode = 0644);
	struct bpfmmap_region *other = make_region(1);
	__u64 value = 42;

	(void)state;
	assert_ok(bpfmmap_region__update(region, 0, &value, 0));
	assert_ok(bpfmmap_region__publish(region, "for-all", &for_all));
	assert_ok(bpfmmap_region__publish(other, "for-root", NULL));
	assert_ok(in_child(as_nobody, NULL));
	assert_ok(bpfmmap_withdraw("for-all"));
	assert_ok(bpfmmap_withdraw("for-root"));
	bpfmmap_region__close(other);
}

static void publish_says_why_not(void **state)
{
	struct bpfmmap_region *other = make_region(1);
	struct bpfmmap_region *reader = bpfmmap_region__restrict(region, BPFMMAP_F_RDONLY);

	(void)state;
	assert_failed(bpfmmap_region__publish(reader, "reader", NULL), EPERM);
	assert_ok(bpfmmap_region__publish(region, "taken", NULL));
	assert_failed(bpfmmap_region__publish(other, "taken", NULL), EEXIST);
	assert_failed(bpfmmap_region__publish(region, "second", NULL), EALREADY);
	set_parameter("max_published", "1");
	assert_failed(bpfmmap_region__publish(other, "other", NULL), ENOSPC);
	set_parameter("max_published", "256");
	assert_ok(bpfmmap_withdraw("taken"));
	bpfmmap_region__close(reader);
	bpfmmap_region__close(other);
}

static void each_name_in_order(void **state)
{
	const char *const names[] = { "b", "a.2", "C", "a-1", "a" };
	struct list all_of_them = { .left = 99 }, two = { .left = 2 }, none = { .left = 99 };
	struct bpfmmap_region *regions[ARRAY_SIZE(names)];
	size_t i;

	(void)state;
	assert_ok(bpfmmap_each_published(append, &none));
	assert_string_equal(none.names, "");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		regions[i] = make_region(1);
		assert_ok(bpfmmap_region__publish(regions[i], names[i], NULL));
	}
	assert_ok(bpfmmap_each_published(append, &all_of_them));
	assert_string_equal(all_of_them.names, "C a a-1 a.2 b ");
	assert_int_equal(bpfmmap_each_published(append, &two), 7);
	assert_string_equal(two.names, "C a ");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		assert_ok(bpfmmap_withdraw(names[i]));
		bpfmmap_region__close(regions[i]);
	}
	assert_ok(bpfmmap_each_published(append, &none));
	assert_string_equal(none.names, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_is_found_and_lives),
		cmocka_unit_test_setup_teardown(open_with_less, setup, teardown),
		cmocka_unit_test_setup_teardown(names_that_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(digits_alone_are_no_name, setup, teardown),
		cmocka_unit_test_setup_teardown(names_in_directories, setup, teardown),
		cmocka_unit_test_setup_teardown(other_file_systems_are_not_walked, setup, teardown),
		cmocka_unit_test_setup_teardown(without_the_file_system_there_are_no_names, setup,
						teardown),
		cmocka_unit_test_setup_teardown(owner_group_and_mode, setup, teardown),
		cmocka_unit_test_setup_teardown(the_mode_decides_who_gets_in, setup, teardown),
		cmocka_unit_test_setup_teardown(publish_says_why_not, setup, teardown),
		cmocka_unit_test(each_name_in_order),
	};

	return RUN_GROUP(tests);
}
