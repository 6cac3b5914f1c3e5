// SPDX-License-Identifier: GPL-2.0-only
/* What the verifier refuses, and why: each of these would be a way around a region's bounds. */
#include "programs.h"

static const struct {
	const char *file;
	const char *program;
	const char *why;	/* is in what the verifier says */
} refused[] = {
	{ "refused", "no_null_check", "invalid mem access" },
	{ "refused", "store_into_ro", "cannot write into rdonly_mem" },
	{ "refused", "store_into_element_ro", "cannot write into rdonly_mem" },
	{ "refused", "add_to_ro", "rdonly_mem" },
	{ "refused", "helper_writes_into_ro", "type=rdonly_mem" },
	{ "refused", "beyond_the_size", "invalid access to memory, mem_size=8 off=8 size=8" },
	{ "refused", "before_the_start", "off=-8 size=8" },
	{ "refused", "unbounded_index", "unbounded m" },
	{ "refused", "index_bounded_too_far", "outside of the allowed memory range" },
	{ "refused", "size_is_no_constant", "is not a const" },
	{ "refused", "use_after_the_run", "invalid mem access 'scalar'" },
	{ "refused", "a_handle_is_no_pointer", "invalid mem access 'scalar'" },
	{ "refused", "write_from_nowhere", "memory, len pair" },
	{ "refused", "write_more_than_there_is", "memory, len pair" },
	{ "license", "not_for_the_gpl", "non-GPL compatible program" },
};

static void each_is_refused_for_its_reason(void **state)
{
	struct bpf_object *object;
	int wrong = 0;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		object = try_load_programs(refused[i].file, 0, PROGRAMS(refused[i].program));
		if (!object && strstr(refusal(), refused[i].why))
			continue;
		wrong++;
		print_error("%s: %s: %.1500s\n", refused[i].program,
			    object ? "was taken" : "refused otherwise", object ? "" : refusal());
		bpf_object__close(object);
	}
	assert_int_equal(wrong, 0);
}

/* Kernels differ about a size of 0: refused, or of no use, or what is in it is not there. */
static void a_size_of_0_gives_nothing(void **state)
{
	int fd = create_for_programs(BPFMMAP_F_PROG, 8, 512);
	struct program_args args = { .handle = handle_of(fd) };
	struct bpf_object *object;

	(void)state;
	object = try_load_programs("refused", 0, PROGRAMS("store_into_size_0"));
	if (object) {
		assert_ok(run_program(object, "store_into_size_0", &args));
		bpf_object__close(object);
	}
	close(fd);
}

static void what_is_walked_over_is_to_be_read(void **state)
{
	(void)state;
	if (!kernel_has_walks())
		skip_because("kernels have iterators of modules from 6.4 on");
	assert_null(try_load_programs("walk", 0, PROGRAMS("refused_store")));
	assert_non_null(strstr(refusal(), "rdonly_mem"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_refused_for_its_reason),
		cmocka_unit_test(a_size_of_0_gives_nothing),
		cmocka_unit_test(what_is_walked_over_is_to_be_read),
	};

	return run_bpf_group(tests, ARRAY_SIZE(tests));
}
