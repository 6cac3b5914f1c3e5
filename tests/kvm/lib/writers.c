// SPDX-License-Identifier: GPL-2.0-only
/* See writers.h. */
#include "writers.h"

GUEST_PROGRAM(idle, "outb %al, $0x10");

void run_idle(struct kvm_guest *guest)
{
	kvm_guest_load(guest, &idle);
	kvm_guest_run_at(guest, GUEST_WINDOW);
}

const char *unless_done(const char *step, int ret)
{
	static char why[80];

	if (ret >= 0)
		return NULL;
	snprintf(why, sizeof(why), "%s at %s", strerrorname_np(-ret), step);
	return why;
}
