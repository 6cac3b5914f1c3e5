// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stores by the guest itself, of which KVM keeps account (it takes entries away and makes them
 * writable again), or for which it makes entries beforehand.
 */
#include "writers.h"

#define SLOT			1
#define DIRTY			1U	/* KVM_DIRTY_GFN_F_DIRTY */
#define RESET			2U	/* KVM_DIRTY_GFN_F_RESET */

/* Newer than the headers that this is built with, on some systems. */
#define CAP_PRE_FAULT_MEMORY	236
struct pre_fault_memory {
	uint64_t gpa, size, flags, padding[5];
};

#define PRE_FAULT_MEMORY	_IOWR(KVMIO, 0xd5, struct pre_fault_memory)

GUEST_PROGRAM(touch,
	      "incl 8(%ebx)\n"
	      "incl 0x1008(%ebx)\n"
	      "incl 0x2008(%ebx)\n"
	      "incl 0x3008(%ebx)\n"
	      "outb %al, $0x10");

static void touch_all(struct kvm_guest *guest)
{
	kvm_guest_load(guest, &touch);
	kvm_guest_run_at(guest, GUEST_WINDOW);
}

static const char *track(struct kvm_guest *guest)
{
	int ret;

	kvm_guest_window(guest, 0, WINDOW);
	ret = kvm_guest_slot(guest, SLOT, GUEST_WINDOW, WRITER_PAGES * PAGE, WINDOW,
			     KVM_MEM_LOG_DIRTY_PAGES);
	return unless_done("KVM_MEM_LOG_DIRTY_PAGES", ret);
}

static void touch_and_ask(struct kvm_guest *guest, unsigned int n)
{
	uint64_t bitmap = 0;
	struct kvm_dirty_log args = { .slot = SLOT, .dirty_bitmap = &bitmap };

	(void)n;
	touch_all(guest);
	request(guest->vm, KVM_GET_DIRTY_LOG, &args);
	touch_all(guest);
}

static void touch_and_reset(struct kvm_guest *guest, unsigned int n)
{
	const size_t len = 64 * KIB;
	struct kvm_dirty_gfn *ring;
	size_t i;

	(void)n;
	touch_all(guest);
	ring = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, guest->vcpu,
		    KVM_DIRTY_LOG_PAGE_OFFSET * PAGE);
	if (ring == MAP_FAILED)
		return;
	for (i = 0; i < len / sizeof(*ring); i++)
		if (ring[i].flags == DIRTY)
			ring[i].flags = RESET;
	munmap(ring, len);
	request(guest->vm, KVM_RESET_DIRTY_RINGS, NULL);
	touch_all(guest);
}

static const char *can_pre_fault(struct kvm_guest *guest)
{
	if (request(guest->kvm, KVM_CHECK_EXTENSION, (void *)CAP_PRE_FAULT_MEMORY) <= 0)
		return "no KVM_PRE_FAULT_MEMORY on this kernel";
	return NULL;
}

static void pre_fault_and_touch(struct kvm_guest *guest, unsigned int n)
{
	struct pre_fault_memory args = { .gpa = GUEST_WINDOW, .size = WRITER_PAGES * PAGE };

	(void)n;
	request(guest->vcpu, PRE_FAULT_MEMORY, &args);
	touch_all(guest);
}

const struct writer tracked_writers[] = {
	{ .name = "stores with a dirty log", .set_up = track, .provoke = touch_and_ask },
	{ .name = "stores with a dirty ring", .flags = GUEST_RING, .set_up = track,
	  .provoke = touch_and_reset },
	{ .name = "stores after KVM_PRE_FAULT_MEMORY", .set_up = can_pre_fault,
	  .provoke = pre_fault_and_touch },
	{ }
};
