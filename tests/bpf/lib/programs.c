// SPDX-License-Identifier: GPL-2.0-only
/* See programs.h. */
#include "programs.h"

#include <sys/utsname.h>
#include <time.h>

#define SOON_MS	10000

static char verifier_log[1 << 20];

static bool kernel_is(int major, int minor)
{
	struct utsname name;
	int a, b;

	uname(&name);
	assert_int_equal(sscanf(name.release, "%d.%d", &a, &b), 2);
	return a > major || (a == major && b >= minor);
}

bool kernel_has_walks(void)
{
	return kernel_is(6, 4);
}

bool kernel_has_one_hook(void)
{
	return kernel_is(6, 2);
}

static int no_messages(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void leave_out(void **state)
{
	(void)state;
	skip_because("kernels before 6.1, or without a JIT, have no functions for BPF programs");
}

int run_bpf_group(const struct CMUnitTest *tests, size_t nr)
{
	struct CMUnitTest *left_out;
	size_t i;

	libbpf_set_print(no_messages);
	if (kernel_is(6, 1) && !switch_bpf_jit_on())
		return run_group(tests, nr, load_both, unload_both);
	left_out = calloc(nr, sizeof(*left_out));
	for (i = 0; i < nr; i++)
		left_out[i] = (struct CMUnitTest){ .name = tests[i].name, .test_func = leave_out };
	return run_group(left_out, nr, load_module, unload_module);
}

int load_both(void **state)
{
	return load_module(state) ?: try_load_other("bpfmmap_bpf");
}

double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int try_unload_soon(const char *name)
{
	const double end = now_ms() + SOON_MS;
	int ret;

	do {
		ret = try_unload_other(name);
		if (!ret)
			return 0;
		usleep(10000);
	} while (now_ms() < end);
	return ret;
}

int unload_both(void **state)
{
	return try_unload_functions() ?: unload_module(state);
}

static bool is_among(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/* Each object that has constants has the handle first, and then (events) the place. */
static void set_constants(struct bpf_object *object, uint64_t handle, uint32_t place)
{
	struct bpf_map *map;
	const void *initial;
	uint64_t *rodata;
	size_t size;

	bpf_object__for_each_map(map, object) {
		if (!strstr(bpf_map__name(map), ".rodata"))
			continue;
		initial = bpf_map__initial_value(map, &size);
		assert_non_null(initial);
		assert_true(size >= sizeof(handle));
		rodata = malloc(size);
		memcpy(rodata, initial, size);
		rodata[0] = handle;
		if (size >= sizeof(handle) + sizeof(place))
			memcpy(&rodata[1], &place, sizeof(place));
		assert_ok(bpf_map__set_initial_value(map, rodata, size));
		free(rodata);
	}
}

static struct bpf_object *try_load_at(const char *file, uint64_t handle, uint32_t place,
				      const char *const *names)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .kernel_log_buf = verifier_log,
		    .kernel_log_size = sizeof(verifier_log), .kernel_log_level = 1);
	struct bpf_program *program;
	struct bpf_object *object;
	char path[128];

	snprintf(path, sizeof(path), "/extra/bpf.extra/%s.bpf.o", file);
	object = bpf_object__open_file(path, &opts);
	assert_non_null(object);
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, is_among(bpf_program__name(program), names));
	set_constants(object, handle, place);
	verifier_log[0] = 0;
	if (!bpf_object__load(object))
		return object;
	bpf_object__close(object);
	return NULL;
}

struct bpf_object *try_load_programs(const char *file, uint64_t handle, const char *const *names)
{
	return try_load_at(file, handle, 0, names);
}

struct bpf_object *load_programs(const char *file, uint64_t handle, const char *const *names)
{
	return load_programs_at(file, handle, 0, names);
}

struct bpf_object *load_programs_at(const char *file, uint64_t handle, uint32_t place,
				    const char *const *names)
{
	struct bpf_object *object = try_load_at(file, handle, place, names);

	if (!object)
		print_error("# refused: %.2000s\n", refusal());
	assert_non_null(object);
	return object;
}

const char *refusal(void)
{
	return verifier_log;
}

int program_fd(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	assert_non_null(program);
	return bpf_program__fd(program);
}

static int run_fd(int fd, const struct program_args *args)
{
	struct program_args own = *args;
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts), .ctx_in = &own, .ctx_size_in = sizeof(own),
	};

	return bpf_prog_test_run_opts(fd, &opts) ? -errno : (int)opts.retval;
}

int run_program(struct bpf_object *object, const char *name, const struct program_args *args)
{
	return run_fd(program_fd(object, name), args);
}

int create_for_programs(uint32_t flags, uint32_t value_size, uint32_t max_entries)
{
	struct bpfmmap_create args = create_args(value_size, max_entries);
	int region;

	args.flags = flags;
	region = try_create_args(&args);
	assert_true(region >= 0);
	return region;
}

uint64_t handle_of(int region)
{
	struct bpfmmap_handle_args args = { .size = sizeof(args) };

	assert_ok(request(region, BPFMMAP_IOC_HANDLE, &args));
	assert_true(args.handle);
	return args.handle;
}

static void *run_it(void *arg)
{
	struct running *running = arg;

	running->ret = run_fd(running->fd, &running->args);
	running->done = true;
	return NULL;
}

void start_program(struct running *running, struct bpf_object *object, const char *name)
{
	running->fd = program_fd(object, name);
	running->done = false;
	assert_ok(pthread_create(&running->thread, NULL, run_it, running));
}

int join_program(struct running *running)
{
	assert_ok(pthread_join(running->thread, NULL));
	return running->ret;
}
