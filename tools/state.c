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
#include "state.h"

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
	state->names = reallocarray(state->names, state->names_count + 1, sizeof(*state->names));
	if (!state->names)
		abort();
	state->names[state->names_count] = strdup(name);
	if (!state->names[state->names_count])
		abort();
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

void state_find_names(struct state *state)
{
	if (module_is_mounted())
		bpfmmap_each_published(add_if_its, state);
}

static struct state *states_add(struct states *states, const struct state *state)
{
	states->entries = reallocarray(states->entries, states->count + 1, sizeof(*state));
	if (!states->entries)
		abort();
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

static void add_number(struct json_object *object, const char *key, __s64 value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

/* One of its names, or NULL. */
static const char *any_name(const struct state *state)
{
	if (state->names_count)
		return state->names[0];
	return state->info.published[0] ? state->info.published : NULL;
}

static const char *frozen_for(const struct bpfmmap_info *info)
{
	/* a module that can't tell freezes for everybody */
	if (info->frozen)
		return "everybody";
	return info->frozen_for == BPFMMAP_FROZEN_FOR_PROCESSES ? "processes" : "nobody";
}

struct json_object *state_json(const struct state *state)
{
	const struct bpfmmap_info *info = &state->info;
	struct json_object *object = json_object_new_object(), *names;
	const char *name = any_name(state);
	char path[PATH_SIZE];

	/* the keys and the order of bpftool, where bpftool has them */
	add_number(object, "id", info->id);
	json_object_object_add(object, "type", json_object_new_string("array"));
	if (info->name[0])
		json_object_object_add(object, "name", json_object_new_string(info->name));
	if (!state->unopened)
		add_number(object, "flags", info->flags);
	add_number(object, "bytes_key", 4);
	if (!state->unopened) {
		add_number(object, "bytes_value", info->value_size);
		add_number(object, "max_entries", info->max_entries);
	}
	add_number(object, "bytes_memlock", info->bytes);
	add_number(object, "bytes_file", state->size);
	add_number(object, "frozen", info->frozen);
	if (!state->unopened) {
		add_number(object, "writers", info->writers);
		add_number(object, "mappings", info->mappings);
		add_number(object, "freeze_pending", info->freeze_pending);
		add_number(object, "revoked", info->revoked);
		json_object_object_add(object, "frozen_for",
				       json_object_new_string(frozen_for(info)));
		add_number(object, "numa_node", info->numa_node);
		add_number(object, "huge_runs", info->huge_runs);
		add_number(object, "creator_uid", info->creator_uid);
	}
	if (!name)
		return object;
	json_object_object_add(object, "published", json_object_new_string(name));
	json_object_object_add(object, "path", json_object_new_string(path_of(name, path)));
	if (state->names_count > 1) {
		names = json_object_new_array();
		for (size_t i = 0; i < state->names_count; i++)
			json_object_array_add(names, json_object_new_string(state->names[i]));
		json_object_object_add(object, "names", names);
	}
	return object;
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
	output_json(state_json(&state));
	return DONE;
}

struct json_object *states_json(const struct states *states)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < states->count; i++)
		json_object_array_add(array, state_json(&states->entries[i]));
	return array;
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

const char *shown_name(const char *name, char *text, size_t size)
{
	size_t i;

	for (i = 0; name[i] && i + 1 < size; i++)
		text[i] = (unsigned char)name[i] < ' ' || name[i] == 0x7f ? '?' : name[i];
	text[i] = 0;
	return text;
}

/* All its names, for a column. The caller frees the result. */
static char *names_column(const struct state *state)
{
	const char *name = any_name(state);
	char text[PATH_SIZE], *column;
	size_t size;
	FILE *file = open_memstream(&column, &size);

	if (!file)
		abort();
	fputs(name ? shown_name(name, text, sizeof(text)) : "-", file);
	for (size_t i = 1; i < state->names_count; i++)
		fprintf(file, ",%s", shown_name(state->names[i], text, sizeof(text)));
	fclose(file);
	return column;
}

static void print_row(FILE *out, const struct state *state, int name_width,
		      const char *names, int names_width)
{
	const struct bpfmmap_info *info = &state->info;
	char bytes[32];

	human_bytes(info->bytes, bytes, sizeof(bytes));
	fprintf(out, "%5u  %-*s  %-*s  ", info->id, name_width, info->name[0] ? info->name : "-",
		names_width, names);
	if (state->unopened)
		fprintf(out, "%10s  %10s  %10s  %8s  %7s  %s\n", "-", "-", bytes, "-", "-",
			state_word(state));
	else
		fprintf(out, "%10u  %10u  %10s  %8llu  %7llu  %s\n", info->value_size,
			info->max_entries, bytes, (unsigned long long)info->mappings,
			(unsigned long long)info->writers, state_word(state));
}

static int wider(int width, const char *text)
{
	int length = strlen(text);

	return length > width ? length : width;
}

void states_table(FILE *out, const struct states *states, size_t rows)
{
	int name_width = strlen("NAME"), names_width = strlen("PUBLISHED");
	char **columns = calloc(states->count + 1, sizeof(*columns));
	size_t i;

	if (!columns)
		abort();
	for (i = 0; i < states->count; i++) {
		columns[i] = names_column(&states->entries[i]);
		name_width = wider(name_width, states->entries[i].info.name);
		names_width = wider(names_width, columns[i]);
	}
	fprintf(out, "%5s  %-*s  %-*s  %10s  %10s  %10s  %8s  %7s  STATE\n", "ID", name_width,
		"NAME", names_width, "PUBLISHED", "VALUE_SIZE", "ENTRIES", "BYTES", "MAPPINGS",
		"WRITERS");
	for (i = 0; i < states->count && (!rows || i < rows); i++)
		print_row(out, &states->entries[i], name_width, columns[i], names_width);
	if (i < states->count)
		fprintf(out, "%5s  and %zu more\n", "", states->count - i);
	for (i = 0; i < states->count; i++)
		free(columns[i]);
	free(columns);
}
