// SPDX-License-Identifier: GPL-2.0-only
/* Ctrl-C and similar signals. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "array.h"
#include "interrupt.h"
#include "output.h"

/* Those that are not ignored. */
static void signals_that_end(sigset_t *set)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;

	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(set, signals[i]);
}

int interrupt_begin(struct interrupt *interrupt)
{
	sigset_t set;

	signals_that_end(&set);
	interrupt->signal = 0;
	interrupt->fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (interrupt->fd < 0)
		return fail("can't wait for signals: %s", strerror(errno));
	sigprocmask(SIG_BLOCK, &set, NULL);
	return DONE;
}

bool interrupt_wait(struct interrupt *interrupt, int fd)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = interrupt->fd, .events = POLLIN },
	};
	struct signalfd_siginfo info;

	while (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno == EINTR)
		;
	if (fds[1].revents && read(interrupt->fd, &info, sizeof(info)) == sizeof(info))
		interrupt->signal = info.ssi_signo;
	return !interrupt->signal;
}

void interrupt_end(struct interrupt *interrupt)
{
	sigset_t set;

	close(interrupt->fd);
	if (!interrupt->signal)
		return;
	output_finish(FAILED);
	sigemptyset(&set);
	sigaddset(&set, interrupt->signal);
	raise(interrupt->signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}
