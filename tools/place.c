// SPDX-License-Identifier: GPL-2.0-only
/* NAME on the command line. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <bpfmmap.h>

#include "module.h"
#include "output.h"
#include "place.h"

bool all_digits(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

int place_of(const char *text, struct place *place)
{
	int length;

	place->text = text;
	if (!text[0])
		return usage_error("a name can't be empty");
	length = snprintf(place->path, sizeof(place->path), "%s%s",
			  text[0] == '/' ? "" : BPFMMAP_PUBLISH_DIR "/", text);
	if (length >= (int)sizeof(place->path))
		return fail("'%.20s...' is too long for a path", text);
	strcpy(place->directory, place->path);
	length = strrchr(place->directory, '/') - place->directory;
	place->directory[length ?: 1] = 0;
	place->name = place->path + length + 1;
	return DONE;
}

int place_take(struct args *args, struct place *place)
{
	const char *text;

	return args_string(args, "a name", &text) ?: place_of(text, place);
}

int place_need(const struct place *place)
{
	return module_has_path(place->directory) ? DONE : module_need_names();
}

int place_open_directory(const struct place *place)
{
	int fd = open(place->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	/* 0 means the root of the file system to publish */
	if (!fd)
		fd = fcntl(0, F_DUPFD_CLOEXEC, 1);
	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
		fail("there is no directory %s; mkdir makes one", place->directory);
		break;
	case ENOTDIR:
		fail("%s is not a directory; give a name without it", place->directory);
		break;
	default:
		fail("can't open the directory %s: %s", place->directory, strerror(errno));
	}
	return -1;
}

int place_make_directory(const struct place *place)
{
	char path[PATH_MAX];
	char *end;

	/* others are not ours to make, and one that begins with a dot is no name of a region */
	if (strncmp(place->path, BPFMMAP_PUBLISH_DIR "/", sizeof(BPFMMAP_PUBLISH_DIR)) ||
	    strstr(place->path, "/."))
		return DONE;
	strcpy(path, place->path);
	end = path + sizeof(BPFMMAP_PUBLISH_DIR) - 1;
	while ((end = strchr(end + 1, '/'))) {
		*end = 0;
		if (mkdir(path, 0755) && errno != EEXIST)
			return fail("can't make the directory %s: %s", path, strerror(errno));
		*end = '/';
	}
	return DONE;
}
