/* SPDX-License-Identifier: GPL-2.0-only */
/* --timeout=SECONDS, for commands that wait. */
#ifndef TOOLS_DEADLINE_H
#define TOOLS_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "args.h"

struct deadline {
	bool set;		/* false: for ever */
	uint64_t seconds;
	struct timespec at;	/* a time of CLOCK_MONOTONIC */
};

/*
 * Take --timeout=SECONDS, --timeout SECONDS, timeout SECONDS or SECONDS, from now on. Returns
 * DONE, or USAGE after an error message.
 */
int deadline_take(struct args *args, struct deadline *deadline);

/* The milliseconds that are left, for poll(2); -1 for ever. */
int deadline_left(const struct deadline *deadline);

#endif
