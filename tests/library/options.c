// SPDX-License-Identifier: GPL-2.0-only
/*
 * Option structs grow: that of a caller may be shorter or longer than that of the library
 *
 * Each function that takes options is tried with each length. A "later" struct is that of a
 * program which was compiled with a later header than the library.
 */
#include "library.h"

#define LATER	sizeof(__u64)

static struct bpfmmap_region *region;

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

/* Each function tries one call with these options and undoes it. Returns 0, or -errno. */

static int opened(struct bpfmmap_region *other)
{
	if (!other)
		return -errno;
	bpfmmap_region__close(other);
	return 0;
}

static int with_create(const void *opts)
{
	return opened(bpfmmap_region__create("other", 8, 1, opts));
}

static int with_open_id(const void *opts)
{
	return opened(bpfmmap_region__open_id(bpfmmap_region__id(region), opts));
}

static int with_open_path(const void *opts)
{
	int ret;

	assert_ok(bpfmmap_region__publish(region, "options", NULL));
	ret = opened(bpfmmap_region__open_path(BPFMMAP_PUBLISH_DIR "/options", opts));
	assert_ok(bpfmmap_withdraw("options"));
	return ret;
}

static int with_open_name(const void *opts)
{
	int ret;

	assert_ok(bpfmmap_region__publish(region, "options", NULL));
	ret = opened(bpfmmap_region__open_name("options", opts));
	assert_ok(bpfmmap_withdraw("options"));
	return ret;
}

static int with_map(const void *opts)
{
	struct bpfmmap_map map;
	int ret = bpfmmap_region__map(region, &map, opts);

	assert_int_equal(map.bytes, ret ? 0 : 2 * PAGE);
	assert_ok(bpfmmap_region__unmap(region, &map));
	return ret;
}

static int with_freeze(const void *opts)
{
	struct bpfmmap_map map = map_region(region, true);
	int ret = bpfmmap_region__freeze_when_idle(region, opts);

	if (ret == -EINPROGRESS)
		ret = bpfmmap_region__freeze_cancel(region);
	unmap_region(&map);
	return ret;
}

static int with_freeze_now(const void *opts)
{
	struct bpfmmap_map map = map_region(region, true);
	int ret = bpfmmap_region__freeze_with(region, opts);

	unmap_region(&map);
	return ret == -EBUSY ? 0 : ret;
}

static int with_freeze_wait(const void *opts)
{
	struct bpfmmap_map map = map_region(region, true);
	int ret = bpfmmap_region__freeze_wait_with(region, 0, opts);

	unmap_region(&map);
	return ret == -ETIMEDOUT ? 0 : ret;
}

static int with_restrict(const void *opts)
{
	return opened(bpfmmap_region__restrict_with(region, opts));
}

static int with_publish(const void *opts)
{
	int ret = bpfmmap_region__publish(region, "options", opts);

	if (!ret)
		assert_ok(bpfmmap_withdraw("options"));
	return ret;
}

static const struct {
	const char *name;
	int (*fn)(const void *opts);
	size_t sz;
	size_t reserved;	/* the place of its field reserved, or 0 */
} functions[] = {
	{ "create", with_create, sizeof(struct bpfmmap_create_opts), 0 },
	{ "open_id", with_open_id, sizeof(struct bpfmmap_open_opts),
	  offsetof(struct bpfmmap_open_opts, reserved) },
	{ "open_path", with_open_path, sizeof(struct bpfmmap_open_opts),
	  offsetof(struct bpfmmap_open_opts, reserved) },
	{ "open_name", with_open_name, sizeof(struct bpfmmap_open_opts),
	  offsetof(struct bpfmmap_open_opts, reserved) },
	{ "map", with_map, sizeof(struct bpfmmap_map_opts),
	  offsetof(struct bpfmmap_map_opts, reserved) },
	{ "freeze_when_idle", with_freeze, sizeof(struct bpfmmap_freeze_opts),
	  offsetof(struct bpfmmap_freeze_opts, reserved) },
	{ "freeze_with", with_freeze_now, sizeof(struct bpfmmap_freeze_opts),
	  offsetof(struct bpfmmap_freeze_opts, reserved) },
	{ "freeze_wait_with", with_freeze_wait, sizeof(struct bpfmmap_freeze_opts),
	  offsetof(struct bpfmmap_freeze_opts, reserved) },
	{ "restrict_with", with_restrict, sizeof(struct bpfmmap_restrict_opts),
	  offsetof(struct bpfmmap_restrict_opts, reserved) },
	{ "publish", with_publish, sizeof(struct bpfmmap_publish_opts), 0 },
};

/* Call all functions with a struct of zeros of that size, in which one byte may be 1. */
static void all_with(size_t sz, size_t later, size_t one, int expected)
{
	uint8_t opts[128];
	size_t i, size;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		memset(opts, 0, sizeof(opts));
		size = later ? functions[i].sz + later : sz;
		memcpy(opts, &size, sizeof(size));
		if (one)
			opts[functions[i].sz + one - 1] = 1;
		if (functions[i].fn(opts) != expected)
			fail_msg("%s with %zu bytes", functions[i].name, size);
	}
}

static void none_at_all(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		assert_ok(functions[i].fn(NULL));
}

static void as_long_as_it_is(void **state)
{
	uint8_t opts[128] = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		memcpy(opts, &functions[i].sz, sizeof(size_t));
		assert_ok(functions[i].fn(opts));
	}
}

static void shorter(void **state)
{
	(void)state;
	all_with(sizeof(size_t), 0, 0, 0);
	all_with(sizeof(size_t) + 3, 0, 0, 0);
}

static void shorter_than_its_size(void **state)
{
	(void)state;
	all_with(0, 0, 0, -EINVAL);
	all_with(sizeof(size_t) - 1, 0, 0, -EINVAL);
}

static void longer_with_zeros(void **state)
{
	(void)state;
	all_with(0, LATER, 0, 0);
	all_with(0, 1, 0, 0);
}

static void longer_with_something(void **state)
{
	(void)state;
	all_with(0, LATER, 1, -EINVAL);
	all_with(0, LATER, LATER, -EINVAL);
	/* bytes behind sz are not looked at */
	all_with(0, LATER, LATER + 1, 0);
}

static void reserved_is_zero(void **state)
{
	uint8_t opts[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		if (!functions[i].reserved)
			continue;
		memset(opts, 0, sizeof(opts));
		memcpy(opts, &functions[i].sz, sizeof(size_t));
		opts[functions[i].reserved] = 1;
		assert_int_equal(functions[i].fn(opts), -EINVAL);
	}
}

/* A field behind the end of the caller's struct is not read. */
static void what_is_behind_a_shorter_one_is_not_looked_at(void **state)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, opts, .offset = PAGE, .bytes = PAGE, .writable = true);
	struct bpfmmap_map map;

	(void)state;
	opts.sz = offsetof(struct bpfmmap_map_opts, bytes);
	assert_ok(bpfmmap_region__map(region, &map, &opts));
	assert_int_equal(map.bytes, PAGE);
	assert_int_equal(state_of(region).writers, 0);
	unmap_region(&map);
	opts.sz = offsetof(struct bpfmmap_map_opts, offset);
	assert_ok(bpfmmap_region__map(region, &map, &opts));
	assert_int_equal(map.bytes, 2 * PAGE);
	unmap_region(&map);
}

/* These structs have no more bytes than those of the first version that had them. */
static void none_has_grown(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct bpfmmap_freeze_opts), sizeof(size_t) + 8);
	assert_int_equal(offsetof(struct bpfmmap_freeze_opts, keep), sizeof(size_t));
	assert_int_equal(offsetof(struct bpfmmap_map_opts, writable) + 8,
			 sizeof(struct bpfmmap_map_opts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(none_at_all, setup, teardown),
		cmocka_unit_test_setup_teardown(as_long_as_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(shorter, setup, teardown),
		cmocka_unit_test_setup_teardown(shorter_than_its_size, setup, teardown),
		cmocka_unit_test_setup_teardown(longer_with_zeros, setup, teardown),
		cmocka_unit_test_setup_teardown(longer_with_something, setup, teardown),
		cmocka_unit_test_setup_teardown(reserved_is_zero, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_behind_a_shorter_one_is_not_looked_at,
						setup, teardown),
		cmocka_unit_test(none_has_grown),
	};

	return RUN_GROUP(tests);
}
