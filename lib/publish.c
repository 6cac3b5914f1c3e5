// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* libbpfmmap: ids and names, by which regions are found. */
#include "internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

int bpfmmap_next_id(__u32 start_id, __u32 *next_id)
{
	struct bpfmmap_next_id args = { .size = sizeof(args), .start_id = start_id };
	int err;

	err = control_request(BPFMMAP_IOC_NEXT_ID, &args);
	if (!err)
		*next_id = args.next_id;
	return failed(err);
}

int bpfmmap_region__publish(const struct bpfmmap_region *region, const char *name,
			    const struct bpfmmap_publish_opts *opts)
{
	struct bpfmmap_publish args = { .size = sizeof(args) };
	struct bpfmmap_publish_opts known;
	int err;

	err = take_opts(&known, sizeof(known), opts);
	if (!err)
		err = take_name(args.name, sizeof(args.name), name);
	if (!err && is_number(name))
		err = -EINVAL;
	if (err)
		return failed(err);
	args.flags = known.flags;
	args.uid = known.uid;
	args.gid = known.gid;
	args.mode = known.mode;
	args.directory = known.directory;
	return failed(request(region->fd, BPFMMAP_IOC_PUBLISH, &args));
}

int bpfmmap_withdraw(const char *name)
{
	char path[NAME_PATH_MAX];
	int err;

	err = name_path(path, name);
	if (!err && unlink(path))
		err = errno == EISDIR ? -ENOENT : -errno;
	return failed(err);
}

struct walk {
	int (*fn)(const char *name, void *arg);
	void *arg;
	dev_t device;			/* of the file system */
	char name[NAME_PATH_MAX];	/* from the root of the file system */
};

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Compare bytes, so that the order is the same in every locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/*
 * A directory can't be read. That is no error if the caller may not read it, or if it is gone, but
 * it is one if memory or fds are used up.
 */
static int used_up_or_nothing(void)
{
	return errno == ENOMEM || errno == EMFILE || errno == ENFILE ? failed(-errno) : 0;
}

static int walk_directory(struct walk *walk, int at);

/*
 * Visit one entry of the directory at. The first length bytes of walk->name are the path of that
 * directory; name is written behind them.
 */
static int walk_entry(struct walk *walk, int at, const char *name, size_t length)
{
	struct stat st;
	int fd, ret;

	if (length + strlen(name) + 2 > sizeof(walk->name))
		return 0;
	strcpy(walk->name + length, name);
	/* it is gone, or the caller may not see it, or another file system is mounted there */
	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) || st.st_dev != walk->device)
		return 0;
	if (S_ISREG(st.st_mode))
		return walk->fn(walk->name, walk->arg);
	if (!S_ISDIR(st.st_mode))
		return 0;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return used_up_or_nothing();
	strcat(walk->name, "/");
	ret = walk_directory(walk, fd);
	close(fd);
	return ret;
}

static int walk_directory(struct walk *walk, int at)
{
	size_t length = strlen(walk->name);
	struct dirent **entries;
	int count, i, ret = 0;

	count = scandirat(at, ".", &entries, not_hidden, by_name);
	if (count < 0)
		return used_up_or_nothing();
	for (i = 0; i < count; i++) {
		if (!ret)
			ret = walk_entry(walk, at, entries[i]->d_name, length);
		free(entries[i]);
	}
	free(entries);
	return ret;
}

int bpfmmap_each_published(int (*fn)(const char *name, void *arg), void *arg)
{
	struct walk walk = { .fn = fn, .arg = arg };
	struct statfs fs;
	struct stat st;
	int fd, ret = 0;

	fd = open(BPFMMAP_PUBLISH_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* the directory does not exist while the module is not loaded */
	if (fd < 0)
		return errno == ENOENT ? 0 : failed(-errno);
	/* walk only if it is our file system that is mounted there */
	if (!fstatfs(fd, &fs) && !fstat(fd, &st) && fs.f_type == BPFMMAP_FS_MAGIC) {
		walk.device = st.st_dev;
		ret = walk_directory(&walk, fd);
	}
	close(fd);
	return ret;
}
