/* SPDX-License-Identifier: GPL-2.0-only */
/* How regions stand: asked of themselves, or of their files by who may not open them. */
#ifndef TOOLS_STATE_H
#define TOOLS_STATE_H

#include <stdbool.h>
#include <stdio.h>
#include <bpfmmap.h>
#include <json-c/json.h>

struct state {
	struct bpfmmap_info info;
	__u64 size;		/* of the file */
	bool unopened;		/* of info, only id, bytes, frozen and published are known */
	char **names;		/* all that the caller can find, if they were looked for */
	size_t names_count;
};

/* All regions that the caller may see, by id. */
struct states {
	struct state *entries;
	size_t count;
	bool published_only;	/* for want of privilege */
};

/* Without names to find: 0 or -errno. */
int state_of(const struct bpfmmap_region *region, struct state *state);
/* By its file, of whoever may look into the directory: 0 or -errno, -ENOTTY: that is no region. */
int state_of_file(const char *path, struct state *state);
/* Look for all its names. */
void state_find_names(struct state *state);
void state_free(struct state *state);

/* DONE, or FAILED after having said why. */
int states_get(struct states *states);
void states_free(struct states *states);

struct json_object *state_json(const struct state *state);
struct json_object *states_json(const struct states *states);

/* How it stands now, if JSON is wanted. DONE, or FAILED after having said why. */
int state_say_json(const struct bpfmmap_region *region);

/* A table with a line for each of them, up to rows lines (0: all). */
void states_table(FILE *out, const struct states *states, size_t rows);

/* "frozen", "freezing" or "open" */
const char *state_word(const struct state *state);

/* A name as it may go to a terminal: what is no letter to print is a question mark. */
const char *shown_name(const char *name, char *text, size_t size);

/* A number of bytes for a person: "4.0 KiB". */
const char *human_bytes(__u64 bytes, char *text, size_t size);

#endif
