/* SPDX-License-Identifier: GPL-2.0-only */
/* The processes that have a region open or mapped. */
#ifndef TOOLS_HOLDERS_H
#define TOOLS_HOLDERS_H

#include <stdbool.h>
#include <stdio.h>
#include <bpfmmap.h>

/* One file descriptor or one mapping, of one process. */
struct holding {
	pid_t pid;
	char command[32];
	int fd;				/* -1 for a mapping */
	bool readable, writable;	/* or may become so; neither: O_PATH */
	bool revoked;			/* of a mapping: has lost its pages */
	__u64 start, end, offset;	/* of a mapping: addresses, and bytes in the region */
	__u64 since_ns;			/* of a mapping: CLOCK_BOOTTIME, 0: not known */
};

struct holders {
	struct holding *entries;
	size_t count;
	size_t hidden;		/* processes that the caller may not look at */
	__u64 unseen;		/* mappings of the region that no visible process has */
};

/* Returns DONE, or FAILED after an error message. */
int holders_find(const struct bpfmmap_region *region, struct holders *holders);
void holders_free(struct holders *holders);

/* Remove all other entries. */
void holders_keep_writable_mappings(struct holders *holders);

void holders_print(FILE *out, const struct holders *holders);
/* Print an object with all of it, or its member "holders" alone. */
void holders_json(const char *key, const struct holders *holders);
void holders_list_json(const struct holders *holders);

#endif
