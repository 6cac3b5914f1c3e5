// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which label a region, a directory and the root have, by the rule that the policy has for the file
 * system; who may change it; and that it decides who may open a region.
 */
#include "selinux.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static int setup(void **state)
{
	(void)state;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	withdraw_all();
	return 0;
}

static void without_a_rule_files_are_unlabeled(void **state)
{
	int fd;

	(void)state;
	use_policy("none");
	only_named("one");
	assert_ok(mkdir(path_of("dir"), 0755));
	fd = create_pages(1);
	assert_true(fd_has_label(fd, "unlabeled_t"));
	assert_true(has_label("one", "unlabeled_t"));
	assert_true(has_label("dir", "unlabeled_t"));
	assert_true(has_label(".", "unlabeled_t"));
	assert_refused(try_open_in_domain("all_t", "one", O_RDONLY), EACCES);
	assert_refused(try_set_label("one", "region_t"), EOPNOTSUPP);
	assert_true(has_label("one", "unlabeled_t"));
	close(fd);
}

static void genfscon_is_a_label_for_all_files(void **state)
{
	int fd;

	(void)state;
	use_policy("genfs");
	only_named("one");
	assert_ok(mkdir(path_of("dir"), 0755));
	fd = create_pages(1);
	assert_true(fd_has_label(fd, "region_t"));
	assert_true(has_label("one", "region_t"));
	assert_true(has_label("dir", "region_t"));
	assert_true(has_label(".", "region_t"));
	assert_ok(try_open_in_domain("all_t", "one", O_RDWR));
	assert_refused(try_set_label("one", "secret_t"), EOPNOTSUPP);
	assert_true(has_label("one", "region_t"));
	close(fd);
}

/* A rule counts from the next mount of the instance on, which a name holds. */
static void a_new_rule_waits_for_the_last_name(void **state)
{
	(void)state;
	use_policy("none");
	only_named("one");
	load_policy("genfs");
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	/* nothing is mounted now, but the name is there */
	assert_ok(try_mount(""));
	assert_true(has_label("one", "unlabeled_t"));
	use_policy("genfs");
	only_named("one");
	assert_true(has_label("one", "region_t"));
}

static void fsuse_xattr_keeps_labels(void **state)
{
	int fd;

	(void)state;
	use_policy("xattr");
	only_named("one");
	only_named("other");
	assert_true(has_label("one", "default_t"));
	assert_true(has_label(".", "default_t"));
	fd = open_name("one", O_RDONLY);
	assert_refused(try_open_in_domain("all_t", "one", O_RDONLY), EACCES);

	assert_ok(try_set_label("one", "region_t"));
	assert_true(has_label("one", "region_t"));
	assert_true(fd_has_label(fd, "region_t"));
	assert_true(has_label("other", "default_t"));
	assert_ok(try_open_in_domain("all_t", "one", O_RDONLY));
	assert_refused(try_open_in_domain("all_t", "other", O_RDONLY), EACCES);

	/* for another name of the file, and without a mount as well */
	assert_ok(rename(path_of("one"), path_of("two")));
	assert_ok(link(path_of("two"), path_of("three")));
	close(fd);
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_ok(try_mount(""));
	assert_true(has_label("two", "region_t"));
	assert_true(has_label("three", "region_t"));
	assert_ok(try_open_in_domain("all_t", "three", O_RDONLY));

	assert_ok(try_set_label("two", "secret_t"));
	assert_true(has_label("three", "secret_t"));
	assert_refused(try_open_in_domain("all_t", "three", O_RDONLY), EACCES);

	/* a new file of that name has none of it */
	assert_ok(try_withdraw("two"));
	assert_ok(try_withdraw("three"));
	only_named("two");
	assert_true(has_label("two", "default_t"));
}

static void a_frozen_region_can_be_relabeled(void **state)
{
	int fd;

	(void)state;
	use_policy("xattr");
	named_with_label("one", "region_t");
	fd = open_name("one", O_RDWR);
	assert_ok(try_freeze(fd));
	close(fd);
	assert_ok(try_open_in_domain("all_t", "one", O_RDONLY));
	assert_ok(try_set_label("one", "secret_t"));
	assert_refused(try_open_in_domain("all_t", "one", O_RDONLY), EACCES);
}

static void a_label_is_no_attribute_to_remove(void **state)
{
	(void)state;
	use_policy("xattr");
	named_with_label("one", "region_t");
	assert_refused(result(removexattr(path_of("one"), LABEL)), EACCES);
	assert_true(has_label("one", "region_t"));
}

static int relabel(void *name)
{
	return try_set_label(name, "secret_t");
}

static void a_domain_that_may_not_relabel_does_not(void **state)
{
	(void)state;
	use_policy("xattr");
	named_with_label("one", "region_t");
	assert_refused(try_in_domain("all_t", relabel, "one"), EACCES);
	assert_true(has_label("one", "region_t"));
}

struct opened {
	int fd;
	const volatile uint8_t *mapping;
};

static int read_opened(void *arg)
{
	const struct opened *opened = arg;
	char byte;

	return result(pread(opened->fd, &byte, 1, 0));
}

static int ask_opened(void *arg)
{
	const struct opened *opened = arg;
	uint64_t value;

	return try_lookup(opened->fd, 0, &value);
}

static int map_opened(void *arg)
{
	const struct opened *opened = arg;

	return try_map(opened->fd, PAGE, PROT_READ, MAP_SHARED, 0);
}

static int touch_mapping(void *arg)
{
	const struct opened *opened = arg;

	return *opened->mapping;
}

/* The label that a file has now decides about each call, but not about a mapping that exists. */
static void a_mapping_outlives_a_relabel(void **state)
{
	struct opened opened;
	uint64_t value = 7;

	(void)state;
	use_policy("xattr");
	named_with_label("one", "region_t");
	opened.fd = open_name("one", O_RDWR);
	assert_ok(try_update(opened.fd, 0, &value, 0));
	opened.mapping = map(opened.fd, PAGE, PROT_READ, 0);
	assert_int_equal(try_in_domain("all_t", read_opened, &opened), 1);
	assert_ok(try_in_domain("all_t", ask_opened, &opened));
	assert_ok(try_in_domain("all_t", map_opened, &opened));

	assert_ok(try_set_label("one", "secret_t"));
	assert_refused(try_in_domain("all_t", read_opened, &opened), EACCES);
	assert_refused(try_in_domain("all_t", ask_opened, &opened), EACCES);
	assert_refused(try_in_domain("all_t", map_opened, &opened), EACCES);
	assert_int_equal(try_in_domain("all_t", touch_mapping, &opened), 7);
	unmap((void *)opened.mapping, PAGE);
	close(opened.fd);
}

/* Make a region with a name in a directory: 0, -errno, or 1 if it does not have that label. */
static int make_labeled(void *type)
{
	int fd = try_create(8, 1), ret;

	if (fd < 0)
		return fd;
	ret = try_publish(fd, "made");
	if (!ret && !fd_has_label(fd, type))
		ret = 1;
	close(fd);
	return ret;
}

static int make_directory(void *name)
{
	return result(mkdir(path_of(name), 0755));
}

static void fsuse_trans_labels_by_transitions(void **state)
{
	(void)state;
	use_policy("trans");
	assert_true(has_label(".", "region_t"));
	only_named("one");
	assert_true(has_label("one", "region_t"));
	assert_ok(try_in_domain("maker_t", make_labeled, "made_t"));
	assert_true(has_label("made", "made_t"));
	assert_ok(try_in_domain("maker_t", make_directory, "dir"));
	assert_true(has_label("dir", "made_directory_t"));
	assert_refused(try_open_in_domain("all_t", "made", O_RDONLY), EACCES);
	/* and it keeps labels as fsuse xattr does */
	assert_ok(try_set_label("made", "region_t"));
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_ok(try_mount(""));
	assert_true(has_label("made", "region_t"));
	assert_ok(try_open_in_domain("all_t", "made", O_RDONLY));
}

static void without_fsuse_trans_there_is_no_transition(void **state)
{
	(void)state;
	use_policy("xattr");
	assert_ok(try_set_label(".", "region_t"));
	assert_refused(try_in_domain("maker_t", make_labeled, "made_t"), EACCES);
	only_named("one");
	assert_true(has_label("one", "default_t"));
	assert_ok(mkdir(path_of("dir"), 0755));
	assert_true(has_label("dir", "default_t"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(without_a_rule_files_are_unlabeled),
		TEST(genfscon_is_a_label_for_all_files),
		TEST(a_new_rule_waits_for_the_last_name),
		TEST(fsuse_xattr_keeps_labels),
		TEST(a_frozen_region_can_be_relabeled),
		TEST(a_label_is_no_attribute_to_remove),
		TEST(a_domain_that_may_not_relabel_does_not),
		TEST(a_mapping_outlives_a_relabel),
		TEST(fsuse_trans_labels_by_transitions),
		TEST(without_fsuse_trans_there_is_no_transition),
	};

	return RUN_GROUP(tests);
}
