/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes of a file, for a region: from the first byte to the last. */
#ifndef TOOLS_CONTENT_H
#define TOOLS_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include <bpfmmap.h>

struct content {
	const char *name;	/* its name in messages */
	int fd;
	uint64_t size;
	char *bytes;		/* the bytes, if they had to be read into memory; else NULL */
};

/* path: "-" means standard input. Returns DONE, or FAILED after an error message. */
int content_open(struct content *content, const char *path);
void content_close(struct content *content);

/*
 * Choose the elements of a region whose file has the same bytes: one element with all bytes,
 * or elements of *value_size bytes if that is not 0. Returns FAILED after an error message if
 * there are none.
 */
int content_shape(const struct content *content, uint64_t *value_size, uint64_t *max_entries);

/*
 * Copy the bytes into a region with those elements. Returns DONE, or FAILED after an error
 * message.
 */
int content_store(struct content *content, const struct bpfmmap_region *region);

/*
 * Find out whether a region with those elements has the same bytes. Returns DONE, or FAILED after
 * an error message.
 */
int content_compare(struct content *content, const struct bpfmmap_region *region, bool *same);

#endif
