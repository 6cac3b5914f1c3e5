// SPDX-License-Identifier: GPL-2.0-only
/* BPF programs that use a region: load and run. */
#include "faults.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../bpf/programs/common.h"

static int region;
static uint64_t handle;
static struct bpf_object *object;

static int no_messages(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void open_object(void)
{
	struct bpf_program *program;

	object = bpf_object__open_file("/extra/bpf.extra/access.bpf.o", NULL);
	assert_non_null(object);
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), "store"));
}

static void close_object(void)
{
	bpf_object__close(object);
}

static void begin(void)
{
	struct bpfmmap_handle_args args = { .size = sizeof(args) };
	struct bpfmmap_create wanted = create_args(8, 512);

	libbpf_set_print(no_messages);
	assert_ok(try_load_other("bpfmmap_bpf"));
	wanted.flags = BPFMMAP_F_PROG;
	region = try_create_args(&wanted);
	assert_true(region >= 0);
	fill(region, 1);
	assert_ok(request(region, BPFMMAP_IOC_HANDLE, &args));
	handle = args.handle;
}

/* A program that has ended is freed after grace periods, and holds the module until then. */
static void end(void)
{
	close(region);
	assert_ok(try_unload_functions());
	assert_int_equal(access("/sys/module/bpfmmap_bpf", F_OK), -1);
}

static long run_it(void)
{
	struct program_args args = { .handle = handle, .value = 0x0101010101010101 };
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts), .ctx_in = &args, .ctx_size_in = sizeof(args),
	};
	struct bpf_program *program = bpf_object__find_program_by_name(object, "store");

	return bpf_prog_test_run_opts(bpf_program__fd(program), &opts) ? -errno :
									 (long)opts.retval;
}

static void it_has_run(long ret)
{
	assert_int_equal(ret, 0);
	assert_true(is_filled(region, 1));
}

static void run_of_a_program(void **state)
{
	(void)state;
	begin();
	open_object();
	assert_ok(bpf_object__load(object));
	FAIL_EACH(.make = run_it, .after = it_has_run, .region = &region,
		  .errors = USUAL_ERRORS);
	close_object();
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULTS_TEST(run_of_a_program),
	};

	return RUN_FAULTS_GROUP(tests);
}
