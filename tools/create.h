/* SPDX-License-Identifier: GPL-2.0-only */
/* A region as words describe it, on the command line of create or in a line for apply. */
#ifndef TOOLS_CREATE_H
#define TOOLS_CREATE_H

#include <stdbool.h>
#include <stdint.h>

#include <bpfmmap.h>

#include "args.h"
#include "place.h"

struct create {
	struct place place;
	const char *name, *file;	/* NULL: none */
	uint64_t value_size, max_entries;
	bool freeze;
	struct bpfmmap_create_opts opts;
	struct bpfmmap_publish_opts publish;
};

/* Take NAME and all words behind it. Returns DONE, or USAGE or FAILED after an error message. */
int create_take(struct args *args, struct create *create);

/*
 * Make the region with its bytes, freeze it if that is wanted, and publish it then. Returns the
 * region, or NULL after an error message; then there is none.
 */
struct bpfmmap_region *create_region(struct create *create);

#endif
