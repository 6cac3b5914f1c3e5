// SPDX-License-Identifier: GPL-2.0-only
/* Requests that ask, and those that copy elements; read and write. */
#include "faults.h"

#include <sys/epoll.h>
#include <sys/sendfile.h>

#define PIECE	(64 * KIB)	/* of a large value, set at once */

static int control, region;
static uint32_t size, number;	/* of a value, in bytes; of values */
static uint8_t *values;

/*
 * Requests of the device
 */

static long ask_version(void)
{
	struct bpfmmap_version args = { .size = sizeof(args) };

	return request(control, BPFMMAP_IOC_VERSION, &args);
}

static void version(void **state)
{
	(void)state;
	control = open_control();
	FAIL_EACH(.make = ask_version, .errors = { EFAULT });
	close(control);
}

static long ask_next_id(void)
{
	struct bpfmmap_next_id args = { .size = sizeof(args) };

	return request(control, BPFMMAP_IOC_NEXT_ID, &args);
}

static void next_id(void **state)
{
	(void)state;
	control = open_control();
	region = create_filled(1);
	FAIL_EACH(.make = ask_next_id, .region = &region, .errors = { EFAULT });
	close(region);
	close(control);
}

static long open_it(void)
{
	struct bpfmmap_open args = { .size = sizeof(args), .id = number };

	return request(control, BPFMMAP_IOC_OPEN, &args);
}

static void close_it(long fd)
{
	close(fd);
}

static void open_by_id(void **state)
{
	(void)state;
	control = open_control();
	region = create_filled(1);
	number = info(region).id;
	FAIL_EACH(.make = open_it, .after = close_it, .region = &region, .errors = USUAL_ERRORS);
	close(region);
	close(control);
}

/*
 * Requests of a region's fd
 */

static long ask_info(void)
{
	struct bpfmmap_info args = { .size = sizeof(args) };

	return request(region, BPFMMAP_IOC_INFO, &args);
}

static void info_of_a_region(void **state)
{
	(void)state;
	region = create_filled(1);
	assert_ok(try_publish(region, "name"));
	FAIL_EACH(.make = ask_info, .region = &region, .errors = { EFAULT });
	assert_ok(try_withdraw("name"));
	close(region);
}

static long restrict_it(void)
{
	return try_restrict(region, BPFMMAP_F_RDONLY);
}

static void restrict_to_reading(void **state)
{
	(void)state;
	region = create_filled(1);
	FAIL_EACH(.make = restrict_it, .after = close_it, .region = &region,
		  .errors = USUAL_ERRORS);
	close(region);
}

static long list_mappings(void)
{
	struct bpfmmap_mapping_entry entries[4];
	struct bpfmmap_mappings args = {
		.size = sizeof(args), .count = ARRAY_SIZE(entries),
		.entries = (uintptr_t)entries,
	};
	int ret = request(region, BPFMMAP_IOC_MAPPINGS, &args);

	return ret ?: (int)args.count;
}

static void two_are_listed(long nr)
{
	assert_int_equal(nr, 2);
}

static void mappings(void **state)
{
	uint8_t *ro, *rw;

	(void)state;
	region = create_filled(3);
	ro = map(region, PAGE, PROT_READ, PAGE);
	rw = map(region, 2 * PAGE, PROT_READ | PROT_WRITE, 0);
	FAIL_EACH(.make = list_mappings, .after = two_are_listed, .region = &region,
		  .errors = USUAL_ERRORS);
	unmap(ro, PAGE);
	unmap(rw, 2 * PAGE);
	close(region);
}

static long ask_handle(void)
{
	struct bpfmmap_handle_args args = { .size = sizeof(args) };

	return request(region, BPFMMAP_IOC_HANDLE, &args);
}

static void handle(void **state)
{
	struct bpfmmap_create args = create_args(8, 1);

	(void)state;
	args.flags = BPFMMAP_F_PROG;
	region = try_create_args(&args);
	assert_true(region >= 0);
	FAIL_EACH(.make = ask_handle, .region = &region, .errors = { EFAULT });
	close(region);
}

/*
 * Elements
 */

/* A region whose bytes are 1, and room for its values. */
static void begin(uint32_t value_size, uint32_t nr)
{
	size = value_size;
	number = nr;
	region = create(size, number);
	fill(region, 1);
	values = malloc((size_t)size * number);
}

static void end(void)
{
	free(values);
	close(region);
}

static void all_are(uint8_t byte)
{
	assert_true(all(values, (size_t)size * number, byte));
}

static long look_up(void)
{
	memset(values, 0, size);
	return try_lookup(region, 0, values);
}

static void value_is_1(long ret)
{
	assert_int_equal(ret, 0);
	assert_true(all(values, size, 1));
}

static void lookup(void **state)
{
	static const uint32_t sizes[] = { 5, 8, 300, 70000 };
	size_t i;

	(void)state;
	/* a value of 1, 2 or 4 bytes is put by one instruction, which is not made to fail */
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		begin(sizes[i], 1);
		FAIL_EACH(.make = look_up, .after = value_is_1, .region = &region,
			  .errors = { EFAULT });
		end();
	}
}

static void set_back(void)
{
	fill(region, 1);
}

static long update_it(void)
{
	memset(values, 2, size);
	return try_update(region, 0, values, 0);
}

static void is_updated(long ret)
{
	assert_int_equal(ret, 0);
	assert_ok(try_lookup(region, 0, values));
	assert_true(all(values, size, 2));
}

static void update(void **state)
{
	static const uint32_t sizes[] = { 1, 8, 300, 5000, PIECE };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		begin(sizes[i], 1);
		FAIL_EACH(.before = set_back, .make = update_it, .after = is_updated,
			  .region = &region, .errors = USUAL_ERRORS);
		end();
	}
}

/* The first update on a CPU leaves a buffer for the next ones, so each try has a new module. */
static void begin_anew(void)
{
	assert_ok(load_again(NULL));
	begin(300, 1);
}

static void update_without_a_buffer(void **state)
{
	(void)state;
	FAIL_EACH(.before = begin_anew, .make = update_it, .after = is_updated, .end = end,
		  .region = &region, .errors = USUAL_ERRORS);
}

/* A value above 64 KiB is set in pieces, of which each is set or not. */
static void whole_pieces_are_set(void)
{
	bool old = false;
	size_t at;

	assert_ok(try_lookup(region, 0, values));
	for (at = 0; at < size; at += PIECE) {
		const size_t len = size - at < PIECE ? size - at : PIECE;

		old |= all(values + at, len, 1);
		assert_true(all(values + at, len, old ? 1 : 2));
	}
}

static void update_of_a_large_value(void **state)
{
	(void)state;
	begin(3 * PIECE + 5, 1);
	FAIL_EACH(.before = set_back, .make = update_it, .after = is_updated,
		  .failed = whole_pieces_are_set, .region = &region, .stores = true,
		  .errors = USUAL_ERRORS);
	end();
}

static long look_up_all(void)
{
	uint32_t count = number;

	memset(values, 0, (size_t)size * number);
	return try_batch(region, BPFMMAP_IOC_LOOKUP_BATCH, 0, &count, values);
}

static void all_are_1(long ret)
{
	assert_int_equal(ret, 0);
	all_are(1);
}

static void batch_of_lookups(void **state)
{
	static const uint32_t sizes[] = { 5, 8, 300 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		begin(sizes[i], 20);
		FAIL_EACH(.make = look_up_all, .after = all_are_1, .region = &region,
			  .errors = { EFAULT });
		end();
	}
}

static long update_all(void)
{
	uint32_t count = number;

	memset(values, 2, (size_t)size * number);
	return try_batch(region, BPFMMAP_IOC_UPDATE_BATCH, 0, &count, values);
}

static void all_are_updated(long ret)
{
	assert_int_equal(ret, 0);
	assert_ok(look_up_all());
	all_are(2);
}

/* Also when the count could not be returned. A value above 64 KiB is set in pieces. */
static void the_first_ones_are_updated(void)
{
	bool old = false;
	size_t i, at;

	assert_ok(look_up_all());
	for (i = 0; i < number; i++) {
		for (at = 0; at < size; at += PIECE) {
			const size_t len = size - at < PIECE ? size - at : PIECE;
			const uint8_t *piece = values + i * size + at;

			old |= all(piece, len, 1);
			assert_true(all(piece, len, old ? 1 : 2));
		}
	}
}

static void batch_of_updates(void **state)
{
	static const uint32_t sizes[] = { 5, 8, 300, 5000, PIECE + 8 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		begin(sizes[i], 20);
		FAIL_EACH(.before = set_back, .make = update_all, .after = all_are_updated,
			  .failed = the_first_ones_are_updated, .region = &region, .stores = true,
			  .errors = USUAL_ERRORS);
		end();
	}
}

/*
 * System calls
 */

static long read_all(void)
{
	memset(values, 0, size);
	return result(pread(region, values, size, 0));
}

static void all_is_read(long len)
{
	assert_int_equal(len, size);
	all_are(1);
}

static void read_of_a_region(void **state)
{
	(void)state;
	begin(3 * PIECE, 1);
	FAIL_EACH(.make = read_all, .after = all_is_read, .region = &region,
		  .errors = { EFAULT });
	end();
}

static long write_all(void)
{
	memset(values, 2, size);
	return result(pwrite(region, values, size, 0));
}

/* It goes on where a copy has failed. */
static void all_is_written(long len)
{
	assert_int_equal(len, size);
	assert_true(is_filled(region, 2));
}

static void write_of_a_region(void **state)
{
	(void)state;
	begin(16 * PIECE, 1);
	FAIL_EACH(.before = set_back, .make = write_all, .after = all_is_written,
		  .region = &region, .errors = { EFAULT });
	end();
}

static int pipes[2];

static void make_pipe(void)
{
	assert_ok(pipe2(pipes, O_CLOEXEC));
}

static void close_pipe(void)
{
	close(pipes[0]);
	close(pipes[1]);
}

static long send_it(void)
{
	off_t from = 0;

	return result(sendfile(pipes[1], region, &from, PAGE));
}

static void page_is_sent(long len)
{
	assert_true(len > 0);
	assert_int_equal(read(pipes[0], values, len), len);
	assert_true(all(values, len, 1));
}

/* EAGAIN: the pages of the pipe could not be written, as copy_splice_read() says it. */
static void sendfile_of_a_region(void **state)
{
	(void)state;
	begin(4 * PAGE, 1);
	FAIL_EACH(.before = make_pipe, .make = send_it, .after = page_is_sent, .end = close_pipe,
		  .region = &region, .errors = { ENOMEM, EFAULT, EAGAIN });
	end();
}

static void make_full_pipe(void)
{
	make_pipe();
	set_back();
	assert_int_equal(lseek(region, 0, SEEK_SET), 0);
	memset(values, 2, PAGE);
	assert_int_equal(write(pipes[1], values, PAGE), PAGE);
}

static long splice_in(void)
{
	return result(splice(pipes[0], NULL, region, NULL, PAGE, 0));
}

static void page_has_come(long len)
{
	assert_int_equal(len, PAGE);
	assert_int_equal(pread(region, values, PAGE, 0), PAGE);
	assert_true(all(values, PAGE, 2));
}

static void splice_to_a_region(void **state)
{
	(void)state;
	begin(4 * PAGE, 1);
	FAIL_EACH(.before = make_full_pipe, .make = splice_in, .after = page_has_come,
		  .end = close_pipe, .region = &region, .errors = USUAL_ERRORS);
	end();
}

static int epoll;

static long watch_it(void)
{
	struct epoll_event event = { .events = EPOLLPRI };

	return result(epoll_ctl(epoll, EPOLL_CTL_ADD, region, &event));
}

static void end_the_watch(long ret)
{
	assert_int_equal(ret, 0);
	assert_ok(epoll_ctl(epoll, EPOLL_CTL_DEL, region, NULL));
}

static void epoll_of_a_region(void **state)
{
	(void)state;
	epoll = epoll_create1(EPOLL_CLOEXEC);
	region = create_filled(1);
	FAIL_EACH(.make = watch_it, .after = end_the_watch, .region = &region,
		  .errors = USUAL_ERRORS);
	close(region);
	close(epoll);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULTS_TEST(version),
		FAULTS_TEST(next_id),
		FAULTS_TEST(open_by_id),
		FAULTS_TEST(info_of_a_region),
		FAULTS_TEST(restrict_to_reading),
		FAULTS_TEST(mappings),
		FAULTS_TEST(handle),
		FAULTS_TEST(lookup),
		FAULTS_TEST(update),
		FAULTS_TEST(update_without_a_buffer),
		FAULTS_TEST(update_of_a_large_value),
		FAULTS_TEST(batch_of_lookups),
		FAULTS_TEST(batch_of_updates),
		FAULTS_TEST(read_of_a_region),
		FAULTS_TEST(write_of_a_region),
		FAULTS_TEST(sendfile_of_a_region),
		FAULTS_TEST(splice_to_a_region),
		FAULTS_TEST(epoll_of_a_region),
	};

	return RUN_FAULTS_GROUP(tests);
}
