// SPDX-License-Identifier: GPL-2.0-only
/* A region as a regular file of fixed size: read, write, seek and splice. */
#include "fixture.h"
#include "held_page.h"

#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#define BYTES	(3 * PAGE)

static int fd = -1;
static uint8_t *pattern;	/* BYTES of which neighbours differ */

static int setup(void **state)
{
	size_t i;

	(void)state;
	fd = create_pages(3);
	pattern = malloc(BYTES);
	for (i = 0; i < BYTES; i++)
		pattern[i] = i * 7 + i / 251;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(pattern);
	close(fd);
	return 0;
}

static void assert_contents(const void *expected)
{
	uint8_t *at = map(fd, BYTES, PROT_READ, 0);

	assert_memory_equal(at, expected, BYTES);
	unmap(at, BYTES);
}

static void written_is_what_is_mapped_and_read(void **state)
{
	uint8_t *back = calloc(1, BYTES);

	(void)state;
	assert_int_equal(pwrite(fd, pattern, BYTES, 0), BYTES);
	assert_contents(pattern);
	assert_int_equal(pread(fd, back, BYTES, 0), BYTES);
	assert_memory_equal(back, pattern, BYTES);
	assert_int_equal(pread(fd, back, 100, PAGE - 3), 100);
	assert_memory_equal(back, pattern + PAGE - 3, 100);
	free(back);
}

/*
 * Pages need not be contiguous, and the kernel checks copies that cross pages: all numbers of
 * pages.
 */
static void as_many_pages_as_there_are_at_once(void **state)
{
	enum { MOST = 70 };
	uint8_t *out = malloc(MOST * PAGE), *back = malloc(MOST * PAGE);
	int files[MOST + 1];
	size_t i, nr;

	(void)state;
	for (i = 0; i < MOST * PAGE; i++)
		out[i] = i * 7 + i / 251;
	for (nr = 1; nr <= MOST; nr++) {
		files[nr] = create_pages(nr);
		assert_int_equal(pwrite(files[nr], out, nr * PAGE, 0), nr * PAGE);
		memset(back, 0, nr * PAGE);
		assert_int_equal(pread(files[nr], back, nr * PAGE, 0), nr * PAGE);
		assert_memory_equal(back, out, nr * PAGE);
	}
	for (nr = 1; nr <= MOST; nr++)
		close(files[nr]);
	free(out);
	free(back);
}

static void elements_are_where_they_are_in_the_file(void **state)
{
	uint64_t value = 0x1122334455667788, back = 0;

	(void)state;
	assert_ok(try_update(fd, 5, &value, 0));
	assert_int_equal(pread(fd, &back, 8, 5 * 8), 8);
	assert_int_equal(back, value);
}

static void the_position_moves(void **state)
{
	uint8_t back[100];

	(void)state;
	assert_int_equal(write(fd, pattern, 60), 60);
	assert_int_equal(write(fd, pattern + 60, 40), 40);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 100);
	assert_int_equal(read(fd, back, 100), 100);
	assert_true(all(back, 100, 0));
	assert_int_equal(lseek(fd, -200, SEEK_CUR), 0);
	assert_int_equal(read(fd, back, 100), 100);
	assert_memory_equal(back, pattern, 100);
	assert_int_equal(lseek(fd, 0, SEEK_END), BYTES);
	assert_int_equal(lseek(fd, -1, SEEK_END), BYTES - 1);
	assert_int_equal(lseek(fd, 5, SEEK_END), BYTES + 5);
	assert_refused(result(lseek(fd, -1, SEEK_SET)), EINVAL);
	assert_refused(result(lseek(fd, 0, 99)), EINVAL);
	/* all of it is data, and the only hole is its end, as in a file without holes */
	assert_int_equal(lseek(fd, 10, SEEK_DATA), 10);
	assert_int_equal(lseek(fd, 10, SEEK_HOLE), BYTES);
	assert_refused(result(lseek(fd, BYTES, SEEK_DATA)), ENXIO);
}

static void reads_end_at_the_end(void **state)
{
	uint8_t back[64];

	(void)state;
	assert_int_equal(pwrite(fd, pattern, BYTES, 0), BYTES);
	assert_int_equal(pread(fd, back, 64, BYTES - 10), 10);
	assert_memory_equal(back, pattern + BYTES - 10, 10);
	assert_int_equal(pread(fd, back, 64, BYTES), 0);
	assert_int_equal(pread(fd, back, 64, BYTES + 1), 0);
	assert_int_equal(pread(fd, back, 64, INT64_MAX - 64), 0);
	assert_refused(result(pread(fd, back, 64, -1)), EINVAL);
	assert_int_equal(pread(fd, back, 0, 0), 0);
}

static void writes_end_at_the_end(void **state)
{
	(void)state;
	assert_int_equal(pwrite(fd, pattern, 64, BYTES - 10), 10);
	assert_refused(result(pwrite(fd, pattern, 64, BYTES)), ENOSPC);
	assert_refused(result(pwrite(fd, pattern, 64, BYTES + 1)), ENOSPC);
	assert_refused(result(pwrite(fd, pattern, 64, INT64_MAX - 64)), ENOSPC);
	assert_refused(result(pwrite(fd, pattern, 64, -1)), EINVAL);
	assert_int_equal(pwrite(fd, pattern, 0, 0), 0);
	assert_int_equal(pwrite(fd, pattern, 0, BYTES), 0);
	assert_int_equal(info(fd).writers, 0);
	assert_int_equal(info(fd).bytes, BYTES);
}

/* Lengths that are more than a system call copies, if the address space has room. */
static void huge_lengths(void **state)
{
	const size_t huge = sizeof(size_t) > 4 ? (size_t)(1ULL << 32) : 1 * GIB;
	uint8_t *at = mmap(NULL, huge, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)state;
	assert_ptr_not_equal(at, MAP_FAILED);
	memcpy(at, pattern, BYTES);
	assert_int_equal(pwrite(fd, at, huge, 0), BYTES);
	assert_contents(pattern);
	memset(at, 0, BYTES);
	assert_int_equal(pread(fd, at, huge, 0), BYTES);
	assert_memory_equal(at, pattern, BYTES);
	unmap(at, huge);
}

static void vectors(void **state)
{
	struct iovec in[3] = {
		{ pattern, 10 }, { pattern + 10, 0 }, { pattern + 10, PAGE },
	};
	uint8_t back[20];
	struct iovec out[2] = { { back, 15 }, { back + 15, 5 } };

	(void)state;
	assert_int_equal(pwritev(fd, in, 3, 5), 10 + PAGE);
	assert_int_equal(preadv(fd, out, 2, 5), 20);
	assert_memory_equal(back, pattern, 20);
}

static void appending_finds_no_space(void **state)
{
	(void)state;
	assert_ok(fcntl(fd, F_SETFL, O_APPEND));
	assert_refused(result(write(fd, pattern, 1)), ENOSPC);
	assert_contents(memset(pattern, 0, BYTES));
}

/* At a fault, the copy functions of arm64 report fewer bytes than they have copied. */
#ifdef __aarch64__
#define LEAST_OF_8	1
#else
#define LEAST_OF_8	8
#endif

/* Bytes that are not in memory are not copied; the bytes before them are. */
static void bad_buffers(void **state)
{
	uint8_t *page = page_before_a_hole();

	(void)state;
	assert_refused(result(pwrite(fd, page + PAGE, 8, 0)), EFAULT);
	assert_refused(result(pread(fd, page + PAGE, 8, 0)), EFAULT);
	memset(page, 0x33, PAGE);
	assert_in_range(pwrite(fd, page + PAGE - 8, 16, 0), LEAST_OF_8, 8);
	assert_in_range(pread(fd, page + PAGE - 8, 16, 0), LEAST_OF_8, 8);
	assert_int_equal(info(fd).writers, 0);
	free_page_before_a_hole(page);
}

static void frozen_is_not_written(void **state)
{
	uint8_t back[8];

	(void)state;
	assert_int_equal(pwrite(fd, pattern, BYTES, 0), BYTES);
	assert_ok(try_freeze(fd));
	assert_refused(result(pwrite(fd, "x", 1, 0)), EPERM);
	assert_refused(result(write(fd, "x", 1)), EPERM);
	/* EPERM comes before ENOSPC */
	assert_refused(result(pwrite(fd, "x", 1, BYTES)), EPERM);
	assert_int_equal(pread(fd, back, 8, 0), 8);
	assert_memory_equal(back, pattern, 8);
	assert_contents(pattern);
}

static void what_the_fd_is_not_for(void **state)
{
	int readonly = open_id(info(fd).id, BPFMMAP_F_RDONLY);
	int writeonly = open_id(info(fd).id, BPFMMAP_F_WRONLY);
	uint8_t byte = 1;

	(void)state;
	assert_refused(result(pwrite(readonly, &byte, 1, 0)), EBADF);
	assert_refused(result(pread(writeonly, &byte, 1, 0)), EBADF);
	assert_int_equal(pwrite(writeonly, &byte, 1, 0), 1);
	byte = 0;
	assert_int_equal(pread(readonly, &byte, 1, 0), 1);
	assert_int_equal(byte, 1);
	close(readonly);
	close(writeonly);
}

static void it_does_not_change_its_size(void **state)
{
	(void)state;
	assert_refused(result(ftruncate(fd, PAGE)), EPERM);
	assert_refused(result(ftruncate(fd, 2 * BYTES)), EPERM);
	assert_ok(ftruncate(fd, BYTES));
	assert_refused(result(fallocate(fd, 0, 0, BYTES + 1)), EPERM);
	assert_refused(result(fallocate(fd, FALLOC_FL_KEEP_SIZE, BYTES, 1)), EPERM);
	assert_ok(fallocate(fd, 0, 0, BYTES));
	assert_refused(result(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE)), EOPNOTSUPP);
	assert_int_equal(info(fd).bytes, BYTES);
}

static void a_hole_is_zeros(void **state)
{
	const int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

	(void)state;
	assert_int_equal(pwrite(fd, pattern, BYTES, 0), BYTES);
	assert_ok(fallocate(fd, punch, 5, PAGE));
	memset(pattern + 5, 0, PAGE);
	assert_contents(pattern);
	/* a hole beyond the end changes nothing */
	assert_ok(fallocate(fd, punch, BYTES - 3, PAGE));
	memset(pattern + BYTES - 3, 0, 3);
	assert_ok(fallocate(fd, punch, 2 * BYTES, PAGE));
	assert_contents(pattern);
	assert_ok(try_freeze(fd));
	assert_refused(result(fallocate(fd, punch, 0, PAGE)), EPERM);
	assert_contents(pattern);
}

static void sendfile_out(void **state)
{
	int file = memfd_create("out", 0);
	uint8_t *back = malloc(BYTES);
	off_t at = PAGE;
	size_t done = 0;

	(void)state;
	assert_int_equal(pwrite(fd, pattern, BYTES, 0), BYTES);
	while (done < 2 * PAGE) {
		ssize_t ret = sendfile(file, fd, &at, BYTES);

		assert_true(ret > 0);
		done += ret;
	}
	assert_int_equal(at, BYTES);
	assert_int_equal(sendfile(file, fd, &at, BYTES), 0);
	assert_int_equal(pread(file, back, BYTES, 0), 2 * PAGE);
	assert_memory_equal(back, pattern + PAGE, 2 * PAGE);
	close(file);
	free(back);
}

static void splice_out(void **state)
{
	uint8_t *back = malloc(PAGE);
	loff_t from = 0;
	int pipes[2];

	(void)state;
	assert_int_equal(pwrite(fd, pattern, BYTES, 0), BYTES);
	assert_ok(pipe(pipes));
	assert_int_equal(splice(fd, &from, pipes[1], NULL, PAGE, 0), PAGE);
	assert_int_equal(read(pipes[0], back, PAGE), PAGE);
	assert_memory_equal(back, pattern, PAGE);
	close(pipes[0]);
	close(pipes[1]);
	free(back);
}

/* A pipe gets a copy, which does not change when the region changes. */
static void what_was_spliced_out_is_a_copy(void **state)
{
	uint8_t byte = 1, back = 0;
	loff_t from = 0;
	int pipes[2];

	(void)state;
	assert_int_equal(pwrite(fd, &byte, 1, 0), 1);
	assert_ok(pipe(pipes));
	assert_int_equal(splice(fd, &from, pipes[1], NULL, PAGE, 0), PAGE);
	byte = 2;
	assert_int_equal(pwrite(fd, &byte, 1, 0), 1);
	assert_int_equal(read(pipes[0], &back, 1), 1);
	assert_int_equal(back, 1);
	close(pipes[0]);
	close(pipes[1]);
}

static void splice_in(void **state)
{
	loff_t to = PAGE;
	int pipes[2];

	(void)state;
	assert_ok(pipe(pipes));
	assert_int_equal(write(pipes[1], pattern, PAGE), PAGE);
	assert_int_equal(splice(pipes[0], NULL, fd, &to, PAGE, 0), PAGE);
	memmove(pattern + PAGE, pattern, PAGE);
	memset(pattern, 0, PAGE);
	memset(pattern + 2 * PAGE, 0, PAGE);
	assert_contents(pattern);

	assert_ok(try_freeze(fd));
	assert_int_equal(write(pipes[1], "more", 4), 4);
	assert_refused(result(splice(pipes[0], NULL, fd, &to, 4, 0)), EPERM);
	assert_contents(pattern);
	close(pipes[0]);
	close(pipes[1]);
}

static void *pwrite_from(void *page)
{
	return (void *)(intptr_t)(pwrite(fd, page, PAGE, PAGE) == (ssize_t)PAGE ? 0 : 1);
}

/* A write counts as a writer from before its copy until after it. */
static void a_write_in_flight_is_busy(void **state)
{
	struct held_page held = { .uffd = -1 };
	pthread_t thread;
	uint8_t byte;
	void *ret;

	(void)state;
	if (!hold_page(&held))
		skip_because("this kernel has no userfaultfd");
	assert_ok(pthread_create(&thread, NULL, pwrite_from, held.page));
	assert_true(wait_for_toucher(&held));
	assert_int_equal(info(fd).writers, 1);
	assert_refused(try_freeze(fd), EBUSY);
	/* it does not block others */
	assert_int_equal(pread(fd, &byte, 1, 0), 1);
	assert_int_equal(pwrite(fd, &byte, 1, 0), 1);
	assert_true(release_page(&held, 0x77));
	pthread_join(thread, &ret);
	assert_null(ret);
	assert_int_equal(info(fd).writers, 0);
	assert_ok(try_freeze(fd));
	memset(pattern, 0, BYTES);
	memset(pattern + PAGE, 0x77, PAGE);
	assert_contents(pattern);
	unmap(held.page, PAGE);
}

#define WRITERS	4
#define EACH	2000

static void *write_one_after_the_other(void *arg)
{
	int i;

	for (i = 0; i < EACH; i++)
		if (write(fd, arg, 1) != 1)
			return arg;
	return NULL;
}

/* Threads that share an open file share its position: none overwrites bytes of another one. */
static void a_shared_position_is_atomic(void **state)
{
	static uint8_t marks[WRITERS] = { 1, 2, 3, 4 };
	size_t counts[WRITERS + 1] = { 0 };
	pthread_t threads[WRITERS];
	uint8_t *at;
	size_t i;

	(void)state;
	for (i = 0; i < WRITERS; i++)
		pthread_create(&threads[i], NULL, write_one_after_the_other, &marks[i]);
	for (i = 0; i < WRITERS; i++) {
		void *ret;

		pthread_join(threads[i], &ret);
		assert_null(ret);
	}
	assert_int_equal(lseek(fd, 0, SEEK_CUR), WRITERS * EACH);
	at = map(fd, BYTES, PROT_READ, 0);
	for (i = 0; i < WRITERS * EACH; i++)
		counts[at[i]]++;
	for (i = 1; i <= WRITERS; i++)
		assert_int_equal(counts[i], EACH);
	unmap(at, BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(written_is_what_is_mapped_and_read),
		TEST(as_many_pages_as_there_are_at_once),
		TEST(elements_are_where_they_are_in_the_file),
		TEST(the_position_moves),
		TEST(reads_end_at_the_end),
		TEST(writes_end_at_the_end),
		TEST(huge_lengths),
		TEST(vectors),
		TEST(appending_finds_no_space),
		TEST(bad_buffers),
		TEST(frozen_is_not_written),
		TEST(what_the_fd_is_not_for),
		TEST(it_does_not_change_its_size),
		TEST(a_hole_is_zeros),
		TEST(sendfile_out),
		TEST(splice_out),
		TEST(what_was_spliced_out_is_a_copy),
		TEST(splice_in),
		TEST(a_write_in_flight_is_busy),
		TEST(a_shared_position_is_atomic),
	};

	return RUN_GROUP(tests);
}
