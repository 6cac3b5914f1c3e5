/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes wrong with elements, for a person. */
#ifndef TOOLS_ELEMENT_H
#define TOOLS_ELEMENT_H

#include <bpfmmap.h>

/* Say why reading or writing element index gave -error; FAILED. */
int element_error(const struct bpfmmap_region *region, __u32 index, int error);

#endif
