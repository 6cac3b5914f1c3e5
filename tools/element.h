/* SPDX-License-Identifier: GPL-2.0-only */
/* Errors of reading and writing elements, for a person. */
#ifndef TOOLS_ELEMENT_H
#define TOOLS_ELEMENT_H

#include <bpfmmap.h>

/* Print why reading or writing an element gave -error. Returns FAILED. */
int element_error(const struct bpfmmap_region *region, __u32 index, int error);

#endif
