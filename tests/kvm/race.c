// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest writes while its memory goes and freezes: by stores of its own, and by having KVM write.
 * For the blocks of VMRUN and VMSAVE KVM needs neither the mapping nor its own tables once it has
 * the page; for the clock it keeps, on some kernels, a mapping of its own. From the moment that
 * freeze has returned 0, nothing changes.
 *
 * Kernels differ in what of that a guest can do with a region. Where it can, it must have done so
 * in most rounds; and a memfd shows what the same guest does with memory that it can use.
 */
#include "racing.h"

#define SECONDS_OF_CONTROL	2

/* Words 28 of the first page, and of the last. */
GUEST_PROGRAM(stores, "1: incl 0x70(%ebx)\n incl 0x5000\n jmp 1b");
GUEST_PROGRAM(far_stores, "1: incl 0x70(%ebx)\n incl 0x1ff070(%ebx)\n incl 0x5000\n jmp 1b");
/* The code of the exit is word 28: -1, as the rest is no state for a guest. */
GUEST_PROGRAM(vmrun, "1: vmrun %eax\n incl 0x5000\n jmp 1b");
/* The segment register fs comes first of what is saved. */
GUEST_PROGRAM(vmsave, "1: vmsave %eax\n incl 0x5000\n jmp 1b");

/* Told the time anew each time, the guest has it in its kvmclock when it runs. */
GUEST_PROGRAM(nothing, "1: incl 0x5000\n outb %al, $0x10\n jmp 1b");

static void race(const struct race *race, const char *name)
{
	struct race_result result;

	result = run_race(race, name, false, SECONDS_OF_CONTROL);
	assert_true(result.word > 0);
	assert_true(2 * result.written > result.rounds);

	result = run_race(race, name, true, seconds_of_race());
	assert_int_equal(result.changed, 0);
	assert_int_equal(result.frozen, result.rounds);
	if (result.written)
		assert_true(2 * result.written > result.rounds);
	else
		assert_true(result.exits > result.rounds);
}

static void stores_to_a_page(void **state)
{
	const struct race args = { &stores, NULL, 0, 1, 0x70 };

	(void)state;
	race(&args, __func__);
}

static void stores_to_a_block(void **state)
{
	const struct race args = { &far_stores, NULL, 0, BLOCK_PAGES, 0x1ff070 };

	(void)state;
	race(&args, __func__);
}

static void vmrun_of_a_page(void **state)
{
	const struct race args = { &vmrun, NULL, GUEST_SVM, 1, 0x70 };

	(void)state;
	race(&args, __func__);
}

static void vmsave_to_a_page(void **state)
{
	const struct race args = { &vmsave, NULL, GUEST_SVM, 1, 0x440 };

	(void)state;
	race(&args, __func__);
}

static int new_time(struct kvm_guest *guest)
{
	struct kvm_clock_data clock;

	kvm_guest_set_msr(guest, 0x4b564d01, GUEST_WINDOW | 1);
	request(guest->vm, KVM_GET_CLOCK, &clock);
	clock.flags = 0;
	request(guest->vm, KVM_SET_CLOCK, &clock);
	return kvm_guest_run(guest);
}

static void kvmclock_in_a_page(void **state)
{
	const struct race args = { &nothing, new_time, 0, 1, 0 };

	(void)state;
	race(&args, __func__);
}

#define TEST(test)	cmocka_unit_test_teardown(test, clear_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stores_to_a_page),
		TEST(stores_to_a_block),
		TEST(vmrun_of_a_page),
		TEST(vmsave_to_a_page),
		TEST(kvmclock_in_a_page),
	};

	return RUN_KVM_GROUP(tests);
}
