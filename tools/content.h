/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes of a file that a region is to have, from its first to its last. */
#ifndef TOOLS_CONTENT_H
#define TOOLS_CONTENT_H

#include <stdint.h>

#include <bpfmmap.h>

struct content {
	const char *name;	/* as people are told it */
	int fd;
	uint64_t size;
	char *bytes;		/* of what tells its size at its end only, or NULL */
};

/* path: "-" is standard input. DONE, or FAILED after having said why. */
int content_open(struct content *content, const char *path);
void content_close(struct content *content);

/*
 * The elements of a region whose file has the same bytes: one of all bytes, or with
 * *value_size, which is not 0 then, as many as there are. FAILED after having said why not.
 */
int content_shape(const struct content *content, uint64_t *value_size, uint64_t *max_entries);

/* Into a region of that shape. DONE, or FAILED after having said why. */
int content_store(struct content *content, const struct bpfmmap_region *region);

#endif
