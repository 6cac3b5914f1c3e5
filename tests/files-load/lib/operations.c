// SPDX-License-Identifier: GPL-2.0-only
/*
 * See operations.h. Places are few, so that processes meet: a name is one of NAMES in one of
 * the directories below, which come and go, too.
 */
#include "fixture.h"
#include "operations.h"

#include <dirent.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#define NAMES	4

static const char * const directories[] = { ".", ".", "a", "b", "a/c", "a/d", "b/e" };
static const char * const second_mounts[] = { "/tmp/second", "/tmp/third" };

unsigned int rest(struct worker *worker, unsigned int most)
{
	return random_below(&worker->seed, most);
}

static const char *directory(struct worker *worker)
{
	return directories[rest(worker, ARRAY_SIZE(directories))];
}

/* A path below one of the mounts; it is valid until the fourth call after it. */
static const char *place(struct worker *worker)
{
	static char paths[4][256];
	static unsigned int next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];
	const char *mounted = BPFMMAP_PUBLISH_DIR;

	if (!rest(worker, 8))
		mounted = second_mounts[rest(worker, ARRAY_SIZE(second_mounts))];
	snprintf(path, sizeof(paths[0]), "%s/%s/n%u", mounted, directory(worker),
		 rest(worker, NAMES));
	return path;
}

static int open_place(struct worker *worker, int flags)
{
	return result(open(place(worker), flags | O_CLOEXEC));
}

/* Keep an fd for a while; an older one is closed for it. */
static void keep(struct worker *worker, int fd)
{
	unsigned int at = rest(worker, HELD);

	if (worker->fds[at] >= 0)
		close(worker->fds[at]);
	worker->fds[at] = fd;
}

static int kept(struct worker *worker)
{
	return worker->fds[rest(worker, HELD)];
}

static int do_create(struct worker *worker)
{
	int fd = try_create(1 + rest(worker, 64), 1 + rest(worker, 4000));

	if (fd < 0)
		return fd;
	keep(worker, fd);
	return 0;
}

static int do_publish(struct worker *worker)
{
	struct bpfmmap_publish args = { .size = sizeof(args) };
	int fd, dir, ret;

	/* mostly a new region, as one that is kept may have a name, or fewer rights */
	if (rest(worker, 4))
		do_create(worker);
	fd = kept(worker);
	if (fd < 0)
		return -EBUSY;
	snprintf(args.name, sizeof(args.name), "n%u", rest(worker, NAMES));
	if (rest(worker, 2)) {
		args.flags = BPFMMAP_PUBLISH_MODE;
		args.mode = rest(worker, 01000) & 0666;
	}
	if (!rest(worker, 4))
		return request(fd, BPFMMAP_IOC_PUBLISH, &args);
	dir = open(path_of(directory(worker)), O_DIRECTORY | O_CLOEXEC |
		   (rest(worker, 2) ? O_PATH : O_RDONLY));
	if (dir < 0)
		return -errno;
	args.directory = dir;
	ret = request(fd, BPFMMAP_IOC_PUBLISH, &args);
	close(dir);
	return ret;
}

static int do_open(struct worker *worker)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR };
	int fd = open_place(worker, modes[rest(worker, ARRAY_SIZE(modes))]);

	if (fd < 0)
		return fd;
	keep(worker, fd);
	return 0;
}

static int do_restrict(struct worker *worker)
{
	struct bpfmmap_restrict args = { .size = sizeof(args) };
	int ret = kept(worker);

	args.flags = rest(worker, 2) ? BPFMMAP_F_NOFREEZE : BPFMMAP_F_RDONLY;
	if (ret >= 0)
		ret = request(ret, BPFMMAP_IOC_RESTRICT, &args);
	if (ret < 0)
		return ret;
	if (rest(worker, 4))
		close(ret);
	else
		keep(worker, ret);
	return 0;
}

static int do_read(struct worker *worker)
{
	int fd = open_place(worker, O_RDONLY);
	uint8_t bytes[100];
	long ret;

	if (fd < 0)
		return fd;
	ret = result(pread(fd, bytes, sizeof(bytes), rest(worker, 1000)));
	close(fd);
	return ret < 0 ? ret : 0;
}

static int do_write(struct worker *worker)
{
	int fd = open_place(worker, O_WRONLY);
	uint8_t bytes[100] = { rest(worker, 256) };
	long ret;

	if (fd < 0)
		return fd;
	ret = result(pwrite(fd, bytes, sizeof(bytes), rest(worker, 1000)));
	close(fd);
	return ret < 0 ? ret : 0;
}

static int do_map(struct worker *worker)
{
	unsigned int at = rest(worker, HELD);
	int fd = kept(worker);
	uint8_t *mapping;

	if (fd < 0)
		return -EBUSY;
	mapping = mmap(NULL, PAGE, PROT_READ | (rest(worker, 2) ? PROT_WRITE : 0), MAP_SHARED,
		       fd, 0);
	if (mapping == MAP_FAILED)
		return -errno;
	if (worker->mappings[at])
		munmap(worker->mappings[at], PAGE);
	worker->mappings[at] = mapping;
	return 0;
}

static sigjmp_buf after_signal;

static void on_signal(int number)
{
	siglongjmp(after_signal, number);
}

/* SIGBUS: the mapping was revoked; SIGSEGV: it is read-only. */
static int do_touch(struct worker *worker)
{
	volatile uint8_t *mapping = worker->mappings[rest(worker, HELD)];

	if (!mapping)
		return -EBUSY;
	if (sigsetjmp(after_signal, 1))
		return -EPERM;
	mapping[rest(worker, PAGE)]++;
	return 0;
}

static int do_freeze(struct worker *worker)
{
	static const uint32_t flags[] = {
		0, BPFMMAP_FREEZE_WHEN_IDLE, BPFMMAP_FREEZE_WHEN_IDLE | BPFMMAP_FREEZE_KEEP,
		BPFMMAP_FREEZE_CANCEL, BPFMMAP_FREEZE_REVOKE,
	};
	struct bpfmmap_freeze args = { .size = sizeof(args) };
	int fd = kept(worker);

	args.flags = flags[rest(worker, ARRAY_SIZE(flags))];
	return fd < 0 ? -EBUSY : request(fd, BPFMMAP_IOC_FREEZE, &args);
}

static int do_info(struct worker *worker)
{
	struct bpfmmap_info args = { .size = sizeof(args) };
	int fd = kept(worker);

	return fd < 0 ? -EBUSY : request(fd, BPFMMAP_IOC_INFO, &args);
}

static int do_rename(struct worker *worker)
{
	static const unsigned int flags[] = { 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE };
	const char *from = place(worker), *to = place(worker);

	return result(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to,
			      flags[rest(worker, ARRAY_SIZE(flags))]));
}

static int do_rename_directory(struct worker *worker)
{
	return result(rename(path_of(directory(worker)), path_of(directory(worker))));
}

static int do_link(struct worker *worker)
{
	const char *from = place(worker);

	return result(link(from, place(worker)));
}

static int do_unlink(struct worker *worker)
{
	return result(unlink(place(worker)));
}

static int do_mkdir(struct worker *worker)
{
	int ret = result(mkdir(path_of(directory(worker)), 0777));

	return ret ?: result(chmod(path_of(directory(worker)), 0777));
}

static int do_rmdir(struct worker *worker)
{
	return result(rmdir(path_of(directory(worker))));
}

static int do_chmod(struct worker *worker)
{
	return result(chmod(place(worker), 0444 | rest(worker, 01000)));
}

static int do_chown(struct worker *worker)
{
	return result(chown(place(worker), 1000 + rest(worker, 4), -1));
}

static int do_setxattr(struct worker *worker)
{
	char name[32], value[300] = "";

	snprintf(name, sizeof(name), "%s.load%u", rest(worker, 2) ? "user" : "trusted",
		 rest(worker, 5));
	return result(setxattr(place(worker), name, value, rest(worker, sizeof(value)), 0));
}

static int do_removexattr(struct worker *worker)
{
	char list[4096];
	const char *path = place(worker);
	ssize_t len = listxattr(path, list, sizeof(list));

	if (len <= 0)
		return len ? -errno : 0;
	return result(removexattr(path, list));
}

static int do_list(struct worker *worker)
{
	DIR *dir = opendir(path_of(directory(worker)));
	struct dirent *entry;
	struct stat st;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW);
	closedir(dir);
	return 0;
}

static int do_statfs(struct worker *worker)
{
	struct statfs st;

	(void)worker;
	return result(statfs(BPFMMAP_PUBLISH_DIR, &st));
}

static int do_mount(struct worker *worker)
{
	const char *at = second_mounts[rest(worker, ARRAY_SIZE(second_mounts))];

	if (rest(worker, 2))
		return result(umount2(at, rest(worker, 2) ? MNT_DETACH : 0));
	if (rest(worker, 2))
		return result(mount(BPFMMAP_PUBLISH_DIR, at, NULL, MS_BIND, NULL));
	return result(mount("bpfmmap", at, "bpfmmap", rest(worker, 4) ? 0 : MS_RDONLY, ""));
}

static int do_unload(struct worker *worker)
{
	(void)worker;
	return try_unload_only() == -EWOULDBLOCK ? 0 : -EIO;
}

/* Errors that any call may give when names come and go and limits are near. */
static const int common_errors[] = { ENOENT, ENOTDIR, EISDIR, EACCES, EPERM, EBUSY, ENOSPC, 0 };
static const int none[] = { 0 };
static const int naming_errors[] = { EEXIST, ENOTEMPTY, EXDEV, EROFS, EINVAL, EALREADY, 0 };
static const int write_errors[] = { EROFS, ENODATA, 0 };
static const int freeze_errors[] = { EINPROGRESS, 0 };
static const int restrict_errors[] = { EINVAL, 0 };
static const int mount_errors[] = { EINVAL, 0 };

const struct operation operations[] = {
	{ "create", do_create, none, false },
	{ "publish", do_publish, naming_errors, false },
	{ "open", do_open, write_errors, false },
	{ "restrict", do_restrict, restrict_errors, false },
	{ "read", do_read, none, false },
	{ "write", do_write, write_errors, false },
	{ "map", do_map, none, false },
	{ "touch", do_touch, none, false },
	{ "freeze", do_freeze, freeze_errors, false },
	{ "info", do_info, none, false },
	{ "rename", do_rename, naming_errors, false },
	{ "rename-directory", do_rename_directory, naming_errors, false },
	{ "link", do_link, naming_errors, false },
	{ "unlink", do_unlink, naming_errors, false },
	{ "mkdir", do_mkdir, naming_errors, false },
	{ "rmdir", do_rmdir, naming_errors, false },
	{ "chmod", do_chmod, write_errors, false },
	{ "chown", do_chown, write_errors, false },
	{ "setxattr", do_setxattr, write_errors, false },
	{ "removexattr", do_removexattr, write_errors, false },
	{ "list", do_list, none, false },
	{ "statfs", do_statfs, none, false },
	{ "mount", do_mount, mount_errors, true },
	{ "unload", do_unload, none, true },
};

const size_t nr_operations = ARRAY_SIZE(operations);

static bool is_among(const int *errors, int error)
{
	while (*errors && *errors != error)
		errors++;
	return *errors;
}

void operate(struct worker *worker, struct tally tallies[])
{
	unsigned int nr = rest(worker, nr_operations);
	const struct operation *operation = &operations[nr];
	int error;

	if (operation->root_only && !worker->root)
		return;
	error = -operation->run(worker);
	if (!error) {
		__atomic_fetch_add(&tallies[nr].done, 1, __ATOMIC_RELAXED);
		return;
	}
	__atomic_fetch_add(&tallies[nr].refused, 1, __ATOMIC_RELAXED);
	if (!is_among(common_errors, error) && !is_among(operation->errors, error))
		tallies[nr].wrong = error;
}

void worker_start(struct worker *worker)
{
	int i;

	for (i = 0; i < HELD; i++)
		worker->fds[i] = -1;
	signal(SIGBUS, on_signal);
	signal(SIGSEGV, on_signal);
}

void worker_end(struct worker *worker)
{
	int i;

	for (i = 0; i < HELD; i++) {
		if (worker->mappings[i])
			munmap(worker->mappings[i], PAGE);
		if (worker->fds[i] >= 0)
			close(worker->fds[i]);
	}
}
