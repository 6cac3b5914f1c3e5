/* SPDX-License-Identifier: GPL-2.0-only */
/* The mounts of the file system of regions, from a file like /proc/self/mountinfo. */
#ifndef TOOLS_MOUNTS_H
#define TOOLS_MOUNTS_H

#include <limits.h>
#include <stdbool.h>

struct mounts {
	bool here;			/* at BPFMMAP_PUBLISH_DIR, and no other mount covers it */
	char elsewhere[PATH_MAX];	/* the first other place, or "" */
};

/* A file that can't be read counts as no mount. */
void mounts_find(struct mounts *mounts, const char *mountinfo);

#endif
