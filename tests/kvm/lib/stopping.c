// SPDX-License-Identifier: GPL-2.0-only
/* See stopping.h. */
#include "stopping.h"

#include <poll.h>

#define GENERAL_PROTECTION	13
#define DONE			0x10

/* Before it waits, it has in KVM's tables what it needs then, and for an exception, too. */
#define WAIT_AND_DO(instruction)	\
	"movl 0x2000, %edx\n"		\
	"movl 0x7000, %edx\n"		\
	"movl 0x8000, %edx\n"		\
	"pushl %edx\n"			\
	"movl $1, 0x5000\n"		\
	"1: cmpl $0, 0x5004\n"		\
	"je 1b\n"			\
	instruction "\n"		\
	"outb %al, $0x10"

GUEST_PROGRAM(vmsave, WAIT_AND_DO("vmsave %eax"));
GUEST_PROGRAM(vmrun, WAIT_AND_DO("vmrun %eax"));
/* There is no such memory, says KVM. */
GUEST_PROGRAM(complain, "outb %al, $0x11");

static void *run_guest(void *arg)
{
	struct stopping *s = arg;

	s->exit = kvm_guest_run(s->guest);
	/* to whoever waits for the end or the stop */
	close(s->ended[1]);
	return NULL;
}

bool stop_guest(struct stopping *s, enum stopped_instruction instruction)
{
	struct pollfd wait[2];

	s->guest = start_guest(GUEST_SVM, 1);
	kvm_guest_load(s->guest, instruction == VMSAVE ? &vmsave : &vmrun);
	kvm_guest_handler(s->guest, GENERAL_PROTECTION, &complain);
	s->entries = malloc(PAGE);
	assert_non_null(s->entries);
	memcpy(s->entries, s->guest->low + GUEST_TABLE, PAGE);
	assert_ok(pipe(s->ended));
	kvm_guest_reset(s->guest, GUEST_WINDOW);
	assert_ok(pthread_create(&s->thread, NULL, run_guest, s));
	while (!*kvm_guest_word(s->guest, 0))
		usleep(1000);
	assert_true(hold_page_at(&s->table, s->guest->low + GUEST_TABLE));
	*kvm_guest_word(s->guest, 1) = 1;

	wait[0] = (struct pollfd){ .fd = s->table.uffd, .events = POLLIN };
	wait[1] = (struct pollfd){ .fd = s->ended[0], .events = POLLIN };
	assert_true(poll(wait, 2, -1) > 0);
	return wait[0].revents;
}

bool go_on(struct stopping *s)
{
	assert_true(release_page_as(&s->table, s->entries));
	pthread_join(s->thread, NULL);
	close(s->ended[0]);
	free(s->entries);
	return works(s->exit) && kvm_guest_port(s->guest) == DONE;
}
