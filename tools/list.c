// SPDX-License-Identifier: GPL-2.0-only
/* list: all regions that the caller may see. stat: what they come to, and the limits. */
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "commands.h"
#include "output.h"
#include "state.h"

/* What of all regions only root is told. */
static void say_published_only(const struct states *states)
{
	if (states->published_only && !output_is_json())
		puts("Only what is published; root sees all.");
}

int do_list(struct args *args)
{
	struct states states;
	int status = args_end(args);

	status = status ?: states_get(&states);
	if (status)
		return status;
	if (output_is_json()) {
		output_json(states_json(&states));
	} else if (states.count) {
		states_table(stdout, &states, 0);
		say_published_only(&states);
	} else {
		puts(states.published_only ? "Nothing is published; root sees all regions." :
		     "There are no regions.");
	}
	states_free(&states);
	return DONE;
}

/* One number of a file like /proc/meminfo, or of one that is a number; 0 if there is none. */
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

/* One line: what there is, of how much. */
static void stat_line(const char *what, const char *is, const char *limit)
{
	printf("%-12s %10s%s%s\n", what, is, *limit ? "  " : "", limit);
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

static const char *count_text(unsigned long long count, char *text, size_t size)
{
	snprintf(text, size, "%llu", count);
	return text;
}

int do_stat(struct args *args)
{
	unsigned long long bytes = 0, largest = 0, published = 0, frozen = 0;
	unsigned long long mappings = 0, writers = 0, total, available;
	unsigned long long max_region_bytes, max_total_bytes, max_regions, max_published;
	struct json_object *object;
	struct states states;
	char is[32], limit[64];
	int status = args_end(args);

	status = status ?: states_get(&states);
	if (status)
		return status;
	for (size_t i = 0; i < states.count; i++) {
		const struct bpfmmap_info *info = &states.entries[i].info;

		bytes += info->bytes;
		largest = info->bytes > largest ? info->bytes : largest;
		published += !!info->published[0];
		frozen += !!info->frozen;
		mappings += info->mappings;
		writers += info->writers;
	}
	max_region_bytes = parameter("max_region_bytes");
	max_total_bytes = parameter("max_total_bytes");
	max_regions = parameter("max_regions");
	max_published = parameter("max_published");
	total = 1024 * number_in("/proc/meminfo", "MemTotal: %llu");
	available = 1024 * number_in("/proc/meminfo", "MemAvailable: %llu");

	if (output_is_json()) {
		const struct {
			const char *key;
			unsigned long long value;
		} numbers[] = {
			{ "regions", states.count },
			{ "bytes", bytes },
			{ "largest_bytes", largest },
			{ "published", published },
			{ "frozen", frozen },
			{ "mappings", mappings },
			{ "writers", writers },
			{ "max_regions", max_regions },
			{ "max_total_bytes", max_total_bytes },
			{ "max_region_bytes", max_region_bytes },
			{ "max_published", max_published },
			{ "memory_total", total },
			{ "memory_available", available },
		};

		object = json_object_new_object();
		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
			json_object_object_add(object, numbers[i].key,
					       json_object_new_int64(numbers[i].value));
		json_object_object_add(object, "published_only",
				       json_object_new_boolean(states.published_only));
		output_json(object);
	} else {
		stat_line("regions", count_text(states.count, is, sizeof(is)),
			  count_limit(max_regions, limit, sizeof(limit)));
		stat_line("bytes", human_bytes(bytes, is, sizeof(is)),
			  bytes_limit(max_total_bytes, limit, sizeof(limit)));
		stat_line("largest", human_bytes(largest, is, sizeof(is)),
			  bytes_limit(max_region_bytes, limit, sizeof(limit)));
		stat_line("published", count_text(published, is, sizeof(is)),
			  count_limit(max_published, limit, sizeof(limit)));
		stat_line("frozen", count_text(frozen, is, sizeof(is)), "");
		stat_line("mappings", count_text(mappings, is, sizeof(is)), "");
		stat_line("writers", count_text(writers, is, sizeof(is)), "");
		snprintf(limit, sizeof(limit), "available of ");
		human_bytes(total, limit + strlen(limit), sizeof(limit) - strlen(limit));
		stat_line("memory", human_bytes(available, is, sizeof(is)), limit);
		say_published_only(&states);
	}
	states_free(&states);
	return DONE;
}
