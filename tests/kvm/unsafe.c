// SPDX-License-Identifier: GPL-2.0-only
/*
 * From 6.13 on KVM maps for itself no page that it can't have a reference to, unless root loads
 * it with allow_unsafe_mappings=1: "unsafe" is what its documentation calls that, as nothing tells
 * KVM when such a page goes. What nested guests can do to a region that is frozen then is shown
 * here, and judged by nobody: who has asked for it is root, and could as well have loaded a
 * module that writes where it likes.
 */
#include "stopping.h"

#define PARAMETER	"/sys/module/kvm/parameters/allow_unsafe_mappings"

static void instruction_of_an_unsafe_mapping(enum stopped_instruction instruction)
{
	const char *why = kvm_load("allow_unsafe_mappings=1", STOPPING_PARAMETERS);
	struct stopping s;
	uint8_t *before;
	bool done;
	long at;
	int fd;

	if (why)
		skip_because("%s", why);
	if (access(PARAMETER, F_OK))
		skip_because("KVM has no allow_unsafe_mappings before 6.13");
	fd = make_region(1);
	map_window(fd, 1, PROT_READ | PROT_WRITE);
	stop_guest(&s, instruction);
	unmap_window(1);
	assert_ok(try_freeze(fd));
	before = contents(fd, 1);
	done = go_on(&s);
	at = changed_at(fd, before, 1);
	free(before);
	printf("# with unsafe mappings it is %s", done ? "done" : "refused");
	if (at >= 0)
		printf(", and the frozen region has changed at %#lx\n", at);
	else
		printf(", and the frozen region has not changed\n");
}

static void vmsave_stopped_across_the_freeze(void **state)
{
	(void)state;
	instruction_of_an_unsafe_mapping(VMSAVE);
}

static void vmrun_stopped_across_the_freeze(void **state)
{
	(void)state;
	instruction_of_an_unsafe_mapping(VMRUN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(vmsave_stopped_across_the_freeze, clear_up),
		cmocka_unit_test_teardown(vmrun_stopped_across_the_freeze, clear_up),
	};

	return RUN_KVM_GROUP(tests);
}
