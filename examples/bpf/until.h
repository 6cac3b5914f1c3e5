/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* How long an example runs: for some seconds, or until it is interrupted (SIGINT, SIGTERM). */
#ifndef UNTIL_H
#define UNTIL_H

#include <signal.h>
#include <stdlib.h>
#include <time.h>

static sigset_t until_signals;

/* Call this first: an early signal is kept for until_the_end(). */
static void until_prepare(void)
{
	sigemptyset(&until_signals);
	sigaddset(&until_signals, SIGINT);
	sigaddset(&until_signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &until_signals, NULL);
}

/* Wait for this number of seconds, without end if it is NULL. */
static void until_the_end(const char *seconds)
{
	const struct timespec time = { .tv_sec = seconds ? atoi(seconds) : 0 };

	sigtimedwait(&until_signals, NULL, seconds ? &time : NULL);
}

#endif
