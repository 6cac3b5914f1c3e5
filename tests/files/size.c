// SPDX-License-Identifier: GPL-2.0-only
/* The length of a region's file: what stat says, where reads end, and how much can be mapped. */
#include "files.h"

#define NR_SIZES	ARRAY_SIZE(value_sizes)

static const uint32_t value_sizes[] = {
	1, 2, 3, 7, 8, 9, 15, 16, 17, 100, 511, 512, 513, 4088, 4095, 4096, 4097, 8191, 8193, 70001,
};

static const uint32_t counts[] = { 1, 2, 3, 8, 511, 512, 513 };

static uint64_t end_of_last(uint32_t value_size, uint32_t max_entries)
{
	return (uint64_t)(max_entries - 1) * ((value_size + 7) / 8 * 8) + value_size;
}

/* Call fn for regions of all sizes, with and without a name. */
static void with_each_size(void (*fn)(int fd, uint64_t size))
{
	size_t i, j;
	int fd, named;

	for (i = 0; i < NR_SIZES; i++)
		for (j = 0; j < ARRAY_SIZE(counts); j++) {
			fd = create(value_sizes[i], counts[j]);
			fn(fd, end_of_last(value_sizes[i], counts[j]));
			assert_ok(try_publish(fd, "sized"));
			named = open_name("sized", O_RDWR);
			fn(named, end_of_last(value_sizes[i], counts[j]));
			close(named);
			assert_ok(try_withdraw("sized"));
			close(fd);
		}
}

static void check_stat(int fd, uint64_t size)
{
	const struct stat st = stat_of_fd(fd);

	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_size, size);
	assert_int_equal(st.st_blocks * 512, info(fd).bytes);
	assert_int_equal(st.st_blksize, PAGE);
	assert_int_equal(st.st_ino, info(fd).id);
}

static void the_size_is_the_last_elements_last_byte(void **state)
{
	(void)state;
	with_each_size(check_stat);
}

static void check_reads(int fd, uint64_t size)
{
	uint8_t back[16];

	assert_int_equal(lseek(fd, 0, SEEK_END), size);
	assert_int_equal(read(fd, back, 1), 0);
	assert_int_equal(lseek(fd, -1, SEEK_END), size - 1);
	assert_int_equal(read(fd, back, sizeof(back)), 1);
	assert_int_equal(pread(fd, back, sizeof(back), size), 0);
	assert_int_equal(pwrite(fd, "x", 1, size - 1), 1);
	assert_refused(result(pwrite(fd, "x", 1, size)), ENOSPC);
}

static void reads_and_seeks_end_there(void **state)
{
	(void)state;
	with_each_size(check_reads);
}

static void check_map(int fd, uint64_t size)
{
	const size_t bytes = info(fd).bytes;
	uint8_t *at;

	assert_int_equal(bytes, (size + 7) / 8 * 8 + (-((size + 7) / 8 * 8) & (PAGE - 1)));
	assert_refused(try_map(fd, bytes + 1, PROT_READ, MAP_SHARED, 0), EINVAL);
	at = map(fd, bytes, PROT_READ | PROT_WRITE, 0);
	/* the bytes behind the size are mapped, and zero, and read() does not return them */
	assert_true(all(at + size, bytes - size, 0));
	at[bytes - 1] = 7;
	at[size - 1] = 8;
	assert_int_equal(at[bytes - 1], bytes == size ? 8 : 7);
	at[bytes - 1] = 0;
	unmap(at, bytes);
}

static void a_mapping_reaches_to_the_end_of_the_page(void **state)
{
	(void)state;
	with_each_size(check_map);
}

/* Many programs take the length for mmap from fstat(). */
static void what_is_mapped_by_st_size_has_each_element(void **state)
{
	const uint32_t last = 999;
	int fd = create(12, last + 1);
	const size_t size = stat_of_fd(fd).st_size;
	uint8_t value[12], *at;

	(void)state;
	memset(value, 0x5a, sizeof(value));
	assert_ok(try_update(fd, last, value, 0));
	at = map(fd, size, PROT_READ, 0);
	assert_memory_equal(at + size - sizeof(value), value, sizeof(value));
	unmap(at, size);
	close(fd);
}

static void st_ino_is_the_id_and_directories_have_others(void **state)
{
	uint32_t id = only_named("one", 0600);
	const struct stat root = stat_of(".");

	(void)state;
	assert_ok(try_mkdir("dir", 0700));
	assert_int_equal(id_of("one"), id);
	/* directories have 2^31 and above, ids are lower */
	assert_true(root.st_ino >> 31 == 1);
	assert_true(id_of("dir") >> 31 == 1);
	assert_int_not_equal(id_of("dir"), root.st_ino);
	assert_int_equal(stat_of("one").st_dev, root.st_dev);
	withdraw_all();
}

static void nlink_counts_names(void **state)
{
	int fd = create_pages(1);

	(void)state;
	assert_int_equal(stat_of_fd(fd).st_nlink, 0);
	assert_ok(try_publish(fd, "one"));
	assert_int_equal(stat_of_fd(fd).st_nlink, 1);
	assert_ok(try_link("one", "two"));
	assert_int_equal(stat_of_fd(fd).st_nlink, 2);
	assert_int_equal(stat_of("two").st_nlink, 2);
	assert_ok(try_withdraw("one"));
	assert_int_equal(stat_of_fd(fd).st_nlink, 1);
	assert_ok(try_withdraw("two"));
	assert_int_equal(stat_of_fd(fd).st_nlink, 0);
	close(fd);
}

static void huge_ones_have_huge_sizes(void **state)
{
	int fd = try_create(1 << 20, 100);

	(void)state;
	if (fd == -ENOMEM)
		skip_because("there are no 100 MiB");
	assert_int_equal(stat_of_fd(fd).st_size, 100 * MIB);
	assert_int_equal(lseek(fd, 0, SEEK_END), 100 * MIB);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NAMES_TEST(the_size_is_the_last_elements_last_byte),
		NAMES_TEST(reads_and_seeks_end_there),
		NAMES_TEST(a_mapping_reaches_to_the_end_of_the_page),
		NAMES_TEST(what_is_mapped_by_st_size_has_each_element),
		NAMES_TEST(st_ino_is_the_id_and_directories_have_others),
		NAMES_TEST(nlink_counts_names),
		NAMES_TEST(huge_ones_have_huge_sizes),
	};

	return RUN_GROUP(tests);
}
