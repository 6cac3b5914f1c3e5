/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NAME on the command line: the place in the file system where a region is or will be
 * published.
 */
#ifndef TOOLS_PLACE_H
#define TOOLS_PLACE_H

#include <limits.h>
#include <stdbool.h>

#include "args.h"

struct place {
	const char *text;		/* as the user wrote it */
	char path[PATH_MAX];
	char directory[PATH_MAX];
	const char *name;		/* the last part of path */
};

/*
 * Take NAME, DIRECTORY/NAME below the root of the file system, or a path that begins with a
 * slash. Returns DONE, or USAGE or FAILED after an error message.
 */
int place_take(struct args *args, struct place *place);
int place_of(const char *text, struct place *place);

/* Check that the file system is mounted. Returns FAILED after an error message. */
int place_need(const struct place *place);

/* Open its directory. Returns an fd, or -1 after an error message. */
int place_open_directory(const struct place *place);

/*
 * Make the directories of a place below the root of the file system that are missing, for
 * everybody to read. Returns DONE, or FAILED after an error message.
 */
int place_make_directory(const struct place *place);

/* Whether the text is digits alone. As REGION that would mean an id. */
bool all_digits(const char *text);

#endif
