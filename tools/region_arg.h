/* SPDX-License-Identifier: GPL-2.0-only */
/* REGION on the command line: id N, name NAME, path PATH, or short. */
#ifndef TOOLS_REGION_ARG_H
#define TOOLS_REGION_ARG_H

#include <bpfmmap.h>
#include "args.h"

struct region_arg {
	enum { BY_ID, BY_NAME, BY_PATH } by;
	__u32 id;
	const char *text;	/* name or path */
};

/* DONE, or USAGE after having said why. */
int region_arg_parse(struct args *args, struct region_arg *arg);

/* Open it with flags as bpfmmap_open_opts has them; NULL after having said why not. */
struct bpfmmap_region *region_arg_open(const struct region_arg *arg, __u32 flags);

/* Both. DONE, USAGE or FAILED. */
int region_arg_take(struct args *args, __u32 flags, struct bpfmmap_region **region);

/* Is there /dev/bpfmmap at all? FAILED after having said that the module isn't loaded. */
int module_is_there(void);

#endif
