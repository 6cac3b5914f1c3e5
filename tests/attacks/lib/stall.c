// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an attack waits on: memory that userfaultfd holds back, so that a copy from
 * it stalls in the middle of a system call. See attack.h.
 */
#include "attack.h"

static void *call(void *arg)
{
	struct stalled *s = arg;

	s->ret = s->call(s);
	if (write(s->done[1], "", 1) != 1)
		_exit(97);
	return NULL;
}

bool stall(struct stalled *s)
{
	struct pollfd wait[2];

	if (!hold_page(&s->held)) {
		missing(s->t, "no userfaultfd on this kernel");
		return false;
	}
	if (pipe(s->done) || pthread_create(&s->thread, NULL, call, s))
		_exit(97);
	wait[0] = (struct pollfd){ .fd = s->held.uffd, .events = POLLIN };
	wait[1] = (struct pollfd){ .fd = s->done[0], .events = POLLIN };
	poll(wait, 2, -1);
	return !wait[1].revents;
}

long release(struct stalled *s)
{
	if (!release_page(&s->held, THEIRS))
		_exit(97);
	pthread_join(s->thread, NULL);
	return s->ret;
}
