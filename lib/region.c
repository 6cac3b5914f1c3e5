// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * libbpfmmap: create, open and describe regions
 *
 * Each function that returns a handle ends in adopt(). adopt() takes an fd and asks the kernel
 * once for the properties that never change.
 */
#include "internal.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/*
 * Is fd a file whose answers come from the kernel? A user can mount FUSE, and then answers requests
 * of its files: such a file could claim to be a frozen region. The type of a file system is the
 * kernel's own word. (Modules up to interface version 3 have anonymous inodes and devices.)
 */
static bool is_of_kernel(int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) || fstat(fd, &st))
		return false;
	return fs.f_type == BPFMMAP_FS_MAGIC || fs.f_type == ANON_INODE_FS_MAGIC ||
	       S_ISCHR(st.st_mode);
}

/*
 * Make a handle of fd, in *region. After an error fd still belongs to the caller. Another driver,
 * which does not know the request, gives ENOTTY or EINVAL; a region never gives these for a
 * valid struct.
 */
static int adopt(int fd, struct bpfmmap_region **region)
{
	struct bpfmmap_info info = { .size = sizeof(info) };
	int err;

	err = request(fd, BPFMMAP_IOC_INFO, &info);
	if (err)
		return err == -EBADF ? err : -ENOTTY;
	if (!info.value_size || !info.bytes || !is_of_kernel(fd))
		return -ENOTTY;

	*region = calloc(1, sizeof(**region));
	if (!*region)
		return -ENOMEM;
	(*region)->fd = fd;
	(*region)->id = info.id;
	(*region)->value_size = info.value_size;
	(*region)->max_entries = info.max_entries;
	(*region)->bytes = info.bytes;
	memcpy((*region)->name, info.name, sizeof(info.name) - 1);
	return 0;
}

struct bpfmmap_region *adopt_own(int fd)
{
	struct bpfmmap_region *region;
	int err;

	if (fd < 0)
		return failed_null(fd);
	err = adopt(fd, &region);
	if (err) {
		close(fd);
		return failed_null(err);
	}
	return region;
}

struct bpfmmap_region *bpfmmap_region__create(const char *name, __u32 value_size,
					      __u32 max_entries,
					      const struct bpfmmap_create_opts *opts)
{
	struct bpfmmap_create args = {
		.size = sizeof(args),
		.value_size = value_size,
		.max_entries = max_entries,
	};
	struct bpfmmap_create_opts known;
	int err;

	err = take_opts(&known, sizeof(known), opts);
	if (!err && name)
		err = take_name(args.name, sizeof(args.name), name);
	if (!err && name && is_number(name))
		err = -EINVAL;
	if (err)
		return failed_null(err);
	args.flags = known.flags;
	args.numa_node = known.numa_node;
	return adopt_own(control_request(BPFMMAP_IOC_CREATE, &args));
}

struct bpfmmap_region *bpfmmap_region__open_id(__u32 id, const struct bpfmmap_open_opts *opts)
{
	struct bpfmmap_open args = { .size = sizeof(args), .id = id };
	struct bpfmmap_open_opts known;
	int err;

	err = take_opts(&known, offsetof(struct bpfmmap_open_opts, reserved), opts);
	if (err)
		return failed_null(err);
	args.flags = known.flags;
	return adopt_own(control_request(BPFMMAP_IOC_OPEN, &args));
}

/* The access mode of open(2) for flags: O_RDONLY, O_WRONLY, O_RDWR; or -EINVAL. */
static int open_mode(__u32 flags)
{
	switch (flags & ~BPFMMAP_F_NOFREEZE) {
	case 0:
		return O_RDWR;
	case BPFMMAP_F_RDONLY:
		return O_RDONLY;
	case BPFMMAP_F_WRONLY:
		return O_WRONLY;
	default:
		return -EINVAL;
	}
}

/* open(2) has no mode without the right to freeze, so this replaces fd by a restricted one. */
static int without_freeze(int fd)
{
	int ret = restricted_fd(fd, BPFMMAP_F_NOFREEZE);

	close(fd);
	return ret;
}

struct bpfmmap_region *bpfmmap_region__open_path(const char *path,
						 const struct bpfmmap_open_opts *opts)
{
	struct bpfmmap_open_opts known;
	int mode, err, fd;

	err = take_opts(&known, offsetof(struct bpfmmap_open_opts, reserved), opts);
	if (err)
		return failed_null(err);
	mode = open_mode(known.flags);
	if (mode < 0)
		return failed_null(mode);
	fd = open(path, mode | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return NULL;
	if (known.flags & BPFMMAP_F_NOFREEZE)
		fd = without_freeze(fd);
	return adopt_own(fd);
}

struct bpfmmap_region *bpfmmap_region__open_name(const char *name,
						 const struct bpfmmap_open_opts *opts)
{
	char path[NAME_PATH_MAX];
	int err;

	err = name_path(path, name);
	return err ? failed_null(err) : bpfmmap_region__open_path(path, opts);
}

struct bpfmmap_region *bpfmmap_region__from_fd(int fd)
{
	struct bpfmmap_region *region;
	int err;

	err = adopt(fd, &region);
	return err ? failed_null(err) : region;
}

struct bpfmmap_region *bpfmmap_region__restrict(const struct bpfmmap_region *region, __u32 flags)
{
	return adopt_own(restricted_fd(region->fd, flags));
}

struct bpfmmap_region *bpfmmap_region__restrict_with(const struct bpfmmap_region *region,
						     const struct bpfmmap_restrict_opts *opts)
{
	struct bpfmmap_restrict_opts known;
	int err;

	err = take_opts(&known, offsetof(struct bpfmmap_restrict_opts, reserved), opts);
	return err ? failed_null(err) : bpfmmap_region__restrict(region, known.flags);
}

void bpfmmap_region__close(struct bpfmmap_region *region)
{
	int saved = errno;

	if (!region)
		return;
	close(region->fd);
	free(region);
	errno = saved;
}

int bpfmmap_region__fd(const struct bpfmmap_region *region)
{
	return region->fd;
}

__u32 bpfmmap_region__id(const struct bpfmmap_region *region)
{
	return region->id;
}

const char *bpfmmap_region__name(const struct bpfmmap_region *region)
{
	return region->name;
}

__u32 bpfmmap_region__value_size(const struct bpfmmap_region *region)
{
	return region->value_size;
}

__u32 bpfmmap_region__max_entries(const struct bpfmmap_region *region)
{
	return region->max_entries;
}

__u64 bpfmmap_region__bytes(const struct bpfmmap_region *region)
{
	return region->bytes;
}

__u64 bpfmmap_region__stride(const struct bpfmmap_region *region)
{
	return ((__u64)region->value_size + 7) & ~(__u64)7;
}

int bpfmmap_region__info(const struct bpfmmap_region *region, struct bpfmmap_info *info)
{
	/* an earlier module gives E2BIG if fields that it does not know are not zero */
	if (info->size > sizeof(info->size) && info->size <= sizeof(*info))
		memset((char *)info + sizeof(info->size), 0, info->size - sizeof(info->size));
	return failed(request(region->fd, BPFMMAP_IOC_INFO, info));
}

int bpfmmap_region__mappings(const struct bpfmmap_region *region,
			     struct bpfmmap_mapping_entry *entries, __u32 *count)
{
	struct bpfmmap_mappings args = {
		.size = sizeof(args),
		.count = *count,
		.entries = (uintptr_t)entries,
	};
	int err;

	err = request(region->fd, BPFMMAP_IOC_MAPPINGS, &args);
	if (!err)
		*count = args.count;
	return failed(err);
}

int bpfmmap_region__handle(const struct bpfmmap_region *region, __u64 *handle)
{
	struct bpfmmap_handle_args args = { .size = sizeof(args) };
	int err;

	err = request(region->fd, BPFMMAP_IOC_HANDLE, &args);
	if (!err)
		*handle = args.handle;
	return failed(err);
}
