// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shares of max_published: a user has a quarter, all users together have seven eighths, and the
 * rest is for those with CAP_SYS_RESOURCE. Here with limits of many sizes; limits.c has what
 * counts as a name.
 */
#include "files.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>

#define USERS	10
#define FIRST	1000	/* the uid of the first user */
#define MOST	512	/* regions */

static int regions[MOST];
static unsigned int used;

static int setup(void **state)
{
	(void)state;
	used = 0;
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01777));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	go_on_as(0);
	withdraw_all();
	while (used)
		close(regions[--used]);
	set_parameter("max_published", "256");
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01775));
	return 0;
}

static void begin_again(void **state)
{
	assert_ok(teardown(state));
	assert_ok(setup(state));
}

static void limit_to(unsigned int max)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", max);
	set_parameter("max_published", text);
}

/* Publish one more region as that user, by a name that has its number. */
static int try_publish_as(uid_t uid)
{
	char name[16];
	int ret;

	assert_in_range(used, 0, MOST - 1);
	snprintf(name, sizeof(name), "n%u", used);
	regions[used] = create(8, 1);
	go_on_as(uid);
	ret = try_publish(regions[used], name);
	go_on_as(0);
	if (ret)
		close(regions[used]);
	else
		used++;
	return ret;
}

/* Publish regions until the first ENOSPC, but no more than wanted. Returns how many there are. */
static unsigned int publish_as(uid_t uid, unsigned int wanted)
{
	unsigned int nr;
	int ret;

	for (nr = 0; nr < wanted; nr++) {
		ret = try_publish_as(uid);
		if (ret) {
			assert_refused(ret, ENOSPC);
			break;
		}
	}
	return nr;
}

static void withdraw(unsigned int number)
{
	char name[16];

	snprintf(name, sizeof(name), "n%u", number);
	assert_ok(try_withdraw(name));
}

static void a_user_has_a_quarter_and_all_have_seven_eighths(void **state)
{
	static const struct { unsigned int max, share, most; } cases[] = {
		{ 1, 1, 1 }, { 2, 1, 2 }, { 3, 1, 3 }, { 4, 1, 4 }, { 7, 1, 7 }, { 8, 2, 7 },
		{ 9, 2, 8 }, { 16, 4, 14 }, { 30, 7, 27 }, { 64, 16, 56 },
	};
	unsigned int user, of_all, left;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		limit_to(cases[i].max);
		of_all = 0;
		for (user = 0; user < USERS; user++) {
			left = cases[i].most - of_all;
			of_all += publish_as(FIRST + user, cases[i].max + 1);
			/* the last users may find less than a share */
			if (left > cases[i].share)
				assert_int_equal(cases[i].most - of_all, left - cases[i].share);
			else
				assert_int_equal(of_all, cases[i].most);
		}
		assert_int_equal(of_all, cases[i].most);
		/* the capability ends both shares, but not the limit */
		assert_int_equal(publish_as(0, cases[i].max + 1), cases[i].max - cases[i].most);
		begin_again(state);
	}
}

static void root_has_all_of_it(void **state)
{
	static const unsigned int limits[] = { 1, 2, 3, 4, 8, 30 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		limit_to(limits[i]);
		assert_int_equal(publish_as(0, limits[i] + 1), limits[i]);
		assert_refused(try_publish_as(FIRST), ENOSPC);
		begin_again(state);
	}
}

static void without_a_limit_there_is_no_share(void **state)
{
	(void)state;
	limit_to(0);
	assert_int_equal(publish_as(FIRST, 300), 300);
	assert_int_equal(publish_as(0, 3), 3);
	assert_int_equal(publish_as(FIRST + 1, 3), 3);
}

static void by_default_there_are_64_for_a_user(void **state)
{
	(void)state;
	assert_ok(try_unload());
	assert_ok(try_load(""));
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01777));
	assert_int_equal(publish_as(FIRST, 65), 64);
	assert_int_equal(publish_as(FIRST + 1, 65), 64);
	assert_int_equal(publish_as(FIRST + 2, 65), 64);
	assert_int_equal(publish_as(FIRST + 3, 65), 32);
	assert_refused(try_publish_as(FIRST + 4), ENOSPC);
	assert_int_equal(publish_as(0, 33), 32);
}

static void what_is_withdrawn_no_longer_counts(void **state)
{
	unsigned int i;
	int opened;

	(void)state;
	limit_to(8);
	for (i = 0; i < 20; i++) {
		assert_int_equal(publish_as(FIRST, 3), 2);
		/* in every other round it is the region that is still open by its name */
		opened = open_name(i % 2 ? "n1" : "n0", O_RDWR);
		withdraw(0);
		assert_ok(try_publish_as(FIRST));
		assert_refused(try_publish_as(FIRST), ENOSPC);
		withdraw(1);
		withdraw(2);
		close(opened);
		while (used)
			close(regions[--used]);
	}
	/* nor does it count for what all users have */
	for (i = 0; i < 3; i++)
		assert_int_equal(publish_as(FIRST + i, 2), 2);
	assert_ok(try_publish_as(FIRST + 3));
	assert_refused(try_publish_as(FIRST + 4), ENOSPC);
	withdraw(0);
	assert_ok(try_publish_as(FIRST + 4));
	assert_refused(try_publish_as(FIRST), ENOSPC);
}

/* The share is that of the publisher, not that of the owner whom publish is told. */
static void a_name_for_another_owner_is_the_publishers(void **state)
{
	struct bpfmmap_publish args = publish_args("given");
	int region = create(8, 1);

	(void)state;
	limit_to(4);
	args.flags = BPFMMAP_PUBLISH_UID;
	args.uid = FIRST;
	assert_ok(request(region, BPFMMAP_IOC_PUBLISH, &args));
	assert_int_equal(stat_of("given").st_uid, FIRST);
	assert_ok(try_publish_as(FIRST));
	assert_refused(try_publish_as(FIRST), ENOSPC);
	close(region);
}

static void a_lowered_limit_takes_nothing_away(void **state)
{
	(void)state;
	limit_to(0);
	assert_int_equal(publish_as(FIRST, 5), 5);
	assert_int_equal(publish_as(0, 5), 5);
	limit_to(8);
	assert_refused(try_publish_as(FIRST), ENOSPC);
	assert_refused(try_publish_as(FIRST + 1), ENOSPC);
	assert_refused(try_publish_as(0), ENOSPC);
	close(open_name("n0", O_RDONLY));
	close(open_name("n9", O_RDONLY));
	limit_to(16);
	assert_refused(try_publish_as(FIRST), ENOSPC);
	assert_ok(try_publish_as(FIRST + 1));
}

/* For a child: these capabilities are in effect, and no others. */
static bool take_capabilities(uint64_t wanted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return false;
	data[0].effective = wanted;
	data[1].effective = wanted >> 32;
	return !syscall(SYS_capset, &header, data);
}

/* A child publishes two regions; there is room for the second with the capability only. */
struct publishing {
	int regions[2];
	uint64_t capabilities;
	uid_t uid;
	bool own_namespace;
};

static int publish_two(void *arg)
{
	const struct publishing *publishing = arg;
	int ret;

	/* another effective user, who may still take the capabilities of the real one */
	if (seteuid(publishing->uid))
		return 100;
	if (publishing->own_namespace ? unshare(CLONE_NEWUSER) :
					!take_capabilities(publishing->capabilities))
		return 101;
	if (try_publish(publishing->regions[0], "x0"))
		return 102;
	ret = try_publish(publishing->regions[1], "x1");
	if (ret && ret != -ENOSPC)
		return 103;
	return ret ? 1 : 2;
}

static unsigned int published_with(uid_t uid, uint64_t capabilities, bool own_namespace)
{
	struct publishing publishing = {
		.regions = { create(8, 1), create(8, 1) }, .capabilities = capabilities,
		.uid = uid, .own_namespace = own_namespace,
	};
	int ret = in_child(publish_two, &publishing);

	withdraw_all();
	close(publishing.regions[0]);
	close(publishing.regions[1]);
	return ret;
}

static void it_is_the_capability_that_matters(void **state)
{
	const uint64_t resource = 1ULL << CAP_SYS_RESOURCE;

	(void)state;
	limit_to(4);
	assert_int_equal(published_with(0, 0, false), 1);
	assert_int_equal(published_with(0, ~resource & ((1ULL << 32) - 1), false), 1);
	assert_int_equal(published_with(0, resource, false), 2);
	assert_int_equal(published_with(FIRST, 0, false), 1);
	assert_int_equal(published_with(FIRST, resource, false), 2);
	/* all capabilities of a user namespace of one's own are not enough */
	assert_int_equal(published_with(FIRST, 0, true), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_user_has_a_quarter_and_all_have_seven_eighths),
		TEST(root_has_all_of_it),
		TEST(without_a_limit_there_is_no_share),
		TEST(by_default_there_are_64_for_a_user),
		TEST(what_is_withdrawn_no_longer_counts),
		TEST(a_name_for_another_owner_is_the_publishers),
		TEST(a_lowered_limit_takes_nothing_away),
		TEST(it_is_the_capability_that_matters),
	};

	return RUN_GROUP(tests);
}
