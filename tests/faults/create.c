// SPDX-License-Identifier: GPL-2.0-only
/* Open of the device, and create: a region is there with all of its memory, or not at all. */
#include "faults.h"

#include <sys/mount.h>

static int control;
static struct bpfmmap_create wanted;

static long make_region(void)
{
	struct bpfmmap_create args = wanted;

	return request(control, BPFMMAP_IOC_CREATE, &args);
}

static void check_and_close(long fd)
{
	const uint64_t bytes = info(fd).bytes;
	uint8_t first = 1, last = 1;

	if (!(wanted.flags & BPFMMAP_F_WRONLY)) {
		assert_int_equal(pread(fd, &first, 1, 0), 1);
		assert_int_equal(pread(fd, &last, 1, bytes - 1), 1);
		assert_int_equal(first, 0);
		assert_int_equal(last, 0);
	}
	assert_int_equal(info(fd).max_entries, wanted.max_entries);
	close(fd);
}

static void create_with(uint32_t flags, size_t pages)
{
	wanted = create_args(8, pages * PAGE / 8);
	wanted.flags = flags;
	strcpy(wanted.name, "wanted");
	control = open_control();
	FAIL_EACH(.make = make_region, .after = check_and_close, .errors = USUAL_ERRORS);
	close(control);
}

static void one_page(void **state)
{
	(void)state;
	create_with(0, 1);
}

static void runs_and_single_pages(void **state)
{
	(void)state;
	create_with(0, 300);
}

static void one_chunk(void **state)
{
	(void)state;
	create_with(0, 512);
}

static void chunks_and_the_rest(void **state)
{
	(void)state;
	create_with(0, 3 * 512 + 77);
}

static void on_a_node(void **state)
{
	(void)state;
	create_with(BPFMMAP_F_NUMA_NODE, 100);
}

static void populated_when_mapped(void **state)
{
	(void)state;
	create_with(BPFMMAP_F_POPULATE, 20);
}

static void with_an_fd_that_only_writes(void **state)
{
	(void)state;
	create_with(BPFMMAP_F_WRONLY, 1);
}

static void for_programs(void **state)
{
	(void)state;
	create_with(BPFMMAP_F_PROG, 20);
}

static void for_programs_that_read(void **state)
{
	(void)state;
	create_with(BPFMMAP_F_RDONLY_PROG, 1);
}

/*
 * The device
 */

static long open_device(void)
{
	return result(open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC));
}

static void close_it(long fd)
{
	close(fd);
}

static void unmount(void)
{
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
}

static void mount_again(void)
{
	assert_ok(try_mount(""));
}

static void the_first_open_makes_the_file_system(void **state)
{
	(void)state;
	FAIL_EACH(.before = unmount, .make = open_device, .after = close_it, .end = mount_again,
		  .errors = USUAL_ERRORS);
}

static void the_second_open(void **state)
{
	(void)state;
	control = open_control();
	FAIL_EACH(.make = open_device, .after = close_it, .errors = USUAL_ERRORS);
	close(control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULTS_TEST(one_page),
		FAULTS_TEST(runs_and_single_pages),
		FAULTS_TEST(one_chunk),
		FAULTS_TEST(chunks_and_the_rest),
		FAULTS_TEST(on_a_node),
		FAULTS_TEST(populated_when_mapped),
		FAULTS_TEST(with_an_fd_that_only_writes),
		FAULTS_TEST(for_programs),
		FAULTS_TEST(for_programs_that_read),
		FAULTS_TEST(the_first_open_makes_the_file_system),
		FAULTS_TEST(the_second_open),
	};

	return RUN_FAULTS_GROUP(tests);
}
