// SPDX-License-Identifier: GPL-2.0-only
/*
 * What counts as a name: max_published counts names and directories exactly, after all changes of
 * them, and no user can use up the share of others. Also, what statfs tells of the other limits.
 */
#include "files.h"

#include <linux/fs.h>

#define MAX	16
#define SHARE	(MAX / 4)		/* of one user without CAP_SYS_RESOURCE */

static int setup(void **state)
{
	(void)state;
	set_parameter("max_published", "16");
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01777));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	withdraw_all();
	set_parameter("max_published", "256");
	return 0;
}

/* Find out how many names can be added: make directories, and remove them again. */
static unsigned int room(void)
{
	char name[16];
	unsigned int nr = 0, i;
	int ret;

	for (;;) {
		snprintf(name, sizeof(name), "more%u", nr);
		ret = try_mkdir(name, 0700);
		if (ret)
			break;
		nr++;
	}
	for (i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), "more%u", i);
		if (try_rmdir(name))
			return -1;
	}
	return ret == -ENOSPC ? nr : -1U;
}

static void each_name_and_each_directory_counts(void **state)
{
	(void)state;
	assert_int_equal(room(), MAX);
	only_named("one", 0600);
	assert_int_equal(room(), MAX - 1);
	assert_ok(try_link("one", "two"));
	assert_int_equal(room(), MAX - 2);
	assert_ok(try_mkdir("dir", 0700));
	assert_int_equal(room(), MAX - 3);
	assert_ok(try_withdraw("one"));
	assert_int_equal(room(), MAX - 2);
	assert_ok(try_rmdir("dir"));
	assert_ok(try_withdraw("two"));
	assert_int_equal(room(), MAX);
}

static void renames_cost_nothing_and_those_over_others_give_back(void **state)
{
	(void)state;
	only_named("one", 0600);
	only_named("two", 0600);
	assert_ok(try_mkdir("a", 0700));
	assert_ok(try_mkdir("b", 0700));
	assert_int_equal(room(), MAX - 4);
	assert_ok(try_rename("one", "a/one", 0));
	assert_int_equal(room(), MAX - 4);
	assert_ok(try_rename("two", "a/one", 0));
	assert_int_equal(room(), MAX - 3);
	assert_ok(try_rename("a", "b", 0));
	assert_int_equal(room(), MAX - 2);
	if (exchange_works()) {
		only_named("two", 0600);
		assert_ok(try_rename("two", "b/one", RENAME_EXCHANGE));
		assert_ok(try_rename("b", "two", RENAME_EXCHANGE));
		assert_int_equal(room(), MAX - 3);
	}
	withdraw_all();
	assert_int_equal(room(), MAX);
}

static void names_of_one_region_over_each_other_stay_two(void **state)
{
	(void)state;
	only_named("one", 0600);
	assert_ok(try_link("one", "two"));
	assert_ok(try_rename("one", "two", 0));
	assert_int_equal(room(), MAX - 2);
}

static void what_is_refused_costs_nothing(void **state)
{
	int region = region_named("one");

	(void)state;
	assert_ok(try_mkdir("dir", 0700));
	only_named("dir2", 0600);
	assert_refused(try_publish(region, "two"), EALREADY);
	assert_refused(try_link("one", "dir2"), EEXIST);
	assert_refused(try_mkdir("dir", 0700), EEXIST);
	assert_refused(try_rename("dir2", "dir", 0), EISDIR);
	assert_refused(try_rename("dir2", "one", RENAME_NOREPLACE), EEXIST);
	assert_refused(try_withdraw("dir"), EISDIR);
	assert_refused(try_rmdir("one"), ENOTDIR);
	assert_int_equal(room(), MAX - 3);
	close(region);
}

static int use_up(void *arg)
{
	unsigned int expected = *(unsigned int *)arg, nr = room();

	if (nr != expected)
		printf("# room for %u\n", nr);
	return nr == expected ? 0 : 1;
}

static int make_one(void *arg)
{
	return try_mkdir(arg, 0777) ? 1 : 0;
}

static void a_user_has_a_quarter(void **state)
{
	unsigned int share = SHARE;

	(void)state;
	assert_ok(as_user(1000, use_up, &share));
	assert_ok(as_user(1000, make_one, "theirs"));
	share = SHARE - 1;
	assert_ok(as_user(1000, use_up, &share));
	share = SHARE;
	assert_ok(as_user(1001, use_up, &share));
	/* the name was charged to the user, not to root who removes it */
	assert_ok(try_rmdir("theirs"));
	assert_ok(as_user(1000, use_up, &share));
}

static void who_makes_it_pays_and_not_who_owns_it(void **state)
{
	unsigned int share = SHARE - 1;

	(void)state;
	assert_ok(as_user(1000, make_one, "theirs"));
	assert_ok(chown(path_of("theirs"), 1001, 1001));
	assert_ok(as_user(1000, use_up, &share));
	share = SHARE;
	assert_ok(as_user(1001, use_up, &share));
	/* also after the name has moved */
	assert_ok(try_mkdir("dir", 0777));
	assert_ok(try_rename("theirs", "dir/theirs", 0));
	assert_ok(try_rmdir("dir/theirs"));
	assert_ok(as_user(1000, use_up, &share));
}

static void the_last_eighth_is_roots(void **state)
{
	unsigned int left = 1, none = 0;
	char name[16];
	int i;

	(void)state;
	for (i = 0; i < MAX - MAX / 8 - 1; i++) {
		snprintf(name, sizeof(name), "roots%d", i);
		assert_ok(try_mkdir(name, 0700));
	}
	assert_ok(as_user(1000, use_up, &left));
	assert_ok(as_user(1000, make_one, "last"));
	assert_ok(as_user(1001, use_up, &none));
	assert_int_equal(room(), MAX / 8);
}

static void a_limit_of_0_is_none(void **state)
{
	char name[16];
	int i;

	(void)state;
	set_parameter("max_published", "0");
	for (i = 0; i < 3 * MAX; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		assert_ok(as_user(1000, make_one, name));
	}
	/* names above a new limit stay */
	set_parameter("max_published", "16");
	assert_refused(try_mkdir("more", 0700), ENOSPC);
	assert_ok(try_rename("d0", "more", 0));
}

static void statfs_tells_the_limits(void **state)
{
	const struct statfs without = usage();
	struct statfs st;
	int fd;

	(void)state;
	assert_int_equal(without.f_type, BPFMMAP_FS_MAGIC);
	assert_int_equal(without.f_bsize, PAGE);
	assert_int_equal(without.f_namelen, 255);
	assert_true(without.f_blocks > 0);
	set_parameter("max_total_bytes", "1048576");
	set_parameter("max_regions", "10");
	st = usage();
	assert_int_equal(st.f_blocks, MIB / PAGE);
	assert_int_equal(st.f_bfree, MIB / PAGE);
	assert_int_equal(st.f_bavail, MIB / PAGE);
	assert_int_equal(st.f_files, 10);
	assert_int_equal(st.f_ffree, 10);
	fd = create_pages(3);
	st = usage();
	assert_int_equal(st.f_bfree, MIB / PAGE - 3);
	assert_int_equal(st.f_ffree, 9);
	/* the limit is lower than the present use */
	set_parameter("max_total_bytes", "4096");
	set_parameter("max_regions", "1");
	st = usage();
	assert_int_equal(st.f_bfree, 0);
	assert_int_equal(st.f_ffree, 0);
	close(fd);
	set_parameter("max_total_bytes", "0");
	set_parameter("max_regions", "0");
	assert_int_equal(usage().f_ffree, usage().f_files);
}

/* Also if the kernel has not yet delivered the event of the freeze. */
static void what_is_gone_is_free_at_once(void **state)
{
	int i, fd;

	(void)state;
	set_parameter("max_regions", "1");
	for (i = 0; i < 200; i++) {
		fd = region_named("one");
		assert_ok(try_freeze(fd));
		assert_ok(try_withdraw("one"));
		close(fd);
		assert_int_equal(usage().f_ffree, 1);
	}
	set_parameter("max_regions", "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_name_and_each_directory_counts),
		TEST(renames_cost_nothing_and_those_over_others_give_back),
		TEST(names_of_one_region_over_each_other_stay_two),
		TEST(what_is_refused_costs_nothing),
		TEST(a_user_has_a_quarter),
		TEST(who_makes_it_pays_and_not_who_owns_it),
		TEST(the_last_eighth_is_roots),
		TEST(a_limit_of_0_is_none),
		TEST(statfs_tells_the_limits),
		TEST(what_is_gone_is_free_at_once),
	};

	return RUN_GROUP(tests);
}
