// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes by BPF programs that can write to the array: by its handle to a region, which was made for
 * programs, and by a map to the kernel's array. They are in tests/bpf/programs/attack.bpf.c.
 */
#include "attack.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../bpf/programs/common.h"

#define PATH	"/extra/bpf.extra/attack.bpf.o"
#define MANY	16	/* programs at once; tests/bpf has 512 */
#define PLACE	3	/* index of the element that a single program changes */
#define A_WHILE	200000	/* microseconds */

static char verifier_log[65536];

static int no_messages(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static uint64_t handle_of(int region)
{
	struct bpfmmap_handle_args args = { .size = sizeof(args) };

	return request(region, BPFMMAP_IOC_HANDLE, &args) ? 0 : args.handle;
}

/* Let programs use the array of the attack. */
static bool connect(struct target *t, struct bpf_object *object, uint32_t place)
{
	struct {
		uint64_t handle;
		uint32_t place;
		uint32_t padding;
	} constants = { .place = place };
	struct bpf_map *map;
	size_t size;

	if (t->array == &region_array) {
		constants.handle = handle_of(t->fd);
		if (!constants.handle)
			return false;
	} else {
		map = bpf_object__find_map_by_name(object, "array");
		if (!map || bpf_map__reuse_fd(map, t->fd))
			return false;
	}
	bpf_object__for_each_map(map, object) {
		if (!strstr(bpf_map__name(map), ".rodata"))
			continue;
		bpf_map__initial_value(map, &size);
		return size <= sizeof(constants) &&
		       !bpf_map__set_initial_value(map, &constants, size);
	}
	return false;
}

/* Load one program. NULL: this kernel's programs can't, and the outcome says so. */
static struct bpf_program *load(struct target *t, const char *name, uint32_t place)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .kernel_log_buf = verifier_log,
		    .kernel_log_size = sizeof(verifier_log), .kernel_log_level = 1);
	struct bpf_program *program, *found = NULL;
	struct bpf_object *object;

	libbpf_set_print(no_messages);
	object = bpf_object__open_file(PATH, &opts);
	if (!object)
		_exit(97);
	bpf_object__for_each_program(program, object) {
		bool wanted = !strcmp(bpf_program__name(program), name);

		bpf_program__set_autoload(program, wanted);
		if (wanted)
			found = program;
	}
	if (access("/sys/kernel/btf/bpfmmap_bpf", F_OK)) {
		missing(t, "no functions of modules for BPF programs (6.1, with a JIT)");
		return NULL;
	}
	if (!found || !connect(t, object, place))
		_exit(96);
	if (!bpf_object__load(object))
		return found;
	/* what the verifier says of a timer; EOPNOTSUPP, and EACCES on 6.1 */
	if (!strstr(verifier_log, "PREEMPT_RT"))
		_exit(96);
	missing(t, "no timers of programs with PREEMPT_RT");
	return NULL;
}

static int run(struct bpf_program *program, struct program_args *args)
{
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts), .ctx_in = args, .ctx_size_in = sizeof(*args),
	};

	return bpf_prog_test_run_opts(bpf_program__fd(program), &opts) ? -errno :
									 (int)opts.retval;
}

/* A program that got NULL in the place of a pointer was refused. */
static void judge_return(struct target *t, const char *step, int ret)
{
	if (ret >= GOT_NULL && t->outcome == NO_EFFECT) {
		t->outcome = REFUSED;
		snprintf(t->why, sizeof(t->why), "NULL at %s", step);
		return;
	}
	passes(t, step, ret);
}

static void run_when_frozen(struct target *t, const char *name, const char *step)
{
	struct program_args args = { .offset = PLACE, .value = 0x66666666 };
	struct bpf_program *program = load(t, name, 0);

	if (program && freeze(t))
		judge_return(t, step, run(program, &args));
}

static void by_pointer(struct target *t)
{
	run_when_frozen(t, "by_pointer", "bpfmmap_elem");
}

static void by_slice(struct target *t)
{
	run_when_frozen(t, "by_slice", "bpfmmap_slice");
}

static void by_copy(struct target *t)
{
	run_when_frozen(t, "by_copy", "bpfmmap_write");
}

struct late {
	struct bpf_program *program;
	struct program_args args;
	struct held_page held;
	int ret;
};

static void *run_late(void *arg)
{
	struct late *late = arg;

	late->ret = run(late->program, &late->args);
	return NULL;
}

static void *release_later(void *arg)
{
	struct late *late = arg;

	usleep(A_WHILE);
	release_page(&late->held, THEIRS);
	return NULL;
}

/* A freeze of a region waits for the program, so what that stores was there before. */
static void held_by_a_sleeper(struct target *t)
{
	struct late late = { .program = load(t, "late", 0) };
	pthread_t sleeper, releaser;

	if (!late.program)
		return;
	if (!hold_page(&late.held))
		return missing(t, "no userfaultfd");
	late.args.offset = PLACE;
	late.args.user = (uintptr_t)late.held.page;
	pthread_create(&sleeper, NULL, run_late, &late);
	if (!wait_for_toucher(&late.held))
		_exit(95);
	pthread_create(&releaser, NULL, release_later, &late);
	freeze(t);
	pthread_join(releaser, NULL);
	pthread_join(sleeper, NULL);
	judge_return(t, "the program", late.ret);
}

/* Element 0 is what the timer changes. */
static bool wait_for_change(struct target *t, uint32_t index)
{
	uint64_t first, now;
	int tries;

	for (tries = 0; tries < 500; tries++) {
		if (t->array->lookup(t->fd, index, &now, 0))
			return false;
		if (tries && now != first)
			return true;
		first = now;
		usleep(10000);
	}
	return false;
}

static void by_timer(struct target *t)
{
	struct bpf_program *program = load(t, "start_timer", 0);
	uint8_t packet[64] = { 0 };
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts), .data_in = packet, .data_size_in = sizeof(packet),
	};

	if (!program)
		return;
	if (bpf_prog_test_run_opts(bpf_program__fd(program), &opts) || opts.retval)
		return missing(t, "no timers of programs on this CPU");
	if (!wait_for_change(t, 0))
		_exit(94);
	freeze(t);
	usleep(A_WHILE);
}

static void by_many(struct target *t)
{
	struct bpf_program *program;
	uint32_t i;

	for (i = 0; i < MANY; i++) {
		program = load(t, "write_here", i);
		if (!program)
			return;
		if (!bpf_program__attach(program))
			_exit(93);
	}
	if (!wait_for_change(t, MANY - 1))
		_exit(92);
	freeze(t);
	for (i = 0; i < 1000; i++)
		getppid();
}

const struct route function_routes[] = {
	{ .name = "BPF program: a store to an element", .run = by_pointer, .programs = true },
	{ .name = "BPF program: a store to a slice", .run = by_slice, .programs = true },
	{ .name = "BPF program: a copy to it", .run = by_copy, .programs = true },
	{ .name = "BPF program: sleeps with a pointer across the freeze",
	  .run = held_by_a_sleeper, .programs = true },
	{ .name = "BPF program: a timer that stores", .run = by_timer, .programs = true },
	{ .name = "BPF programs: 16 that store at each system call", .run = by_many,
	  .programs = true },
	{ }
};
