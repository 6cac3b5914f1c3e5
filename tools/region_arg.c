// SPDX-License-Identifier: GPL-2.0-only
/*
 * REGION on the command line.
 *
 * Short forms are told apart by their letters alone: digits are an id, a slash makes
 * a path, all else is a name. A name is first looked for among the published ones,
 * which are unique; then, with the privilege to walk all regions, among the names
 * that regions were created with, which are not.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names.h"
#include "output.h"
#include "region_arg.h"

int region_arg_parse(struct args *args, struct region_arg *arg)
{
	uint64_t id;
	int status = DONE;

	memset(arg, 0, sizeof(*arg));
	if (!args_peek(args))
		return usage_error("%s lacks a region; "
				   "give its id, its name or its path: bpfmmap help %s",
				   args->command, args->command);
	if (args_take(args, "id")) {
		status = args_number(args, "id", 1, INT_MAX, &id);
		arg->by = BY_ID;
		arg->id = id;
		return status;
	}
	if (args_take(args, "name")) {
		arg->by = BY_NAME;
		return args_string(args, "a name", &arg->text);
	}
	if (args_take(args, "path")) {
		arg->by = BY_PATH;
		return args_string(args, "a path", &arg->text);
	}
	arg->text = args_next(args);
	if (!*arg->text)
		return usage_error("a region's name can't be empty; "
				   "bpfmmap list shows the regions");
	if (strchr(arg->text, '/')) {
		arg->by = BY_PATH;
	} else if (arg->text[strspn(arg->text, "0123456789")]) {
		arg->by = BY_NAME;
	} else {
		arg->by = BY_ID;
		args->words--;
		status = args_number(args, "id", 1, INT_MAX, &id);
		arg->id = id;
	}
	return status;
}

int module_is_there(void)
{
	if (!access(BPFMMAP_DEVICE, F_OK))
		return DONE;
	return fail("there is no " BPFMMAP_DEVICE "; modprobe bpfmmap, as root; "
		    "bpfmmap doctor if that fails");
}

static struct bpfmmap_region *open_id(__u32 id, __u32 flags)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts, .flags = flags);
	struct bpfmmap_region *region = bpfmmap_region__open_id(id, &opts);

	if (region)
		return region;
	switch (errno) {
	case ENOENT:
		fail("there is no region with id %u; bpfmmap list shows those that there are", id);
		break;
	case EPERM:
	case EACCES:
		fail("to open a region by its id takes root; a published one opens by its name");
		break;
	default:
		fail("can't open the region with id %u: %s", id, strerror(errno));
	}
	return NULL;
}

/* By the name that it was created with. */
static struct bpfmmap_region *open_created_name(const char *name, __u32 flags)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts, .flags = BPFMMAP_F_RDONLY);
	__u32 id = 0, found = 0, count = 0;
	struct bpfmmap_region *region;
	char ids[128] = "";
	size_t used = 0;
	int error;

	while (!(error = bpfmmap_next_id(id, &id))) {
		region = bpfmmap_region__open_id(id, &opts);
		if (!region)
			continue;	/* it was just going */
		if (!strcmp(bpfmmap_region__name(region), name)) {
			found = id;
			count++;
			if (used < sizeof(ids))
				used += snprintf(ids + used, sizeof(ids) - used, " %u", id);
		}
		bpfmmap_region__close(region);
	}
	if (count == 1)
		return open_id(found, flags);
	if (count)
		fail("%u regions are called '%s'; take one by its id:%s", count, name, ids);
	else if (error == -EPERM || error == -EACCES)
		fail("nothing is published as '%s'; "
		     "to find regions by the name they were created with takes root",
		     name);
	else
		fail("no region is called '%s'; bpfmmap list shows those that there are", name);
	return NULL;
}

static void say_why_not(const char *path, __u32 flags)
{
	const char *what = flags & BPFMMAP_F_RDONLY ? "read" :
			   flags & BPFMMAP_F_WRONLY ? "write" : "read and write";
	char text[128] = "?";
	int error = errno;
	struct stat st;

	switch (error) {
	case EACCES:
	case EPERM:
		if (!stat(path, &st))
			owner_and_mode(&st, text, sizeof(text));
		fail("you may not %s %s (%s); its owner can let you, by chmod", what, path, text);
		break;
	case ENOENT:
		fail("there is no %s; bpfmmap list shows what is published", path);
		break;
	case ENOTTY:
	case EISDIR:
		fail("%s is no region; those are in " BPFMMAP_PUBLISH_DIR, path);
		break;
	default:
		fail("can't open %s: %s", path, strerror(error));
	}
}

struct bpfmmap_region *region_arg_open(const struct region_arg *arg, __u32 flags)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts, .flags = flags);
	struct bpfmmap_region *region;
	char *path;

	if (module_is_there())
		return NULL;
	switch (arg->by) {
	case BY_ID:
		return open_id(arg->id, flags);
	case BY_PATH:
		region = bpfmmap_region__open_path(arg->text, &opts);
		if (!region)
			say_why_not(arg->text, flags);
		return region;
	default:
		region = bpfmmap_region__open_name(arg->text, &opts);
		if (region)
			return region;
		if (errno == ENOENT || errno == EINVAL || errno == ENAMETOOLONG)
			return open_created_name(arg->text, flags);
		if (asprintf(&path, BPFMMAP_PUBLISH_DIR "/%s", arg->text) < 0)
			abort();
		say_why_not(path, flags);
		free(path);
		return NULL;
	}
}

int region_arg_take(struct args *args, __u32 flags, struct bpfmmap_region **region)
{
	struct region_arg arg;
	int status = region_arg_parse(args, &arg);

	if (status)
		return status;
	*region = region_arg_open(&arg, flags);
	return *region ? DONE : FAILED;
}
