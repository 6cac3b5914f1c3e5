// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module copies values of more than 64 KiB in pieces. An update of such a value is still all
 * or nothing, and errors still come in the same order.
 */
#include "fixture.h"
#include "held_page.h"

#include <pthread.h>

#define PIECE	(64 * KIB)
#define OURS	0x11	/* the contents before an update */
#define THEIRS	0x22
#define UPDATE	BPFMMAP_IOC_UPDATE_BATCH
#define LOOKUP	BPFMMAP_IOC_LOOKUP_BATCH

static uint8_t *noise(size_t len)
{
	uint8_t *at = malloc(len);
	size_t i;

	for (i = 0; i < len; i++)
		at[i] = rand();
	return at;
}

/* An array of elements whose bytes are all OURS, and a mapping of it. */
struct array {
	int fd;
	uint32_t size, nr;
	uint8_t *at;
};

static struct array create_array(uint32_t size, uint32_t nr)
{
	struct array array = { .fd = create(size, nr), .size = size, .nr = nr };

	array.at = map(array.fd, info(array.fd).bytes, PROT_READ | PROT_WRITE, 0);
	memset(array.at, OURS, nr * stride(size));
	return array;
}

static uint8_t *element(const struct array *array, uint32_t index)
{
	return array->at + index * stride(array->size);
}

/* True if these elements, and the bytes between them, are unchanged. */
static bool untouched(const struct array *array, uint32_t first, uint32_t nr)
{
	return all(element(array, first), nr * stride(array->size), OURS);
}

static void close_array(struct array *array)
{
	unmap(array->at, info(array->fd).bytes);
	close(array->fd);
}

static void they_come_back_as_they_went(void **state)
{
	static const uint32_t sizes[] = {
		PIECE - 8, PIECE - 1, PIECE, PIECE + 1, PIECE + 8, 2 * PIECE - 1, 2 * PIECE,
		2 * PIECE + 1, 200 * KIB, MIB - 1, MIB + 1,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const uint32_t size = sizes[i];
		struct array array = create_array(size, 4);
		uint8_t *in = noise(2 * size), *out = malloc(2 * size);
		uint32_t count = 2;

		assert_ok(try_update(array.fd, 2, in, BPFMMAP_ANY));
		assert_ok(try_lookup(array.fd, 2, out));
		assert_memory_equal(in, out, size);
		assert_memory_equal(in, element(&array, 2), size);
		assert_true(all(element(&array, 2) + size, stride(size) - size, OURS));
		assert_true(untouched(&array, 0, 2));
		assert_true(untouched(&array, 3, 1));

		assert_ok(try_batch(array.fd, UPDATE, 1, &count, in));
		assert_int_equal(count, 2);
		assert_ok(try_batch(array.fd, LOOKUP, 1, &count, out));
		assert_memory_equal(in, out, 2 * size);
		assert_memory_equal(in, element(&array, 1), size);
		assert_memory_equal(in + size, element(&array, 2), size);
		assert_true(untouched(&array, 0, 1));
		assert_true(untouched(&array, 3, 1));
		close_array(&array);
		free(in);
		free(out);
	}
}

/* Memory for values: size bytes from start on, behind a page of THEIRS. */
struct source {
	uint8_t *memory;
	size_t len;
	uint8_t *start;
};

static struct source source_at(size_t offset, size_t size)
{
	struct source source = { .len = offset + size + 2 * PAGE };

	source.len -= source.len % PAGE;
	source.memory = anonymous(source.len);
	memset(source.memory, THEIRS, source.len);
	source.start = source.memory + offset;
	return source;
}

/* Change the protection of the page that has this byte of the values. */
static void protect(struct source *source, size_t byte, int prot)
{
	uintptr_t address = (uintptr_t)source->start + byte;

	assert_ok(try_protect((void *)(address - address % PAGE), PAGE, prot));
}

static void give_back(struct source *source)
{
	unmap(source->memory, source->len);
}

/* A page of a value is missing, in all places that matter. */
static void all_or_nothing(void **state)
{
	static const uint32_t sizes[] = { PIECE + 1, 200 * KIB, MIB + 5 };
	size_t i, j, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const uint32_t size = sizes[i];
		/* with the last of these offsets, the last byte has a page of its own */
		const size_t offsets[] = { 0, 1, PAGE - 1, PAGE - (size - 1) % PAGE };
		const size_t bytes[] = { 0, PIECE - 1, PIECE, size / 2, size - 2, size - 1 };
		struct array array = create_array(size, 3);

		for (j = 0; j < ARRAY_SIZE(offsets); j++) {
			struct source source = source_at(offsets[j], size);

			for (k = 0; k < ARRAY_SIZE(bytes); k++) {
				protect(&source, bytes[k], PROT_NONE);
				assert_refused(try_update(array.fd, 1, source.start, 0), EFAULT);
				assert_true(untouched(&array, 0, 3));
				protect(&source, bytes[k], PROT_READ);
			}
			assert_ok(try_update(array.fd, 1, source.start, 0));
			assert_true(all(element(&array, 1), size, THEIRS));
			memset(element(&array, 1), OURS, size);
			give_back(&source);
		}
		assert_int_equal(info(array.fd).writers, 1);
		close_array(&array);
	}
}

/* A page of a batch of values is missing: the values before it are set, and counted. */
static void set_up_to(uint32_t size, uint32_t nr, size_t missing)
{
	struct array array = create_array(size, nr + 1);
	struct source source = source_at(0, (size_t)nr * size);
	const uint32_t good = (missing - missing % PAGE) / size;
	uint32_t count = nr, i;

	protect(&source, missing, PROT_NONE);
	assert_refused(try_batch(array.fd, UPDATE, 1, &count, source.start), EFAULT);
	assert_int_equal(count, good);
	assert_true(untouched(&array, 0, 1));
	for (i = 0; i < good; i++)
		assert_true(all(element(&array, 1 + i), size, THEIRS));
	assert_true(untouched(&array, 1 + good, nr - good));
	give_back(&source);
	close_array(&array);
}

static void a_batch_is_set_up_to_what_is_missing(void **state)
{
	static const uint32_t sizes[] = { PIECE + 1, 3 * PIECE, 200 * KIB + 5 };
	const uint32_t nr = 4;
	size_t i, bad;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (bad = 0; bad < nr; bad++) {
			set_up_to(sizes[i], nr, bad * sizes[i]);
			set_up_to(sizes[i], nr, bad * sizes[i] + sizes[i] / 2);
			set_up_to(sizes[i], nr, bad * sizes[i] + sizes[i] - 1);
		}
}

/* The same with small values, of which more than one copy takes. */
static void a_long_batch_of_small_values(void **state)
{
	static const uint32_t sizes[] = { 8, 24, 100, 5000 };
	const size_t len = 5 * PIECE;
	size_t i, missing;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (missing = 0; missing < len - sizes[i]; missing += PIECE + PIECE / 2)
			set_up_to(sizes[i], len / sizes[i], missing);
}

/* Errors come in the order of kernel/bpf/syscall.c, with values of all sizes. */
static void errors_come_in_the_same_order(void **state)
{
	static const uint64_t flags[] = {
		BPFMMAP_ANY, BPFMMAP_NOEXIST, BPFMMAP_EXIST, 3, 4, 5, 8, 16, 32, 1ULL << 31,
		1ULL << 32, 1ULL << 63, UINT64_MAX,
	};
	static const uint32_t indexes[] = { 0, 2, 3, UINT32_MAX };
	struct array small = create_array(8, 3), large = create_array(200 * KIB, 3);
	struct source source = source_at(0, large.size);
	size_t i, j, bad;

	(void)state;
	for (bad = 0; bad < 2; bad++) {
		for (i = 0; i < ARRAY_SIZE(flags); i++)
			for (j = 0; j < ARRAY_SIZE(indexes); j++) {
				int expected = try_update(small.fd, indexes[j],
							  bad ? NULL : source.start, flags[i]);

				assert_int_equal(try_update(large.fd, indexes[j], source.start,
							    flags[i]), expected);
				if (expected)
					assert_true(untouched(&large, 0, 3));
				memset(large.at, OURS, 3 * stride(large.size));
			}
		protect(&source, large.size - 1, PROT_NONE);
	}
	/* some of them again, with the expected errors */
	assert_refused(try_update(large.fd, 3, source.start, 4), EINVAL);
	assert_refused(try_update(large.fd, 3, source.start, 3), EFAULT);
	protect(&source, large.size - 1, PROT_READ);
	assert_refused(try_update(large.fd, 3, source.start, 3), EINVAL);
	assert_refused(try_update(large.fd, 3, source.start, BPFMMAP_NOEXIST), E2BIG);
	assert_refused(try_update(large.fd, 2, source.start, BPFMMAP_NOEXIST), EEXIST);
	give_back(&source);
	close_array(&small);
	close_array(&large);
}

static void whether_one_may_write_comes_first(void **state)
{
	struct array array = create_array(200 * KIB, 2);
	int readonly = open_id(info(array.fd).id, BPFMMAP_F_RDONLY);
	uint8_t *value = anonymous(array.size);
	uint32_t count;

	(void)state;
	assert_refused(try_update(readonly, 0, NULL, 0), EPERM);
	assert_refused(when_idle(array.fd), EINPROGRESS);
	assert_refused(try_update(array.fd, 0, NULL, 0), EBUSY);
	assert_refused(try_update(array.fd, 0, value, 0), EBUSY);
	count = 2;
	assert_refused(try_batch(array.fd, UPDATE, 0, &count, value), EBUSY);
	assert_int_equal(count, 0);
	assert_true(untouched(&array, 0, 2));
	unmap(array.at, info(array.fd).bytes);
	assert_int_equal(info(array.fd).frozen, 1);
	array.at = map(array.fd, info(array.fd).bytes, PROT_READ, 0);
	assert_refused(try_update(array.fd, 0, NULL, 0), EPERM);
	assert_refused(try_update(array.fd, 0, value, 0), EPERM);
	assert_true(untouched(&array, 0, 2));
	unmap(value, array.size);
	close(readonly);
	close_array(&array);
}

struct update {
	struct array array;
	uint8_t *value;
	bool batch;
	int ret;
};

static void *set(void *arg)
{
	struct update *update = arg;
	uint32_t count = 1;

	if (update->batch)
		update->ret = try_batch(update->array.fd, UPDATE, 1, &count, update->value);
	else
		update->ret = try_update(update->array.fd, 1, update->value, 0);
	return NULL;
}

/*
 * There is one way to set a value in part: its memory goes away after the module has looked at all
 * of it. Then the value is set up to the piece that is missing.
 */
static void only_what_vanishes_is_set_in_part(void **state)
{
	const size_t size = 5 * PIECE, before = 2 * PIECE;
	int way;

	(void)state;
	for (way = 0; way < 4; way++) {
		const bool comes_back = way & 2;
		struct update update = {
			.array = create_array(size, 3), .value = anonymous(size), .batch = way & 1,
		};
		struct held_page last, middle;
		pthread_t thread;

		memset(update.value, THEIRS, size);
		if (!hold_page_at(&last, update.value + size - PAGE))
			skip_because("this kernel has no userfaultfd");
		assert_ok(pthread_create(&thread, NULL, set, &update));
		assert_true(wait_for_toucher(&last));
		assert_true(untouched(&update.array, 0, 3));
		assert_int_equal(info(update.array.fd).writers, 2);
		/* the module has looked at the rest; now a page in the middle goes */
		assert_true(hold_page_at(&middle, update.value + before));
		assert_true(release_page(&last, THEIRS));
		assert_true(wait_for_toucher(&middle));
		assert_true(all(element(&update.array, 1), before, THEIRS));
		assert_true(all(element(&update.array, 1) + before, size - before, OURS));
		assert_int_equal(info(update.array.fd).writers, 2);
		if (comes_back) {
			assert_true(release_page(&middle, THEIRS));
		} else {
			assert_ok(try_protect(middle.page, PAGE, PROT_NONE));
			let_go_of_page(&middle);
		}
		pthread_join(thread, NULL);
		assert_int_equal(update.ret, comes_back ? 0 : -EFAULT);
		assert_true(all(element(&update.array, 1), comes_back ? size : before, THEIRS));
		assert_true(all(element(&update.array, 1) + before, size - before,
				comes_back ? THEIRS : OURS));
		assert_true(untouched(&update.array, 0, 1));
		assert_true(untouched(&update.array, 2, 1));
		assert_int_equal(info(update.array.fd).writers, 1);
		unmap(update.value, size);
		close_array(&update.array);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_come_back_as_they_went),
		cmocka_unit_test(all_or_nothing),
		cmocka_unit_test(a_batch_is_set_up_to_what_is_missing),
		cmocka_unit_test(a_long_batch_of_small_values),
		cmocka_unit_test(errors_come_in_the_same_order),
		cmocka_unit_test(whether_one_may_write_comes_first),
		cmocka_unit_test(only_what_vanishes_is_set_in_part),
	};

	return RUN_GROUP(tests);
}
