/* SPDX-License-Identifier: GPL-2.0-only */
/* How regions stand: asked of themselves, or of sysfs by who may not open them. */
#ifndef TOOLS_STATE_H
#define TOOLS_STATE_H

#include <stdbool.h>
#include <stdio.h>
#include <bpfmmap.h>
#include <json-c/json.h>

struct state {
	struct bpfmmap_info info;
	bool from_sysfs;	/* no name, and no other number than sysfs has */
};

/* All regions that the caller may see, by id. */
struct states {
	struct state *entries;
	size_t count;
	bool published_only;	/* for want of privilege */
};

int state_of(const struct bpfmmap_region *region, struct state *state);
/* Of what is published as name; -errno. */
int state_from_sysfs(const char *name, struct state *state);

/* DONE, or FAILED after having said why. */
int states_get(struct states *states);
void states_free(struct states *states);

struct json_object *state_json(const struct state *state);
struct json_object *states_json(const struct states *states);

/* A table with a line for each of them, up to rows lines (0: all). */
void states_table(FILE *out, const struct states *states, size_t rows);

/* "frozen", "freezing" or "open" */
const char *state_word(const struct state *state);

/* A number of bytes for a person: "4.0 KiB". */
const char *human_bytes(__u64 bytes, char *text, size_t size);

#endif
