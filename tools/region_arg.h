/* SPDX-License-Identifier: GPL-2.0-only */
/* REGION on the command line: id N, name NAME, path PATH, or short. */
#ifndef TOOLS_REGION_ARG_H
#define TOOLS_REGION_ARG_H

#include <stdbool.h>

#include <bpfmmap.h>
#include "args.h"

struct region_arg {
	enum { BY_ID, BY_DIGITS, BY_NAME, BY_PATH } by;
	bool is_short;		/* the word id, name or path was omitted */
	__u32 id;		/* 0: the digits are too large for an id */
	const char *text;	/* name, path or digits */
};

/* Returns DONE, or USAGE after an error message. */
int region_arg_parse(struct args *args, struct region_arg *arg);

/* Open it with flags of bpfmmap_open_opts. Returns NULL after an error message. */
struct bpfmmap_region *region_arg_open(const struct region_arg *arg, __u32 flags);

/*
 * The path of a region given by name or path. Returns false if it is an id, or the path is too
 * long.
 */
bool region_arg_path(const struct region_arg *arg, char *path, size_t size);

/* Print why this path can't be opened with these flags, from errno. */
void region_arg_say_why_not(const char *path, __u32 flags);

#endif
