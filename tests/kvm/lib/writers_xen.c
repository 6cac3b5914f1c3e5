// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM in place of Xen. What it shares with a guest it writes by its own mapping of the page, as
 * long as this process has the page mapped (a gfn_to_pfn_cache), or by this process's.
 */
#include "writers.h"

#define MSR_HYPERCALLS		0x40000200U	/* we say which */
#define INTERCEPT_HCALL		2U
#define TWO_LEVELS		0xffffffffU	/* the way of events that KVM knows */

/* As in KVM's headers of x86; there are none elsewhere, and older ones lack what is newer. */
struct xen_config {
	uint32_t flags, msr;
	uint64_t blob_addr_32, blob_addr_64;
	uint8_t blob_size_32, blob_size_64, pad[30];
};

struct xen_attr {
	uint16_t type, pad[3];
	uint64_t value, more[7];
};

struct xen_vcpu_attr {
	uint16_t type, pad[3];
	uint64_t value, more[7];
};

struct xen_event {
	uint32_t port, vcpu, priority;
};

#define XEN_CONFIG		_IOW(KVMIO, 0x7a, struct xen_config)
#define XEN_SET_ATTR		_IOW(KVMIO, 0xc9, struct xen_attr)
#define XEN_VCPU_SET_ATTR	_IOW(KVMIO, 0xcb, struct xen_vcpu_attr)
#define XEN_SEND_EVENT		_IOW(KVMIO, 0xd0, struct xen_event)

enum {
	LONG_MODE = 0, SHARED_INFO = 1, SHARED_INFO_HVA = 6,			/* of the machine */
	VCPU_INFO = 0, TIME_INFO = 1, RUNSTATE_ADDRESS = 2, RUNSTATE = 3,	/* of the CPU */
	VCPU_INFO_HVA = 9,
};

GUEST_PROGRAM(write_register,
	      "movl %ebx, %eax\n"
	      "xorl %edx, %edx\n"
	      "movl $0x40000200, %ecx\n"
	      "wrmsr\n"
	      "outb %al, $0x10");

static int set(struct kvm_guest *guest, uint16_t type, uint64_t value)
{
	struct xen_attr args = { .type = type, .value = value };

	return request(guest->vm, XEN_SET_ATTR, &args);
}

static int set_vcpu(struct kvm_guest *guest, uint16_t type, uint64_t value)
{
	struct xen_vcpu_attr args = { .type = type, .value = value };

	return request(guest->vcpu, XEN_VCPU_SET_ATTR, &args);
}

/* Also all that the hypercall page takes. */
static const char *configure(struct kvm_guest *guest)
{
	struct xen_config args = { .flags = INTERCEPT_HCALL, .msr = MSR_HYPERCALLS };

	if (request(guest->vm, XEN_CONFIG, &args))
		return "KVM does not stand in for Xen on this kernel";
	return NULL;
}

static const char *use(struct kvm_guest *guest, const char *what, uint16_t type, uint64_t value)
{
	return configure(guest) ?: unless_done(what, set(guest, type, value));
}

static const char *use_vcpu(struct kvm_guest *guest, const char *what, uint16_t type,
			    uint64_t value)
{
	return configure(guest) ?: unless_done(what, set_vcpu(guest, type, value));
}

static void fill_hypercall_page(struct kvm_guest *guest, unsigned int n)
{
	(void)n;
	kvm_guest_load(guest, &write_register);
	kvm_guest_run_at(guest, GUEST_WINDOW);
}

static const char *use_shared_info(struct kvm_guest *guest)
{
	return use(guest, "SHARED_INFO", SHARED_INFO, GUEST_WINDOW / PAGE);
}

static const char *use_shared_info_here(struct kvm_guest *guest)
{
	return use(guest, "SHARED_INFO_HVA", SHARED_INFO_HVA, (uintptr_t)WINDOW);
}

/* The wall clock in it is written anew when the mode is set. */
static void new_wall_clock(struct kvm_guest *guest, unsigned int n)
{
	(void)n;
	set(guest, LONG_MODE, 0);
}

static const char *use_events(struct kvm_guest *guest)
{
	return use_shared_info(guest) ?:
	       use_vcpu(guest, "VCPU_INFO", VCPU_INFO, GUEST_WINDOW + PAGE);
}

static void no_events(uint8_t *window)
{
	memset(window, 0, 2 * PAGE);
}

/* Another one each time: one that is pending already changes nothing. */
static void send_event(struct kvm_guest *guest, unsigned int n)
{
	struct xen_event args = { .port = 1 + n, .priority = TWO_LEVELS };

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
	return use_vcpu(guest, "VCPU_INFO", VCPU_INFO, GUEST_WINDOW);
}

static const char *use_vcpu_info_here(struct kvm_guest *guest)
{
	return use_vcpu(guest, "VCPU_INFO_HVA", VCPU_INFO_HVA, (uintptr_t)WINDOW);
}

static const char *use_time_info(struct kvm_guest *guest)
{
	return use_vcpu(guest, "VCPU_TIME_INFO", TIME_INFO, GUEST_WINDOW);
}

/* The second half of it in the next page, which takes KVM another mapping. */
static const char *use_runstate(struct kvm_guest *guest)
{
	return use_vcpu(guest, "RUNSTATE_ADDR", RUNSTATE_ADDRESS, GUEST_WINDOW + PAGE - 16);
}

static void new_runstate(struct kvm_guest *guest, unsigned int n)
{
	set_vcpu(guest, RUNSTATE, n % 4);
	run_idle(guest);
}

const struct writer xen_writers[] = {
	{ .name = "Xen: hypercall page", .set_up = configure,
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
