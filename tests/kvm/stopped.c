// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM is in the middle of writing for a guest when the memory goes and freezes. See stopping.h
 * for how it is stopped there; the same happens to who is not stopped, only that somebody has to
 * be quick (race.c).
 */
#include "array.h"
#include "stopping.h"

/* Memory that gives references is written to long after nobody maps it: so there is a hole. */
static bool memfd_changes(enum stopped_instruction instruction)
{
	struct stopping s;
	uint8_t *before;
	bool changes;
	int fd;

	fd = make_memfd(1);
	map_window(fd, 1, PROT_READ | PROT_WRITE);
	assert_true(stop_guest(&s, instruction));
	unmap_window(1);
	before = contents(fd, 1);
	assert_true(go_on(&s));
	changes = changed_at(fd, before, 1) >= 0;
	free(before);
	clear_up(NULL);
	return changes;
}

/* The kernel's own array, frozen: is it what it was? To be told, and judged by nobody. */
static const char *what_the_kernels_array_does(enum stopped_instruction instruction)
{
	const size_t len = PAGE;
	uint8_t before[len], *view;
	struct stopping s;
	bool changes;
	int fd;

	fd = kernel_array.create(8, len / 8, 0);
	if (fd < 0)
		return "is not there";
	map_window(fd, 1, PROT_READ | PROT_WRITE);
	stop_guest(&s, instruction);
	unmap_window(1);
	assert_ok(kernel_array.freeze(fd));
	view = map(fd, len, PROT_READ, 0);
	memcpy(before, view, len);
	go_on(&s);
	changes = memcmp(view, before, len);
	unmap(view, len);
	close(fd);
	clear_up(NULL);
	return changes ? "changes, frozen" : "does not change";
}

static void assert_region_does_not(enum stopped_instruction instruction)
{
	struct stopping s;
	uint8_t *before;
	int fd;

	fd = make_region(1);
	map_window(fd, 1, PROT_READ | PROT_WRITE);
	stop_guest(&s, instruction);
	unmap_window(1);
	assert_ok(try_freeze(fd));
	before = contents(fd, 1);
	printf("# with a region it is %s\n", go_on(&s) ? "done" : "refused");
	assert_unchanged(fd, before, 1);
	free(before);
}

static void vmsave_stopped_across_the_freeze(void **state)
{
	(void)state;
	assert_true(memfd_changes(VMSAVE));
	printf("# the kernel's array %s\n", what_the_kernels_array_does(VMSAVE));
	assert_region_does_not(VMSAVE);
}

static void vmrun_stopped_across_the_freeze(void **state)
{
	(void)state;
	/* later kernels let go of the page before they step over the instruction */
	printf("# a memfd %s\n", memfd_changes(VMRUN) ? "changes" : "does not change");
	printf("# the kernel's array %s\n", what_the_kernels_array_does(VMRUN));
	assert_region_does_not(VMRUN);
}

#define TEST(test)							\
	{ .name = #test, .test_func = test, .setup_func = reload_kvm,	\
	  .teardown_func = clear_up, .initial_state = STOPPING_PARAMETERS }

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(vmsave_stopped_across_the_freeze),
		TEST(vmrun_stopped_across_the_freeze),
	};

	return RUN_KVM_GROUP(tests);
}
