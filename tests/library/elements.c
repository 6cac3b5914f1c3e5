// SPDX-License-Identifier: GPL-2.0-only
/* Lookup and update, of one element and of many. */
#include "library.h"

#define ENTRIES	100U

static struct bpfmmap_region *region;

static int setup(void **state)
{
	(void)state;
	region = bpfmmap_region__create("elements", 12, ENTRIES, NULL);
	return region ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	bpfmmap_region__close(region);
	return 0;
}

static void one(void **state)
{
	uint8_t in[12] = "eleven char", out[13];

	(void)state;
	memset(out, 0xff, sizeof(out));
	assert_ok(bpfmmap_region__lookup(region, ENTRIES - 1, out));
	assert_true(all(out, 12, 0));
	assert_int_equal(out[12], 0xff);
	assert_ok(bpfmmap_region__update(region, ENTRIES - 1, in, BPFMMAP_ANY));
	assert_ok(bpfmmap_region__lookup(region, ENTRIES - 1, out));
	assert_memory_equal(out, in, 12);
	assert_int_equal(out[12], 0xff);
	in[0] = 'E';
	assert_ok(bpfmmap_region__update(region, ENTRIES - 1, in, BPFMMAP_EXIST));
	assert_ok(bpfmmap_region__lookup(region, ENTRIES - 1, out));
	assert_int_equal(out[0], 'E');
}

static void one_says_why_not(void **state)
{
	uint8_t value[12] = { 0 };

	(void)state;
	assert_failed(bpfmmap_region__lookup(region, ENTRIES, value), ENOENT);
	assert_failed(bpfmmap_region__lookup(region, 0, NULL), EFAULT);
	assert_failed(bpfmmap_region__update(region, ENTRIES, value, 0), E2BIG);
	assert_failed(bpfmmap_region__update(region, 0, value, BPFMMAP_NOEXIST), EEXIST);
	assert_failed(bpfmmap_region__update(region, 0, value, 99), EINVAL);
	assert_failed(bpfmmap_region__update(region, 0, NULL, 0), EFAULT);
	assert_ok(bpfmmap_region__freeze(region));
	assert_failed(bpfmmap_region__update(region, 0, value, 0), EPERM);
}

static void many(void **state)
{
	uint8_t in[10 * 12], out[10 * 12];
	__u32 count = 10;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(in); i++)
		in[i] = i;
	assert_ok(bpfmmap_region__update_batch(region, 5, &count, in));
	assert_int_equal(count, 10);
	assert_ok(bpfmmap_region__lookup_batch(region, 5, &count, out));
	assert_int_equal(count, 10);
	assert_memory_equal(in, out, sizeof(in));
	assert_ok(bpfmmap_region__lookup(region, 6, out));
	assert_memory_equal(in + 12, out, 12);

	count = 0;
	assert_ok(bpfmmap_region__lookup_batch(region, 0, &count, NULL));
	assert_ok(bpfmmap_region__update_batch(region, 0, &count, NULL));
	assert_int_equal(count, 0);
}

static void many_up_to_the_first_error(void **state)
{
	uint8_t values[10 * 12] = { 0 };
	__u32 count = 10;

	(void)state;
	assert_failed(bpfmmap_region__lookup_batch(region, ENTRIES - 3, &count, values), ENOENT);
	assert_int_equal(count, 3);
	count = 10;
	assert_failed(bpfmmap_region__update_batch(region, ENTRIES - 4, &count, values), E2BIG);
	assert_int_equal(count, 4);
	count = 10;
	assert_failed(bpfmmap_region__update_batch(region, 0, &count, NULL), EFAULT);
	assert_int_equal(count, 0);
	assert_ok(bpfmmap_region__freeze(region));
	count = 10;
	assert_failed(bpfmmap_region__update_batch(region, 0, &count, values), EPERM);
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one, setup, teardown),
		cmocka_unit_test_setup_teardown(one_says_why_not, setup, teardown),
		cmocka_unit_test_setup_teardown(many, setup, teardown),
		cmocka_unit_test_setup_teardown(many_up_to_the_first_error, setup, teardown),
	};

	return RUN_GROUP(tests);
}
