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

#include "array.h"
#include "commands.h"
#include "module.h"
#include "output.h"
#include "resources.h"
#include "state.h"
#include "table.h"

#define MAX_OPEN_DIRECTORIES	16

struct totals {
	unsigned long long regions, bytes, largest, published, names, frozen, mappings, writers;
	unsigned long long max_regions, max_total_bytes, max_region_bytes, max_published;
	unsigned long long memory_total, memory_available;
};

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
	if (nftw(BPFMMAP_PUBLISH_DIR, count_entry, MAX_OPEN_DIRECTORIES, FTW_PHYS | FTW_MOUNT) < 0)
		check_used_up("walk through " BPFMMAP_PUBLISH_DIR);
	return entries;
}

static void add_up(const struct states *states, struct totals *totals)
{
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
	if (states->published_only)
		module_usage(&totals->regions, &totals->bytes);
	totals->names = count_names();
	totals->max_region_bytes = module_parameter("max_region_bytes");
	totals->max_total_bytes = module_parameter("max_total_bytes");
	totals->max_regions = module_parameter("max_regions");
	totals->max_published = module_parameter("max_published");
	totals->memory_total = 1024 * number_in("/proc/meminfo", "MemTotal: %llu");
	totals->memory_available = available_memory();
}

static void totals_json(const struct totals *totals, bool published_only)
{
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

	json_object_begin(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		json_unsigned(numbers[i].key, numbers[i].value);
	json_boolean("published_only", published_only);
	json_object_end();
}

/* One line: an amount, and the limit. */
static void print_count(struct table *table, const char *what, unsigned long long count,
			const char *limit)
{
	table_cell(table, "%s", what);
	table_cell(table, "%llu", count);
	table_cell(table, "%s", limit);
}

static void print_bytes(struct table *table, const char *what, unsigned long long bytes,
			const char *limit)
{
	char is[32];

	table_cell(table, "%s", what);
	table_cell(table, "%s", human_bytes(bytes, is, sizeof(is)));
	table_cell(table, "%s", limit);
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

static void print_rows(struct table *table, const struct totals *totals)
{
	char limit[80], total[32];

	print_count(table, "regions", totals->regions,
		    count_limit(totals->max_regions, limit, sizeof(limit)));
	print_bytes(table, "bytes", totals->bytes,
		    bytes_limit(totals->max_total_bytes, limit, sizeof(limit)));
	print_bytes(table, "largest", totals->largest,
		    bytes_limit(totals->max_region_bytes, limit, sizeof(limit)));
	print_count(table, "published", totals->published, "");
	print_count(table, "names", totals->names,
		    names_limit(totals->max_published, limit, sizeof(limit)));
	print_count(table, "frozen", totals->frozen, "");
	print_count(table, "mappings", totals->mappings, "");
	print_count(table, "writers", totals->writers, "");
	snprintf(limit, sizeof(limit), "available of %s",
		 human_bytes(totals->memory_total, total, sizeof(total)));
	print_bytes(table, "memory", totals->memory_available, limit);
}

static void print(const struct totals *totals)
{
	static const struct column columns[] = { { NULL, -11 }, { NULL, 10 }, { NULL, 0 } };
	struct table table;

	table_begin(&table, stdout, columns, ARRAY_SIZE(columns));
	do {
		print_rows(&table, totals);
	} while (table_again(&table));
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
		totals_json(&totals, states.published_only);
	} else {
		print(&totals);
		if (states.published_only)
			puts("Regions and bytes count all regions, the other lines published ones; "
			     "root sees all.");
	}
	states_free(&states);
	return DONE;
}
