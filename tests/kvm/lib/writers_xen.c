// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM in place of Xen. What it shares with a guest it writes by its own mapping of the page, as
 * long as this process has the page mapped (a gfn_to_pfn_cache), or by this process's.
 */
#include "writers.h"
#include "xen.h"

struct xen_event {
	uint32_t port, vcpu, priority;
};

#define XEN_SEND_EVENT		_IOW(KVMIO, 0xd0, struct xen_event)

GUEST_PROGRAM(write_register,
	      "movl %ebx, %eax\n"
	      "xorl %edx, %edx\n"
	      "movl $0x40000200, %ecx\n"
	      "wrmsr\n"
	      "outb %al, $0x10");

static const char *use(struct kvm_guest *guest, const char *what, uint16_t type, uint64_t value)
{
	return xen_configure(guest) ?: unless_done(what, xen_set(guest, type, value));
}

static const char *use_vcpu(struct kvm_guest *guest, const char *what, uint16_t type,
			    uint64_t value)
{
	return xen_configure(guest) ?: unless_done(what, xen_set_vcpu(guest, type, value));
}

static void fill_hypercall_page(struct kvm_guest *guest, unsigned int n)
{
	(void)n;
	kvm_guest_load(guest, &write_register);
	kvm_guest_run_at(guest, GUEST_WINDOW);
}

static const char *use_shared_info(struct kvm_guest *guest)
{
	return use(guest, "SHARED_INFO", XEN_SHARED_INFO, GUEST_WINDOW / PAGE);
}

static const char *use_shared_info_here(struct kvm_guest *guest)
{
	return use(guest, "SHARED_INFO_HVA", XEN_SHARED_INFO_HVA, (uintptr_t)WINDOW);
}

/* The wall clock in it is written anew when the mode is set. */
static void new_wall_clock(struct kvm_guest *guest, unsigned int n)
{
	(void)n;
	xen_set(guest, XEN_LONG_MODE, 0);
}

static const char *use_events(struct kvm_guest *guest)
{
	return use_shared_info(guest) ?:
	       use_vcpu(guest, "VCPU_INFO", XEN_VCPU_INFO, GUEST_WINDOW + PAGE);
}

static void no_events(uint8_t *window)
{
	memset(window, 0, 2 * PAGE);
}

/* Another one each time: one that is pending already changes nothing. */
static void send_event(struct kvm_guest *guest, unsigned int n)
{
	struct xen_event args = { .port = 1 + n, .priority = XEN_TWO_LEVELS };

	request(guest->vm, XEN_SEND_EVENT, &args);
}

static void new_time(struct kvm_guest *guest, unsigned int n)
{
	struct kvm_clock_data clock;

	(void)n;
	request(guest->vm, KVM_GET_CLOCK, &clock);
	clock.flags = 0;
	request(guest->vm, KVM_SET_CLOCK, &clock);
	run_idle(guest);
}

static const char *use_vcpu_info(struct kvm_guest *guest)
{
	return use_vcpu(guest, "VCPU_INFO", XEN_VCPU_INFO, GUEST_WINDOW);
}

static const char *use_vcpu_info_here(struct kvm_guest *guest)
{
	return use_vcpu(guest, "VCPU_INFO_HVA", XEN_VCPU_INFO_HVA, (uintptr_t)WINDOW);
}

static const char *use_time_info(struct kvm_guest *guest)
{
	return use_vcpu(guest, "VCPU_TIME_INFO", XEN_TIME_INFO, GUEST_WINDOW);
}

/* The second half of it in the next page, which takes KVM another mapping. */
static const char *use_runstate(struct kvm_guest *guest)
{
	return use_vcpu(guest, "RUNSTATE_ADDR", XEN_RUNSTATE_ADDRESS, GUEST_WINDOW + PAGE - 16);
}

static void new_runstate(struct kvm_guest *guest, unsigned int n)
{
	xen_set_vcpu(guest, XEN_RUNSTATE, n % 4);
	run_idle(guest);
}

const struct writer xen_writers[] = {
	{ .name = "Xen: hypercall page", .set_up = xen_configure,
	  .provoke = fill_hypercall_page },
	{ .name = "Xen: shared info", .set_up = use_shared_info, .provoke = new_wall_clock },
	{ .name = "Xen: shared info, by our address", .set_up = use_shared_info_here,
	  .provoke = new_wall_clock },
	{ .name = "Xen: events", .flags = GUEST_APIC, .prepare = no_events, .set_up = use_events,
	  .provoke = send_event },
	{ .name = "Xen: CPU info", .set_up = use_vcpu_info, .provoke = new_time },
	{ .name = "Xen: CPU info, by our address", .set_up = use_vcpu_info_here,
	  .provoke = new_time },
	{ .name = "Xen: time info", .set_up = use_time_info, .provoke = new_time },
	{ .name = "Xen: run state, over two pages", .set_up = use_runstate,
	  .provoke = new_runstate },
	{ }
};
