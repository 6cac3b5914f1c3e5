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
#include "module.h"
#include "output.h"
#include "place.h"
#include "publish.h"
#include "state.h"

#define OF_ZEROS	"bpfmmap create NAME value_size N max_entries N"

struct create {
	struct place place;
	const char *name, *file;
	uint64_t value_size, max_entries;
	bool freeze;
	struct bpfmmap_create_opts opts;
	struct bpfmmap_publish_opts publish;
};

static int take_words(struct args *args, struct create *create)
{
	uint64_t number;
	int status = DONE;

	while (!status && args_peek(args)) {
		if (args_take(args, "value_size")) {
			status = args_number(args, "value_size", 1, INT_MAX, &create->value_size);
		} else if (args_take(args, "max_entries")) {
			status = args_number(args, "max_entries", 1, UINT32_MAX,
					     &create->max_entries);
		} else if (args_take(args, "from")) {
			status = args_string(args, "a file", &create->file);
		} else if (args_take(args, "freeze")) {
			create->freeze = true;
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
	flags &= BPFMMAP_F_PROG | BPFMMAP_F_RDONLY_PROG | BPFMMAP_F_WRONLY_PROG;
	return flags & (flags - 1);
}

static int take_create(struct args *args, struct create *create)
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
		return fail("the region is more than all regions together may have; "
			    "bpfmmap stat shows the limits");
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

static int make(struct create *create, struct content *content)
{
	struct bpfmmap_region *region;
	int status = DONE;

	region = bpfmmap_region__create(create->name, create->value_size, create->max_entries,
					&create->opts);
	if (!region)
		return create_error(create, errno);
	if (content)
		status = content_store(content, region);
	if (!status && create->freeze)
		status = freeze_it(region);
	status = status ?: publish_region(region, &create->place, &create->publish);
	status = status ?: state_say_json(region);
	if (!status && !output_is_json())
		puts(create->place.path);
	bpfmmap_region__close(region);
	return status;
}

int do_create(struct args *args)
{
	struct content content;
	struct create create;
	int status;

	status = take_create(args, &create) ?: module_need_device();
	status = status ?: place_need(&create.place);
	/* check the name before a large file is read */
	status = status ?: publish_check(&create.place);
	if (status || !create.file)
		return status ?: make(&create, NULL);
	status = content_open(&content, create.file);
	if (status)
		return status;
	status = content_shape(&content, &create.value_size, &create.max_entries);
	status = status ?: make(&create, &content);
	content_close(&content);
	return status;
}
