// SPDX-License-Identifier: GPL-2.0-only
/* Names that publish makes: valid names, their owners, and how they go. */
#include "fixture.h"

#include <ctype.h>
#include <grp.h>
#include <pthread.h>
#include <sys/stat.h>

#define BYTES	(3 * PAGE)

static int fd = -1;

static int setup(void **state)
{
	(void)state;
	fd = create_pages(3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	withdraw_all();
	close(fd);
	return 0;
}

static void it_lives_without_an_fd(void **state)
{
	uint32_t id = info(fd).id;
	uint64_t value = 4711;
	int again;

	(void)state;
	assert_ok(try_update(fd, 5, &value, 0));
	assert_ok(try_publish(fd, "table"));
	assert_string_equal(info(fd).published, "table");
	close(fd);
	assert_true(id_exists(id));
	again = open_name("table", O_RDWR);
	assert_int_equal(info(again).id, id);
	value = 0;
	assert_ok(try_lookup(again, 5, &value));
	assert_int_equal(value, 4711);
	close(again);
	assert_ok(try_withdraw("table"));
	assert_false(id_exists(id));
	fd = create_pages(1);
}

static void unknown_flags_and_ids_are_invalid(void **state)
{
	struct bpfmmap_publish args = publish_args("bad");
	unsigned int bit;

	(void)state;
	for (bit = 3; bit < 32; bit++) {
		args.flags = 1U << bit;
		assert_refused(request(fd, BPFMMAP_IOC_PUBLISH, &args), EINVAL);
	}
	args.flags = BPFMMAP_PUBLISH_UID;
	args.uid = -1;
	assert_refused(request(fd, BPFMMAP_IOC_PUBLISH, &args), EINVAL);
	args.flags = BPFMMAP_PUBLISH_GID;
	args.gid = -1;
	assert_refused(request(fd, BPFMMAP_IOC_PUBLISH, &args), EINVAL);
}

static void bad_names_are_invalid(void **state)
{
	static const char * const bad[] = {
		"", ".", "..", ".hidden", "-option", "a/b", "../bpfmmap", "a b", "a!b", "a\n",
		"\xc3\xa4", "\xe4", "a:b", "a\\b",
	};
	static const char * const good[] = { "a", "0", "_", "a.b-c_D.", "x..", "42", "power" };
	struct bpfmmap_publish args;
	size_t i;
	int c;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_refused(try_publish(fd, bad[i]), EINVAL);
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_ok(try_publish(fd, good[i]));
		assert_ok(try_withdraw(good[i]));
	}
	for (c = 1; c < 256; c++) {
		args = publish_args("x?");
		args.name[1] = c;
		if (c < 128 && (isalnum(c) || strchr("_.-", c)))
			continue;
		assert_refused(request(fd, BPFMMAP_IOC_PUBLISH, &args), EINVAL);
	}
}

static void names_have_up_to_63_characters(void **state)
{
	struct bpfmmap_publish args = publish_args("");
	char longest[BPFMMAP_PUBLISH_LEN] = "";

	(void)state;
	memset(longest, 'n', BPFMMAP_PUBLISH_LEN - 1);
	assert_ok(try_publish(fd, longest));
	assert_string_equal(info(fd).published, longest);
	close(open_name(longest, O_RDONLY));
	assert_ok(try_withdraw(longest));
	memset(args.name, 'n', sizeof(args.name));
	assert_refused(request(fd, BPFMMAP_IOC_PUBLISH, &args), ENAMETOOLONG);
}

static void taken_names_and_published_regions(void **state)
{
	int other = create_pages(1);

	(void)state;
	assert_ok(try_publish(fd, "one"));
	assert_refused(try_publish(other, "one"), EEXIST);
	assert_refused(try_publish(fd, "one"), EEXIST);
	assert_refused(try_publish(fd, "two"), EALREADY);
	assert_ok(try_publish(other, "two"));
	assert_ok(try_withdraw("one"));
	assert_ok(try_publish(fd, "one"));
	close(other);
}

static void withdraw_of_what_is_not_there(void **state)
{
	(void)state;
	assert_refused(try_withdraw("nothing"), ENOENT);
	assert_ok(try_publish(fd, "once"));
	assert_ok(try_withdraw("once"));
	assert_refused(try_withdraw("once"), ENOENT);
	/* the region can get another name */
	assert_ok(try_publish(fd, "twice"));
}

/* A region that is open or mapped lives on without a name. */
static void withdrawn_while_in_use(void **state)
{
	uint32_t id = info(fd).id;
	uint64_t value = 1;
	uint8_t *at;
	int opened;

	(void)state;
	assert_ok(try_publish(fd, "used"));
	opened = open_name("used", O_RDWR);
	at = map(opened, BYTES, PROT_READ | PROT_WRITE, 0);
	close(fd);
	assert_ok(try_withdraw("used"));
	assert_refused(try_open_name("used", O_RDWR), ENOENT);
	assert_string_equal(info(opened).published, "");
	at[0] = 7;
	assert_ok(try_update(opened, 1, &value, 0));
	close(opened);
	assert_true(id_exists(id));
	assert_int_equal(at[0], 7);
	unmap(at, BYTES);
	assert_false(id_exists(id));
	fd = create_pages(1);
}

struct request_of_nobody {
	int control;
	struct bpfmmap_publish publish;
	int expected;
};

static int publish_as_nobody(void *arg)
{
	struct request_of_nobody *wanted = arg;
	struct bpfmmap_create create = create_args(8, 1);
	gid_t group = 777;
	struct stat st;
	int region, ret;

	if (setgroups(1, &group))
		return 1;
	if (setgid(65534) || setuid(65534))
		return 2;
	region = request(wanted->control, BPFMMAP_IOC_CREATE, &create);
	if (region < 0)
		return 3;
	ret = request(region, BPFMMAP_IOC_PUBLISH, &wanted->publish);
	if (ret != wanted->expected)
		return 4;
	if (ret)
		return 0;
	if (stat(path_of(wanted->publish.name), &st) || st.st_uid != 65534)
		return 5;
	/* the owner can withdraw it */
	return try_withdraw(wanted->publish.name) ? 6 : 0;
}

static void another_owner_needs_cap_chown(void **state)
{
	static const struct { uint32_t flags, uid, gid; int expected; } cases[] = {
		{ 0, 0, 0, 0 },
		{ BPFMMAP_PUBLISH_UID, 65534, 0, 0 },
		{ BPFMMAP_PUBLISH_UID, 0, 0, -EPERM },
		{ BPFMMAP_PUBLISH_UID, 1000, 0, -EPERM },
		{ BPFMMAP_PUBLISH_GID, 0, 65534, 0 },
		{ BPFMMAP_PUBLISH_GID, 0, 777, 0 },
		{ BPFMMAP_PUBLISH_GID, 0, 0, -EPERM },
		{ BPFMMAP_PUBLISH_GID, 0, 778, -EPERM },
	};
	struct request_of_nobody wanted = { .control = open(BPFMMAP_DEVICE, O_RDWR) };
	size_t i;

	(void)state;
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01777));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		wanted.publish = publish_args("nobodys");
		wanted.publish.flags = cases[i].flags;
		wanted.publish.uid = cases[i].uid;
		wanted.publish.gid = cases[i].gid;
		wanted.expected = cases[i].expected;
		assert_ok(in_child(publish_as_nobody, &wanted));
	}
	/* who may not write to the directory makes no name in it, as with any file */
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01775));
	wanted.publish = publish_args("nobodys");
	wanted.expected = -EACCES;
	assert_ok(in_child(publish_as_nobody, &wanted));
	close(wanted.control);
}

static int withdraw_as_nobody(void *arg)
{
	become_nobody();
	return try_withdraw("roots") == *(int *)arg ? 0 : 1;
}

/* The rules are those of any directory. */
static void withdraw_is_for_those_who_may_write_to_the_directory(void **state)
{
	int refused = -EACCES, sticky = -EPERM, allowed = 0;

	(void)state;
	assert_ok(try_publish(fd, "roots"));
	assert_ok(in_child(withdraw_as_nobody, &refused));
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01777));
	assert_ok(in_child(withdraw_as_nobody, &sticky));
	close(open_name("roots", O_RDONLY));
	assert_ok(chown(path_of("roots"), 65534, 65534));
	assert_ok(in_child(withdraw_as_nobody, &allowed));
	assert_refused(try_open_name("roots", O_RDONLY), ENOENT);
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01775));
}

static void a_limit_is_kept(void **state)
{
	int other = create_pages(1);

	(void)state;
	set_parameter("max_published", "1");
	assert_ok(try_publish(fd, "first"));
	assert_refused(try_publish(other, "second"), ENOSPC);
	assert_refused(try_open_name("second", O_RDONLY), ENOENT);
	assert_ok(try_withdraw("first"));
	assert_ok(try_publish(other, "second"));
	set_parameter("max_published", "0");
	assert_ok(try_publish(fd, "first"));
	set_parameter("max_published", "256");
	close(other);
}

static void the_module_stays(void **state)
{
	(void)state;
	assert_ok(try_publish(fd, "kept"));
	close(fd);
	assert_refused(try_unload(), EWOULDBLOCK);
	assert_ok(try_withdraw("kept"));
	assert_ok(try_unload());
	assert_ok(try_load(""));
	fd = create_pages(1);
}

#define RACERS	4
#define ROUNDS	100

struct racer {
	pthread_t thread;
	unsigned int published, withdrawn, opened;
	bool wrong;
};

/* Each thread publishes, opens and withdraws the same name as often as it can. */
static void *race(void *arg)
{
	struct racer *racer = arg;
	int region = create_pages(1), i, ret;

	for (i = 0; i < ROUNDS; i++) {
		ret = try_publish(region, "raced");
		racer->published += !ret;
		racer->wrong |= ret && ret != -EEXIST && ret != -EALREADY;

		ret = try_open_name("raced", O_RDWR);
		racer->opened += ret >= 0;
		racer->wrong |= ret < 0 && ret != -ENOENT && ret != -ENXIO;
		if (ret >= 0)
			close(ret);

		ret = try_withdraw("raced");
		racer->withdrawn += !ret;
		racer->wrong |= ret && ret != -ENOENT;
	}
	close(region);
	return NULL;
}

static void publish_withdraw_and_open_race(void **state)
{
	struct racer racers[RACERS] = { };
	unsigned int published = 0, withdrawn = 0;
	int i;

	(void)state;
	for (i = 0; i < RACERS; i++)
		pthread_create(&racers[i].thread, NULL, race, &racers[i]);
	for (i = 0; i < RACERS; i++) {
		pthread_join(racers[i].thread, NULL);
		assert_false(racers[i].wrong);
		published += racers[i].published;
		withdrawn += racers[i].withdrawn;
	}
	assert_true(published >= ROUNDS);
	if (!try_withdraw("raced"))
		withdrawn++;
	assert_int_equal(published, withdrawn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_lives_without_an_fd),
		TEST(unknown_flags_and_ids_are_invalid),
		TEST(bad_names_are_invalid),
		TEST(names_have_up_to_63_characters),
		TEST(taken_names_and_published_regions),
		TEST(withdraw_of_what_is_not_there),
		TEST(withdrawn_while_in_use),
		TEST(another_owner_needs_cap_chown),
		TEST(withdraw_is_for_those_who_may_write_to_the_directory),
		TEST(a_limit_is_kept),
		TEST(the_module_stays),
		TEST(publish_withdraw_and_open_race),
	};

	return RUN_GROUP(tests);
}
