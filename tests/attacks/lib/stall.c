// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an attack waits on: memory that userfaultfd holds back, so that a copy from
 * it stalls in the middle of a system call. See attack.h.
 */
#include "attack.h"

#include <linux/userfaultfd.h>

static void *call(void *arg)
{
	struct stalled *s = arg;

	s->ret = s->call(s);
	if (write(s->done[1], "", 1) != 1)
		_exit(97);
	return NULL;
}

static bool hold_back(struct stalled *s)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	s->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (s->uffd < 0)
		return false;
	s->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	area.range.start = (uintptr_t)s->page;
	area.range.len = PAGE;
	return !ioctl(s->uffd, UFFDIO_API, &api) && !ioctl(s->uffd, UFFDIO_REGISTER, &area);
}

bool stall(struct stalled *s)
{
	struct pollfd wait[2];

	if (!hold_back(s)) {
		missing(s->t, "no userfaultfd on this kernel");
		return false;
	}
	if (pipe(s->done) || pthread_create(&s->thread, NULL, call, s))
		_exit(97);
	wait[0] = (struct pollfd){ .fd = s->uffd, .events = POLLIN };
	wait[1] = (struct pollfd){ .fd = s->done[0], .events = POLLIN };
	poll(wait, 2, -1);
	return !wait[1].revents;
}

long release(struct stalled *s)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)s->page, .src = (uintptr_t)memory(PAGE), .len = PAGE,
	};

	if (ioctl(s->uffd, UFFDIO_COPY, &copy))
		_exit(97);
	pthread_join(s->thread, NULL);
	return s->ret;
}
