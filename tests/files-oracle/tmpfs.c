// SPDX-License-Identifier: GPL-2.0-only
/*
 * tmpfs as the oracle: calls that change names, owners, modes, lists and attributes give the same
 * result here and there, errno for errno, and leave the same tree.
 *
 * Each of STEPS steps is one call with random arguments, as one of three users, in both file
 * systems. To create means to publish a region here, and to make a file there. SEED chooses the
 * steps. Known differences are left out: set-group-id bits and default lists, which publish does
 * not use, and contents.
 */
#include "fixture.h"

#include <dirent.h>
#include <ftw.h>
#include <linux/fs.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#define OURS	BPFMMAP_PUBLISH_DIR
#define THEIRS	"/tmp/oracle"
#define ROOM	1024

static uint64_t seed;

static unsigned int rest(unsigned int most)
{
	return random_below(&seed, most);
}

/* A call with its arguments. */
struct step {
	const struct call *call;
	char path[ROOM], to[ROOM];	/* relative to the root of the file system */
	char name[16], attribute[32];
	unsigned int uid, owner, group, mode, flags, size;
};

struct call {
	const char *name;
	int (*run)(const char *root, const struct step *step);	/* 0 or more, or -errno */
};

static const char *in(const char *root, const char *path)
{
	static char paths[2][ROOM + 64];
	static unsigned int next;
	char *full = paths[next++ % 2];

	snprintf(full, sizeof(paths[0]), "%s/%s", root, path);
	return full;
}

static bool is_ours(const char *root)
{
	return !strcmp(root, OURS);
}

static int region = -1;

static int run_create(const char *root, const struct step *step)
{
	struct bpfmmap_publish args = publish_args(step->name);
	int dir = open(in(root, step->path), O_DIRECTORY | O_PATH), fd, ret;

	if (dir < 0)
		return -errno;
	if (is_ours(root)) {
		args.flags = BPFMMAP_PUBLISH_MODE;
		args.mode = step->mode & 0666;
		args.directory = dir;
		fd = dup(region);
		ret = request(fd, BPFMMAP_IOC_PUBLISH, &args);
	} else {
		fd = openat(dir, step->name, O_CREAT | O_EXCL | O_RDWR, step->mode & 0666);
		ret = fd < 0 ? -errno : 0;
	}
	close(dir);
	close(fd);
	return ret;
}

static int run_mkdir(const char *root, const struct step *step)
{
	return result(mkdir(in(root, step->path), step->mode & 01777));
}

static int run_rmdir(const char *root, const struct step *step)
{
	return result(rmdir(in(root, step->path)));
}

static int run_unlink(const char *root, const struct step *step)
{
	return result(unlink(in(root, step->path)));
}

static int run_link(const char *root, const struct step *step)
{
	const char *path = in(root, step->path);

	return result(link(path, in(root, step->to)));
}

/* Includes RENAME_EXCHANGE, which simple_rename() of 5.10 does not know. */
static unsigned int nr_rename_flags = 4;

static int run_rename(const char *root, const struct step *step)
{
	static const unsigned int flags[] = { 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE };
	const char *path = in(root, step->path);

	return result(syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, in(root, step->to),
			      flags[step->flags % nr_rename_flags]));
}

static void find_rename_flags(void)
{
	const char *one = in(OURS, "a"), *two = in(OURS, "b");

	mkdir(one, 0700);
	mkdir(two, 0700);
	if (syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, two, RENAME_EXCHANGE))
		nr_rename_flags = 3;
	rmdir(one);
	rmdir(two);
}

static int run_chmod(const char *root, const struct step *step)
{
	return result(chmod(in(root, step->path), step->mode & 01777));
}

static int run_chown(const char *root, const struct step *step)
{
	return result(chown(in(root, step->path), step->owner, step->group));
}

static int run_access(const char *root, const struct step *step)
{
	return result(faccessat(AT_FDCWD, in(root, step->path), step->mode & 7, AT_EACCESS));
}

static int run_open(const char *root, const struct step *step)
{
	static const int flags[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_DIRECTORY, O_PATH, O_RDWR | O_NOFOLLOW,
		O_DIRECTORY | O_RDWR, O_RDONLY | O_NOATIME,
	};
	int fd = open(in(root, step->path), flags[step->flags % ARRAY_SIZE(flags)]);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int run_touch(const char *root, const struct step *step)
{
	return result(utimensat(AT_FDCWD, in(root, step->path), NULL, 0));
}

static int run_truncate_a_directory(const char *root, const struct step *step)
{
	struct stat st;
	int ret = result(stat(in(root, step->path), &st));

	if (ret || S_ISREG(st.st_mode))
		return ret;
	return result(truncate(in(root, step->path), 0));
}

static int run_setxattr(const char *root, const struct step *step)
{
	static const char value[256];
	static const int flags[] = { 0, 0, XATTR_CREATE, XATTR_REPLACE };

	return result(setxattr(in(root, step->path), step->attribute, value, step->size,
			       flags[step->flags % ARRAY_SIZE(flags)]));
}

static int run_getxattr(const char *root, const struct step *step)
{
	char value[64];

	return result(getxattr(in(root, step->path), step->attribute, value, step->size % 64));
}

static int run_removexattr(const char *root, const struct step *step)
{
	return result(removexattr(in(root, step->path), step->attribute));
}

static int run_set_list(const char *root, const struct step *step)
{
	const struct { uint16_t tag, perm; uint32_t id; } entries[] = {
		{ 0x01, (step->mode >> 6) & 7, -1 }, { 0x02, step->size & 7, step->owner },
		{ 0x04, (step->mode >> 3) & 7, -1 }, { 0x10, (step->size >> 3) & 7, -1 },
		{ 0x20, step->mode & 7, -1 },
	};
	const uint32_t version = 2;
	uint8_t list[sizeof(version) + sizeof(entries)];

	memcpy(list, &version, sizeof(version));
	memcpy(list + sizeof(version), entries, sizeof(entries));
	return result(setxattr(in(root, step->path), "system.posix_acl_access", list,
			       sizeof(list), 0));
}

static int run_remove_list(const char *root, const struct step *step)
{
	return result(removexattr(in(root, step->path), "system.posix_acl_access"));
}

/* Returns a number made of the fields of stat that must be the same in both. */
static int run_stat(const char *root, const struct step *step)
{
	struct stat st;

	if (stat(in(root, step->path), &st))
		return -errno;
	return st.st_mode * 7 + st.st_uid * 100003 + st.st_gid * 1009 + st.st_nlink * 500009;
}

static int run_list(const char *root, const struct step *step)
{
	DIR *dir = opendir(in(root, step->path));
	struct dirent *entry;
	int sum = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		sum += entry->d_name[0] * 31 + entry->d_type;
		sum += strlen(entry->d_name) * 1000;
	}
	closedir(dir);
	return sum;
}

static const struct call calls[] = {
	{ "create", run_create }, { "create", run_create }, { "create", run_create },
	{ "mkdir", run_mkdir }, { "mkdir", run_mkdir }, { "mkdir", run_mkdir },
	{ "rmdir", run_rmdir }, { "unlink", run_unlink }, { "link", run_link },
	{ "rename", run_rename }, { "rename", run_rename }, { "chmod", run_chmod },
	{ "chown", run_chown }, { "access", run_access }, { "open", run_open },
	{ "touch", run_touch }, { "truncate", run_truncate_a_directory },
	{ "setxattr", run_setxattr }, { "getxattr", run_getxattr },
	{ "removexattr", run_removexattr }, { "set-list", run_set_list },
	{ "remove-list", run_remove_list }, { "stat", run_stat }, { "list", run_list },
};

/* Names that may exist, names that cannot, and paths that lead back. */
static void make_path(char *path)
{
	static const char * const names[] = { "a", "b", "c", "d", "a/..", ".", "b/." };
	unsigned int depth = 1 + rest(3), i;
	size_t len = 0;

	if (!rest(100)) {
		/* the longest name, and a longer one */
		len = 255 + rest(2);
		memset(path, 'n', len);
		path[len] = '\0';
		return;
	}
	path[0] = '\0';
	for (i = 0; i < depth; i++)
		len += sprintf(path + len, "%s%s", i ? "/" : "", names[rest(rest(4) ? 4 : 7)]);
	if (!rest(20))
		strcat(path, "/");
}

static void make_step(struct step *step)
{
	static const unsigned int users[] = { 0, 0, 1000, 1001 };
	static const char * const attributes[] = {
		"trusted.x", "trusted.yy", "security.x", "none.x", "trusted.",
	};

	step->call = &calls[rest(ARRAY_SIZE(calls))];
	make_path(step->path);
	make_path(step->to);
	snprintf(step->name, sizeof(step->name), "%c", 'a' + rest(4));
	strcpy(step->attribute, attributes[rest(ARRAY_SIZE(attributes))]);
	step->uid = users[rest(ARRAY_SIZE(users))];
	step->owner = users[rest(ARRAY_SIZE(users))];
	step->group = users[rest(ARRAY_SIZE(users))];
	/* modes that give access are the better test */
	step->mode = rest(02000) | (rest(2) ? 0755 : 0);
	step->flags = rest(64);
	step->size = rest(200);
}

static int as(unsigned int uid, const char *root, const struct step *step)
{
	int ret;

	if (setegid(uid) || seteuid(uid))
		return -EIO;
	ret = step->call->run(root, step);
	if (seteuid(0) || setegid(0))
		return -EIO;
	return ret;
}

static int nr_seen;
static char seen[2][65536];

static int see(const char *path, const struct stat *st, int type, struct FTW *at)
{
	char *text = seen[nr_seen], attributes[512] = "";
	size_t len = strlen(text), i;
	ssize_t size = listxattr(path, attributes, sizeof(attributes) - 1);
	unsigned int sum = 0;

	(void)type;
	(void)at;
	/* in no order */
	for (i = 0; size > 0 && i < (size_t)size; i++)
		sum += (unsigned char)attributes[i];
	path += strlen(nr_seen ? THEIRS : OURS);
	snprintf(text + len, sizeof(seen[0]) - len, "%.20s %o %u:%u %u %u\n", path, st->st_mode,
		 st->st_uid, st->st_gid, (unsigned int)st->st_nlink, sum);
	return 0;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char * const *)a, *(char * const *)b);
}

static void sort(char *text)
{
	static char *lines[4096];
	static char sorted[sizeof(seen[0])];
	size_t nr = 0, i;
	char *line;

	for (line = strtok(text, "\n"); line && nr < ARRAY_SIZE(lines); line = strtok(NULL, "\n"))
		lines[nr++] = line;
	qsort(lines, nr, sizeof(lines[0]), compare_lines);
	sorted[0] = '\0';
	for (i = 0, line = sorted; i < nr; i++)
		line += sprintf(line, "%s\n", lines[i]);
	strcpy(text, sorted);
}

static void assert_same_trees(void)
{
	for (nr_seen = 0; nr_seen < 2; nr_seen++) {
		seen[nr_seen][0] = '\0';
		nftw(nr_seen ? THEIRS : OURS, see, 16, FTW_PHYS);
		sort(seen[nr_seen]);
	}
	assert_string_equal(seen[0], seen[1]);
}

static void each_call_gives_what_it_gives_on_tmpfs(void **state)
{
	const unsigned long steps = number_in_environment("STEPS", 100000);
	unsigned long i, worked = 0;
	struct step step = {};
	int ours, theirs;

	(void)state;
	seed = number_in_environment("SEED", 1);
	printf("# SEED=%llu STEPS=%lu\n", (unsigned long long)seed, steps);
	for (i = 0; i < steps; i++) {
		make_step(&step);
		if (step.call->run == run_create)
			region = create(8, 1);
		ours = as(step.uid, OURS, &step);
		theirs = as(step.uid, THEIRS, &step);
		if (region >= 0)
			close(region);
		region = -1;
		if (ours != theirs) {
			printf("# step %lu, %s %s %s (%s, %s) as %u, mode %o, flags %u: %d, %d\n",
			       i, step.call->name, step.path, step.to, step.name, step.attribute,
			       step.uid, step.mode, step.flags, ours, theirs);
			assert_int_equal(ours, theirs);
		}
		worked += ours >= 0;
		if (i % 500 == 0)
			assert_same_trees();
	}
	assert_same_trees();
	printf("# %lu of them worked\n", worked);
	assert_true(worked > steps / 20);
}

static int setup(void **state)
{
	umask(0);
	mkdir(THEIRS, 0755);
	if (load_module(state))
		return 1;
	set_parameter("max_published", "0");
	find_rename_flags();
	return mount("none", THEIRS, "tmpfs", MS_NOEXEC | MS_NODEV, "mode=1777") ||
	       chmod(OURS, 01777);
}

static int teardown(void **state)
{
	set_parameter("max_published", "256");
	withdraw_all();
	return umount(THEIRS) || unload_module(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_gives_what_it_gives_on_tmpfs),
	};

	return RUN_GROUP_WITH(tests, setup, teardown);
}
