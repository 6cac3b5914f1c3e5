/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the file system of regions is mounted, by a file like /proc/self/mountinfo. */
#ifndef TOOLS_MOUNTS_H
#define TOOLS_MOUNTS_H

#include <limits.h>
#include <stdbool.h>

struct mounts {
	bool here;			/* at BPFMMAP_PUBLISH_DIR, with nothing on top of it */
	char elsewhere[PATH_MAX];	/* the first other place, or "" */
};

/* Nothing that can be read is the same as nothing that is mounted. */
void mounts_find(struct mounts *mounts, const char *mountinfo);

#endif
