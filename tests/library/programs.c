// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that use the library: some in C++, one with the shared library, those of the manual, and
 * the examples
 *
 * They are in /extra, see the Makefile here. Each must exit with 0 and print something.
 */
#include "library.h"
#include "printed.h"

#include <glob.h>

#define EXTRA	"/extra/"

static void run(const char *command)
{
	char line[256];
	int lines = 0;
	FILE *output;

	printf("# %s\n", command);
	fflush(stdout);
	snprintf(line, sizeof(line), "%s 2>&1", command);
	output = popen(line, "r");
	assert_non_null(output);
	while (fgets(line, sizeof(line), output)) {
		printf("#   %s", line);
		lines++;
	}
	assert_int_equal(pclose(output), 0);
	assert_true(lines > 0);
}

/* Run all programs that match, of which there are that many at least. */
static void run_all(const char *pattern, size_t least)
{
	glob_t found;
	size_t i;

	assert_ok(glob(pattern, 0, NULL, &found));
	assert_true(found.gl_pathc >= least);
	for (i = 0; i < found.gl_pathc; i++)
		run(found.gl_pathv[i]);
	globfree(&found);
}

/* By the standards 11, 14, 17 and 20. */
static void the_header_of_c_from_cplusplus(void **state)
{
	(void)state;
	run_all(EXTRA "c++*", 4);
}

static void the_header_of_cplusplus(void **state)
{
	(void)state;
	run_all(EXTRA "hpp*", 4);
}

/* Both, for machines that clang makes programs for here. */
static void programs_by_clang(void **state)
{
	(void)state;
	if (access(EXTRA "clang-c++11", X_OK))
		skip_because("clang makes no programs for this machine here");
	run_all(EXTRA "clang-*", 8);
}

static void a_program_with_the_shared_library(void **state)
{
	(void)state;
	run("LD_LIBRARY_PATH=" EXTRA " " EXTRA "shared");
}

static void the_programs_of_the_manual(void **state)
{
	(void)state;
	run_all(EXTRA "manual-*", 9);
}

/* It prints what README says of the program that makes the ioctls itself. */
static void the_program_of_the_readme(void **state)
{
	(void)state;
	assert_prints(EXTRA "library 2>&1", EXTRA "first.expected");
}

static void example_handover(void **state)
{
	(void)state;
	run(EXTRA "handover");
}

static void example_ring(void **state)
{
	(void)state;
	run(EXTRA "ring 20000");
}

static void example_workers(void **state)
{
	(void)state;
	run(EXTRA "workers 32 4");
}

static void example_publish(void **state)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, readonly, .flags = BPFMMAP_F_RDONLY);
	struct bpfmmap_region *region;
	__u64 value;

	(void)state;
	run(EXTRA "publish squares");
	region = bpfmmap_region__open_name("squares", &readonly);
	assert_non_null(region);
	assert_int_equal(state_of(region).frozen, 1);
	assert_ok(bpfmmap_region__lookup(region, 12, &value));
	assert_int_equal(value, 144);
	bpfmmap_region__close(region);
	assert_ok(bpfmmap_withdraw("squares"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_of_c_from_cplusplus),
		cmocka_unit_test(the_header_of_cplusplus),
		cmocka_unit_test(programs_by_clang),
		cmocka_unit_test(a_program_with_the_shared_library),
		cmocka_unit_test(the_programs_of_the_manual),
		cmocka_unit_test(the_program_of_the_readme),
		cmocka_unit_test(example_handover),
		cmocka_unit_test(example_ring),
		cmocka_unit_test(example_workers),
		cmocka_unit_test(example_publish),
	};

	return RUN_GROUP(tests);
}
