// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes by KVM: a guest has the array as memory and stores to it, or has KVM store. The suite
 * kvm goes into it deeper.
 */
#include "attack.h"
#include "kvm_guest.h"

#define MSR_SYSTEM_TIME	0x4b564d01U

GUEST_PROGRAM(store, "1: incl 8(%ebx)\n outb %al, $0x10\n jmp 1b");
GUEST_PROGRAM(nothing, "1: outb %al, $0x10\n jmp 1b");

static bool start(struct target *t, struct kvm_guest *guest, const struct kvm_program *program)
{
	const char *why = kvm_guest_start(guest, 0);

	if (why) {
		missing(t, why);
		return false;
	}
	kvm_guest_load(guest, program);
	kvm_guest_reset(guest, GUEST_WINDOW);
	return true;
}

static void run(struct target *t, struct kvm_guest *guest)
{
	int exit = kvm_guest_run(guest);

	passes(t, "KVM_RUN", exit);
	/* to KVM it is no memory then, and who runs the guest is asked to do something */
	if (exit == KVM_EXIT_MMIO && t->outcome == NO_EFFECT) {
		t->outcome = REFUSED;
		snprintf(t->why, sizeof(t->why), "KVM_EXIT_MMIO");
	}
}

/* Another mapping at the guest's address. */
static bool show(struct target *t, struct kvm_guest *guest, void *at)
{
	kvm_guest_window(guest, 0, NULL);
	return passes(t, "KVM_SET_USER_MEMORY_REGION", kvm_guest_window(guest, LEN, at));
}

static void memslot_kept(struct target *t)
{
	struct kvm_guest guest;
	uint8_t *at = writable(t);

	if (!at || !start(t, &guest, &store) || !show(t, &guest, at))
		return;
	kvm_guest_run(&guest);
	/* in an array that does not freeze the guest goes on */
	if (!t->control)
		munmap(at, LEN);
	if (freeze(t))
		run(t, &guest);
}

static void read_only_mapping(struct target *t)
{
	struct kvm_guest guest;
	void *at = frozen_view(t);

	if (at && start(t, &guest, &store) && show(t, &guest, at))
		run(t, &guest);
}

static void kvmclock(struct target *t)
{
	struct kvm_guest guest;
	uint8_t *at = writable(t);

	if (!at || !start(t, &guest, &nothing) || !show(t, &guest, at))
		return;
	kvm_guest_set_msr(&guest, MSR_SYSTEM_TIME, GUEST_WINDOW | 1);
	kvm_guest_run(&guest);
	munmap(at, LEN);
	if (!freeze(t))
		return;
	run(t, &guest);
	/* the same in what can be read now */
	at = readonly(t);
	if (!at || !show(t, &guest, at))
		return;
	kvm_guest_set_msr(&guest, MSR_SYSTEM_TIME, GUEST_WINDOW | 1);
	run(t, &guest);
}

const struct route kvm_routes[] = {
	{ .name = "KVM: a memslot kept across the freeze", .run = memslot_kept },
	{ .name = "KVM: a store through a read-only mapping", .run = read_only_mapping },
	{ .name = "KVM: kvmclock in it", .run = kvmclock },
	{ }
};
