/* SPDX-License-Identifier: GPL-2.0-only */
/* What create and publish have in common. */
#ifndef TOOLS_PUBLISH_H
#define TOOLS_PUBLISH_H

#include <bpfmmap.h>

#include "args.h"
#include "place.h"

/* mode, owner or group, if one of them comes next; 0 if none does, -1 when that is wrong. */
int publish_take_option(struct args *args, struct bpfmmap_publish_opts *opts, int *status);

/* Can it be a name? FAILED after having said why not. */
int publish_check(const struct place *place);

/* DONE, or FAILED after having said why. */
int publish_region(const struct bpfmmap_region *region, const struct place *place,
		   const struct bpfmmap_publish_opts *opts);

#endif
