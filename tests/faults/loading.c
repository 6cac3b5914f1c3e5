// SPDX-License-Identifier: GPL-2.0-only
/* Load and unload: a module that could not be loaded has left nothing behind. */
#include "faults.h"

#include <sys/mount.h>
#include <sys/syscall.h>

/*
 * What calls a module's init. Before that the kernel has a tracepoint or a static key of the module
 * to set up, and some versions of it warn when they have no memory for it.
 */
#define INIT_CALLER	"do_one_initcall"

static const char *module;
static int file;

static long load_it(void)
{
	return result(syscall(SYS_finit_module, file, "", 0));
}

static long unload_it(void)
{
	return try_unload_other(module);
}

/* Nothing of the module is to be seen. */
static void nothing_is_left(void)
{
	static const char * const paths[] = {
		"/sys/module/bpfmmap", BPFMMAP_DEVICE, "/sys/class/misc/bpfmmap",
		BPFMMAP_PUBLISH_DIR, "/sys/kernel/slab/bpfmmap_region",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(paths); i++)
		if (!access(paths[i], F_OK))
			assert_string_equal(paths[i], "gone");
	assert_false(file_has("/proc/filesystems", "bpfmmap"));
	assert_false(file_has("/proc/misc", "bpfmmap"));
}

static void unload_first(void)
{
	assert_ok(try_unload());
}

static void is_loaded(long ret)
{
	assert_int_equal(ret, 0);
	assert_ok(try_mount(""));
	close(create(8, 1));
}

static void open_file(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/module/%s.ko", name);
	module = name;
	file = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(file >= 0);
}

static void load(void **state)
{
	(void)state;
	open_file("bpfmmap");
	fail_only_in(INIT_CALLER);
	FAIL_EACH(.before = unload_first, .make = load_it, .after = is_loaded,
		  .failed = nothing_is_left, .errors = USUAL_ERRORS);
	fail_only_in(NULL);
	close(file);
}

static void unmount(void)
{
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
}

static void is_unloaded(long ret)
{
	assert_int_equal(ret, 0);
	nothing_is_left();
	assert_ok(try_load(""));
}

static void unload(void **state)
{
	(void)state;
	module = "bpfmmap";
	FAIL_EACH(.before = unmount, .make = unload_it, .after = is_unloaded,
		  .errors = USUAL_ERRORS);
}

/*
 * bpfmmap_bpf.ko
 */

static void functions_are_loaded(long ret)
{
	assert_int_equal(ret, 0);
	assert_true(features() & BPFMMAP_FEATURE_BPF);
	assert_ok(try_unload_other("bpfmmap_bpf"));
}

static void functions_are_not_there(void)
{
	assert_false(features() & BPFMMAP_FEATURE_BPF);
	assert_int_equal(access("/sys/module/bpfmmap_bpf", F_OK), -1);
}

/* EINVAL: what the kernel makes of a lack of memory when it looks into the type information. */
static void load_of_the_functions(void **state)
{
	(void)state;
	open_file("bpfmmap_bpf");
	fail_only_in(INIT_CALLER);
	FAIL_EACH(.make = load_it, .after = functions_are_loaded,
		  .failed = functions_are_not_there, .errors = { ENOMEM, EFAULT, EINVAL });
	fail_only_in(NULL);
	close(file);
}

static void load_functions_first(void)
{
	assert_ok(try_load_other("bpfmmap_bpf"));
}

static void functions_are_gone(long ret)
{
	assert_int_equal(ret, 0);
	functions_are_not_there();
}

static void unload_of_the_functions(void **state)
{
	(void)state;
	module = "bpfmmap_bpf";
	FAIL_EACH(.before = load_functions_first, .make = unload_it, .after = functions_are_gone,
		  .errors = USUAL_ERRORS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULTS_TEST(load),
		FAULTS_TEST(unload),
		FAULTS_TEST(load_of_the_functions),
		FAULTS_TEST(unload_of_the_functions),
	};

	return RUN_FAULTS_GROUP(tests);
}
