// SPDX-License-Identifier: GPL-2.0-only
/* Create: which arguments are accepted, what the region is like, and which errors there are. */
#include "fixture.h"

#include <limits.h>
#include <sys/resource.h>

/* The region's size is in whole pages, with each element at a multiple of 8. */
static void sizes_are_rounded_up(void **state)
{
	static const struct {
		uint32_t value_size, max_entries;
		uint64_t bytes;
	} cases[] = {
		{ 1, 1, 4096 }, { 1, 512, 4096 }, { 1, 513, 8192 },
		{ 7, 512, 4096 }, { 8, 512, 4096 }, { 8, 513, 8192 },
		{ 9, 256, 4096 }, { 9, 257, 8192 }, { 12, 3, 4096 },
		{ 4095, 1, 4096 }, { 4096, 1, 4096 }, { 4097, 1, 8192 },
		{ 4096, 3, 12288 }, { 65536, 16, 1 << 20 }, { 8, 1 << 18, 2 << 20 },
		{ 8, (1 << 18) + 1, (2 << 20) + 4096 }, { 3 << 20, 3, 9 << 20 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int fd = create(cases[i].value_size, cases[i].max_entries);
		uint8_t *at;

		/* the table is for pages of 4 KiB; larger pages round up further */
		assert_int_equal(info(fd).bytes,
				 (cases[i].bytes + PAGE - 1) / PAGE * PAGE);
		at = map(fd, info(fd).bytes, PROT_READ, 0);
		assert_true(all(at, info(fd).bytes, 0));
		unmap(at, info(fd).bytes);
		close(fd);
	}
}

/*
 * Pages that had other contents before come as zeros: single ones, runs, and blocks with pages
 * behind them. (The guest's kernel does not zero memory by itself, see vm.conf.)
 */
static void contents_start_as_zeros(void **state)
{
	static const size_t sizes[] = { 1, 3, 64, 1500, 1501 };
	int fds[64], round;
	size_t i, n;

	(void)state;
	for (round = 0; round < 4; round++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			const size_t len = sizes[i] * PAGE;
			const size_t nr = sizes[i] < 10 ? ARRAY_SIZE(fds) : 1;

			for (n = 0; n < nr; n++) {
				uint8_t *at;

				fds[n] = create_pages(sizes[i]);
				at = map(fds[n], len, PROT_READ | PROT_WRITE, 0);
				assert_true(all(at, len, 0));
				memset(at, 0xa5, len);
				unmap(at, len);
			}
			for (n = 0; n < nr; n++)
				close(fds[n]);
		}
}

static void fd_is_closed_on_exec(void **state)
{
	int fd = create(8, 1);

	(void)state;
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	close(fd);
}

static void zero_sizes_are_invalid(void **state)
{
	(void)state;
	assert_refused(try_create(0, 1), EINVAL);
	assert_refused(try_create(8, 0), EINVAL);
	assert_refused(try_create(0, 0), EINVAL);
}

static void unknown_flags_are_invalid(void **state)
{
	int bit;

	(void)state;
	for (bit = 0; bit < 32; bit++) {
		struct bpfmmap_create args = create_args(8, 1);
		int fd;

		args.flags = 1U << bit;
		fd = try_create_args(&args);
		if (args.flags & (BPFMMAP_F_NUMA_NODE | BPFMMAP_F_POPULATE | BPFMMAP_F_RDONLY |
				  BPFMMAP_F_WRONLY | BPFMMAP_F_RDONLY_PROG |
				  BPFMMAP_F_WRONLY_PROG | BPFMMAP_F_PROG))
			assert_true(fd >= 0);
		else
			assert_refused(fd, EINVAL);
		if (fd >= 0)
			close(fd);
	}
}

static void reserved_field_is_zero(void **state)
{
	struct bpfmmap_create args = create_args(8, 1);

	(void)state;
	args.reserved = 1;
	assert_refused(try_create_args(&args), EINVAL);
}

static void access_flags_make_the_fd(void **state)
{
	struct bpfmmap_create args = create_args(8, 1);
	int fd;

	(void)state;
	args.flags = BPFMMAP_F_RDONLY;
	fd = try_create_args(&args);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(info(fd).flags, 0);
	close(fd);

	args.flags = BPFMMAP_F_WRONLY;
	fd = try_create_args(&args);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
	close(fd);

	args.flags = BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY;
	assert_refused(try_create_args(&args), EINVAL);
}

static void node_must_be_online(void **state)
{
	static const uint32_t bad[] = { 1023, 1024, 1 << 20, INT_MAX, 1U << 31, UINT_MAX };
	struct bpfmmap_create args = create_args(8, 1);
	size_t i;
	int fd;

	(void)state;
	args.flags = BPFMMAP_F_NUMA_NODE;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		args.numa_node = bad[i];
		assert_refused(try_create_args(&args), EINVAL);
	}
	args.numa_node = 0;
	fd = try_create_args(&args);
	assert_true(fd >= 0);
	assert_int_equal(info(fd).numa_node, 0);
	assert_int_equal(info(fd).flags, BPFMMAP_F_NUMA_NODE);
	close(fd);

	/* without the flag the field is not looked at */
	args.flags = 0;
	args.numa_node = UINT_MAX - 1;
	fd = try_create_args(&args);
	assert_true(fd >= 0);
	assert_int_equal(info(fd).numa_node, -1);
	close(fd);
}

static void names_are_as_bpf_has_them(void **state)
{
	static const char *const good[] = { "", "a", "A_z.09", "fifteen_letters" };
	struct bpfmmap_create args = create_args(8, 1);
	size_t i;
	int c, fd;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		memset(args.name, 0, sizeof(args.name));
		memcpy(args.name, good[i], strlen(good[i]));
		fd = try_create_args(&args);
		assert_true(fd >= 0);
		assert_string_equal(info(fd).name, good[i]);
		close(fd);
	}

	/* each character that is not allowed, in the middle of a name */
	for (c = 1; c < 256; c++) {
		strcpy(args.name, "a?b");
		args.name[1] = c;
		fd = try_create_args(&args);
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '_' || c == '.')
			assert_true(fd >= 0);
		else
			assert_refused(fd, EINVAL);
		if (fd >= 0)
			close(fd);
	}

	/* no NUL */
	memset(args.name, 'a', sizeof(args.name));
	assert_refused(try_create_args(&args), EINVAL);
}

static void too_large_is_too_big(void **state)
{
	(void)state;
	assert_refused(try_create(INT_MAX + 1U, 1), E2BIG);
	assert_refused(try_create(UINT_MAX, 1), E2BIG);
	assert_refused(try_create(UINT_MAX, UINT_MAX), E2BIG);
	/* the largest value_size and max_entries: 2^31 * (2^32 - 1) bytes */
	assert_refused(try_create(INT_MAX, UINT_MAX), E2BIG);
	/* the number of pages is one more than an int has room for */
	assert_refused(try_create(PAGE, 1U << 31), E2BIG);
}

static void invalid_comes_before_too_big(void **state)
{
	struct bpfmmap_create args = create_args(UINT_MAX, 1);

	(void)state;
	assert_refused(try_create(UINT_MAX, 0), EINVAL);
	args.flags = 1U << 31;
	assert_refused(try_create_args(&args), EINVAL);
}

/* Sizes from what the machine has not, up to the largest that is not too big. */
static void more_than_there_is_gives_no_memory(void **state)
{
	(void)state;
	assert_refused(try_create(INT_MAX, 1 << 10), ENOMEM);
	assert_refused(try_create(4096, INT_MAX), ENOMEM);
	assert_refused(try_create(8, UINT_MAX), ENOMEM);
	assert_refused(try_create(1 << 30, 4), ENOMEM);
}

static void smallest_and_largest_element(void **state)
{
	uint8_t in = 7, out = 0;
	int fd;

	(void)state;
	fd = create(1, 1);
	assert_ok(try_update(fd, 0, &in, 0));
	assert_ok(try_lookup(fd, 0, &out));
	assert_int_equal(out, 7);
	close(fd);

	fd = create(64 * MIB, 1);
	assert_int_equal(info(fd).bytes, 64 * MIB);
	assert_int_equal(try_map(fd, 64 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, 0), 0);
	close(fd);
}

static void a_thousand_regions(void **state)
{
	static int fds[1000];
	uint32_t value;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		fds[i] = create(4, 10);
		value = i;
		assert_ok(try_update(fds[i], i % 10, &value, 0));
	}
	for (i = 0; i < 1000; i++) {
		assert_ok(try_lookup(fds[i], i % 10, &value));
		assert_int_equal(value, i);
		close(fds[i]);
	}
}

static void no_more_files(void **state)
{
	struct rlimit limit, none;
	int control = open(BPFMMAP_DEVICE, O_RDWR);
	struct bpfmmap_create args = create_args(8, 1);
	struct bpfmmap_next_id next = { .size = sizeof(next) };

	(void)state;
	assert_true(control >= 0);
	assert_ok(getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = control + 1;
	assert_ok(setrlimit(RLIMIT_NOFILE, &none));
	assert_refused(request(control, BPFMMAP_IOC_CREATE, &args), EMFILE);
	assert_ok(setrlimit(RLIMIT_NOFILE, &limit));
	/* nothing stays behind */
	assert_refused(request(control, BPFMMAP_IOC_NEXT_ID, &next), ENOENT);
	close(control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_rounded_up),
		cmocka_unit_test(contents_start_as_zeros),
		cmocka_unit_test(fd_is_closed_on_exec),
		cmocka_unit_test(zero_sizes_are_invalid),
		cmocka_unit_test(unknown_flags_are_invalid),
		cmocka_unit_test(reserved_field_is_zero),
		cmocka_unit_test(access_flags_make_the_fd),
		cmocka_unit_test(node_must_be_online),
		cmocka_unit_test(names_are_as_bpf_has_them),
		cmocka_unit_test(too_large_is_too_big),
		cmocka_unit_test(invalid_comes_before_too_big),
		cmocka_unit_test(more_than_there_is_gives_no_memory),
		cmocka_unit_test(smallest_and_largest_element),
		cmocka_unit_test(a_thousand_regions),
		cmocka_unit_test(no_more_files),
	};

	return RUN_GROUP(tests);
}
