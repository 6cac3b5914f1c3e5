// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an access from a BPF program takes, in instructions, in a guest where an instruction takes a
 * nanosecond: a region by a slice and by elements, beside the kernel's arrays and global data.
 */
#include "fixture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <math.h>
#include <sys/utsname.h>
#include <time.h>

#define ENTRIES		512
#define ACCESSES	128
#define REPEAT		200
#define TRIES		40
#define FREEZES		8
#define PROGRAMS	"/extra/bpf.extra/cost.bpf.o"

static struct bpf_object *object;
static int fd = -1;

static bool is_before_6_1(void)
{
	struct utsname name;
	int major, minor;

	uname(&name);
	assert_int_equal(sscanf(name.release, "%d.%d", &major, &minor), 2);
	return major < 6 || (major == 6 && minor < 1);
}

/* From now on the module takes it that programs may be writing to it. */
static int create_for_programs(uint64_t *handle)
{
	struct bpfmmap_handle_args args = { .size = sizeof(args) };
	struct bpfmmap_create create = create_args(8, ENTRIES);
	int region;

	create.flags = BPFMMAP_F_PROG;
	region = try_create_args(&create);
	assert_true(region >= 0);
	assert_ok(request(region, BPFMMAP_IOC_HANDLE, &args));
	*handle = args.handle;
	return region;
}

static int setup_group(void **state)
{
	struct bpf_map *map;
	uint64_t handle;

	if (load_module(state))
		return -1;
	if (is_before_6_1())
		return 0;
	if (try_load_other("bpfmmap_bpf"))
		return -1;
	fd = create_for_programs(&handle);
	object = bpf_object__open_file(PROGRAMS, NULL);
	bpf_object__for_each_map(map, object)
		if (strstr(bpf_map__name(map), ".rodata"))
			bpf_map__set_initial_value(map, &handle, sizeof(handle));
	return bpf_object__load(object);
}

static int teardown_group(void **state)
{
	if (is_before_6_1())
		return unload_module(state);
	bpf_object__close(object);
	close(fd);
	return try_unload_functions() ?: unload_module(state);
}

/* What is measured: the name of a program, and the least that a run of it has taken. */
static struct measured {
	const char *program, *what;
	double least;	/* nanoseconds */
} measured[] = {
	{ .program = "cost_nothing", .what = "nothing" },
	{ .program = "cost_global", .what = "global data" },
	{ .program = "cost_array", .what = "bpf_map_lookup_elem() of an array" },
	{ .program = "cost_percpu", .what = "bpf_map_lookup_elem() of a per-CPU array" },
	{ .program = "cost_slice_once", .what = "a slice that was fetched once" },
	{ .program = "cost_slice", .what = "a slice each time" },
	{ .program = "cost_elem", .what = "an element each time" },
};

enum { NOTHING, GLOBAL, ARRAY, PERCPU, ONCE, SLICE, ELEM };

static void run(struct measured *of)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, of->program);
	uint8_t packet[64] = { 0 };
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts), .data_in = packet, .data_size_in = sizeof(packet),
		.repeat = REPEAT,
	};

	assert_non_null(program);
	assert_ok(bpf_prog_test_run_opts(bpf_program__fd(program), &opts));
	assert_true(opts.retval < 2);
	if (!of->least || opts.duration < of->least)
		of->least = opts.duration;
	/* lets the kernel do what it has put off */
	usleep(1000);
}

/* An access of a program that makes ACCESSES of them in each run. */
static double cost(int which)
{
	double each = (measured[which].least - measured[NOTHING].least) / ACCESSES;

	printf("@@ show a store by %s: %.1f instructions\n", measured[which].what, each);
	return each;
}

/* Others have interrupts or work of the kernel in them, so the programs take turns. */
static void what_an_access_takes(void **state)
{
	double global, array, percpu, once, slice, elem;
	size_t tries, i;

	(void)state;
	if (is_before_6_1())
		skip_because("kernels before 6.1 have no functions of modules for BPF programs");
	for (tries = 0; tries < TRIES; tries++)
		for (i = 0; i < sizeof(measured) / sizeof(*measured); i++)
			run(&measured[i]);
	global = cost(GLOBAL);
	array = cost(ARRAY);
	percpu = cost(PERCPU);
	once = cost(ONCE);
	slice = cost(SLICE);
	elem = cost(ELEM);
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

/*
 * The kernel waits for programs, too: at the end of an update of an array of maps it calls
 * synchronize_rcu(), or its expedited form (maybe_wait_bpf_programs() in kernel/bpf/syscall.c).
 */
static double grace_period(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	uint32_t key = 0;
	double start;
	int inner, outer;

	inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "inner", 4, 8, 1, NULL);
	assert_true(inner >= 0);
	opts.inner_map_fd = inner;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "outer", 4, 4, 1, &opts);
	assert_true(outer >= 0);
	start = now();
	assert_ok(bpf_map_update_elem(outer, &key, &inner, BPF_ANY));
	start = now() - start;
	close(outer);
	close(inner);
	return start;
}

static double freeze_takes(int region)
{
	double start = now();

	assert_ok(try_freeze(region));
	start = now() - start;
	close(region);
	return start;
}

/* With a handle given out a freeze waits for the grace periods, without one it does not. */
static void what_a_freeze_takes(void **state)
{
	double without = HUGE_VAL, with = 0, rcu = 0;
	uint64_t handle;
	int i;

	(void)state;
	if (is_before_6_1())
		skip_because("kernels before 6.1 have no functions of modules for BPF programs");
	for (i = 0; i < FREEZES; i++) {
		without = fmin(without, freeze_takes(create(8, ENTRIES)));
		with += freeze_takes(create_for_programs(&handle)) / FREEZES;
		rcu += grace_period() / FREEZES;
	}
	printf("@@ show a freeze of a region that programs can't reach: %.3f ms\n", without);
	printf("@@ show a freeze of a region that programs may be writing to: %.1f ms\n", with);
	printf("@@ show the kernel's own wait for programs (array of maps): %.1f ms\n", rcu);
	/* in instructions, as the guest counts them: the wait is in the one and not in the other */
	assert_true(without < with);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_access_takes),
		cmocka_unit_test(what_a_freeze_takes),
	};

	return RUN_GROUP_WITH(tests, setup_group, teardown_group);
}
