// SPDX-License-Identifier: GPL-2.0-only
/* The two modules: which comes and goes first, and what holds them. */
#include "programs.h"

#include <linux/module.h>
#include <sys/syscall.h>

static bool has_functions(void)
{
	struct bpfmmap_version version = { .size = sizeof(version) };
	int control = open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC);

	assert_true(control >= 0);
	assert_ok(request(control, BPFMMAP_IOC_VERSION, &version));
	close(control);
	return version.features & BPFMMAP_FEATURE_BPF;
}

static void functions_alone_do_not_load(void **state)
{
	(void)state;
	assert_ok(try_unload_functions());
	assert_ok(try_unload());
	assert_refused(try_load_other("bpfmmap_bpf"), ENOENT);
	assert_ok(load_both(NULL));
}

static void the_feature_is_there_with_the_functions(void **state)
{
	(void)state;
	assert_true(has_functions());
	assert_ok(access("/sys/kernel/btf/bpfmmap_bpf", F_OK));
	assert_ok(try_unload_functions());
	assert_false(has_functions());
	assert_ok(try_load_other("bpfmmap_bpf"));
	assert_true(has_functions());
}

static void functions_hold_the_module(void **state)
{
	(void)state;
	assert_refused(try_unload(), EWOULDBLOCK);
	assert_ok(try_unload_functions());
	assert_ok(try_unload());
	assert_ok(load_both(NULL));
}

static void programs_hold_the_functions(void **state)
{
	struct bpf_object *object = load_programs("access", 0, PROGRAMS("store"));

	(void)state;
	assert_refused(try_unload_other("bpfmmap_bpf"), EWOULDBLOCK);
	assert_refused(try_unload(), EWOULDBLOCK);
	bpf_object__close(object);
	assert_ok(try_unload_functions());
	assert_ok(try_load_other("bpfmmap_bpf"));
}

/* Its handle is good again when they come back. */
static void regions_do_not_hold_the_functions(void **state)
{
	const int fd = create_for_programs(BPFMMAP_F_PROG, 8, 512);
	const struct program_args args = { .handle = handle_of(fd), .value = 5 };
	struct bpf_object *object;
	uint64_t value;

	(void)state;
	assert_ok(try_unload_functions());
	assert_null(try_load_programs("access", 0, PROGRAMS("store")));
	assert_ok(try_load_other("bpfmmap_bpf"));
	object = load_programs("access", 0, PROGRAMS("store"));
	assert_ok(run_program(object, "store", &args));
	assert_ok(try_lookup(fd, 0, &value));
	assert_int_equal(value, 5);
	bpf_object__close(object);
	close(fd);
}

/* The file in memory, with another name for its type information. */
static void without_type_information_they_do_not_load(void **state)
{
	static const char name[] = "\0.BTF";	/* with the NUL behind it */
	int file = open("/module/bpfmmap_bpf.ko", O_RDONLY | O_CLOEXEC);
	off_t size = lseek(file, 0, SEEK_END);
	char *bytes, *at;

	(void)state;
	assert_true(file >= 0 && size > 0);
	bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	assert_ptr_not_equal(bytes, MAP_FAILED);
	at = memmem(bytes, size, name, sizeof(name));
	assert_non_null(at);
	at[2] = 'X';
	assert_ok(try_unload_functions());
	assert_refused(result(syscall(SYS_init_module, bytes, (unsigned long)size, "")), ENOENT);
	assert_false(has_functions());
	/* the other module does without */
	close(create_for_programs(BPFMMAP_F_PROG, 8, 512));
	assert_ok(try_load_other("bpfmmap_bpf"));
	munmap(bytes, size);
	close(file);
}

/* With memory that still waits to be freed. */
static void both_go_right_after_a_program(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		const int fd = create_for_programs(BPFMMAP_F_PROG, 8, 65536);
		const struct program_args args = { .handle = handle_of(fd), .value = 5 };
		struct bpf_object *object = load_programs("access", 0, PROGRAMS("store"));

		assert_ok(run_program(object, "store", &args));
		bpf_object__close(object);
		if (i % 2)
			assert_ok(try_freeze(fd));
		close(fd);
		assert_ok(try_unload_functions());
		assert_ok(try_unload());
		assert_ok(load_both(NULL));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_alone_do_not_load),
		cmocka_unit_test(the_feature_is_there_with_the_functions),
		cmocka_unit_test(functions_hold_the_module),
		cmocka_unit_test(programs_hold_the_functions),
		cmocka_unit_test(regions_do_not_hold_the_functions),
		cmocka_unit_test(without_type_information_they_do_not_load),
		cmocka_unit_test(both_go_right_after_a_program),
	};

	return run_bpf_group(tests, ARRAY_SIZE(tests));
}
