// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose names there can be, of max_published: a quarter for a user, seven eighths for all users
 * together, and the rest for those with CAP_SYS_RESOURCE.
 */
#include "published.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>

#define USERS	10
#define FIRST	1000	/* the uid of the first */
#define MOST	512	/* regions */

static int regions[MOST];
static unsigned int used;

static int setup(void **state)
{
	(void)state;
	used = 0;
	memset(regions, 0xff, sizeof(regions));
	return 0;
}

static int teardown(void **state)
{
	unsigned int i;

	(void)state;
	go_on_as(0);
	withdraw_all();
	for (i = 0; i < used; i++)
		close(regions[i]);
	set_parameter("max_published", "256");
	return 0;
}

static void limit_to(unsigned int max)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", max);
	set_parameter("max_published", text);
}

/* One region more under a name that says its number. */
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

/* So many or, before that, up to the first that is refused; which is for want of room. */
static unsigned int publish_as(uid_t uid, unsigned int wanted)
{
	unsigned int nr;

	for (nr = 0; nr < wanted; nr++) {
		int ret = try_publish_as(uid);

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
	/* a limit, what one user gets, what all users get */
	static const unsigned int cases[][3] = {
		{ 1, 1, 1 }, { 2, 1, 2 }, { 3, 1, 3 }, { 4, 1, 4 }, { 7, 1, 7 }, { 8, 2, 7 },
		{ 9, 2, 8 }, { 16, 4, 14 }, { 30, 7, 27 }, { 64, 16, 56 },
	};
	unsigned int user, all_users, got;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const unsigned int max = cases[i][0], share = cases[i][1], most = cases[i][2];

		limit_to(max);
		all_users = 0;
		for (user = 0; user < USERS; user++) {
			got = publish_as(FIRST + user, max + 1);
			/* the last to come may find less */
			assert_int_equal(got, share < most - all_users ? share : most - all_users);
			all_users += got;
		}
		assert_int_equal(all_users, most);
		/* with the capability there is neither, but a limit is one */
		assert_int_equal(publish_as(0, max + 1), max - most);
		teardown(state);
		setup(state);
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
		teardown(state);
		setup(state);
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

/* As the module comes: 256. */
static void by_default_there_are_64_for_a_user(void **state)
{
	(void)state;
	assert_ok(try_unload());
	assert_ok(try_load(""));
	assert_int_equal(publish_as(FIRST, 65), 64);
	assert_int_equal(publish_as(FIRST + 1, 65), 64);
	assert_int_equal(publish_as(FIRST + 2, 65), 64);
	assert_int_equal(publish_as(FIRST + 3, 65), 32);
	assert_refused(try_publish_as(FIRST + 4), ENOSPC);
	assert_int_equal(publish_as(0, 33), 32);
}

static void what_is_withdrawn_counts_no_more(void **state)
{
	unsigned int i;
	int opened;

	(void)state;
	limit_to(8);
	for (i = 0; i < 20; i++) {
		assert_int_equal(publish_as(FIRST, 3), 2);
		/* also if it is open still */
		opened = open_node(i % 2 ? "n1" : "n0", O_RDWR);
		withdraw(0);
		assert_ok(try_publish_as(FIRST));
		assert_refused(try_publish_as(FIRST), ENOSPC);
		withdraw(1);
		withdraw(2);
		close(opened);
		while (used)
			close(regions[--used]);
	}
	/* nor does it in what all users have */
	for (i = 0; i < 3; i++)
		assert_int_equal(publish_as(FIRST + i, 2), 2);
	assert_ok(try_publish_as(FIRST + 3));
	assert_refused(try_publish_as(FIRST + 4), ENOSPC);
	withdraw(0);
	assert_ok(try_publish_as(FIRST + 4));
	assert_refused(try_publish_as(FIRST), ENOSPC);
}

/* It is who publishes that counts, and not whom the device is given to. */
static void given_away_it_is_the_publishers_still(void **state)
{
	struct bpfmmap_publish args = publish_args("given");
	int region = create(8, 1);

	(void)state;
	limit_to(4);
	args.flags = BPFMMAP_PUBLISH_UID;
	args.uid = FIRST;
	assert_ok(request(region, BPFMMAP_IOC_PUBLISH, &args));
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
	close(open_node("n0", O_RDONLY));
	close(open_node("n9", O_RDONLY));
	limit_to(16);
	assert_refused(try_publish_as(FIRST), ENOSPC);
	assert_ok(try_publish_as(FIRST + 1));
}

/* For a child: all of these in effect, and no more. */
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

/* Of two, for which there is room, with the capability only. */
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

	/* the effective user's, with capabilities of the real one's still permitted */
	if (seteuid(publishing->uid))
		return 100;
	if (publishing->own_namespace ? unshare(CLONE_NEWUSER) :
					!take_capabilities(publishing->capabilities))
		return 101;
	if (try_publish(publishing->regions[0], "x0"))
		return 102;
	ret = try_publish(publishing->regions[1], "x1");
	return ret == -ENOSPC ? 1 : ret ? 103 : 2;
}

static unsigned int publish_two_with(uid_t uid, uint64_t capabilities, bool own_namespace)
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
	assert_int_equal(publish_two_with(0, 0, false), 1);
	assert_int_equal(publish_two_with(0, ~resource & ((1ULL << 32) - 1), false), 1);
	assert_int_equal(publish_two_with(0, resource, false), 2);
	assert_int_equal(publish_two_with(FIRST, 0, false), 1);
	assert_int_equal(publish_two_with(FIRST, resource, false), 2);
	/* and one of a user namespace of one's own is worth nothing */
	assert_int_equal(publish_two_with(FIRST, 0, true), 1);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_user_has_a_quarter_and_all_have_seven_eighths),
		TEST(root_has_all_of_it),
		TEST(without_a_limit_there_is_no_share),
		TEST(by_default_there_are_64_for_a_user),
		TEST(what_is_withdrawn_counts_no_more),
		TEST(given_away_it_is_the_publishers_still),
		TEST(a_lowered_limit_takes_nothing_away),
		TEST(it_is_the_capability_that_matters),
	};

	return RUN_GROUP(tests);
}
