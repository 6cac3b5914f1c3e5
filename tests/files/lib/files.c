// SPDX-License-Identifier: GPL-2.0-only
/* See files.h. */
#include "files.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <linux/fs.h>

int region_named(const char *name)
{
	int region = create_pages(1);

	assert_ok(try_publish(region, name));
	return region;
}

uint32_t only_named(const char *name, unsigned int mode)
{
	int region = create_pages(1);
	uint32_t id = info(region).id;

	assert_ok(try_publish_mode(region, name, mode));
	close(region);
	return id;
}

struct stat stat_of(const char *name)
{
	struct stat st;

	assert_ok(stat(path_of(name), &st));
	return st;
}

struct stat stat_of_fd(int fd)
{
	struct stat st;

	assert_ok(fstat(fd, &st));
	return st;
}

ino_t id_of(const char *name)
{
	struct stat st;

	return stat(path_of(name), &st) ? 0 : st.st_ino;
}

int try_mkdir(const char *name, mode_t mode)
{
	return result(mkdir(path_of(name), mode));
}

int try_rmdir(const char *name)
{
	return result(rmdir(path_of(name)));
}

int try_rename(const char *from, const char *to, unsigned int flags)
{
	return result(syscall(SYS_renameat2, AT_FDCWD, path_of(from), AT_FDCWD, path_of(to),
			      flags));
}

int try_link(const char *from, const char *to)
{
	return result(link(path_of(from), path_of(to)));
}

bool exchange_works(void)
{
	int ret;

	assert_ok(try_mkdir("x1", 0700));
	assert_ok(try_mkdir("x2", 0700));
	ret = try_rename("x1", "x2", RENAME_EXCHANGE);
	assert_true(!ret || ret == -EINVAL);
	assert_ok(try_rmdir("x1"));
	assert_ok(try_rmdir("x2"));
	return !ret;
}

struct statfs usage(void)
{
	struct statfs st;

	assert_ok(statfs(BPFMMAP_PUBLISH_DIR, &st));
	return st;
}

int enter_user_namespace(unsigned int uid)
{
	char map[64];

	/* after setuid its files in /proc are root's */
	prctl(PR_SET_DUMPABLE, 1);
	if (unshare(CLONE_NEWUSER))
		return -errno;
	snprintf(map, sizeof(map), "0 %u 1", uid);
	return try_write_file("/proc/self/setgroups", "deny") ?:
	       try_write_file("/proc/self/uid_map", map) ?:
	       try_write_file("/proc/self/gid_map", map);
}

bool listed(const char *path, const char *name)
{
	char names[4096], *at;
	ssize_t len = listxattr(path, names, sizeof(names));

	for (at = names; len > 0 && at < names + len; at += strlen(at) + 1)
		if (!strcmp(at, name))
			return true;
	return false;
}
