// SPDX-License-Identifier: GPL-2.0-only
/* Mappings, and the places of elements in them. */
#include "library.h"

#define PAGES	8UL

static struct bpfmmap_region *region;

static int setup(void **state)
{
	(void)state;
	region = make_region(PAGES);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	bpfmmap_region__close(region);
	return 0;
}

static void all_and_readonly_by_default(void **state)
{
	struct bpfmmap_map map;

	(void)state;
	assert_ok(bpfmmap_region__map(region, &map, NULL));
	assert_int_equal(map.bytes, bpfmmap_region__bytes(region));
	assert_true(all(map.data, map.bytes, 0));
	assert_int_equal(state_of(region).writers, 0);
	assert_int_equal(try_write_byte(map.data), SIGSEGV);
	assert_ok(bpfmmap_region__unmap(region, &map));
	assert_int_equal(state_of(region).mappings, 0);
}

static void writable(void **state)
{
	struct bpfmmap_map one = map_region(region, true), two = map_region(region, false);

	(void)state;
	memset(one.data, 3, one.bytes);
	assert_true(all(two.data, two.bytes, 3));
	assert_int_equal(state_of(region).writers, 1);
	unmap_region(&one);
	unmap_region(&two);
}

static void a_part(void **state)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, part, .offset = 2 * PAGE, .bytes = 3 * PAGE);
	BPFMMAP_OPTS(bpfmmap_map_opts, rest, .offset = 6 * PAGE);
	struct bpfmmap_map whole = map_region(region, true), map;

	(void)state;
	memset((uint8_t *)whole.data + 2 * PAGE, 2, 3 * PAGE);
	memset((uint8_t *)whole.data + 6 * PAGE, 6, 2 * PAGE);
	assert_ok(bpfmmap_region__map(region, &map, &part));
	assert_int_equal(map.bytes, 3 * PAGE);
	assert_true(all(map.data, map.bytes, 2));
	unmap_region(&map);
	assert_ok(bpfmmap_region__map(region, &map, &rest));
	assert_int_equal(map.bytes, 2 * PAGE);
	assert_true(all(map.data, map.bytes, 6));
	unmap_region(&map);
	unmap_region(&whole);
}

static void where_it_is_told_to(void **state)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, opts);
	struct bpfmmap_map map;

	(void)state;
	opts.at = mmap(NULL, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(opts.at, MAP_FAILED);
	assert_ok(bpfmmap_region__map(region, &map, &opts));
	assert_ptr_equal(map.data, opts.at);
	assert_true(all(map.data, map.bytes, 0));
	unmap_region(&map);
}

/* The same, but what is mapped there already stays. */
static void where_nothing_is(void **state)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, opts, .noreplace = true);
	struct bpfmmap_map map = { .data = &map, .bytes = 1 };
	uint8_t *there;

	(void)state;
	assert_failed(bpfmmap_region__map(region, &map, &opts), EINVAL);
	there = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	assert_ptr_not_equal(there, MAP_FAILED);
	memset(there, 7, PAGES * PAGE);
	opts.at = there;
	assert_failed(bpfmmap_region__map(region, &map, &opts), EEXIST);
	assert_null(map.data);
	assert_true(all(there, PAGES * PAGE, 7));
	/* one page in the way is enough */
	assert_ok(munmap(there, (PAGES - 1) * PAGE));
	assert_failed(bpfmmap_region__map(region, &map, &opts), EEXIST);
	assert_true(all(there + (PAGES - 1) * PAGE, PAGE, 7));
	assert_ok(munmap(there + (PAGES - 1) * PAGE, PAGE));
	assert_ok(bpfmmap_region__map(region, &map, &opts));
	assert_ptr_equal(map.data, there);
	assert_true(all(map.data, map.bytes, 0));
	unmap_region(&map);
}

/* After a failure the struct is empty, and an empty mapping can be unmapped. */
static int map_with(__u64 offset, __u64 bytes, bool writable)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, opts, .offset = offset, .bytes = bytes,
		     .writable = writable);
	struct bpfmmap_map map = { .data = &map, .bytes = 1 };
	int ret = bpfmmap_region__map(region, &map, &opts);

	if (ret) {
		assert_null(map.data);
		assert_int_equal(map.bytes, 0);
	}
	unmap_region(&map);
	return ret;
}

static void what_does_not_fit(void **state)
{
	(void)state;
	assert_failed(map_with(1, 0, false), EINVAL);
	assert_failed(map_with(PAGE, PAGES * PAGE, false), EINVAL);
	assert_failed(map_with(PAGES * PAGE, 0, false), EINVAL);
	assert_failed(map_with((PAGES + 1) * PAGE, 0, false), EINVAL);
	assert_failed(map_with(0, PAGES * PAGE + 1, false), EINVAL);
	assert_failed(map_with(UINT64_MAX - PAGE + 1, PAGE, false), EINVAL);
	assert_failed(map_with(PAGE, UINT64_MAX - PAGE + 1, false), EINVAL);
	assert_int_equal(state_of(region).mappings, 0);
}

static void what_the_fd_does_not_allow(void **state)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, opts, .writable = true);
	struct bpfmmap_region *reader = bpfmmap_region__restrict(region, BPFMMAP_F_RDONLY);
	struct bpfmmap_region *writer = bpfmmap_region__restrict(region, BPFMMAP_F_WRONLY);
	struct bpfmmap_map map;

	(void)state;
	assert_failed(bpfmmap_region__map(reader, &map, &opts), EACCES);
	assert_failed(bpfmmap_region__map(writer, &map, NULL), EACCES);
	assert_ok(bpfmmap_region__map(reader, &map, NULL));
	unmap_region(&map);
	bpfmmap_region__close(reader);
	bpfmmap_region__close(writer);
}

static void frozen_is_not_mapped_writable(void **state)
{
	(void)state;
	assert_ok(bpfmmap_region__freeze(region));
	assert_failed(map_with(0, 0, true), EPERM);
	assert_ok(map_with(0, 0, false));
}

static void unmap_says_what_munmap_says(void **state)
{
	struct bpfmmap_map map = { .data = (void *)1, .bytes = PAGE };

	(void)state;
	assert_failed(bpfmmap_region__unmap(region, &map), EINVAL);
	assert_ptr_equal(map.data, (void *)1);
}

static void elements_are_where_at_says(void **state)
{
	const __u32 sizes[] = { 1, 7, 8, 9, 24, 100 };
	struct bpfmmap_region *other;
	uint8_t value[100];
	struct bpfmmap_map map;
	size_t i;
	__u32 index;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		other = bpfmmap_region__create("at", sizes[i], 50, NULL);
		assert_non_null(other);
		for (index = 0; index < 50; index++) {
			memset(value, index + 1, sizeof(value));
			assert_ok(bpfmmap_region__update(other, index, value, 0));
		}
		map = map_region(other, false);
		for (index = 0; index < 50; index++)
			assert_true(all(bpfmmap_map__at(&map, sizes[i], index), sizes[i],
					index + 1));
		assert_ptr_equal(bpfmmap_map__at(&map, sizes[i], 1),
				 (uint8_t *)map.data + bpfmmap_region__stride(other));
		unmap_region(&map);
		bpfmmap_region__close(other);
	}
}

/* Each function has the type that its kind of mapping calls for. */
#define HAS_TYPE(address, type) __builtin_types_compatible_p(typeof(address), type)

static void elements_are_where_the_region_says(void **state)
{
	const __u32 sizes[] = { 1, 7, 8, 9, 24, 100, PAGE - 8, PAGE + 1 };
	struct bpfmmap_map read, write, none = { 0 };
	struct bpfmmap_region *other;
	__u32 index;
	size_t i;

	(void)state;
	assert_true(HAS_TYPE(bpfmmap_region__at(region, &none, 0), const void *));
	assert_true(HAS_TYPE(bpfmmap_region__at_writable(region, &none, 0), void *));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		other = bpfmmap_region__create("at", sizes[i], 50, NULL);
		assert_non_null(other);
		read = map_region(other, false);
		write = map_region(other, true);
		for (index = 0; index < 50; index++) {
			memset(bpfmmap_region__at_writable(other, &write, index), index + 1,
			       sizes[i]);
			assert_true(all(bpfmmap_region__at(other, &read, index), sizes[i],
					index + 1));
			assert_ptr_equal(bpfmmap_region__at(other, &read, index),
					 bpfmmap_map__at(&read, sizes[i], index));
		}
		assert_none(bpfmmap_region__at(other, &read, 50), ENOENT);
		assert_none(bpfmmap_region__at(other, &read, UINT32_MAX), ENOENT);
		assert_none(bpfmmap_region__at_writable(other, &write, 50), ENOENT);
		assert_none(bpfmmap_region__at(other, &none, 0), ENOENT);
		unmap_region(&read);
		unmap_region(&write);
		bpfmmap_region__close(other);
	}
}

/* In a mapping of a part only those elements exist of which no byte is outside. */
static void elements_of_a_part(void **state)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, one_page, .bytes = PAGE);
	struct bpfmmap_region *other = bpfmmap_region__create("part", PAGE - 4, 2, NULL);
	struct bpfmmap_map map;

	(void)state;
	assert_ok(bpfmmap_region__map(region, &map, &one_page));
	assert_ptr_equal(bpfmmap_region__at(region, &map, PAGE / 8 - 1),
			 (char *)map.data + PAGE - 8);
	assert_none(bpfmmap_region__at(region, &map, PAGE / 8), ENOENT);
	unmap_region(&map);
	assert_non_null(other);
	assert_ok(bpfmmap_region__map(other, &map, &one_page));
	assert_ptr_equal(bpfmmap_region__at(other, &map, 0), map.data);
	assert_none(bpfmmap_region__at(other, &map, 1), ENOENT);
	unmap_region(&map);
	bpfmmap_region__close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_and_readonly_by_default, setup, teardown),
		cmocka_unit_test_setup_teardown(writable, setup, teardown),
		cmocka_unit_test_setup_teardown(a_part, setup, teardown),
		cmocka_unit_test_setup_teardown(where_it_is_told_to, setup, teardown),
		cmocka_unit_test_setup_teardown(where_nothing_is, setup, teardown),
		cmocka_unit_test_setup_teardown(what_does_not_fit, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_fd_does_not_allow, setup, teardown),
		cmocka_unit_test_setup_teardown(frozen_is_not_mapped_writable, setup, teardown),
		cmocka_unit_test_setup_teardown(unmap_says_what_munmap_says, setup, teardown),
		cmocka_unit_test(elements_are_where_at_says),
		cmocka_unit_test(elements_are_where_the_region_says),
		cmocka_unit_test_setup_teardown(elements_of_a_part, setup, teardown),
	};

	return RUN_GROUP(tests);
}
