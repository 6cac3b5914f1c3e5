// SPDX-License-Identifier: GPL-2.0-only
/* --timeout=SECONDS, for commands that wait. */
#include <limits.h>
#include <string.h>

#include "deadline.h"
#include "output.h"

#define FOR_EVER	(-1)

int deadline_take(struct args *args, struct deadline *deadline)
{
	const char *word = args_peek(args);
	int status = DONE;

	deadline->set = true;
	if (word && !strncmp(word, "--timeout=", 10)) {
		args_next(args);
		if (!number_of(word + 10, INT_MAX / 1000, &deadline->seconds))
			return usage_error("'%s' is not a valid time; "
					   "give a number of seconds up to %d",
					   word + 10, INT_MAX / 1000);
	} else {
		if (!args_take(args, "--timeout"))
			args_take(args, "timeout");
		status = args_number(args, "timeout", 0, INT_MAX / 1000, &deadline->seconds);
	}
	clock_gettime(CLOCK_MONOTONIC, &deadline->at);
	deadline->at.tv_sec += deadline->seconds;
	return status;
}

int deadline_left(const struct deadline *deadline)
{
	struct timespec now;
	int64_t ms;

	if (!deadline->set)
		return FOR_EVER;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (deadline->at.tv_sec - now.tv_sec) * 1000LL +
	     (deadline->at.tv_nsec - now.tv_nsec) / 1000000;
	return ms > 0 ? ms : 0;
}
