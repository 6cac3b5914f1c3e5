// SPDX-License-Identifier: GPL-2.0-only
/* What programs get of a region by which handle, and what they don't. */
#include "programs.h"

#include <poll.h>
#include <sys/syscall.h>

#define ENTRIES	1536	/* of 8 bytes: three pages, which the kernel has joined */
#define BYTES	(ENTRIES * 8UL)

static struct bpf_object *object;
static int fd = -1;
static uint64_t *at;

static const char *const all_programs[] = {
	"store", "load", "add", "store_element", "load_element", "store_element_of_12",
	"store_by_write", "store_by_index", "store_to_part_of_this_cpu", "wake", NULL,
};

static int setup(void **state)
{
	(void)state;
	object = load_programs("access", 0, all_programs);
	fd = create_for_programs(BPFMMAP_F_PROG, 8, ENTRIES);
	at = map(fd, BYTES, PROT_READ | PROT_WRITE, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	bpf_object__close(object);
	unmap(at, BYTES);
	close(fd);
	return 0;
}

static int run(const char *name, uint64_t handle, uint64_t offset, uint64_t value)
{
	const struct program_args args = { .handle = handle, .offset = offset, .value = value };

	return run_program(object, name, &args);
}

static void both_see_what_the_other_writes(void **state)
{
	const uint64_t handle = handle_of(fd);

	(void)state;
	at[3] = 77;
	assert_int_equal(run("load", handle, 24, 0), 77);
	assert_ok(run("store", handle, 24, 78));
	assert_int_equal(at[3], 78);
	assert_ok(run("add", handle, 24, 2));
	assert_int_equal(at[3], 80);
	assert_ok(run("store_element", handle, 5, 9));
	assert_int_equal(at[5], 9);
	assert_int_equal(run("load_element", handle, 5, 0), 9);
	assert_ok(run("store_by_write", handle, 6 * 8, 10));
	assert_int_equal(at[6], 10);
	assert_ok(run("store_by_index", handle, 7, 11));
	assert_int_equal(at[7], 11);
	assert_ok(run("store", handle, BYTES - 8, 12));
	assert_int_equal(at[ENTRIES - 1], 12);
}

static void bounds_are_kept(void **state)
{
	/* of the last page, too */
	const uint64_t end = info(fd).bytes;
	const uint64_t bad[] = {
		end, end - 7, end + 8, -8ULL, -1ULL, 1ULL << 32, 1ULL << 63, 1, 4, 7,
	};
	static const uint64_t bad_index[] = { ENTRIES, ENTRIES + 1, UINT32_MAX, 1U << 31 };
	const uint64_t handle = handle_of(fd);
	size_t i;

	(void)state;
	memset(at, 0x5a, BYTES);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(run("store", handle, bad[i], 1), GOT_NULL);
		assert_int_equal(run("load", handle, bad[i], 1), GOT_NULL);
	}
	for (i = 0; i < ARRAY_SIZE(bad_index); i++) {
		assert_int_equal(run("store_element", handle, bad_index[i], 1), GOT_NULL);
		assert_int_equal(run("load_element", handle, bad_index[i], 1), GOT_NULL);
	}
	/* elements have 8 bytes */
	assert_int_equal(run("store_element_of_12", handle, 0, 1), GOT_NULL);
	for (i = 0; i < 7; i++)
		assert_refused(run("store_by_write", handle, bad[i], 1), E2BIG);
	assert_true(all(at, BYTES, 0x5a));
}

/* What programs write in one go need not be aligned. */
static void bpfmmap_write_takes_any_offset(void **state)
{
	(void)state;
	assert_ok(run("store_by_write", handle_of(fd), 3, 0x1122334455667788));
	assert_int_equal(*(uint64_t *)((uint8_t *)at + 3), 0x1122334455667788);
}

static void the_rights_of_a_handle(void **state)
{
	const int readonly = open_id(info(fd).id, BPFMMAP_F_RDONLY);
	const uint64_t handle = handle_of(readonly);

	(void)state;
	at[0] = 5;
	assert_int_equal(run("load", handle, 0, 0), 5);
	assert_int_equal(run("load_element", handle, 0, 0), 5);
	assert_int_equal(run("store", handle, 0, 6), GOT_NULL);
	assert_int_equal(run("store_element", handle, 0, 6), GOT_NULL);
	assert_refused(run("store_by_write", handle, 0, 6), ENOENT);
	assert_refused(run("wake", handle, 0, 0), ENOENT);
	assert_int_equal(at[0], 5);
	close(readonly);
}

static void rdonly_prog(void **state)
{
	const int region = create_for_programs(BPFMMAP_F_RDONLY_PROG, 8, ENTRIES);
	const uint64_t handle = handle_of(region);
	uint64_t *view = map(region, BYTES, PROT_READ | PROT_WRITE, 0);

	(void)state;
	view[1] = 3;
	assert_int_equal(run("load", handle, 8, 0), 3);
	assert_int_equal(run("load_element", handle, 1, 0), 3);
	assert_int_equal(run("store", handle, 8, 6), GOT_NULL);
	assert_int_equal(run("add", handle, 8, 6), GOT_NULL);
	assert_int_equal(run("store_element", handle, 1, 6), GOT_NULL);
	assert_refused(run("store_by_write", handle, 8, 6), EPERM);
	assert_int_equal(view[1], 3);
	unmap(view, BYTES);
	close(region);
}

/* A part that can be written can be read, too, so there is bpfmmap_write() alone. */
static void wronly_prog(void **state)
{
	const int region = create_for_programs(BPFMMAP_F_WRONLY_PROG, 8, ENTRIES);
	const uint64_t handle = handle_of(region);
	uint64_t *view = map(region, BYTES, PROT_READ | PROT_WRITE, 0);

	(void)state;
	view[1] = 3;
	assert_int_equal(run("load", handle, 8, 0), GOT_NULL);
	assert_int_equal(run("load_element", handle, 1, 0), GOT_NULL);
	assert_int_equal(run("store", handle, 8, 6), GOT_NULL);
	assert_int_equal(run("store_element", handle, 1, 6), GOT_NULL);
	assert_int_equal(view[1], 3);
	assert_ok(run("store_by_write", handle, 8, 6));
	assert_int_equal(view[1], 6);
	unmap(view, BYTES);
	close(region);
}

/* Each slot with nothing above it, and each handle that differs by one bit. */
static void handles_are_not_guessed(void **state)
{
	const uint64_t handle = handle_of(fd);
	uint64_t guess;
	int bit;

	(void)state;
	memset(at, 0x5a, BYTES);
	for (guess = 0; guess < 5000; guess++) {
		assert_int_equal(run("store", guess, 0, 1), GOT_NULL);
		assert_int_equal(run("load", guess, 0, 1), GOT_NULL);
	}
	for (bit = 0; bit < 64; bit++) {
		guess = handle ^ 1ULL << bit;
		assert_int_equal(run("store", guess, 0, 1), GOT_NULL);
		assert_int_equal(run("load_element", guess, 0, 1), GOT_NULL);
		assert_refused(run("store_by_write", guess, 0, 1), ENOENT);
		assert_refused(run("wake", guess, 0, 1), ENOENT);
	}
	assert_true(all(at, BYTES, 0x5a));
}

static void the_handle_of_a_region_that_is_gone(void **state)
{
	const int region = create_for_programs(BPFMMAP_F_PROG, 8, 512);
	const uint64_t handle = handle_of(region);

	(void)state;
	assert_ok(run("store", handle, 0, 1));
	close(region);
	assert_int_equal(run("store", handle, 0, 1), GOT_NULL);
	assert_int_equal(run("load", handle, 0, 1), GOT_NULL);
	assert_refused(run("store_by_write", handle, 0, 1), ENOENT);
}

static void a_name_keeps_it(void **state)
{
	struct bpfmmap_publish args = { .size = sizeof(args), .name = "for_programs" };
	const int region = create_for_programs(BPFMMAP_F_PROG, 8, 512);
	const uint64_t handle = handle_of(region);

	(void)state;
	assert_ok(request(region, BPFMMAP_IOC_PUBLISH, &args));
	close(region);
	assert_ok(run("store", handle, 0, 4));
	assert_int_equal(run("load", handle, 0, 0), 4);
	assert_ok(unlink(BPFMMAP_PUBLISH_DIR "/for_programs"));
	assert_int_equal(run("store", handle, 0, 4), GOT_NULL);
}

static void a_large_region_to_its_end(void **state)
{
	const uint32_t entries = 64 * MIB / 8;
	const int region = create_for_programs(BPFMMAP_F_PROG, 8, entries);
	const uint64_t handle = handle_of(region);
	uint64_t value;

	(void)state;
	assert_ok(run("store", handle, 8ULL * (entries - 1), 13));
	assert_ok(try_lookup(region, entries - 1, &value));
	assert_int_equal(value, 13);
	assert_int_equal(run("store", handle, 8ULL * entries, 13), GOT_NULL);
	close(region);
}

static short polled(int region, int timeout)
{
	struct pollfd poll_fd = { .fd = region, .events = POLLIN };

	assert_true(poll(&poll_fd, 1, timeout) >= 0);
	return poll_fd.revents;
}

static void a_program_wakes_who_polls(void **state)
{
	const int other = open_id(info(fd).id, BPFMMAP_F_RDONLY);
	uint32_t wakes = info(fd).wakes;
	pid_t child;
	int status;

	(void)state;
	assert_int_equal(polled(fd, 0), 0);
	assert_ok(run("wake", handle_of(fd), 0, 0));
	assert_int_equal(polled(fd, 60000), POLLIN);
	assert_int_equal(polled(other, 0), POLLIN);
	assert_int_equal(info(fd).wakes, wakes + 1);
	/* each open file has been told when it has asked */
	assert_int_equal(polled(fd, 0), 0);
	assert_int_equal(polled(other, 0), POLLIN);
	info(other);
	assert_int_equal(polled(other, 0), 0);

	child = fork();
	if (!child)
		_exit(polled(fd, 60000) != POLLIN);
	usleep(50000);
	assert_ok(run("wake", handle_of(fd), 0, 0));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(other);
}

static void each_cpu_counts_in_its_part(void **state)
{
	const int cpus = sysconf(_SC_NPROCESSORS_CONF);
	const uint64_t handle = handle_of(fd);
	cpu_set_t before;
	int cpu, i;

	(void)state;
	assert_true(cpus <= ENTRIES / 64);
	assert_ok(sched_getaffinity(0, sizeof(before), &before));
	for (cpu = 0; cpu < cpus; cpu++) {
		stay_on_cpu(cpu);
		for (i = 0; i < 10 + cpu; i++)
			assert_ok(run("store_to_part_of_this_cpu", handle, 2, 0));
	}
	assert_ok(sched_setaffinity(0, sizeof(before), &before));
	for (cpu = 0; cpu < cpus; cpu++)
		assert_int_equal(at[64 * cpu + 2], 10 + cpu);
}

static void walking_over_elements(void **state)
{
	struct program_args args = { .handle = handle_of(fd) };
	struct bpf_object *walk;
	uint64_t i;

	(void)state;
	if (!kernel_has_walks())
		skip_because("kernels have iterators of modules from 6.4 on");
	for (i = 0; i < ENTRIES; i++)
		at[i] = i < 10;
	at[ENTRIES - 1] = 100;
	walk = load_programs("walk", 0, PROGRAMS("sum"));
	args.value = 5;
	assert_int_equal(run_program(walk, "sum", &args), 5);
	args.value = UINT32_MAX;
	assert_int_equal(run_program(walk, "sum", &args), 110);
	args.offset = ENTRIES - 1;
	assert_int_equal(run_program(walk, "sum", &args), 100);
	args.offset = ENTRIES;
	assert_int_equal(run_program(walk, "sum", &args), 0);
	args.offset = 0;
	args.handle ^= 1ULL << 40;
	assert_int_equal(run_program(walk, "sum", &args), 0);
	bpf_object__close(walk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_see_what_the_other_writes),
		TEST(bounds_are_kept),
		TEST(bpfmmap_write_takes_any_offset),
		TEST(the_rights_of_a_handle),
		TEST(rdonly_prog),
		TEST(wronly_prog),
		TEST(handles_are_not_guessed),
		TEST(the_handle_of_a_region_that_is_gone),
		TEST(a_name_keeps_it),
		TEST(a_large_region_to_its_end),
		TEST(a_program_wakes_who_polls),
		TEST(each_cpu_counts_in_its_part),
		TEST(walking_over_elements),
	};

	return run_bpf_group(tests, ARRAY_SIZE(tests));
}
