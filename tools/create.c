// SPDX-License-Identifier: GPL-2.0-only
/*
 * create: a region with a name, of zeros or with the bytes of a file.
 *
 * A region ends when it has no name and nobody has it open or mapped. So this command has to
 * publish the region before it ends. It does that last: nobody sees a region that is half
 * full, and an error leaves no region behind.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "commands.h"
#include "content.h"
#include "create.h"
#include "module.h"
#include "output.h"
#include "publish.h"
#include "state.h"

#define FOR_PROGRAMS	(BPFMMAP_F_PROG | BPFMMAP_F_RDONLY_PROG | BPFMMAP_F_WRONLY_PROG)
#define OF_ZEROS	"bpfmmap create NAME value_size N max_entries N"

/* Check that a word has not been taken before. seen: bits of those that have been. */
static int take_once(const char *word, unsigned int *seen)
{
	static const char * const words[] = {
		"value_size", "max_entries", "from", "freeze", "name", "numa_node", "populate",
		"prog", "rdonly_prog", "wronly_prog",
	};
	unsigned int before = *seen;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i]))
			*seen |= 1U << i;
		else
			before &= ~(1U << i);
	return before ? usage_error("%s may be given once; see: bpfmmap help create", word) : DONE;
}

static int take_words(struct args *args, struct create *create)
{
	unsigned int seen = 0;
	uint64_t number;
	int status = DONE;

	while (!status && args_peek(args)) {
		status = take_once(args_peek(args), &seen);
		if (status)
			return status;
		if (args_take(args, "value_size")) {
			status = args_size(args, "value_size", 1, INT_MAX, &create->value_size);
		} else if (args_take(args, "max_entries")) {
			status = args_number(args, "max_entries", 1, UINT32_MAX,
					     &create->max_entries);
		} else if (args_take(args, "from")) {
			status = args_string(args, "a file", &create->file);
		} else if (args_take(args, "freeze")) {
			create->freeze = !args_take(args, "no");
			if (create->freeze)
				args_take(args, "yes");
		} else if (args_take(args, "name")) {
			status = args_string(args, "a name", &create->name);
		} else if (args_take(args, "numa_node")) {
			status = args_number(args, "numa_node", 0, INT_MAX, &number);
			create->opts.flags |= BPFMMAP_F_NUMA_NODE;
			create->opts.numa_node = number;
		} else if (args_take(args, "populate")) {
			create->opts.flags |= BPFMMAP_F_POPULATE;
		} else if (args_take(args, "prog")) {
			create->opts.flags |= BPFMMAP_F_PROG;
		} else if (args_take(args, "rdonly_prog")) {
			create->opts.flags |= BPFMMAP_F_RDONLY_PROG;
		} else if (args_take(args, "wronly_prog")) {
			create->opts.flags |= BPFMMAP_F_WRONLY_PROG;
		} else if (!publish_take_option(args, &create->publish, &status)) {
			status = args_end(args);
		}
	}
	return status;
}

/* BPF programs read and write, or they only read, or they only write. */
static bool is_for_programs_twice(__u32 flags)
{
	flags &= FOR_PROGRAMS;
	return flags & (flags - 1);
}

int create_take(struct args *args, struct create *create)
{
	static const char * const words[] = { "value_size", "max_entries", "from" };
	int status;

	*create = (struct create) {
		.opts.sz = sizeof(create->opts),
		.publish.sz = sizeof(create->publish),
	};
	status = place_take(args, &create->place);
	if (status)
		return status;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(create->place.text, words[i]))
			return usage_error("create lacks a name; without one it ends at once; "
					   OF_ZEROS);
	status = take_words(args, create);
	if (status)
		return status;
	if (is_for_programs_twice(create->opts.flags))
		return usage_error("prog, rdonly_prog and wronly_prog exclude each other");
	if (create->file && create->max_entries)
		return usage_error("the number of entries comes from the file; "
				   "leave max_entries out");
	if (!create->file && (!create->value_size || !create->max_entries))
		return usage_error("create lacks %s; " OF_ZEROS,
				   create->value_size ? "max_entries" : "value_size");
	return DONE;
}

static int over_regions(unsigned long long regions, unsigned long long max)
{
	char text[128];

	snprintf(text, sizeof(text), "the number of regions is %llu, and max_regions allows %llu",
		 regions, max);
	return fail("%s, the last eighth of them for root alone; "
		    "withdraw some, or ask root to raise it in " MODULE_PARAMETERS, text);
}

/*
 * Say which limit a region would be over. The module gives one error for all of them, and keeps
 * the last eighth of a limit for root.
 */
static int no_room(const struct create *create)
{
	const unsigned long long max_regions = module_parameter("max_regions"),
				 max_bytes = module_parameter("max_total_bytes"),
				 bytes = create->max_entries * ((create->value_size + 7) / 8 * 8);
	unsigned long long regions, used;

	module_usage(&regions, &used);
	for (int kept = 0; kept <= 1; kept++) {
		if (max_bytes && used + bytes > max_bytes - kept * (max_bytes / 8))
			break;
		if (max_regions && regions + 1 > max_regions - kept * (max_regions / 8))
			return over_regions(regions, max_regions);
		if (kept && create->opts.flags & FOR_PROGRAMS)
			return fail("there are too many regions for BPF programs; "
				    "there may be 4096, and one user may have a quarter of them");
	}
	return fail("the region is more than all regions together may have; "
		    "bpfmmap stat shows the limits");
}

static int create_error(const struct create *create, int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return fail("you may not open " BPFMMAP_DEVICE
			    "; its group may, see bpfmmap doctor");
	case E2BIG:
		return fail("%llu values of %llu bytes are more than a region may have; "
			    "bpfmmap stat shows the limit",
			    (unsigned long long)create->max_entries,
			    (unsigned long long)create->value_size);
	case ENOSPC:
		return no_room(create);
	case ENOMEM:
		return fail("there is not enough memory for %llu values of %llu bytes; "
			    "bpfmmap stat shows how much there is",
			    (unsigned long long)create->max_entries,
			    (unsigned long long)create->value_size);
	case ENAMETOOLONG:
	case EINVAL:
		if (create->name && all_digits(create->name))
			return fail("can't create the region; "
				    "its name '%s' is digits alone, and those mean an id",
				    create->name);
		if (create->name)
			return fail("can't create the region; numa_node must be an online node; "
				    "a name has up to %d characters of A-Z a-z 0-9 _ .",
				    BPFMMAP_NAME_LEN - 1);
		return fail("can't create the region; numa_node must be an online node");
	default:
		return fail("can't create a region: %s", strerror(error));
	}
}

static int freeze_it(const struct bpfmmap_region *region)
{
	int error = bpfmmap_region__freeze(region);

	return error ? fail("can't freeze the region: %s", strerror(-error)) : DONE;
}

static struct bpfmmap_region *make(struct create *create, struct content *content)
{
	struct bpfmmap_region *region;
	int status = DONE;

	region = bpfmmap_region__create(create->name, create->value_size, create->max_entries,
					&create->opts);
	if (!region) {
		create_error(create, errno);
		return NULL;
	}
	if (content)
		status = content_store(content, region);
	if (!status && create->freeze)
		status = freeze_it(region);
	status = status ?: publish_region(region, &create->place, &create->publish);
	if (!status)
		return region;
	bpfmmap_region__close(region);
	return NULL;
}

struct bpfmmap_region *create_region(struct create *create)
{
	struct bpfmmap_region *region = NULL;
	struct content content;

	/* check the name before a large file is read */
	if (module_need_device() || place_need(&create->place) || publish_check(&create->place))
		return NULL;
	if (!create->file)
		return make(create, NULL);
	if (content_open(&content, create->file))
		return NULL;
	if (!content_shape(&content, &create->value_size, &create->max_entries))
		region = make(create, &content);
	content_close(&content);
	return region;
}

int do_create(struct args *args)
{
	struct bpfmmap_region *region;
	struct create create;
	int status = create_take(args, &create);

	if (status)
		return status;
	region = create_region(&create);
	if (!region)
		return FAILED;
	status = state_say_json(region);
	if (!status && !output_is_json())
		puts(create.place.path);
	bpfmmap_region__close(region);
	return status;
}
