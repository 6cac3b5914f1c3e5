// SPDX-License-Identifier: GPL-2.0-only
/* KVM's own interfaces to its guests, each a register that names a piece of memory. */
#include "writers.h"

#define MSR_WALL_CLOCK	0x4b564d00U
#define MSR_SYSTEM_TIME	0x4b564d01U
#define MSR_STEAL_TIME	0x4b564d03U
#define ENABLED		1U

/* Now and then it is told again, which is another way into the kernel. */
static const char *enable_register(struct kvm_guest *guest, uint32_t msr)
{
	return unless_done("KVM_SET_MSRS", kvm_guest_set_msr(guest, msr, GUEST_WINDOW | ENABLED));
}

static const char *enable_system_time(struct kvm_guest *guest)
{
	return enable_register(guest, MSR_SYSTEM_TIME);
}

static void new_time(struct kvm_guest *guest, unsigned int n)
{
	struct kvm_clock_data clock;

	if (n % 2)
		enable_system_time(guest);
	/* all CPUs are told the time anew */
	request(guest->vm, KVM_GET_CLOCK, &clock);
	clock.flags = 0;
	request(guest->vm, KVM_SET_CLOCK, &clock);
	run_idle(guest);
}

static const char *enable_wall_clock(struct kvm_guest *guest)
{
	return unless_done("KVM_SET_MSRS", kvm_guest_set_msr(guest, MSR_WALL_CLOCK, GUEST_WINDOW));
}

static void new_wall_clock(struct kvm_guest *guest, unsigned int n)
{
	(void)n;
	enable_wall_clock(guest);
}

static const char *enable_steal_time(struct kvm_guest *guest)
{
	return enable_register(guest, MSR_STEAL_TIME);
}

static void more_steal_time(struct kvm_guest *guest, unsigned int n)
{
	if (n % 2)
		enable_steal_time(guest);
	run_idle(guest);
}

const struct writer clock_writers[] = {
	{ .name = "kvmclock", .set_up = enable_system_time, .provoke = new_time },
	{ .name = "wall clock", .set_up = enable_wall_clock, .provoke = new_wall_clock },
	{ .name = "steal time", .set_up = enable_steal_time, .provoke = more_steal_time },
	{ }
};
