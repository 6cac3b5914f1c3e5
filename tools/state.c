// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of regions.
 *
 * A caller who may walk all regions (root) sees all of them. Other callers see the published
 * ones: everything about a region that they may open, and of the others only what stat(2) says
 * of the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "module.h"
#include "output.h"
#include "resources.h"
#include "state.h"
#include "table.h"

int state_of(const struct bpfmmap_region *region, struct state *state)
{
	const struct bpfmmap_info *info = &state->info;
	int error;

	*state = (struct state) { .info.size = sizeof(state->info) };
	error = bpfmmap_region__info(region, &state->info);
	if (error)
		return error;
	state->size = (info->max_entries - 1ULL) * bpfmmap_region__stride(region) +
		      info->value_size;
	return 0;
}

int state_of_file(const char *path, struct state *state)
{
	const __u64 page = sysconf(_SC_PAGESIZE);
	struct statx stx;

	*state = (struct state) {};
	if (statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &stx))
		return -errno;
	if (!S_ISREG(stx.stx_mode) || !module_has_path(path))
		return -ENOTTY;
	*state = (struct state) {
		.info = {
			.id = stx.stx_ino,
			.bytes = (stx.stx_size + page - 1) / page * page,
			.frozen = !!(stx.stx_attributes & STATX_ATTR_IMMUTABLE),
			.numa_node = -1,
		},
		.size = stx.stx_size,
		.unopened = true,
	};
	return 0;
}

static void add_name(struct state *state, const char *name)
{
	char *copy = more_memory(NULL, strlen(name) + 1, 1);

	strcpy(copy, name);
	state->names = more_memory(state->names, state->names_count + 1, sizeof(*state->names));
	state->names[state->names_count] = copy;
	/* the module reports one of several names; this list is sorted */
	if (!state->names_count++)
		snprintf(state->info.published, sizeof(state->info.published), "%s", name);
}

void state_free(struct state *state)
{
	for (size_t i = 0; i < state->names_count; i++)
		free(state->names[i]);
	free(state->names);
}

/* The path of a name in the tree. bpfmmap_each_published() limits its length. */
#define PATH_SIZE	(sizeof(BPFMMAP_PUBLISH_DIR) + 2 * BPFMMAP_PUBLISH_LEN)

static const char *path_of(const char *name, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, BPFMMAP_PUBLISH_DIR "/%s", name);
	return path;
}

static int add_if_its(const char *name, void *arg)
{
	struct state *state = arg;
	char path[PATH_SIZE];
	struct stat st;

	if (!lstat(path_of(name, path), &st) && st.st_ino == state->info.id)
		add_name(state, name);
	return 0;
}

int state_find_names(struct state *state)
{
	int error = module_is_mounted() ? bpfmmap_each_published(add_if_its, state) : 0;

	return error ? fail("can't list what is published: %s", strerror(-error)) : DONE;
}

static struct state *states_add(struct states *states, const struct state *state)
{
	states->entries = more_memory(states->entries, states->count + 1, sizeof(*state));
	states->entries[states->count] = *state;
	return &states->entries[states->count++];
}

/*
 * Get what the caller may know of a region that was found by a name. Returns false if it is
 * gone.
 */
static bool look_at(const char *path, struct state *state)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts, .flags = BPFMMAP_F_RDONLY);
	struct bpfmmap_region *region = bpfmmap_region__open_path(path, &opts);
	bool known;

	if (!region && errno == EACCES) {
		opts.flags = BPFMMAP_F_WRONLY;
		region = bpfmmap_region__open_path(path, &opts);
	}
	if (!region)
		check_used_up("open a region");
	known = region && !state_of(region, state);
	bpfmmap_region__close(region);
	return known || !state_of_file(path, state);
}

static int add_published(const char *name, void *arg)
{
	struct states *states = arg;
	struct state state, *found = NULL;
	char path[PATH_SIZE];
	struct stat st;

	if (lstat(path_of(name, path), &st))
		return 0;	/* the name has just been removed */
	for (size_t i = 0; i < states->count && !found; i++)
		if (states->entries[i].info.id == st.st_ino)
			found = &states->entries[i];
	if (!found && look_at(path, &state))
		found = states_add(states, &state);
	if (found)
		add_name(found, name);
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct state *left = a, *right = b;

	return (left->info.id > right->info.id) - (left->info.id < right->info.id);
}

/* Get all regions. Returns -EPERM or -EACCES if the caller may not walk them. */
static int add_all(struct states *states)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts, .flags = BPFMMAP_F_RDONLY);
	struct bpfmmap_region *region;
	struct state state;
	__u32 id = 0;
	int error;

	/* -ENOENT would end the walk, too */
	if (access(BPFMMAP_DEVICE, F_OK))
		return -EACCES;
	while (!(error = bpfmmap_next_id(id, &id))) {
		region = bpfmmap_region__open_id(id, &opts);
		if (!region && errno != ENOENT)
			return -errno;
		if (!region)
			continue;	/* the region has just ended */
		if (!state_of(region, &state))
			states_add(states, &state);
		bpfmmap_region__close(region);
	}
	return error == -ENOENT ? 0 : error;
}

int states_get(struct states *states)
{
	int error;

	*states = (struct states) {};
	if (module_need_names())
		return FAILED;
	error = add_all(states);
	states->published_only = error == -EPERM || error == -EACCES;
	if (error && !states->published_only)
		return fail("can't walk the regions: %s", strerror(-error));
	error = bpfmmap_each_published(add_published, states);
	if (error)
		return fail("can't list what is published: %s", strerror(-error));
	if (states->count)
		qsort(states->entries, states->count, sizeof(*states->entries), by_id);
	return DONE;
}

void states_free(struct states *states)
{
	for (size_t i = 0; i < states->count; i++)
		state_free(&states->entries[i]);
	free(states->entries);
}

/* One of its names, or NULL. */
static const char *any_name(const struct state *state)
{
	if (state->names_count)
		return state->names[0];
	return state->info.published[0] ? state->info.published : NULL;
}

const char *state_frozen_for(const struct state *state)
{
	/* a module that can't tell freezes for everybody */
	if (state->info.frozen)
		return "everybody";
	return state->info.frozen_for == BPFMMAP_FROZEN_FOR_PROCESSES ? "processes" : "nobody";
}

void state_members_json(const struct state *state)
{
	const struct bpfmmap_info *info = &state->info;
	const char *name = any_name(state);
	char path[PATH_SIZE];

	/* the keys and the order of bpftool, where bpftool has them */
	json_unsigned("id", info->id);
	json_string("type", "array");
	if (info->name[0])
		json_string("name", info->name);
	if (!state->unopened)
		json_unsigned("flags", info->flags);
	json_unsigned("bytes_key", 4);
	if (!state->unopened) {
		json_unsigned("bytes_value", info->value_size);
		json_unsigned("max_entries", info->max_entries);
	}
	json_unsigned("bytes_memlock", info->bytes);
	json_unsigned("bytes_file", state->size);
	json_unsigned("frozen", info->frozen);
	if (!state->unopened) {
		json_unsigned("writers", info->writers);
		json_unsigned("mappings", info->mappings);
		json_unsigned("freeze_pending", info->freeze_pending);
		json_unsigned("revoked", info->revoked);
		json_string("frozen_for", state_frozen_for(state));
		json_signed("numa_node", info->numa_node);
		json_unsigned("huge_runs", info->huge_runs);
		json_unsigned("creator_uid", info->creator_uid);
	}
	if (!name)
		return;
	json_string("published", name);
	json_string("path", path_of(name, path));
	if (state->names_count > 1) {
		json_array_begin("names");
		for (size_t i = 0; i < state->names_count; i++)
			json_string(NULL, state->names[i]);
		json_array_end();
	}
}

void state_json(const struct state *state)
{
	json_object_begin(NULL);
	state_members_json(state);
	json_object_end();
}

int state_say_json(const struct bpfmmap_region *region)
{
	struct state state;
	int error;

	if (!output_is_json())
		return DONE;
	error = state_of(region, &state);
	if (error)
		return fail("can't get the state of the region: %s", strerror(-error));
	state_json(&state);
	return DONE;
}

void states_json(const struct states *states)
{
	json_array_begin(NULL);
	for (size_t i = 0; i < states->count; i++)
		state_json(&states->entries[i]);
	json_array_end();
}

const char *human_bytes(__u64 bytes, char *text, size_t size)
{
	static const char * const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB" };
	double value = bytes / 1024.0;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(text, size, "%llu B", (unsigned long long)bytes);
		return text;
	}
	while (value >= 1023.95 && unit < ARRAY_SIZE(units) - 1) {
		value /= 1024;
		unit++;
	}
	snprintf(text, size, "%.1f %s", value, units[unit]);
	return text;
}

const char *state_word(const struct state *state)
{
	if (state->info.frozen)
		return "frozen";
	if (state->info.frozen_for == BPFMMAP_FROZEN_FOR_PROCESSES)
		return "frozen for processes";
	return state->info.freeze_pending ? "freezing" : "open";
}

static void print_row(struct table *table, const struct state *state)
{
	const struct bpfmmap_info *info = &state->info;
	char bytes[32];

	table_cell(table, "%u", info->id);
	table_cell(table, "%s", info->name[0] ? info->name : "-");
	table_text(table, "%s", any_name(state) ?: "-");
	for (size_t i = 1; i < state->names_count; i++)
		table_text(table, ",%s", state->names[i]);
	table_end_cell(table);
	if (state->unopened) {
		table_cell(table, "-");
		table_cell(table, "-");
	} else {
		table_cell(table, "%u", info->value_size);
		table_cell(table, "%u", info->max_entries);
	}
	table_cell(table, "%s", human_bytes(info->bytes, bytes, sizeof(bytes)));
	if (state->unopened) {
		table_cell(table, "-");
		table_cell(table, "-");
	} else {
		table_cell(table, "%llu", (unsigned long long)info->mappings);
		table_cell(table, "%llu", (unsigned long long)info->writers);
	}
	table_cell(table, "%s", state_word(state));
}

void states_table(FILE *out, const struct states *states, size_t rows)
{
	static const struct column columns[] = {
		{ "ID", 5 }, { "NAME", 0 }, { "PUBLISHED", 0 }, { "VALUE_SIZE", 10 },
		{ "ENTRIES", 10 }, { "BYTES", 10 }, { "MAPPINGS", 8 },
		{ "WRITERS", 7 }, { "STATE", 0 },
	};
	const size_t shown = rows && rows < states->count ? rows : states->count;
	struct table table;

	table_begin(&table, out, columns, ARRAY_SIZE(columns));
	do {
		for (size_t i = 0; i < shown; i++)
			print_row(&table, &states->entries[i]);
	} while (table_again(&table));
	if (shown < states->count)
		fprintf(out, "%5s  and %zu more\n", "", states->count - shown);
}
