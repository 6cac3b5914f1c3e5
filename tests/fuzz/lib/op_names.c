// SPDX-License-Identifier: GPL-2.0-only
/* See operation.h: names, attributes, directories and mounts. */
#include "fixture.h"
#include "operation.h"
#include "world.h"

#include <dirent.h>
#include <linux/fs.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

static long do_open(const uint8_t *a)
{
	static const int flags[] = {
		O_RDWR, O_RDONLY, O_WRONLY, O_RDWR | O_TRUNC, O_RDWR | O_CREAT, O_PATH,
		O_RDWR | O_CREAT | O_EXCL, O_RDONLY | O_DIRECTORY, O_TMPFILE | O_RDWR,
		O_RDWR | O_DIRECT, O_RDWR | O_APPEND | O_NONBLOCK, O_RDWR | O_NOFOLLOW | O_SYNC,
	};

	if (CHOOSE(flags, a[2]) & O_CREAT)
		shared->dirty |= DIRTY_NAMES;
	return slot_set(a[0], result(open(name_path(a[1]), CHOOSE(flags, a[2]) | O_CLOEXEC, 0666)));
}

static long do_link(const uint8_t *a)
{
	shared->dirty |= DIRTY_NAMES;
	return result(link(name_path(a[0]), name_path(a[1])));
}

/* A name for an open region, as linkat(2) can make one for a file of O_TMPFILE. */
static long do_link_fd(const uint8_t *a)
{
	int fd = slot_fd(a[0]);

	shared->dirty |= DIRTY_NAMES;
	if (a[2] % 2)
		return result(linkat(AT_FDCWD, path_of_fd(fd), AT_FDCWD, name_path(a[1]),
				     AT_SYMLINK_FOLLOW));
	return result(linkat(fd, "", AT_FDCWD, name_path(a[1]), AT_EMPTY_PATH));
}

static long do_rename(const uint8_t *a)
{
	static const unsigned int flags[] = {
		0, RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT, 8,
	};

	shared->dirty |= DIRTY_NAMES;
	return result(syscall(SYS_renameat2, AT_FDCWD, name_path(a[0]), AT_FDCWD, name_path(a[1]),
			      CHOOSE(flags, a[2])));
}

static long do_unlink(const uint8_t *a)
{
	return result(unlink(name_path(a[0])));
}

static long do_mkdir(const uint8_t *a)
{
	shared->dirty |= DIRTY_NAMES;
	return result(mkdir(name_path(a[0] ? a[0] : 2), a[1] ? a[1] * 16 : 0777));
}

static long do_rmdir(const uint8_t *a)
{
	shared->dirty |= DIRTY_NAMES;
	return result(rmdir(name_path(a[0] ? a[0] : 2)));
}

/* Nodes that the file system does not have. */
static long do_make(const uint8_t *a)
{
	shared->dirty |= DIRTY_NAMES;
	switch (a[1] % 3) {
	case 0:
		return result(symlink("a", name_path(a[0])));
	case 1:
		return result(mknod(name_path(a[0]), S_IFREG | 0600, 0));
	default:
		return result(mknod(name_path(a[0]), S_IFCHR | 0600, 1));
	}
}

static const mode_t modes[] = { 0666, 0, 0600, 0444, 0222, 04777, 01777, 0755, 02755, 07777 };

/* The root keeps its mode: it is that of all cases. */
static bool is_lasting(uint8_t name)
{
	const char *path = name_path(name);

	return strcmp(path, BPFMMAP_PUBLISH_DIR "/..") && strcmp(path, BPFMMAP_PUBLISH_DIR "/.") &&
	       strcmp(path, BPFMMAP_PUBLISH_DIR) && strcmp(path, SECOND_MOUNT);
}

static long do_chmod(const uint8_t *a)
{
	if (!is_lasting(a[0]))
		return -EINVAL;
	return result(chmod(name_path(a[0]), CHOOSE(modes, a[1])));
}

static long do_fchmod(const uint8_t *a)
{
	if (!world.ids[a[0] % SLOTS])
		return -EINVAL;
	return result(fchmod(slot_fd(a[0]), CHOOSE(modes, a[1])));
}

static long do_chown(const uint8_t *a)
{
	static const unsigned int ids[] = { 0, 1000, 1001, -1, -2, 65534 };

	if (!is_lasting(a[0]))
		return -EINVAL;
	if (a[3] % 2 && world.ids[a[0] % SLOTS])
		return result(fchown(slot_fd(a[0]), CHOOSE(ids, a[1]), CHOOSE(ids, a[2])));
	return result(chown(name_path(a[0]), CHOOSE(ids, a[1]), CHOOSE(ids, a[2])));
}

static const char * const attributes[] = {
	"user.a", "user.b", "trusted.a", "security.a", "user.", "system.a", "a", "",
	"system.posix_acl_access", "system.posix_acl_default", "security.capability",
	"user.123456789012345678901234567890123456789012345678901234567890123456789012345678901234",
};

static size_t value_length(uint8_t byte)
{
	static const size_t lengths[] = { 0, 1, 4, 28, 44, 100, 4096, 65536, 65537, 1000 };

	return CHOOSE(lengths, byte);
}

static long do_setxattr(const uint8_t *a)
{
	size_t len = value_length(a[2]);
	const char *name = CHOOSE(attributes, a[1]);
	uint8_t *value = buffer(a[3], len);

	if (!is_lasting(a[0]))
		return -EINVAL;
	if (a[5] % 2)
		return result(fsetxattr(slot_fd(a[0]), name, value, len, a[4] % 4));
	return result(setxattr(name_path(a[0]), name, value, len, a[4] % 4));
}

static long do_getxattr(const uint8_t *a)
{
	size_t len = value_length(a[2]);
	const char *name = CHOOSE(attributes, a[1]);
	uint8_t *value = buffer(a[3], len);

	if (a[4] % 2)
		return result(fgetxattr(slot_fd(a[0]), name, value, len));
	return result(getxattr(name_path(a[0]), name, value, len));
}

static long do_listxattr(const uint8_t *a)
{
	size_t len = value_length(a[1]);

	if (a[3] % 2)
		return result(flistxattr(slot_fd(a[0]), (char *)buffer(a[2], len), len));
	return result(listxattr(name_path(a[0]), (char *)buffer(a[2], len), len));
}

static long do_removexattr(const uint8_t *a)
{
	if (!is_lasting(a[0]))
		return -EINVAL;
	if (a[2] % 2)
		return result(fremovexattr(slot_fd(a[0]), CHOOSE(attributes, a[1])));
	return result(removexattr(name_path(a[0]), CHOOSE(attributes, a[1])));
}

static long do_acl(const uint8_t *a)
{
	if (!is_lasting(a[0]))
		return -EINVAL;
	return a[1] % 2 ? let_user_in_by_default(name_path(a[0]), 1000 + a[1] % 3, a[2] % 8) :
			  let_user_in(name_path(a[0]), 1000 + a[1] % 3, a[2] % 8);
}

static long do_times(const uint8_t *a)
{
	const struct timespec times[] = {
		{ number(a[1]), UTIME_NOW }, { number(a[1]), a[2] % 2 ? UTIME_OMIT : 5 },
	};

	if (a[3] % 2)
		return result(futimens(slot_fd(a[0]), times));
	return result(utimensat(AT_FDCWD, name_path(a[0]), times, 0));
}

static long do_statx(const uint8_t *a)
{
	struct statx stx;
	struct statfs st;

	if (a[1] % 2)
		return result(statfs(name_path(a[0]), &st));
	return result(statx(AT_FDCWD, name_path(a[0]), AT_SYMLINK_NOFOLLOW, 0xfff, &stx));
}

static long do_truncate(const uint8_t *a)
{
	return result(truncate(name_path(a[0]), offset(a[1])));
}

static long do_list(const uint8_t *a)
{
	DIR *dir = opendir(name_path(a[0] ? a[0] : 4));
	struct dirent *entry;
	struct stat st;
	long nr = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)) && nr++ < 20)
		fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW);
	closedir(dir);
	return nr;
}

static long do_inotify(const uint8_t *a)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	long ret;

	if (fd < 0)
		return -errno;
	ret = result(inotify_add_watch(fd, name_path(a[1]), IN_ALL_EVENTS));
	if (ret < 0) {
		close(fd);
		return ret;
	}
	return slot_set(a[0], fd);
}

static long do_mount(const uint8_t *a)
{
	static const char * const options[] = {
		"", "mode=1777", "uid=1000", "gid=1000,mode=0700", "uid=-1", "mode=9", "unknown",
		"mode=", "uid=4294967295",
	};
	const char *option = CHOOSE(options, a[1]);

	shared->dirty |= DIRTY_MOUNTS;
	switch (a[0] % 6) {
	case 0:
		/* options would change the root of all cases, or be refused */
		return result(mount("bpfmmap", SECOND_MOUNT, "bpfmmap", a[1] % 2 ? MS_RDONLY : 0,
				    a[1] < 4 ? "" : option));
	case 1:
		return result(mount(BPFMMAP_PUBLISH_DIR, SECOND_MOUNT, NULL, MS_BIND, NULL));
	case 2:
		return result(mount(BPFMMAP_PUBLISH_DIR "/d", SECOND_MOUNT, NULL, MS_BIND, NULL));
	case 3:
		return result(mount(NULL, SECOND_MOUNT, NULL, MS_REMOUNT | MS_BIND |
				    (a[1] % 2 ? MS_RDONLY : MS_NOEXEC), NULL));
	case 4:
		return result(mount("none", SECOND_MOUNT, NULL, MS_REMOUNT, option));
	default:
		return result(umount2(SECOND_MOUNT, a[1] % 2 ? MNT_DETACH : 0));
	}
}

const struct operation name_operations[] = {
	{ "open", 3, 40, do_open, 0, { 0 } },
	{ "link", 2, 12, do_link, GIVES_ZERO, { 0 } },
	{ "linkfd", 3, 10, do_link_fd, GIVES_ZERO, { 0 } },
	{ "rename", 3, 16, do_rename, GIVES_ZERO, { 0 } },
	{ "unlink", 1, 16, do_unlink, GIVES_ZERO, { 0 } },
	{ "mkdir", 2, 16, do_mkdir, GIVES_ZERO, { 0 } },
	{ "rmdir", 1, 6, do_rmdir, GIVES_ZERO, { 0 } },
	{ "make", 2, 3, do_make, GIVES_ZERO, { 0 } },
	{ "chmod", 2, 6, do_chmod, GIVES_ZERO, { 0 } },
	{ "fchmod", 2, 4, do_fchmod, GIVES_ZERO, { 0 } },
	{ "chown", 4, 6, do_chown, GIVES_ZERO, { 0 } },
	{ "setxattr", 6, 16, do_setxattr, GIVES_ZERO, { 0 } },
	{ "getxattr", 5, 8, do_getxattr, 0, { 0 } },
	{ "listxattr", 4, 6, do_listxattr, 0, { 0 } },
	{ "removexattr", 3, 6, do_removexattr, GIVES_ZERO, { 0 } },
	{ "acl", 3, 8, do_acl, GIVES_ZERO, { 0 } },
	{ "times", 4, 4, do_times, GIVES_ZERO, { 0 } },
	{ "statx", 2, 4, do_statx, GIVES_ZERO, { 0 } },
	{ "truncate", 2, 4, do_truncate, GIVES_ZERO, { 0 } },
	{ "list", 1, 5, do_list, 0, { 0 } },
	{ "inotify", 2, 6, do_inotify, 0, { 0 } },
	{ "mount", 2, 8, do_mount, GIVES_ZERO, { 0 } },
	{ NULL, 0, 0, NULL, 0, { 0 } }
};
