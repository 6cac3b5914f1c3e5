/* SPDX-License-Identifier: GPL-2.0-only */
/* REGION on the command line: id N, name NAME, path PATH, or short. */
#ifndef TOOLS_REGION_ARG_H
#define TOOLS_REGION_ARG_H

#include <stdbool.h>

#include <bpfmmap.h>
#include "args.h"

struct region_arg {
	enum { BY_ID, BY_DIGITS, BY_NAME, BY_PATH } by;
	bool is_short;		/* the word that says which of them was left out */
	__u32 id;		/* 0: digits that are none */
	const char *text;	/* name, path or digits */
};

/* DONE, or USAGE after having said why. */
int region_arg_parse(struct args *args, struct region_arg *arg);

/* Open it with flags as bpfmmap_open_opts has them; NULL after having said why not. */
struct bpfmmap_region *region_arg_open(const struct region_arg *arg, __u32 flags);

/* The path that an argument by name or path stands for; false: by id, or it is too long. */
bool region_arg_path(const struct region_arg *arg, char *path, size_t size);

/* Say why this path can't be opened with these flags, by errno. */
void region_arg_say_why_not(const char *path, __u32 flags);

#endif
