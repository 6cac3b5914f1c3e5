/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions that create and publish share. */
#ifndef TOOLS_PUBLISH_H
#define TOOLS_PUBLISH_H

#include <bpfmmap.h>

#include "args.h"
#include "place.h"

/* Take mode, owner or group if it comes next. Returns 1 if one did, 0 if not, -1 on an error. */
int publish_take_option(struct args *args, struct bpfmmap_publish_opts *opts, int *status);

/* Check that it can be a name. Returns FAILED after an error message. */
int publish_check(const struct place *place);

/* Returns DONE, or FAILED after an error message. */
int publish_region(const struct bpfmmap_region *region, const struct place *place,
		   const struct bpfmmap_publish_opts *opts);

#endif
