// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat: totals of all regions, and the limits.
 *
 * Everybody may see the number of regions and their bytes (statfs(2)). The other totals are
 * sums over the regions that the caller may see.
 */
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "array.h"
#include "commands.h"
#include "output.h"
#include "state.h"

#define MAX_OPEN_DIRECTORIES	16

struct totals {
	unsigned long long regions, bytes, largest, published, names, frozen, mappings, writers;
	unsigned long long max_regions, max_total_bytes, max_region_bytes, max_published;
	unsigned long long memory_total, memory_available;
};

/*
 * Read one number from a file like /proc/meminfo, or from a file that has only a number.
 * Returns 0 if there is none.
 */
static unsigned long long number_in(const char *path, const char *format)
{
	unsigned long long value = 0;
	char line[256];
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, format, &value) == 1)
			break;
	fclose(file);
	return value;
}

static unsigned long long parameter(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/bpfmmap/parameters/%s", name);
	return number_in(path, "%llu");
}

/* The number of directory entries below the root, which max_published limits. */
static unsigned long long entries;

static int count_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)path;
	(void)st;
	(void)type;
	entries += at->level > 0;
	return 0;
}

static unsigned long long count_names(void)
{
	entries = 0;
	nftw(BPFMMAP_PUBLISH_DIR, count_entry, MAX_OPEN_DIRECTORIES, FTW_PHYS | FTW_MOUNT);
	return entries;
}

static void add_up(const struct states *states, struct totals *totals)
{
	struct statvfs fs;

	*totals = (struct totals) { .regions = states->count };
	for (size_t i = 0; i < states->count; i++) {
		const struct bpfmmap_info *info = &states->entries[i].info;

		totals->bytes += info->bytes;
		totals->largest = info->bytes > totals->largest ? info->bytes : totals->largest;
		totals->published += !!info->published[0];
		totals->frozen += !!info->frozen;
		totals->mappings += info->mappings;
		totals->writers += info->writers;
	}
	if (states->published_only && !statvfs(BPFMMAP_PUBLISH_DIR, &fs)) {
		totals->regions = fs.f_files - fs.f_ffree;
		totals->bytes = (fs.f_blocks - fs.f_bfree) * fs.f_frsize;
	}
	totals->names = count_names();
	totals->max_region_bytes = parameter("max_region_bytes");
	totals->max_total_bytes = parameter("max_total_bytes");
	totals->max_regions = parameter("max_regions");
	totals->max_published = parameter("max_published");
	totals->memory_total = 1024 * number_in("/proc/meminfo", "MemTotal: %llu");
	totals->memory_available = 1024 * number_in("/proc/meminfo", "MemAvailable: %llu");
}

static struct json_object *totals_json(const struct totals *totals, bool published_only)
{
	struct json_object *object = json_object_new_object();
	const struct {
		const char *key;
		unsigned long long value;
	} numbers[] = {
		{ "regions", totals->regions },
		{ "bytes", totals->bytes },
		{ "largest_bytes", totals->largest },
		{ "published", totals->published },
		{ "names", totals->names },
		{ "frozen", totals->frozen },
		{ "mappings", totals->mappings },
		{ "writers", totals->writers },
		{ "max_regions", totals->max_regions },
		{ "max_total_bytes", totals->max_total_bytes },
		{ "max_region_bytes", totals->max_region_bytes },
		{ "max_published", totals->max_published },
		{ "memory_total", totals->memory_total },
		{ "memory_available", totals->memory_available },
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		json_object_object_add(object, numbers[i].key,
				       json_object_new_int64(numbers[i].value));
	json_object_object_add(object, "published_only", json_object_new_boolean(published_only));
	return object;
}

/* Print one line: an amount, and the limit. */
static void print_line(const char *what, const char *is, const char *limit)
{
	printf("%-12s %10s%s%s\n", what, is, *limit ? "  " : "", limit);
}

static void print_count(const char *what, unsigned long long count, const char *limit)
{
	char is[32];

	snprintf(is, sizeof(is), "%llu", count);
	print_line(what, is, limit);
}

static void print_bytes(const char *what, unsigned long long bytes, const char *limit)
{
	char is[32];

	print_line(what, human_bytes(bytes, is, sizeof(is)), limit);
}

static const char *count_limit(unsigned long long limit, char *text, size_t size)
{
	if (limit)
		snprintf(text, size, "of at most %llu", limit);
	else
		snprintf(text, size, "no limit");
	return text;
}

static const char *bytes_limit(unsigned long long limit, char *text, size_t size)
{
	char human[32];

	if (limit)
		snprintf(text, size, "of at most %s", human_bytes(limit, human, sizeof(human)));
	else
		snprintf(text, size, "no limit");
	return text;
}

/* Without CAP_SYS_RESOURCE a user may have a quarter of the names. */
static const char *names_limit(unsigned long long limit, char *text, size_t size)
{
	if (limit)
		snprintf(text, size, "of at most %llu, %llu of them a user's", limit,
			 limit / 4 ?: 1);
	else
		snprintf(text, size, "no limit");
	return text;
}

static void print(const struct totals *totals)
{
	char limit[80], total[32];

	print_count("regions", totals->regions,
		    count_limit(totals->max_regions, limit, sizeof(limit)));
	print_bytes("bytes", totals->bytes,
		    bytes_limit(totals->max_total_bytes, limit, sizeof(limit)));
	print_bytes("largest", totals->largest,
		    bytes_limit(totals->max_region_bytes, limit, sizeof(limit)));
	print_count("published", totals->published, "");
	print_count("names", totals->names,
		    names_limit(totals->max_published, limit, sizeof(limit)));
	print_count("frozen", totals->frozen, "");
	print_count("mappings", totals->mappings, "");
	print_count("writers", totals->writers, "");
	snprintf(limit, sizeof(limit), "available of %s",
		 human_bytes(totals->memory_total, total, sizeof(total)));
	print_bytes("memory", totals->memory_available, limit);
}

int do_stat(struct args *args)
{
	struct states states;
	struct totals totals;
	int status = args_end(args);

	status = status ?: states_get(&states);
	if (status)
		return status;
	add_up(&states, &totals);
	if (output_is_json()) {
		output_json(totals_json(&totals, states.published_only));
	} else {
		print(&totals);
		if (states.published_only)
			puts("Regions and bytes count all regions, the other lines published ones; "
			     "root sees all.");
	}
	states_free(&states);
	return DONE;
}
