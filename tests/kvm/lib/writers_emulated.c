// SPDX-License-Identifier: GPL-2.0-only
/* Where KVM acts for the CPU, and writes to memory as that would. */
#include "writers.h"

#define PDE_UNUSED	0x87U		/* present, writable, of 4 MiB; not accessed yet */
#define SMM_STATE	0x3f000U	/* in the last half KiB of this page, after a reset */
#define SMM_SLOT	0x10001	/* in that mode there are other slots */

GUEST_PROGRAM(input, "movl $16, %ecx\n movw $0x20, %dx\n rep insb\n outb %al, $0x10");

static void page_table(uint8_t *window)
{
	uint32_t *entries = (uint32_t *)window, i;

	for (i = 0; i < 1024; i++)
		entries[i] = i << 22 | PDE_UNUSED;
}

static const char *use_page_table(struct kvm_guest *guest)
{
	kvm_guest_set_table(guest, GUEST_WINDOW);
	return NULL;
}

/* Whoever looks an address up makes its entry an accessed one. */
static void look_up(struct kvm_guest *guest, unsigned int n)
{
	struct kvm_translation address = { .linear_address = n << 22 };

	kvm_guest_set_table(guest, GUEST_WINDOW);
	request(guest->vcpu, KVM_TRANSLATE, &address);
}

/* The bytes are there, and KVM puts them into the memory when the guest runs next. */
static const char *have_input(struct kvm_guest *guest)
{
	struct kvm_run *run = guest->run;
	int exit;

	kvm_guest_load(guest, &input);
	exit = kvm_guest_run_at(guest, GUEST_WINDOW);
	if (exit != KVM_EXIT_IO || run->io.direction != KVM_EXIT_IO_IN)
		return "no exit for string input";
	memset((uint8_t *)run + run->io.data_offset, 0x66, run->io.size * run->io.count);
	return NULL;
}

static void take_input(struct kvm_guest *guest, unsigned int n)
{
	(void)n;
	kvm_guest_run(guest);
	have_input(guest);
}

static const char *have_smm_state(struct kvm_guest *guest)
{
	if (request(guest->kvm, KVM_CHECK_EXTENSION, (void *)KVM_CAP_X86_SMM) <= 0)
		return "no system management mode";
	return unless_done("KVM_SET_USER_MEMORY_REGION",
			   kvm_guest_slot(guest, SMM_SLOT, SMM_STATE, PAGE, WINDOW, 0));
}

/* The CPU's state is saved; what would handle the interrupt is not there. */
static void interrupt_for_smm(struct kvm_guest *guest, unsigned int n)
{
	(void)n;
	kvm_guest_reset(guest, GUEST_WINDOW);
	request(guest->vcpu, KVM_SMI, NULL);
	kvm_guest_run(guest);
}

const struct writer emulated_writers[] = {
	{ .name = "accessed bits of a page table", .flags = GUEST_PAGING, .prepare = page_table,
	  .set_up = use_page_table, .provoke = look_up },
	{ .name = "string input, pending", .set_up = have_input, .provoke = take_input },
	{ .name = "state at a system management interrupt", .set_up = have_smm_state,
	  .provoke = interrupt_for_smm },
	{ }
};
