// SPDX-License-Identifier: GPL-2.0-only
/*
 * A region of 2^30 elements of 3 bytes, which are 8 GiB: each way to write and each way to read
 * meet the same byte, on both sides of 2^32 bytes and at the end.
 */
#include "fixture.h"

#include <sys/sendfile.h>

#define VALUE_SIZE	3
#define ENTRIES		0x40000000U	/* 2^30 */
#define BYTES		(8ULL * ENTRIES)
#define SIZE		(BYTES - 8 + VALUE_SIZE)	/* st_size */
#define WINDOW		(2 * PAGE)

static int fd = -1;

/* Indexes. 2^29 is the element at 2^32 bytes. */
static const uint32_t places[] = {
	0, 1, (1U << 28) - 1, 1U << 28, (1U << 29) - 1, 1U << 29, (1U << 29) + 1, 3U << 28,
	ENTRIES - 1,
};

static int setup_group(void **state)
{
	if (load_module(state))
		return -1;
	fd = try_create(VALUE_SIZE, ENTRIES);
	return fd < 0;
}

static int teardown_group(void **state)
{
	close(fd);
	return unload_module(state);
}

/* The page of an element and the next page, if there is one. */
static uint8_t *window_at(uint32_t index, int prot, size_t *len, size_t *within)
{
	const uint64_t offset = index * 8ULL, start = offset & ~(PAGE - 1ULL);

	*len = start + WINDOW <= BYTES ? WINDOW : PAGE;
	*within = offset - start;
	return map(fd, *len, prot, start);
}

static void write_by_update(uint32_t index, const uint8_t *value)
{
	assert_ok(try_update(fd, index, value, 0));
}

static void write_by_batch(uint32_t index, const uint8_t *value)
{
	uint8_t values[8] = { 0 };
	uint32_t count = 1;

	memcpy(values, value, VALUE_SIZE);
	assert_ok(try_batch(fd, BPFMMAP_IOC_UPDATE_BATCH, index, &count, values));
	assert_int_equal(count, 1);
}

static void write_by_pwrite(uint32_t index, const uint8_t *value)
{
	assert_int_equal(pwrite(fd, value, VALUE_SIZE, index * 8ULL), VALUE_SIZE);
}

static void write_by_window(uint32_t index, const uint8_t *value)
{
	size_t len, within;
	uint8_t *at = window_at(index, PROT_READ | PROT_WRITE, &len, &within);

	memcpy(at + within, value, VALUE_SIZE);
	unmap(at, len);
}

static void write_by_proc_mem(uint32_t index, const uint8_t *value)
{
	size_t len, within;
	uint8_t *at = window_at(index, PROT_READ | PROT_WRITE, &len, &within);
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	assert_true(mem >= 0);
	assert_int_equal(pwrite(mem, value, VALUE_SIZE, (uintptr_t)(at + within)), VALUE_SIZE);
	close(mem);
	unmap(at, len);
}

static void write_by_copy(uint32_t index, const uint8_t *value)
{
	int from = memfd_create("value", MFD_CLOEXEC);
	off_t to = index * 8ULL;

	assert_true(from >= 0);
	assert_int_equal(pwrite(from, value, VALUE_SIZE, 0), VALUE_SIZE);
	assert_int_equal(lseek(fd, to, SEEK_SET), to);
	assert_int_equal(sendfile(fd, from, &(off_t){ 0 }, VALUE_SIZE), VALUE_SIZE);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), to + VALUE_SIZE);
	close(from);
}

static void read_by_lookup(uint32_t index, uint8_t *value)
{
	assert_ok(try_lookup(fd, index, value));
}

static void read_by_batch(uint32_t index, uint8_t *value)
{
	uint8_t values[8];
	uint32_t count = 1;

	assert_ok(try_batch(fd, BPFMMAP_IOC_LOOKUP_BATCH, index, &count, values));
	assert_int_equal(count, 1);
	memcpy(value, values, VALUE_SIZE);
}

static void read_by_pread(uint32_t index, uint8_t *value)
{
	assert_int_equal(pread(fd, value, VALUE_SIZE, index * 8ULL), VALUE_SIZE);
}

static void read_by_window(uint32_t index, uint8_t *value)
{
	size_t len, within;
	uint8_t *at = window_at(index, PROT_READ, &len, &within);

	memcpy(value, at + within, VALUE_SIZE);
	unmap(at, len);
}

static void read_by_copy(uint32_t index, uint8_t *value)
{
	int to = memfd_create("value", MFD_CLOEXEC);
	off_t from = index * 8ULL;

	assert_true(to >= 0);
	assert_int_equal(sendfile(to, fd, &from, VALUE_SIZE), VALUE_SIZE);
	assert_int_equal(from, index * 8ULL + VALUE_SIZE);
	assert_int_equal(pread(to, value, VALUE_SIZE, 0), VALUE_SIZE);
	close(to);
}

static void each_way_meets_the_same_byte(void **state)
{
	static void (*const ways_to_write[])(uint32_t index, const uint8_t *value) = {
		write_by_update, write_by_batch, write_by_pwrite, write_by_window,
		write_by_proc_mem, write_by_copy,
	};
	static void (*const ways_to_read[])(uint32_t index, uint8_t *value) = {
		read_by_lookup, read_by_batch, read_by_pread, read_by_window, read_by_copy,
	};
	uint8_t value[VALUE_SIZE], seen[VALUE_SIZE];
	size_t writer, reader, i;

	(void)state;
	for (writer = 0; writer < ARRAY_SIZE(ways_to_write); writer++) {
		/* all places have values of their own before any of them is read */
		for (i = 0; i < ARRAY_SIZE(places); i++) {
			memset(value, 1 + writer * ARRAY_SIZE(places) + i, sizeof(value));
			ways_to_write[writer](places[i], value);
		}
		for (i = 0; i < ARRAY_SIZE(places); i++) {
			memset(value, 1 + writer * ARRAY_SIZE(places) + i, sizeof(value));
			for (reader = 0; reader < ARRAY_SIZE(ways_to_read); reader++) {
				memset(seen, 0, sizeof(seen));
				ways_to_read[reader](places[i], seen);
				assert_memory_equal(seen, value, VALUE_SIZE);
			}
		}
	}
}

static void one_mapping_shows_all_of_it(void **state)
{
	uint8_t *at, value[VALUE_SIZE] = { 7, 8, 9 };
	size_t i;

	(void)state;
	if (sizeof(void *) == 4)
		skip_because("8 GiB don't fit into the addresses of a 32-bit process");
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		value[0] = i;
		assert_ok(try_update(fd, places[i], value, 0));
	}
	at = map(fd, (size_t)BYTES, PROT_READ | PROT_WRITE, 0);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		value[0] = i;
		assert_memory_equal(at + places[i] * 8ULL, value, VALUE_SIZE);
		at[places[i] * 8ULL] = 0x80 + i;
	}
	unmap(at, (size_t)BYTES);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		assert_ok(try_lookup(fd, places[i], value));
		assert_int_equal(value[0], 0x80 + i);
	}
}

/*
 * As much as a 32-bit process can have, whose program lies in the middle of its addresses. Half
 * of it is at addresses that are negative there. Each part of a GiB shows its own bytes.
 */
static void three_gib_at_once(void **state)
{
	const uint64_t offset = (2ULL << 30) + 512 * MIB;	/* 2^32 bytes are in the middle */
	const size_t step = 64 * MIB;
	uint8_t *parts[3], byte;
	size_t part, i;

	(void)state;
	for (part = 0; part < ARRAY_SIZE(parts); part++)
		parts[part] = map(fd, GIB, PROT_READ | PROT_WRITE, offset + part * GIB);
	for (part = 0; part < ARRAY_SIZE(parts); part++) {
		for (i = 0; i < GIB; i += step)
			parts[part][i] = 1 + part * (GIB / step) + i / step;
		parts[part][GIB - 1] = 0xf0 + part;
	}
	for (part = 0; part < ARRAY_SIZE(parts); part++) {
		for (i = 0; i < GIB; i += step) {
			assert_int_equal(pread(fd, &byte, 1, offset + part * GIB + i), 1);
			assert_int_equal(byte, 1 + part * (GIB / step) + i / step);
		}
		assert_int_equal(pread(fd, &byte, 1, offset + part * GIB + GIB - 1), 1);
		assert_int_equal(byte, 0xf0 + part);
	}
	/* half of one goes, the rest stays where it was */
	unmap(parts[1], GIB / 2);
	assert_int_equal(parts[1][GIB / 2], 1 + GIB / step + GIB / step / 2);
	assert_int_equal(parts[1][GIB - 1], 0xf1);
	unmap(parts[1] + GIB / 2, GIB / 2);
	unmap(parts[0], GIB);
	unmap(parts[2], GIB);
}

/* The bytes between value and next element are never changed by an element. */
static void neighbours_stay(void **state)
{
	uint8_t value[VALUE_SIZE] = { 0xff, 0xff, 0xff }, bytes[24];
	const uint32_t index = 1U << 29;

	(void)state;
	memset(bytes, 0x11, sizeof(bytes));
	assert_int_equal(pwrite(fd, bytes, sizeof(bytes), index * 8ULL - 8), sizeof(bytes));
	assert_ok(try_update(fd, index, value, 0));
	assert_int_equal(pread(fd, bytes, sizeof(bytes), index * 8ULL - 8), sizeof(bytes));
	assert_true(all(bytes, 8, 0x11));
	assert_true(all(bytes + 8, VALUE_SIZE, 0xff));
	assert_true(all(bytes + 8 + VALUE_SIZE, sizeof(bytes) - 8 - VALUE_SIZE, 0x11));
}

static void a_hole_is_where_it_is_punched(void **state)
{
	const uint64_t at = 1ULL << 32;
	uint8_t bytes[3 * 8];

	(void)state;
	memset(bytes, 0x22, sizeof(bytes));
	assert_int_equal(pwrite(fd, bytes, sizeof(bytes), at - 8), sizeof(bytes));
	assert_int_equal(pwrite(fd, bytes, 8, 0), 8);
	assert_ok(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, 8));
	assert_int_equal(pread(fd, bytes, sizeof(bytes), at - 8), sizeof(bytes));
	assert_true(all(bytes, 8, 0x22));
	assert_true(all(bytes + 8, 8, 0));
	assert_true(all(bytes + 16, 8, 0x22));
	assert_int_equal(pread(fd, bytes, 8, 0), 8);
	assert_true(all(bytes, 8, 0x22));
}

static void its_ends(void **state)
{
	uint8_t byte = 1, value[VALUE_SIZE] = { 0 };

	(void)state;
	assert_int_equal(lseek(fd, 0, SEEK_END), SIZE);
	assert_int_equal(pread(fd, &byte, 1, SIZE), 0);
	assert_int_equal(pread(fd, &byte, 1, SIZE - 1), 1);
	assert_refused(result(pwrite(fd, &byte, 1, SIZE)), ENOSPC);
	assert_refused(try_lookup(fd, ENTRIES, value), ENOENT);
	assert_refused(try_update(fd, ENTRIES, value, 0), E2BIG);
	assert_refused(try_map(fd, WINDOW, PROT_READ, MAP_SHARED, BYTES - PAGE), EINVAL);
	assert_ok(try_map(fd, PAGE, PROT_READ, MAP_SHARED, BYTES - PAGE));
	assert_refused(try_map(fd, PAGE, PROT_READ, MAP_SHARED, BYTES), EINVAL);
	assert_int_equal(info(fd).bytes, BYTES);
}

/* holders shows where a mapping begins. */
static void the_list_of_mappings_has_it(void **state)
{
	struct bpfmmap_mapping_entry entry;
	struct bpfmmap_mappings args = {
		.size = sizeof(args), .count = 1, .entries = (uintptr_t)&entry,
	};
	uint8_t *at = map(fd, WINDOW, PROT_READ, 1ULL << 32);

	(void)state;
	assert_ok(request(fd, BPFMMAP_IOC_MAPPINGS, &args));
	assert_int_equal(args.count, 1);
	assert_int_equal(entry.offset, 1ULL << 32);
	assert_int_equal(entry.bytes, WINDOW);
	unmap(at, WINDOW);
}

/* Last, as it is for good. */
static void it_freezes(void **state)
{
	uint8_t value[VALUE_SIZE] = { 0x33, 0x33, 0x33 };
	size_t len, within;
	uint8_t *at;

	(void)state;
	assert_ok(try_update(fd, 1U << 29, value, 0));
	at = window_at(1U << 29, PROT_READ | PROT_WRITE, &len, &within);
	assert_refused(try_freeze(fd), EBUSY);
	unmap(at, len);
	assert_ok(try_freeze(fd));
	assert_refused(try_update(fd, 1U << 29, value, 0), EPERM);
	at = window_at(1U << 29, PROT_READ, &len, &within);
	assert_true(all(at + within, VALUE_SIZE, 0x33));
	unmap(at, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_meets_the_same_byte),
		cmocka_unit_test(one_mapping_shows_all_of_it),
		cmocka_unit_test(three_gib_at_once),
		cmocka_unit_test(neighbours_stay),
		cmocka_unit_test(a_hole_is_where_it_is_punched),
		cmocka_unit_test(its_ends),
		cmocka_unit_test(the_list_of_mappings_has_it),
		cmocka_unit_test(it_freezes),
	};

	return RUN_GROUP_WITH(tests, setup_group, teardown_group);
}
