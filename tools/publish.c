// SPDX-License-Identifier: GPL-2.0-only
/* publish and withdraw: give a region a name, and remove one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "commands.h"
#include "module.h"
#include "names.h"
#include "output.h"
#include "publish.h"
#include "region_arg.h"
#include "state.h"

int publish_take_option(struct args *args, struct bpfmmap_publish_opts *opts, int *status)
{
	__u32 flag;

	if (args_take(args, "mode")) {
		flag = BPFMMAP_PUBLISH_MODE;
		*status = args_mode(args, &opts->mode);
	} else if (args_take(args, "owner")) {
		flag = BPFMMAP_PUBLISH_UID;
		*status = args_user(args, &opts->uid);
	} else if (args_take(args, "group")) {
		flag = BPFMMAP_PUBLISH_GID;
		*status = args_group(args, &opts->gid);
	} else {
		return 0;
	}
	if (!*status && opts->flags & flag)
		*status = usage_error("mode, owner and group may be given once each");
	opts->flags |= flag;
	return *status ? -1 : 1;
}

/* "/sys/fs/bpfmmap (drwxrwxr-t root bpfmmap)" */
static const char *with_mode(const char *path, char *text, size_t size)
{
	char mode[128];
	struct stat st;

	if (lstat(path, &st))
		snprintf(text, size, "%s", path);
	else
		snprintf(text, size, "%s (%s)", path, owner_and_mode(&st, mode, sizeof(mode)));
	return text;
}

static int no_name(const struct place *place)
{
	return fail("'%s' can't be published; "
		    "a name has up to %d of A-Z a-z 0-9 _ . - and begins with none of . -",
		    place->text, BPFMMAP_PUBLISH_LEN - 1);
}

int publish_check(const struct place *place)
{
	struct stat st;

	/* these are directories */
	if (!place->name[0] || !strcmp(place->name, ".") || !strcmp(place->name, ".."))
		return no_name(place);
	if (!lstat(place->path, &st))
		return fail("the name '%s' is taken; choose another one, or withdraw it",
			    place->text);
	if (all_digits(place->name))
		return fail("'%s' can't be published; digits alone mean an id", place->name);
	return DONE;
}

static int no_room(void)
{
	return fail("max_published allows %llu names, and one user a quarter of them; "
		    "withdraw some, or ask root to raise it in " MODULE_PARAMETERS,
		    module_parameter("max_published"));
}

static int publish_error(const struct bpfmmap_region *region, const struct place *place, int error)
{
	__u32 id = bpfmmap_region__id(region);
	char text[PATH_MAX + 128];
	struct state state;

	switch (error) {
	case EEXIST:
		return fail("the name '%s' is taken; choose another one, or withdraw it",
			    place->text);
	case EALREADY:
		if (state_of(region, &state))
			break;
		return fail("region %u is published already, as '%s'; "
			    "withdraw it first, or give it another name with ln",
			    id, state.info.published);
	case EINVAL:
	case ENAMETOOLONG:
		return no_name(place);
	case EACCES:
		return fail("you may not publish in %s; its owner can allow it with chmod",
			    with_mode(place->directory, text, sizeof(text)));
	case EPERM:
		return fail("only root can give the region to other users; "
			    "you can give it to a group that you are in");
	case ENOTTY:
		return module_lacks("publish");
	case EXDEV:
		return fail("%s is not in the file system of regions; give a name in "
			    BPFMMAP_PUBLISH_DIR, place->directory);
	case ENOSPC:
		return no_room();
	}
	return fail("can't publish region %u as '%s': %s", id, place->text, strerror(error));
}

int publish_region(const struct bpfmmap_region *region, const struct place *place,
		   const struct bpfmmap_publish_opts *opts)
{
	struct bpfmmap_publish_opts in_directory = *opts;
	int error;

	if (strcmp(place->directory, BPFMMAP_PUBLISH_DIR)) {
		in_directory.directory = place_open_directory(place);
		if (in_directory.directory < 0)
			return FAILED;
	}
	error = bpfmmap_region__publish(region, place->name, &in_directory);
	if (in_directory.directory)
		close(in_directory.directory);
	return error ? publish_error(region, place, -error) : DONE;
}

int do_publish(struct args *args)
{
	BPFMMAP_OPTS(bpfmmap_publish_opts, opts);
	struct bpfmmap_region *region;
	struct region_arg arg;
	struct place place;
	int status;

	status = region_arg_parse(args, &arg) ?: place_take(args, &place);
	if (status)
		return status;
	while (publish_take_option(args, &opts, &status) > 0)
		;
	status = status ?: args_end(args);
	status = status ?: place_need(&place);
	if (status)
		return status;
	region = region_arg_open(&arg, 0);
	if (!region)
		return FAILED;
	status = publish_check(&place) ?: publish_region(region, &place, &opts);
	status = status ?: state_say_json(region);
	bpfmmap_region__close(region);
	return status;
}

/* Returns 0 or -errno; -EXDEV if it is another file system. */
static int take_away(const struct place *place)
{
	int directory, error = 0;
	struct statfs fs;

	directory = open(place->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -errno;
	if (fstatfs(directory, &fs))
		error = -errno;
	else if (fs.f_type != BPFMMAP_FS_MAGIC)
		error = -EXDEV;
	else if (unlinkat(directory, place->name, 0))
		error = -errno;
	close(directory);
	return error;
}

int do_withdraw(struct args *args)
{
	char text[PATH_MAX + 128];
	struct place place;
	int status, error;

	status = place_take(args, &place) ?: args_end(args);
	status = status ?: place_need(&place);
	if (status)
		return status;
	error = -take_away(&place);
	switch (error) {
	case 0:
		output_nothing();
		return DONE;
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
	case EXDEV:
		return fail("nothing is published as '%s'; bpfmmap list shows what is",
			    place.text);
	case EISDIR:
		return fail("'%s' is a directory; rmdir removes it when it is empty",
			    place.text);
	case EPERM:
		return fail("%s is not yours; its owner, the directory's and root can withdraw it",
			    with_mode(place.path, text, sizeof(text)));
	case EACCES:
		return fail("you may not withdraw names in %s; its owner can allow it with chmod",
			    with_mode(place.directory, text, sizeof(text)));
	default:
		return fail("can't withdraw '%s': %s", place.text, strerror(error));
	}
}
