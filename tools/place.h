/* SPDX-License-Identifier: GPL-2.0-only */
/* NAME on the command line: where in the file system something is published, or is to be. */
#ifndef TOOLS_PLACE_H
#define TOOLS_PLACE_H

#include <limits.h>
#include <stdbool.h>

#include "args.h"

struct place {
	const char *text;		/* as the user has it */
	char path[PATH_MAX];
	char directory[PATH_MAX];
	const char *name;		/* the last part, in path */
};

/*
 * NAME, DIRECTORY/NAME from the root of the file system, or a path that begins with a slash.
 * DONE, or USAGE or FAILED after having said why.
 */
int place_take(struct args *args, struct place *place);
int place_of(const char *text, struct place *place);

/* Is the file system there? FAILED after having said why not. */
int place_need(const struct place *place);

/* Open its directory: an fd, or -1 after having said why. */
int place_open_directory(const struct place *place);

/* Digits alone: as REGION that would be an id. */
bool all_digits(const char *text);

#endif
