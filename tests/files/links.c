// SPDX-License-Identifier: GPL-2.0-only
/* Second names, renames, and renames that replace: link(2) and rename(2). */
#include "files.h"

#include <linux/fs.h>

static void a_link_leads_to_the_same_region(void **state)
{
	uint32_t id = only_named("one", 0640);

	(void)state;
	assert_ok(try_mkdir("dir", 0700));
	assert_ok(try_link("one", "dir/two"));
	assert_int_equal(id_of("dir/two"), id);
	assert_int_equal(stat_of("dir/two").st_mode & 0777, 0640);
	/* the mode belongs to the inode, so both names show it */
	assert_ok(chmod(path_of("dir/two"), 0600));
	assert_int_equal(stat_of("one").st_mode & 0777, 0600);
	assert_ok(try_withdraw("one"));
	assert_true(id_exists(id));
	assert_ok(try_withdraw("dir/two"));
	assert_false(id_exists(id));
}

static void what_link_refuses(void **state)
{
	(void)state;
	only_named("one", 0600);
	only_named("taken", 0600);
	assert_ok(try_mkdir("dir", 0700));
	assert_refused(try_link("one", "taken"), EEXIST);
	assert_refused(try_link("one", "dir"), EEXIST);
	assert_refused(try_link("none", "two"), ENOENT);
	assert_refused(try_link("one", "none/two"), ENOENT);
	assert_refused(try_link("dir", "dir2"), EPERM);
	assert_refused(result(link(path_of("one"), "/tmp/one")), EXDEV);
	assert_refused(result(rename(path_of("one"), "/tmp/one")), EXDEV);
	close(open("/tmp/file", O_CREAT | O_RDWR, 0600));
	assert_refused(result(link("/tmp/file", path_of("file"))), EXDEV);
	assert_refused(result(rename("/tmp/file", path_of("file"))), EXDEV);
}

static int try_link_fd(int fd, const char *to)
{
	return result(linkat(AT_FDCWD, path_of_fd(fd), AT_FDCWD, path_of(to), AT_SYMLINK_FOLLOW));
}

static int try_link_empty(int fd, const char *to)
{
	return result(linkat(fd, "", AT_FDCWD, path_of(to), AT_EMPTY_PATH));
}

static void an_fd_without_a_name_gives_no_link(void **state)
{
	int fd = create_pages(1), opened, restricted;

	(void)state;
	assert_refused(try_link_fd(fd, "two"), EXDEV);
	assert_refused(try_link_empty(fd, "two"), EXDEV);
	assert_ok(try_publish(fd, "one"));
	assert_refused(try_link_fd(fd, "two"), EXDEV);
	opened = open_name("one", O_RDWR);
	restricted = try_restrict(opened, BPFMMAP_F_RDONLY);
	assert_true(restricted >= 0);
	assert_refused(try_link_fd(restricted, "two"), EXDEV);
	assert_refused(try_link_empty(restricted, "two"), EXDEV);
	/* an fd that was opened by a name gives links, as long as a name is left */
	assert_ok(try_link_fd(opened, "two"));
	assert_ok(try_link_empty(opened, "three"));
	assert_int_equal(stat_of_fd(opened).st_nlink, 3);
	withdraw_all();
	assert_refused(try_link_fd(opened, "four"), ENOENT);
	assert_refused(try_link_empty(opened, "four"), ENOENT);
	close(restricted);
	close(opened);
	close(fd);
}

/* After a publish that was refused, nobody can make the name by link. */
static void a_refused_publish_leaves_nothing_linkable(void **state)
{
	int fd = region_named("one"), opened = open_name("one", O_RDWR);

	(void)state;
	assert_ok(try_withdraw("one"));
	set_parameter("max_published", "1");
	assert_ok(try_mkdir("dir", 0700));
	assert_refused(try_publish(fd, "two"), ENOSPC);
	set_parameter("max_published", "256");
	assert_refused(try_link_fd(opened, "two"), ENOENT);
	assert_refused(try_link_empty(opened, "two"), ENOENT);
	close(opened);
	close(fd);
}

static void a_name_moves(void **state)
{
	uint32_t id = only_named("one", 0600);
	int opened = open_name("one", O_RDWR);

	(void)state;
	assert_ok(try_mkdir("dir", 0700));
	assert_ok(try_rename("one", "dir/two", 0));
	assert_refused(try_open_name("one", O_RDONLY), ENOENT);
	assert_int_equal(id_of("dir/two"), id);
	assert_string_equal(info(opened).published, "dir/two");
	assert_int_equal(stat_of_fd(opened).st_nlink, 1);
	close(opened);
}

static void what_is_renamed_over_goes_if_nobody_uses_it(void **state)
{
	uint32_t gone = only_named("target", 0600), stays = only_named("one", 0600);

	(void)state;
	assert_ok(try_rename("one", "target", 0));
	assert_false(id_exists(gone));
	assert_int_equal(id_of("target"), stays);
	assert_refused(try_open_name("one", O_RDONLY), ENOENT);
}

static void what_is_renamed_over_lives_if_it_is_open_or_mapped(void **state)
{
	uint32_t target = only_named("target", 0600);
	int opened = open_name("target", O_RDWR);
	uint8_t *at = map(opened, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	only_named("one", 0600);
	at[0] = 42;
	assert_ok(try_rename("one", "target", 0));
	assert_int_equal(stat_of_fd(opened).st_nlink, 0);
	assert_string_equal(info(opened).published, "");
	close(opened);
	assert_true(id_exists(target));
	assert_int_equal(at[0], 42);
	unmap(at, PAGE);
	assert_false(id_exists(target));
}

static void noreplace_replaces_nothing(void **state)
{
	uint32_t target = only_named("target", 0600), one = only_named("one", 0600);

	(void)state;
	assert_refused(try_rename("one", "target", RENAME_NOREPLACE), EEXIST);
	assert_int_equal(id_of("target"), target);
	assert_ok(try_rename("one", "free", RENAME_NOREPLACE));
	assert_int_equal(id_of("free"), one);
	assert_refused(try_rename("free", "white", RENAME_WHITEOUT), EINVAL);
}

static void exchange_exchanges_regions_and_directories(void **state)
{
	uint32_t one = only_named("one", 0600), inner;

	(void)state;
	/* simple_rename() of 5.10 does not know this flag */
	if (!exchange_works()) {
		assert_ok(try_mkdir("dir", 0700));
		assert_refused(try_rename("one", "dir", RENAME_EXCHANGE), EINVAL);
		return;
	}
	assert_ok(try_mkdir("dir", 0700));
	inner = only_named("inner", 0600);
	assert_ok(try_rename("inner", "dir/inner", 0));
	assert_ok(try_rename("one", "dir/inner", RENAME_EXCHANGE));
	assert_int_equal(id_of("one"), inner);
	assert_int_equal(id_of("dir/inner"), one);
	assert_ok(try_rename("one", "dir", RENAME_EXCHANGE));
	assert_int_equal(id_of("dir"), inner);
	assert_int_equal(id_of("one/inner"), one);
	assert_int_equal(stat_of(".").st_nlink, 3);
	assert_refused(try_rename("one", "none", RENAME_EXCHANGE), ENOENT);
}

static void two_names_of_one_region_are_not_renamed_over_each_other(void **state)
{
	uint32_t id = only_named("one", 0600);

	(void)state;
	assert_ok(try_link("one", "two"));
	/* rename(2) does nothing in this case */
	assert_ok(try_rename("one", "two", 0));
	assert_int_equal(id_of("one"), id);
	assert_int_equal(id_of("two"), id);
}

static void names_have_up_to_name_max_bytes_by_rename(void **state)
{
	char longest[256] = "", over[257] = "";
	uint32_t id = only_named("short", 0600);
	int opened;

	(void)state;
	memset(longest, 'n', 255);
	memset(over, 'n', 256);
	assert_refused(try_rename("short", over, 0), ENAMETOOLONG);
	assert_ok(try_rename("short", longest, 0));
	assert_int_equal(id_of(longest), id);
	/* INFO has no room for such a name */
	opened = open_name(longest, O_RDWR);
	assert_string_equal(info(opened).published, "");
	close(opened);
	/* rename allows all bytes, publish does not */
	assert_ok(try_rename(longest, ".a b\n\xff", 0));
	assert_int_equal(id_of(".a b\n\xff"), id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NAMES_TEST(a_link_leads_to_the_same_region),
		NAMES_TEST(what_link_refuses),
		NAMES_TEST(an_fd_without_a_name_gives_no_link),
		NAMES_TEST(a_refused_publish_leaves_nothing_linkable),
		NAMES_TEST(a_name_moves),
		NAMES_TEST(what_is_renamed_over_goes_if_nobody_uses_it),
		NAMES_TEST(what_is_renamed_over_lives_if_it_is_open_or_mapped),
		NAMES_TEST(noreplace_replaces_nothing),
		NAMES_TEST(exchange_exchanges_regions_and_directories),
		NAMES_TEST(two_names_of_one_region_are_not_renamed_over_each_other),
		NAMES_TEST(names_have_up_to_name_max_bytes_by_rename),
	};

	return RUN_GROUP(tests);
}
