/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of regions, from the module, or from their files if the caller may not open them. */
#ifndef TOOLS_STATE_H
#define TOOLS_STATE_H

#include <stdbool.h>
#include <stdio.h>
#include <bpfmmap.h>

struct state {
	struct bpfmmap_info info;
	__u64 size;		/* attributes of the file */
	bool unopened;		/* only id, bytes, frozen and published of info are known */
	char **names;		/* all names that the caller can find, if they were searched */
	size_t names_count;
};

/* All regions that the caller may see, sorted by id. */
struct states {
	struct state *entries;
	size_t count;
	bool published_only;	/* the caller had no privilege to walk all */
};

/* Get the state without names. Returns 0 or -errno. */
int state_of(const struct bpfmmap_region *region, struct state *state);
/*
 * Get the state from the file, if the caller may search its directory. Returns 0 or -errno;
 * -ENOTTY if it is not a region.
 */
int state_of_file(const char *path, struct state *state);
/* Search for all its names. Returns DONE, or FAILED after an error message. */
int state_find_names(struct state *state);
void state_free(struct state *state);

/* Returns DONE, or FAILED after an error message. */
int states_get(struct states *states);
void states_free(struct states *states);

/* Print an object, or with state_members_json() its members alone. */
void state_json(const struct state *state);
void state_members_json(const struct state *state);
void states_json(const struct states *states);

/* Print the state if JSON was requested. Returns DONE, or FAILED after an error message. */
int state_say_json(const struct bpfmmap_region *region);

/* Print a table with a line for each region, up to rows lines (0: all). */
void states_table(FILE *out, const struct states *states, size_t rows);

/* "frozen", "freezing" or "open" */
const char *state_word(const struct state *state);

/* "everybody", "processes" or "nobody" */
const char *state_frozen_for(const struct state *state);

/* A number of bytes for a person: "4.0 KiB". */
const char *human_bytes(__u64 bytes, char *text, size_t size);

#endif
