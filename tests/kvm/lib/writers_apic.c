// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: the byte that says that nobody need tell the APIC of an interrupt's end, the word
 * that shadows its priority, and pages of memory that come later (asynchronous page faults).
 */
#include "held_page.h"
#include "writers.h"

#include <poll.h>
#include <pthread.h>

#define MSR_ASYNC_PF		0x4b564d02U
#define MSR_END_OF_INTERRUPT	0x4b564d04U
#define MSR_ASYNC_PF_VECTOR	0x4b564d06U
#define ENABLED			1U
#define ALWAYS			2U	/* not only to its users */
#define BY_INTERRUPT		8U
#define PAGE_FAULT		14
#define VECTOR			0x20
#define LATE			0x800000U	/* where the page is that comes late */
#define LATE_SLOT		2
#define PATIENCE		2000		/* milliseconds for somebody to want it */
#define WAIT_A_LITTLE		20000		/* microseconds from then on */
#define PORT_END		0x13

/* Interrupts come at the loop, which comes to an end as often as it is run. */
GUEST_PROGRAM(wait_for_interrupt, "sti\n nop\n 1: outb %al, $0x10\n jmp 1b");
/* One exit in the middle of an interrupt, and one behind it. */
GUEST_PROGRAM(take_interrupt,
	      "outb %al, $0x11\n"
	      "outb %al, $0x12\n"
	      "movl $0, 0xfee000b0\n"
	      "1: outb %al, $0x13\n"
	      "jmp 1b");
/* Of a page that is not there yet: go on with something else. */
GUEST_PROGRAM(read_late, "sti\n nop\n movl 0x800000, %edx\n 1: outb %al, $0x13\n jmp 1b");
GUEST_PROGRAM(take_page_fault, "1: outb %al, $0x11\n sti\n nop\n nop\n cli\n jmp 1b");

static const char *use_end_of_interrupt(struct kvm_guest *guest)
{
	return unless_done("KVM_SET_MSRS", kvm_guest_set_msr(guest, MSR_END_OF_INTERRUPT,
							     GUEST_WINDOW | ENABLED));
}

static void run_to_end(struct kvm_guest *guest)
{
	int tries = 10;

	while (tries-- && works(kvm_guest_run(guest)) && kvm_guest_port(guest) != PORT_END)
		usleep(1000);
}

static void one_interrupt(struct kvm_guest *guest, unsigned int n)
{
	struct kvm_msi args = { .address_lo = 0xfee00000, .data = VECTOR };

	if (n % 2)
		use_end_of_interrupt(guest);
	kvm_guest_load(guest, &wait_for_interrupt);
	kvm_guest_handler(guest, VECTOR, &take_interrupt);
	kvm_guest_reset(guest, GUEST_WINDOW);
	request(guest->vm, KVM_SIGNAL_MSI, &args);
	run_to_end(guest);
}

static const char *use_priority_shadow(struct kvm_guest *guest)
{
	struct kvm_vapic_addr args = { .vapic_addr = GUEST_WINDOW };

	return unless_done("KVM_SET_VAPIC_ADDR", request(guest->vcpu, KVM_SET_VAPIC_ADDR, &args));
}

static void sync_priority(struct kvm_guest *guest, unsigned int n)
{
	(void)n;
	run_idle(guest);
}

static const char *use_async_page_faults(struct kvm_guest *guest)
{
	const uint32_t how = ENABLED | ALWAYS | BY_INTERRUPT;
	int ret;

	/* from the beginning: nobody here says that a page that has come was seen */
	kvm_guest_set_msr(guest, MSR_ASYNC_PF, 0);
	ret = kvm_guest_set_msr(guest, MSR_ASYNC_PF_VECTOR, VECTOR);
	ret = ret ?: kvm_guest_set_msr(guest, MSR_ASYNC_PF, GUEST_WINDOW | how);
	return unless_done("KVM_SET_MSRS", ret);
}

static void nothing_pending(uint8_t *window)
{
	memset(window, 0, PAGE);
}

/* The page comes a little later than somebody wants it. */
static void *bring_page(void *arg)
{
	struct held_page *held = arg;
	struct pollfd wait = { .fd = held->uffd, .events = POLLIN };

	poll(&wait, 1, PATIENCE);
	usleep(WAIT_A_LITTLE);
	release_page(held, 0);
	return NULL;
}

static void read_late_page(struct kvm_guest *guest, unsigned int n)
{
	struct held_page held;
	pthread_t thread;

	(void)n;
	use_async_page_faults(guest);
	if (!hold_page(&held))
		return;
	kvm_guest_slot(guest, LATE_SLOT, LATE, PAGE, held.page, 0);
	pthread_create(&thread, NULL, bring_page, &held);
	kvm_guest_load(guest, &read_late);
	kvm_guest_handler(guest, PAGE_FAULT, &take_page_fault);
	kvm_guest_handler(guest, VECTOR, &take_interrupt);
	kvm_guest_reset(guest, GUEST_WINDOW);
	run_to_end(guest);
	pthread_join(thread, NULL);
	kvm_guest_slot(guest, LATE_SLOT, LATE, 0, NULL, 0);
	munmap(held.page, PAGE);
}

const struct writer apic_writers[] = {
	{ .name = "end of interrupt", .flags = GUEST_APIC, .set_up = use_end_of_interrupt,
	  .provoke = one_interrupt },
	{ .name = "shadow of the priority", .flags = GUEST_APIC, .set_up = use_priority_shadow,
	  .provoke = sync_priority },
	{ .name = "asynchronous page faults", .flags = GUEST_APIC | GUEST_PAGING,
	  .prepare = nothing_pending, .set_up = use_async_page_faults,
	  .provoke = read_late_page },
	{ }
};
