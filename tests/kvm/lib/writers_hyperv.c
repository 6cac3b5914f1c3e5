// SPDX-License-Identifier: GPL-2.0-only
/* KVM in place of Hyper-V: pages that its registers name. */
#include "writers.h"

#define MSR_GUEST_OS		0x40000000U
#define MSR_HYPERCALLS		0x40000001U
#define MSR_ASSIST_PAGE		0x40000073U
#define MSR_SYNIC		0x40000080U
#define MSR_MESSAGES		0x40000083U
#define MSR_SOURCE_2		0x40000092U
#define MSR_TIMER_0		0x400000b0U
#define MSR_TIMER_0_COUNT	0x400000b1U
#define ENABLED			1U
#define AN_OS			0x8100000000000000ULL
#define VECTOR			0x20U
#define TIMER_BY_SOURCE_2	0x20000U

/* The same register, again and again: each time the page is written. */
static int set(struct kvm_guest *guest, uint32_t msr, uint64_t value)
{
	int ret = kvm_guest_set_msr(guest, MSR_GUEST_OS, AN_OS);

	return ret ?: kvm_guest_set_msr(guest, msr, value);
}

static const char *use_hypercall_page(struct kvm_guest *guest)
{
	return unless_done("the hypercall page",
			   set(guest, MSR_HYPERCALLS, GUEST_WINDOW | ENABLED));
}

static void fill_hypercall_page(struct kvm_guest *guest, unsigned int n)
{
	(void)n;
	use_hypercall_page(guest);
}

static const char *use_assist_page(struct kvm_guest *guest)
{
	return unless_done("the assist page",
			   set(guest, MSR_ASSIST_PAGE, GUEST_WINDOW | ENABLED));
}

static void clear_assist_page(struct kvm_guest *guest, unsigned int n)
{
	(void)n;
	use_assist_page(guest);
}

static const char *use_messages(struct kvm_guest *guest)
{
	struct kvm_enable_cap synic = { .cap = KVM_CAP_HYPERV_SYNIC2 };
	int ret = request(guest->vcpu, KVM_ENABLE_CAP, &synic);

	ret = ret ?: set(guest, MSR_SYNIC, ENABLED);
	ret = ret ?: set(guest, MSR_MESSAGES, GUEST_WINDOW | ENABLED);
	return unless_done("the message page", ret ?: set(guest, MSR_SOURCE_2, VECTOR));
}

/* No message is there that has not been taken. */
static void no_messages(uint8_t *window)
{
	memset(window, 0, PAGE);
}

/* A timer that has expired sends a message; the place of one that is there is marked. */
static void send_message(struct kvm_guest *guest, unsigned int n)
{
	(void)n;
	kvm_guest_set_msr(guest, MSR_TIMER_0, 0);
	kvm_guest_set_msr(guest, MSR_TIMER_0_COUNT, 1);
	kvm_guest_set_msr(guest, MSR_TIMER_0, TIMER_BY_SOURCE_2 | ENABLED);
	run_idle(guest);
}

const struct writer hyperv_writers[] = {
	{ .name = "Hyper-V: hypercall page", .set_up = use_hypercall_page,
	  .provoke = fill_hypercall_page },
	{ .name = "Hyper-V: assist page", .flags = GUEST_APIC, .set_up = use_assist_page,
	  .provoke = clear_assist_page },
	{ .name = "Hyper-V: messages", .flags = GUEST_APIC, .prepare = no_messages,
	  .set_up = use_messages, .provoke = send_message },
	{ }
};
