// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an access from a BPF program takes, in instructions, in a guest where an instruction takes a
 * nanosecond: a region by a slice and by elements, beside the kernel's arrays and global data.
 */
#include "fixture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/utsname.h>
#include <time.h>

#define ENTRIES		512
#define ACCESSES	128
#define REPEAT		1000
#define PROGRAMS	"/extra/bpf.extra/cost.bpf.o"

static struct bpf_object *object;
static int fd = -1;
static double loop;	/* the nanoseconds of a run that accesses nothing */

static bool is_before_6_1(void)
{
	struct utsname name;
	int major, minor;

	uname(&name);
	assert_int_equal(sscanf(name.release, "%d.%d", &major, &minor), 2);
	return major < 6 || (major == 6 && minor < 1);
}

static int setup_group(void **state)
{
	struct bpfmmap_create create = create_args(8, ENTRIES);
	struct bpfmmap_handle_args handle = { .size = sizeof(handle) };
	struct bpf_map *map;

	if (is_before_6_1())
		return 0;
	if (load_module(state) || try_load_other("bpfmmap_bpf"))
		return -1;
	create.flags = BPFMMAP_F_PROG;
	fd = try_create_args(&create);
	if (request(fd, BPFMMAP_IOC_HANDLE, &handle))
		return -1;
	object = bpf_object__open_file(PROGRAMS, NULL);
	bpf_object__for_each_map(map, object)
		if (strstr(bpf_map__name(map), ".rodata"))
			bpf_map__set_initial_value(map, &handle.handle, sizeof(handle.handle));
	return bpf_object__load(object);
}

static int teardown_group(void **state)
{
	int tries, ret = -1;

	if (is_before_6_1())
		return 0;
	bpf_object__close(object);
	close(fd);
	for (tries = 0; tries < 500 && ret; tries++) {
		ret = try_unload_other("bpfmmap_bpf");
		usleep(20000);
	}
	return ret ?: unload_module(state);
}

static double run(const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);
	uint8_t packet[64] = { 0 };
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts), .data_in = packet, .data_size_in = sizeof(packet),
		.repeat = REPEAT,
	};
	int i;

	assert_non_null(program);
	/* the first time for what is done once */
	for (i = 0; i < 2; i++)
		assert_ok(bpf_prog_test_run_opts(bpf_program__fd(program), &opts));
	assert_true(opts.retval < 2);
	return opts.duration;
}

static double cost(const char *what, const char *name)
{
	double each = (run(name) - loop) / ACCESSES;

	printf("@@ show a store from a BPF program, %s: %.1f instructions\n", what, each);
	return each;
}

static void what_an_access_takes(void **state)
{
	double global, array, percpu, once, slice, elem;

	(void)state;
	if (is_before_6_1())
		skip_because("kernels before 6.1 have no functions of modules for BPF programs");
	loop = run("cost_nothing");
	global = cost("global data", "cost_global");
	array = cost("bpf_map_lookup_elem() of an array", "cost_array");
	percpu = cost("bpf_map_lookup_elem() of a per-CPU array", "cost_percpu");
	once = cost("a slice that was fetched once", "cost_slice_once");
	slice = cost("a slice each time", "cost_slice");
	elem = cost("an element each time", "cost_elem");
	assert_true(once <= 6);
	assert_true(once <= global + 1);
	assert_true(array < slice && percpu > 0);
	assert_true(elem <= 30);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* With a handle given out it waits for the grace periods, without it does not. */
static void what_a_freeze_takes(void **state)
{
	struct bpfmmap_create create = create_args(8, ENTRIES);
	double start, without, with;
	int plain = try_create_args(&create);

	(void)state;
	if (is_before_6_1())
		skip_because("kernels before 6.1 have no functions of modules for BPF programs");
	plain = try_create_args(&create);
	assert_true(plain >= 0);
	start = now();
	assert_ok(try_freeze(plain));
	without = now() - start;
	start = now();
	assert_ok(try_freeze(fd));
	with = now() - start;
	printf("@@ show a freeze: %.2f ms; of a region that programs may be writing to: %.1f ms\n",
	       without, with);
	assert_true(without < with);
	close(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_access_takes),
		cmocka_unit_test(what_a_freeze_takes),
	};

	return RUN_GROUP_WITH(tests, setup_group, teardown_group);
}
