/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ctrl-C and similar signals, for a command that has to say what it has done when it is stopped.
 *
 * The signals are blocked, so that no step of the command is cut in two, and are looked for
 * before each read. A signal that is ignored, as nohup does, stays so.
 */
#ifndef TOOLS_INTERRUPT_H
#define TOOLS_INTERRUPT_H

#include <stdbool.h>

struct interrupt {
	int fd;		/* can be read when a signal has come */
	int signal;	/* that has come, or 0 */
};

/* Block the signals. Returns DONE, or FAILED after an error message. */
int interrupt_begin(struct interrupt *interrupt);

/* Wait until fd can be read. Returns false if a signal comes first, or has come. */
bool interrupt_wait(struct interrupt *interrupt, int fd);

/* If a signal has come, end by it. Call this when all is cleaned up. */
void interrupt_end(struct interrupt *interrupt);

#endif
