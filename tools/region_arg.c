// SPDX-License-Identifier: GPL-2.0-only
/*
 * REGION on the command line.
 *
 * The first characters tell the short forms apart: digits alone are an id, a slash or a dot
 * begins a path, and all else is a name, which may include a directory. A name is searched
 * first among the published regions. If the caller may walk all regions, it is searched next
 * among the names that regions were created with, which need not be unique.
 *
 * publish refuses a name of digits alone, but mv can make one. Such digits could mean two
 * regions, and a user must not freeze the wrong one. So they are an error without the word id,
 * name or path.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module.h"
#include "names.h"
#include "output.h"
#include "place.h"
#include "region_arg.h"
#include "resources.h"

#define IN_ROOT(name)	BPFMMAP_PUBLISH_DIR "/" name

static bool has_name(const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), IN_ROOT("%s"), name);
	return !lstat(path, &st) && S_ISREG(st.st_mode);
}

static int parse_digits(struct args *args, struct region_arg *arg)
{
	uint64_t id;

	arg->by = BY_DIGITS;
	if (number_of(arg->text, INT_MAX, &id) && id) {
		arg->id = id;
		return DONE;
	}
	if (has_name(arg->text))
		return DONE;
	args->words--;
	return args_number(args, "id", 1, INT_MAX, &id);
}

int region_arg_parse(struct args *args, struct region_arg *arg)
{
	uint64_t id;
	int status;

	memset(arg, 0, sizeof(*arg));
	if (!args_peek(args))
		return usage_error("%s lacks a region; "
				   "give its id, its name or its path: bpfmmap help %s",
				   args->command, args->command);
	if (args_take(args, "id")) {
		arg->by = BY_ID;
		status = args_number(args, "id", 1, INT_MAX, &id);
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
	arg->is_short = true;
	arg->text = args_next(args);
	if (!*arg->text)
		return usage_error("a region's name can't be empty; "
				   "bpfmmap list shows the regions");
	if (all_digits(arg->text))
		return parse_digits(args, arg);
	arg->by = arg->text[0] == '/' || arg->text[0] == '.' ? BY_PATH : BY_NAME;
	return DONE;
}

static struct bpfmmap_region *open_id(__u32 id, __u32 flags)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts, .flags = flags);
	struct bpfmmap_region *region;

	if (module_need_device())
		return NULL;
	region = bpfmmap_region__open_id(id, &opts);
	if (region)
		return region;
	switch (errno) {
	case ENOENT:
		fail("there is no region with id %u; bpfmmap list shows the regions", id);
		break;
	case EPERM:
	case EACCES:
		fail("only root can open a region by its id; a published region opens by its name");
		break;
	default:
		fail("can't open the region with id %u: %s", id, strerror(errno));
	}
	return NULL;
}

/* These digits are a name. Print an error that says whether they are an id as well. */
static void say_which(const struct region_arg *arg)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts, .flags = BPFMMAP_F_RDONLY);
	struct bpfmmap_region *region;
	const char *digits = arg->text;

	errno = ENOENT;
	region = arg->id ? bpfmmap_region__open_id(arg->id, &opts) : NULL;
	if (region)
		fail("'%s' is the id of a region, and a name; "
		     "say which: id %s, name %s or path " IN_ROOT("%s"),
		     digits, digits, digits, digits);
	else if (errno == ENOENT)
		fail("'%s' is a name and not an id; say name %s or path " IN_ROOT("%s"),
		     digits, digits, digits);
	else
		fail("'%s' is a name, and only root can see whether it is an id; "
		     "say name %s or path " IN_ROOT("%s"), digits, digits, digits);
	bpfmmap_region__close(region);
}

static struct bpfmmap_region *open_digits(const struct region_arg *arg, __u32 flags)
{
	if (module_need_names())
		return NULL;
	if (!has_name(arg->text))
		return open_id(arg->id, flags);
	say_which(arg);
	return NULL;
}

/* Find a region by the name that it was created with. */
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
		if (!region && errno != ENOENT) {
			fail("can't open the region with id %u: %s", id, strerror(errno));
			return NULL;
		}
		if (!region)
			continue;	/* the region has just ended */
		if (!strcmp(bpfmmap_region__name(region), name)) {
			found = id;
			count++;
			if (used < sizeof(ids))
				used += snprintf(ids + used, sizeof(ids) - used, " %u", id);
		}
		bpfmmap_region__close(region);
	}
	if (is_used_up(-error)) {
		fail("can't walk the regions: %s", strerror(-error));
		return NULL;
	}
	if (count == 1)
		return open_id(found, flags);
	if (count)
		fail("%u regions are called '%s'; choose one by its id:%s", count, name, ids);
	else if (error == -EPERM || error == -EACCES)
		fail("nothing is published as '%s'; "
		     "only root can find a region by the name that it was created with",
		     name);
	else
		fail("no region is called '%s'; bpfmmap list shows the regions", name);
	return NULL;
}

void region_arg_say_why_not(const char *path, __u32 flags)
{
	const char *what = flags & BPFMMAP_F_RDONLY ? "read" :
			   flags & BPFMMAP_F_WRONLY ? "write" : "read and write";
	int error = errno;
	char text[128];
	struct stat st;

	switch (error) {
	case EACCES:
	case EPERM:
		if (stat(path, &st))
			fail("you may not search the directory of %s; "
			     "its owner can allow it with chmod", path);
		else
			fail("you may not %s %s (%s); its owner can allow it with chmod",
			     what, path, owner_and_mode(&st, text, sizeof(text)));
		break;
	case ENOENT:
	case ENOTDIR:
		fail("there is no %s; bpfmmap list shows what is published", path);
		break;
	case ENOTTY:
	case EISDIR:
		fail("%s is not a region; bpfmmap list shows the regions", path);
		break;
	default:
		fail("can't open %s: %s", path, strerror(error));
	}
}

bool region_arg_path(const struct region_arg *arg, char *path, size_t size)
{
	int length = 0;

	if (arg->by == BY_NAME)
		length = snprintf(path, size, IN_ROOT("%s"), arg->text);
	else if (arg->by == BY_PATH)
		length = snprintf(path, size, "%s", arg->text);
	return length > 0 && (size_t)length < size;
}

static struct bpfmmap_region *open_path(const char *path, __u32 flags)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts, .flags = flags);
	struct bpfmmap_region *region;

	/* a path below the mount point can't be found unless the file system is mounted */
	if (!strncmp(path, IN_ROOT(""), strlen(IN_ROOT(""))) && module_need_names())
		return NULL;
	region = bpfmmap_region__open_path(path, &opts);
	if (!region)
		region_arg_say_why_not(path, flags);
	return region;
}

static struct bpfmmap_region *open_name(const struct region_arg *arg, __u32 flags)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts, .flags = flags);
	bool has_slash = strchr(arg->text, '/');
	struct bpfmmap_region *region;
	char path[PATH_MAX];
	struct stat st;

	if (module_need_names())
		return NULL;
	region = bpfmmap_region__open_name(arg->text, &opts);
	if (region)
		return region;
	if (errno != ENOENT && errno != ENOTDIR && errno != EINVAL && errno != ENAMETOOLONG) {
		if (!region_arg_path(arg, path, sizeof(path)))
			errno = ENAMETOOLONG;
		region_arg_say_why_not(path, flags);
		return NULL;
	}
	/* then it is a path from the working directory */
	if (arg->is_short && has_slash && !stat(arg->text, &st))
		return open_path(arg->text, flags);
	if (!has_slash)
		return open_created_name(arg->text, flags);
	fail("nothing is published as '%s'; bpfmmap list shows what is", arg->text);
	return NULL;
}

struct bpfmmap_region *region_arg_open(const struct region_arg *arg, __u32 flags)
{
	switch (arg->by) {
	case BY_ID:
		return open_id(arg->id, flags);
	case BY_DIGITS:
		return open_digits(arg, flags);
	case BY_PATH:
		return open_path(arg->text, flags);
	default:
		return open_name(arg, flags);
	}
}
