// SPDX-License-Identifier: GPL-2.0-only
/* See names.h. */
#include "names.h"

#include <ftw.h>

struct bpfmmap_publish publish_args(const char *name)
{
	struct bpfmmap_publish args = { .size = sizeof(args) };

	memcpy(args.name, name, strnlen(name, sizeof(args.name)));
	return args;
}

int try_publish(int region, const char *name)
{
	struct bpfmmap_publish args = publish_args(name);

	return request(region, BPFMMAP_IOC_PUBLISH, &args);
}

int try_publish_mode(int region, const char *name, unsigned int mode)
{
	struct bpfmmap_publish args = publish_args(name);

	args.flags = BPFMMAP_PUBLISH_MODE;
	args.mode = mode;
	return request(region, BPFMMAP_IOC_PUBLISH, &args);
}

int try_publish_in(int region, int directory, const char *name)
{
	struct bpfmmap_publish args = publish_args(name);

	args.directory = directory;
	return request(region, BPFMMAP_IOC_PUBLISH, &args);
}

int try_withdraw(const char *name)
{
	return result(unlink(path_of(name)));
}

const char *path_of(const char *name)
{
	static char paths[4][512];
	static unsigned int next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", BPFMMAP_PUBLISH_DIR, name);
	return path;
}

int try_open_name(const char *name, int flags)
{
	return result(open(path_of(name), flags | O_CLOEXEC));
}

int open_name(const char *name, int flags)
{
	int opened = try_open_name(name, flags);

	assert_true(opened >= 0);
	return opened;
}

int open_directory(const char *name)
{
	return open_name(name, O_RDONLY | O_DIRECTORY);
}

static int take_away(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	if (at->level)
		type == FTW_DP ? rmdir(path) : unlink(path);
	return 0;
}

void withdraw_all(void)
{
	nftw(BPFMMAP_PUBLISH_DIR, take_away, 16, FTW_DEPTH | FTW_PHYS);
}
