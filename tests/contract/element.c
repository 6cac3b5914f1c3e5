// SPDX-License-Identifier: GPL-2.0-only
/* Lookup and update, of one element and of ranges of elements. */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#define LOOKUP	BPFMMAP_IOC_LOOKUP_BATCH
#define UPDATE	BPFMMAP_IOC_UPDATE_BATCH

static uint64_t out64;

static void every_index_has_its_place(void **state)
{
	static const uint32_t sizes[] = { 1, 3, 8, 12, 100, 255, 256, 257, 4096, 5000, 100000 };
	size_t i, index;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const uint32_t size = sizes[i], max = 9;
		int fd = create(size, max);
		size_t bytes = info(fd).bytes;
		uint8_t *at = map(fd, bytes, PROT_READ, 0);
		uint8_t *value = malloc(size), *out = malloc(size);

		for (index = 0; index < max; index++) {
			memset(value, 'a' + index, size);
			assert_ok(try_update(fd, index, value, BPFMMAP_ANY));
		}
		for (index = 0; index < max; index++) {
			const uint8_t *element = at + index * stride(size);

			assert_ok(try_lookup(fd, index, out));
			assert_true(all(out, size, 'a' + index));
			assert_true(all(element, size, 'a' + index));
			/* the bytes between elements are zeros, and stay zeros */
			assert_true(all(element + size, stride(size) - size, 0));
		}
		assert_true(all(at + max * stride(size), bytes - max * stride(size), 0));
		unmap(at, bytes);
		free(value);
		free(out);
		close(fd);
	}
}

static void an_index_beyond_the_end(void **state)
{
	static const uint32_t maxima[] = { 1, 2, 7, 512, 513 };
	uint64_t value = 1;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(maxima); i++) {
		const uint32_t bad[] = { maxima[i], maxima[i] + 1, 1U << 20, 1U << 31, UINT32_MAX };
		int fd = create(8, maxima[i]);
		size_t j;

		assert_ok(try_update(fd, maxima[i] - 1, &value, 0));
		assert_ok(try_lookup(fd, maxima[i] - 1, &out64));
		for (j = 0; j < ARRAY_SIZE(bad); j++) {
			assert_refused(try_lookup(fd, bad[j], &out64), ENOENT);
			assert_refused(try_update(fd, bad[j], &value, 0), E2BIG);
		}
		close(fd);
	}
}

static int try_lookup_flags(int fd, uint64_t flags)
{
	struct bpfmmap_element args = {
		.size = sizeof(args), .value = (uintptr_t)&out64, .flags = flags,
	};

	return request(fd, BPFMMAP_IOC_LOOKUP, &args);
}

static void update_and_lookup_flags(void **state)
{
	int fd = create(8, 4), bit;
	uint64_t value = 1;

	(void)state;
	assert_ok(try_update(fd, 0, &value, BPFMMAP_ANY));
	assert_ok(try_update(fd, 0, &value, BPFMMAP_EXIST));
	value = 2;
	assert_refused(try_update(fd, 0, &value, BPFMMAP_NOEXIST), EEXIST);
	assert_refused(try_update(fd, 0, &value, BPFMMAP_NOEXIST | BPFMMAP_EXIST), EINVAL);
	for (bit = 2; bit < 64; bit++)
		assert_refused(try_update(fd, 0, &value, 1ULL << bit), EINVAL);
	for (bit = 0; bit < 64; bit++)
		assert_refused(try_lookup_flags(fd, 1ULL << bit), EINVAL);
	assert_ok(try_lookup(fd, 0, &out64));
	assert_int_equal(out64, 1);
	/* errors come in the order of array_map_update_elem() */
	assert_refused(try_update(fd, 4, &value, 3), EINVAL);
	assert_refused(try_update(fd, 4, &value, BPFMMAP_NOEXIST), E2BIG);
	assert_refused(try_update(fd, 4, NULL, 0), EFAULT);
	close(fd);
}

/* A value may end exactly where memory ends. If it ends a byte later, the call fails. */
static void values_at_the_end_of_memory(void **state)
{
	static const uint32_t sizes[] = { 1, 8, 13, 256, 257, 4096 };
	uint8_t *page = page_before_a_hole();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const uint32_t size = sizes[i];
		int fd = create(size, 2);
		uint8_t *at = map(fd, PAGE, PROT_READ, 0);

		memset(page, 1, PAGE);
		assert_ok(try_update(fd, 0, page + PAGE - size, 0));
		assert_true(all(at, size, 1));
		memset(page, 2, PAGE);
		assert_refused(try_update(fd, 0, page + PAGE - size + 1, 0), EFAULT);
		assert_true(all(at, size, 1));	/* all or nothing */
		assert_ok(try_lookup(fd, 0, page + PAGE - size));
		assert_true(all(page + PAGE - size, size, 1));
		assert_refused(try_lookup(fd, 0, page + PAGE - size + 1), EFAULT);
		unmap(at, PAGE);
		close(fd);
	}
	free_page_before_a_hole(page);
}

static void bad_values_are_faults(void **state)
{
	void *const bad[] = {
		NULL, (void *)-1UL, HIGH(1ULL << 63), HIGH(0xffffffff81000000),
	};
	int fd = create(8, 4);
	uint64_t value = 1;
	uint32_t count;
	size_t i;

	(void)state;
	assert_ok(try_update(fd, 0, &value, 0));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_refused(try_update(fd, 0, bad[i], 0), EFAULT);
		assert_refused(try_lookup(fd, 0, bad[i]), EFAULT);
		count = 4;
		assert_refused(try_batch(fd, UPDATE, 0, &count, bad[i]), EFAULT);
		assert_int_equal(count, 0);
		count = 4;
		assert_refused(try_batch(fd, LOOKUP, 0, &count, bad[i]), EFAULT);
		assert_int_equal(count, 0);
	}
	assert_ok(try_lookup(fd, 0, &out64));
	assert_int_equal(out64, 1);
	close(fd);
}

static void fds_of_one_way(void **state)
{
	int fd = create(8, 4);
	int readonly = open_id(info(fd).id, BPFMMAP_F_RDONLY);
	int writeonly = open_id(info(fd).id, BPFMMAP_F_WRONLY);
	uint64_t value = 6;
	uint32_t count;

	(void)state;
	assert_ok(try_update(writeonly, 0, &value, 0));
	assert_refused(try_lookup(writeonly, 0, &out64), EPERM);
	count = 1;
	assert_refused(try_batch(writeonly, LOOKUP, 0, &count, &out64), EPERM);
	assert_int_equal(count, 0);
	count = 1;
	assert_ok(try_batch(writeonly, UPDATE, 0, &count, &value));
	assert_int_equal(count, 1);

	assert_ok(try_lookup(readonly, 0, &out64));
	assert_int_equal(out64, 6);
	assert_refused(try_update(readonly, 0, &value, 0), EPERM);
	assert_refused(try_update(readonly, 0, NULL, 0), EPERM);
	count = 1;
	assert_refused(try_batch(readonly, UPDATE, 0, &count, &value), EPERM);
	assert_int_equal(count, 0);
	assert_int_equal(info(fd).writers, 0);
	close(readonly);
	close(writeonly);
	close(fd);
}

/* Ranges of all lengths, of values that lie without gaps in the region, and with gaps. */
static void ranges_come_back_as_they_went(void **state)
{
	static const uint32_t sizes[] = { 1, 5, 8, 24, 300, 4096, 70000 };
	size_t i, first, n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const uint32_t size = sizes[i], max = 50;
		int fd = create(size, max);
		uint8_t *in = malloc(size * max), *out = malloc(size * max);

		for (first = 0; first < max; first += 7)
			for (n = 1; first + n <= max; n += 1 + n / 2) {
				uint32_t count = n;
				size_t j;

				for (j = 0; j < n * size; j++)
					in[j] = rand();
				assert_ok(try_batch(fd, UPDATE, first, &count, in));
				assert_int_equal(count, n);
				memset(out, 0, n * size);
				assert_ok(try_batch(fd, LOOKUP, first, &count, out));
				assert_int_equal(count, n);
				assert_memory_equal(in, out, n * size);
				/* a lookup of one element gives the same */
				assert_ok(try_lookup(fd, first + n - 1, out));
				assert_memory_equal(in + (n - 1) * size, out, size);
			}
		free(in);
		free(out);
		close(fd);
	}
}

/* One call has more values than the module copies at a time. */
static void a_long_range(void **state)
{
	const uint32_t max = 300001;
	int fd = create(12, max);
	uint32_t *in = malloc(12UL * max), *out = calloc(max, 12), count = max, i;

	(void)state;
	for (i = 0; i < 3 * max; i++)
		in[i] = i * 2654435761U;
	assert_ok(try_batch(fd, UPDATE, 0, &count, in));
	assert_int_equal(count, max);
	assert_ok(try_batch(fd, LOOKUP, 0, &count, out));
	assert_int_equal(count, max);
	assert_memory_equal(in, out, 12UL * max);
	free(in);
	free(out);
	close(fd);
}

static void ranges_end_with_the_region(void **state)
{
	uint64_t values[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, out[8] = { 0 };
	int fd = create(8, 5);
	uint32_t count;

	(void)state;
	count = 8;
	assert_refused(try_batch(fd, UPDATE, 0, &count, values), E2BIG);
	assert_int_equal(count, 5);
	count = 8;
	assert_refused(try_batch(fd, LOOKUP, 2, &count, out), ENOENT);
	assert_int_equal(count, 3);
	assert_memory_equal(out, values + 2, 3 * 8);
	assert_int_equal(out[3], 0);

	count = 1;
	assert_refused(try_batch(fd, LOOKUP, 5, &count, out), ENOENT);
	assert_int_equal(count, 0);
	count = UINT32_MAX;
	assert_refused(try_batch(fd, UPDATE, UINT32_MAX, &count, values), E2BIG);
	assert_int_equal(count, 0);
	count = UINT32_MAX;
	assert_refused(try_batch(fd, LOOKUP, 4, &count, out), ENOENT);
	assert_int_equal(count, 1);
	close(fd);
}

static void a_range_of_none(void **state)
{
	int fd = create(8, 5);
	uint32_t count = 0;

	(void)state;
	assert_ok(try_batch(fd, LOOKUP, 0, &count, NULL));
	assert_ok(try_batch(fd, UPDATE, 0, &count, NULL));
	assert_ok(try_batch(fd, LOOKUP, 99, &count, NULL));
	assert_ok(try_batch(fd, UPDATE, 99, &count, NULL));
	assert_int_equal(count, 0);
	close(fd);
}

static void batch_flags_are_zero(void **state)
{
	struct bpfmmap_batch args;
	int fd = create(8, 5), bit;

	(void)state;
	for (bit = 0; bit < 64; bit++) {
		args = (struct bpfmmap_batch){
			.size = sizeof(args), .count = 1,
			.values = (uintptr_t)&out64, .flags = 1ULL << bit,
		};
		assert_refused(request(fd, LOOKUP, &args), EINVAL);
		assert_int_equal(args.count, 0);
		args.count = 1;
		assert_refused(request(fd, UPDATE, &args), EINVAL);
		assert_int_equal(args.count, 0);
	}
	close(fd);
}

/* Memory ends in the middle of the values: the values before that are set, and counted. */
static void a_fault_in_a_range_tells_how_far(void **state)
{
	static const uint32_t sizes[] = { 8, 12, 100, 1000 };
	uint8_t *page = page_before_a_hole();
	size_t i, good;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (good = 0; good < 4; good++) {
			const uint32_t size = sizes[i];
			/* the number of good values, and half of one more */
			uint8_t *values = page + PAGE - good * size - size / 2;
			int fd = create(size, 10);
			uint8_t *at = map(fd, info(fd).bytes, PROT_READ, 0);
			uint32_t count = 10;
			size_t j;

			memset(page, 7, PAGE);
			assert_refused(try_batch(fd, UPDATE, 0, &count, values), EFAULT);
			assert_int_equal(count, good);
			for (j = 0; j < 10; j++)
				assert_true(all(at + j * stride(size), size, j < good ? 7 : 0));
			count = 10;
			assert_refused(try_batch(fd, LOOKUP, 0, &count, values), EFAULT);
			assert_in_range(count, 0, good);
			unmap(at, info(fd).bytes);
			close(fd);
		}
	free_page_before_a_hole(page);
}

/* The memory of a value may be the element itself, or another element of the region. */
static void a_value_inside_the_region(void **state)
{
	int fd = create(8, 100);
	uint64_t *at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);
	uint32_t count = 10;
	size_t i;

	(void)state;
	for (i = 0; i < 100; i++)
		at[i] = i;
	assert_ok(try_update(fd, 50, &at[3], 0));
	assert_int_equal(at[50], 3);
	assert_ok(try_lookup(fd, 7, &at[60]));
	assert_int_equal(at[60], 7);
	assert_ok(try_update(fd, 9, &at[9], 0));
	assert_int_equal(at[9], 9);
	assert_ok(try_batch(fd, UPDATE, 80, &count, &at[20]));
	assert_memory_equal(&at[80], &at[20], 80);
	unmap(at, PAGE);
	close(fd);
}

/*
 * An update sets values of the size of a store, in turn to all zeros and to all ones. A reader, by
 * a mapping or by lookup, sees one or the other and never a mixture.
 */
struct tearing {
	int fd;
	uint32_t size;
	bool batch;
	atomic_uint updates;
	atomic_bool stop;
};

#define NEIGHBOURS	64
#define UPDATES		10000

static void *flip(void *arg)
{
	struct tearing *tearing = arg;
	uint8_t values[NEIGHBOURS * 8];
	uint32_t count;
	int byte = 0;

	for (; !tearing->stop; tearing->updates++) {
		memset(values, byte, sizeof(values));
		byte ^= 0xff;
		count = NEIGHBOURS;
		if (tearing->batch ? try_batch(tearing->fd, UPDATE, 0, &count, values) :
				     try_update(tearing->fd, 0, values, BPFMMAP_ANY))
			return "update";
	}
	return NULL;
}

static uint64_t of_size(const volatile void *at, uint32_t size)
{
	switch (size) {
	case 2:
		return *(const volatile uint16_t *)at;
	case 4:
		return *(const volatile uint32_t *)at;
	default:
		return *(const volatile uint64_t *)at;
	}
}

/* Look for UPDATES updates, and then until both values have been seen. */
static void look(struct tearing *tearing, const void *at)
{
	const uint64_t ones = tearing->size == 8 ? UINT64_MAX : (1ULL << 8 * tearing->size) - 1;
	const unsigned int end = tearing->updates + UPDATES;
	uint64_t got, seen = 0, value;

	while ((int)(end - tearing->updates) > 0 || seen != 3) {
		if (!at)
			assert_ok(try_lookup(tearing->fd, 0, &value));
		got = of_size(at ?: &value, tearing->size);
		if (got && got != ones)
			fail_msg("of %u bytes there was half a value: %#llx", tearing->size,
				 (unsigned long long)got);
		seen |= got ? 1 : 2;
	}
}

static void nobody_sees_half_a_value(void **state)
{
	static const uint32_t sizes[] = { 2, 4, 8 };
	size_t i;

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		struct tearing tearing = { .size = sizes[i / 2], .batch = i % 2 };
		uint8_t *at;
		pthread_t thread;
		void *failed;

		/* a 32-bit program itself reads these in halves */
		if (tearing.size > sizeof(long))
			continue;
		tearing.fd = create(tearing.size, NEIGHBOURS);
		at = map(tearing.fd, PAGE, PROT_READ, 0);
		assert_ok(pthread_create(&thread, NULL, flip, &tearing));
		look(&tearing, at);
		look(&tearing, NULL);
		tearing.stop = true;
		pthread_join(thread, &failed);
		assert_null(failed);
		unmap(at, PAGE);
		close(tearing.fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_index_has_its_place),
		cmocka_unit_test(an_index_beyond_the_end),
		cmocka_unit_test(update_and_lookup_flags),
		cmocka_unit_test(values_at_the_end_of_memory),
		cmocka_unit_test(bad_values_are_faults),
		cmocka_unit_test(fds_of_one_way),
		cmocka_unit_test(ranges_come_back_as_they_went),
		cmocka_unit_test(a_long_range),
		cmocka_unit_test(ranges_end_with_the_region),
		cmocka_unit_test(a_range_of_none),
		cmocka_unit_test(batch_flags_are_zero),
		cmocka_unit_test(a_fault_in_a_range_tells_how_far),
		cmocka_unit_test(a_value_inside_the_region),
		cmocka_unit_test(nobody_sees_half_a_value),
	};

	return RUN_GROUP(tests);
}
