// SPDX-License-Identifier: GPL-2.0-only
/*
 * How regions stand.
 *
 * Who may walk all regions (root) sees them all. Everybody else sees what is
 * published, in /sys/class/bpfmmap, which says less and asks for no permission.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "output.h"
#include "region_arg.h"
#include "state.h"

int state_of(const struct bpfmmap_region *region, struct state *state)
{
	*state = (struct state) { .info.size = sizeof(state->info) };
	return bpfmmap_region__info(region, &state->info);
}

static int sysfs_number(const char *name, const char *key, unsigned long long *value)
{
	char path[256];
	FILE *file;
	int got;

	snprintf(path, sizeof(path), "/sys/class/bpfmmap/%s/%s", name, key);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	got = fscanf(file, "%llu", value);
	fclose(file);
	return got == 1 ? 0 : -EIO;
}

int state_from_sysfs(const char *name, struct state *state)
{
	unsigned long long id, value_size, max_entries, bytes, frozen, writers, mappings;
	const struct {
		const char *key;
		unsigned long long *value;
	} keys[] = {
		{ "id", &id },
		{ "value_size", &value_size },
		{ "max_entries", &max_entries },
		{ "bytes", &bytes },
		{ "frozen", &frozen },
		{ "writers", &writers },
		{ "mappings", &mappings },
	};
	int error;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		error = sysfs_number(name, keys[i].key, keys[i].value);
		if (error)
			return error;
	}
	*state = (struct state) {
		.info = {
			.id = id,
			.value_size = value_size,
			.max_entries = max_entries,
			.bytes = bytes,
			.frozen = frozen,
			.writers = writers,
			.mappings = mappings,
			.numa_node = -1,
		},
		.from_sysfs = true,
	};
	snprintf(state->info.published, sizeof(state->info.published), "%s", name);
	return 0;
}

static void states_add(struct states *states, const struct state *state)
{
	states->entries = reallocarray(states->entries, states->count + 1, sizeof(*state));
	if (!states->entries)
		abort();
	states->entries[states->count++] = *state;
}

static int add_published(const char *name, void *arg)
{
	struct state state;

	if (!state_from_sysfs(name, &state))	/* or it has just been withdrawn */
		states_add(arg, &state);
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct state *left = a, *right = b;

	return (left->info.id > right->info.id) - (left->info.id < right->info.id);
}

int states_get(struct states *states)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts, .flags = BPFMMAP_F_RDONLY);
	struct bpfmmap_region *region;
	struct state state;
	__u32 id = 0;
	int error;

	*states = (struct states) {};
	if (module_is_there())
		return FAILED;
	while (!(error = bpfmmap_next_id(id, &id))) {
		region = bpfmmap_region__open_id(id, &opts);
		if (!region)
			continue;	/* it was just going */
		if (!state_of(region, &state))
			states_add(states, &state);
		bpfmmap_region__close(region);
	}
	if (error == -ENOENT)
		return DONE;
	if (error != -EPERM && error != -EACCES)
		return fail("can't walk the regions: %s", strerror(-error));
	states->published_only = true;
	error = bpfmmap_each_published(add_published, states);
	if (error)
		return fail("can't list what is published: %s", strerror(-error));
	qsort(states->entries, states->count, sizeof(*states->entries), by_id);
	return DONE;
}

void states_free(struct states *states)
{
	free(states->entries);
}

static void add_number(struct json_object *object, const char *key, __s64 value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

struct json_object *state_json(const struct state *state)
{
	const struct bpfmmap_info *info = &state->info;
	struct json_object *object = json_object_new_object();
	char path[sizeof(BPFMMAP_PUBLISH_DIR) + BPFMMAP_PUBLISH_LEN];

	/* the keys and the order that bpftool has, as far as it goes */
	add_number(object, "id", info->id);
	json_object_object_add(object, "type", json_object_new_string("array"));
	if (info->name[0])
		json_object_object_add(object, "name", json_object_new_string(info->name));
	if (!state->from_sysfs)
		add_number(object, "flags", info->flags);
	add_number(object, "bytes_key", 4);
	add_number(object, "bytes_value", info->value_size);
	add_number(object, "max_entries", info->max_entries);
	add_number(object, "bytes_memlock", info->bytes);
	add_number(object, "frozen", info->frozen);
	add_number(object, "writers", info->writers);
	add_number(object, "mappings", info->mappings);
	if (!state->from_sysfs) {
		add_number(object, "freeze_pending", info->freeze_pending);
		add_number(object, "numa_node", info->numa_node);
		add_number(object, "huge_runs", info->huge_runs);
		add_number(object, "creator_uid", info->creator_uid);
	}
	if (info->published[0]) {
		snprintf(path, sizeof(path), BPFMMAP_PUBLISH_DIR "/%s", info->published);
		json_object_object_add(object, "published",
				       json_object_new_string(info->published));
		json_object_object_add(object, "path", json_object_new_string(path));
	}
	return object;
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
	return state->info.freeze_pending ? "freezing" : "open";
}

void states_table(FILE *out, const struct states *states, size_t rows)
{
	int name_width = strlen("NAME"), published_width = strlen("PUBLISHED"), width;
	const struct bpfmmap_info *info;
	char bytes[32];
	size_t i;

	for (i = 0; i < states->count; i++) {
		info = &states->entries[i].info;
		width = strlen(info->name);
		name_width = width > name_width ? width : name_width;
		width = strlen(info->published);
		published_width = width > published_width ? width : published_width;
	}
	fprintf(out, "%5s  %-*s  %-*s  %10s  %10s  %10s  %8s  %7s  STATE\n", "ID", name_width,
		"NAME", published_width, "PUBLISHED", "VALUE_SIZE", "ENTRIES", "BYTES", "MAPPINGS",
		"WRITERS");
	for (i = 0; i < states->count && (!rows || i < rows); i++) {
		info = &states->entries[i].info;
		fprintf(out, "%5u  %-*s  %-*s  %10u  %10u  %10s  %8llu  %7llu  %s\n", info->id,
			name_width, info->name[0] ? info->name : "-", published_width,
			info->published[0] ? info->published : "-", info->value_size,
			info->max_entries, human_bytes(info->bytes, bytes, sizeof(bytes)),
			(unsigned long long)info->mappings, (unsigned long long)info->writers,
			state_word(&states->entries[i]));
	}
	if (i < states->count)
		fprintf(out, "%5s  and %zu more\n", "", states->count - i);
}
