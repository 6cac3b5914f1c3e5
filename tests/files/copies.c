// SPDX-License-Identifier: GPL-2.0-only
/* Copies by the kernel: between regions, and between a region and another file. */
#include "files.h"

#include <sys/sendfile.h>
#include <sys/syscall.h>

#define BYTES	(2 * PAGE + 100)

static int from = -1, to = -1, other = -1;	/* two regions, and a file of tmpfs */
static uint8_t *pattern, *back;

static int setup(void **state)
{
	size_t i;

	(void)state;
	from = create(4, BYTES / 8);
	to = create(4, BYTES / 8);
	assert_ok(try_publish(from, "from"));
	assert_ok(try_publish(to, "to"));
	close(from);
	close(to);
	from = open_name("from", O_RDWR);
	to = open_name("to", O_RDWR);
	other = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	pattern = malloc(BYTES);
	back = calloc(1, BYTES);
	for (i = 0; i < BYTES; i++)
		pattern[i] = i * 7 + i / 251;
	return other < 0;
}

static int teardown(void **state)
{
	(void)state;
	close(from);
	close(to);
	close(other);
	free(pattern);
	free(back);
	withdraw_all();
	return 0;
}

static size_t size_of(int fd)
{
	return stat_of_fd(fd).st_size;
}

static void assert_same(int one, int two)
{
	const size_t size = size_of(from);
	uint8_t *more = calloc(1, size);

	assert_int_equal(pread(one, back, size, 0), size);
	assert_int_equal(pread(two, more, size, 0), size);
	assert_memory_equal(back, more, size);
	free(more);
}

/* Copy all by calls of fn, which may copy less than asked. Returns how many bytes, or -errno. */
static long all_of(ssize_t (*fn)(int in, int out, size_t len), int in, int out)
{
	long done = 0, ret;

	for (;;) {
		ret = result(fn(in, out, PAGE - 1));
		if (ret <= 0)
			return ret ?: done;
		done += ret;
	}
}

static ssize_t by_copy_file_range(int in, int out, size_t len)
{
	return copy_file_range(in, NULL, out, NULL, len, 0);
}

static ssize_t by_sendfile(int in, int out, size_t len)
{
	return sendfile(out, in, NULL, len);
}

static ssize_t by_splice(int in, int out, size_t len)
{
	static int pipes[2] = { -1, -1 };
	ssize_t ret, done = 0, n;

	if (pipes[0] < 0 && pipe(pipes))
		return -1;
	ret = splice(in, NULL, pipes[1], NULL, len, 0);
	while (done < ret) {
		n = splice(pipes[0], NULL, out, NULL, ret - done, 0);
		if (n <= 0)
			return n;
		done += n;
	}
	return ret;
}

static ssize_t by_read_and_write(int in, int out, size_t len)
{
	uint8_t buffer[64];
	ssize_t ret = read(in, buffer, len < sizeof(buffer) ? len : sizeof(buffer));

	return ret > 0 ? write(out, buffer, ret) : ret;
}

static void copy_all(ssize_t (*fn)(int in, int out, size_t len))
{
	const size_t size = size_of(from);

	assert_int_equal(pwrite(from, pattern, BYTES, 0), size);
	assert_int_equal(all_of(fn, from, to), size);
	assert_same(from, to);
	/* the source has no more bytes, and the destination no more room */
	assert_int_equal(fn(from, to, 1), 0);
	assert_int_equal(pwrite(from, "!", 1, 0), 1);
	assert_int_equal(lseek(from, 0, SEEK_SET), 0);
	assert_refused(result(fn(from, to, 1)), ENOSPC);
}

static void from_region_to_region_by_copy_file_range(void **state)
{
	(void)state;
	copy_all(by_copy_file_range);
}

static void from_region_to_region_by_sendfile(void **state)
{
	(void)state;
	copy_all(by_sendfile);
}

static void from_region_to_region_by_read_and_write(void **state)
{
	(void)state;
	copy_all(by_read_and_write);
}

static void to_another_file_and_back(void **state)
{
	const size_t size = size_of(from);

	(void)state;
	assert_int_equal(pwrite(from, pattern, BYTES, 0), size);
	assert_int_equal(all_of(by_sendfile, from, other), size);
	assert_same(from, other);
	assert_int_equal(lseek(other, 0, SEEK_SET), 0);
	assert_int_equal(all_of(by_sendfile, other, to), size);
	assert_same(from, to);
}

static void through_a_pipe(void **state)
{
	const size_t size = size_of(from);

	(void)state;
	assert_int_equal(pwrite(from, pattern, BYTES, 0), size);
	assert_int_equal(all_of(by_splice, from, other), size);
	assert_int_equal(lseek(other, 0, SEEK_SET), 0);
	assert_int_equal(all_of(by_splice, other, to), size);
	assert_same(from, to);
}

/*
 * Since 5.19 the kernel copies between two file systems only if one of them does it itself; cp has
 * another way then.
 */
static void copy_file_range_to_another_file_system_is_as_of_any_file(void **state)
{
	int more = open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
	long ret, expected;

	(void)state;
	assert_int_equal(write(other, pattern, 100), 100);
	assert_int_equal(lseek(other, 0, SEEK_SET), 0);
	expected = result(copy_file_range(other, NULL, more, NULL, 100, 0));
	assert_int_equal(pwrite(from, pattern, 100, 0), 100);
	ret = result(copy_file_range(from, NULL, more, NULL, 100, 0));
	assert_int_equal(ret, expected);
	assert_int_equal(lseek(other, 0, SEEK_SET), 0);
	ret = result(copy_file_range(other, NULL, to, NULL, 100, 0));
	assert_int_equal(ret, expected);
	close(more);
}

static void a_region_onto_itself(void **state)
{
	loff_t at = 0, there = PAGE;

	(void)state;
	assert_int_equal(pwrite(from, pattern, 100, 0), 100);
	assert_int_equal(copy_file_range(from, &at, from, &there, 100, 0), 100);
	assert_int_equal(pread(from, back, 100, PAGE), 100);
	assert_memory_equal(back, pattern, 100);
	at = 0;
	there = 50;
	assert_refused(result(copy_file_range(from, &at, from, &there, 100, 0)), EINVAL);
}

static void nothing_is_copied_into_what_is_frozen(void **state)
{
	(void)state;
	assert_ok(try_freeze(to));
	assert_refused(result(by_copy_file_range(from, to, 10)), EPERM);
	assert_refused(result(by_sendfile(from, to, 10)), EPERM);
	assert_int_equal(all_of(by_sendfile, to, from), size_of(to));
}

static void appending_and_wrong_modes_are_refused(void **state)
{
	int reader = open_name("to", O_RDONLY), append = open_name("to", O_RDWR | O_APPEND);

	(void)state;
	assert_refused(result(by_copy_file_range(from, reader, 10)), EBADF);
	assert_refused(result(by_sendfile(from, reader, 10)), EBADF);
	assert_refused(result(by_copy_file_range(from, append, 10)), EBADF);
	assert_refused(result(by_sendfile(from, append, 10)), EINVAL);
	close(reader);
	close(append);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(from_region_to_region_by_copy_file_range),
		TEST(from_region_to_region_by_sendfile),
		TEST(from_region_to_region_by_read_and_write),
		TEST(to_another_file_and_back),
		TEST(through_a_pipe),
		TEST(copy_file_range_to_another_file_system_is_as_of_any_file),
		TEST(a_region_onto_itself),
		TEST(nothing_is_copied_into_what_is_frozen),
		TEST(appending_and_wrong_modes_are_refused),
	};

	return RUN_GROUP(tests);
}
