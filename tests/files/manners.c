// SPDX-License-Identifier: GPL-2.0-only
/* A region behaves like any regular file. */
#include "files.h"

#include <linux/fs.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <time.h>

static int fd = -1;	/* opened by the name "file" */

static int setup(void **state)
{
	(void)state;
	only_named("file", 0600);
	fd = open_name("file", O_RDWR);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	withdraw_all();
	return 0;
}

static void what_flushes_has_nothing_to_do(void **state)
{
	uint8_t *at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	at[0] = 1;
	assert_ok(fsync(fd));
	assert_ok(fdatasync(fd));
	assert_ok(msync(at, PAGE, MS_SYNC));
	assert_ok(msync(at, PAGE, MS_ASYNC));
	assert_ok(msync(at, PAGE, MS_SYNC | MS_INVALIDATE));
	assert_ok(sync_file_range(fd, 0, PAGE, SYNC_FILE_RANGE_WAIT_BEFORE |
				  SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
	assert_ok(syncfs(fd));
	unmap(at, PAGE);
	assert_ok(try_freeze(fd));
	assert_ok(fsync(fd));
}

static void advice_is_taken(void **state)
{
	static const int advice[] = {
		POSIX_FADV_NORMAL, POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM, POSIX_FADV_WILLNEED,
		POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(advice); i++)
		assert_ok(posix_fadvise(fd, 0, PAGE, advice[i]));
	assert_ok(readahead(fd, 0, PAGE));
}

static void nowait_works(void **state)
{
	char out[] = "now", back[4] = "";
	struct iovec iov = { out, 4 }, in = { back, 4 };
	int unnamed = create_pages(1);

	(void)state;
	assert_int_equal(pwritev2(fd, &iov, 1, 8, RWF_NOWAIT), 4);
	assert_int_equal(preadv2(fd, &in, 1, 8, RWF_NOWAIT), 4);
	assert_string_equal(back, "now");
	assert_int_equal(pwritev2(unnamed, &iov, 1, 0, RWF_NOWAIT), 4);
	assert_int_equal(preadv2(unnamed, &in, 1, 0, RWF_NOWAIT | RWF_HIPRI), 4);
	assert_int_equal(pwritev2(fd, &iov, 1, 0, RWF_SYNC | RWF_DSYNC), 4);
	assert_refused(result(pwritev2(fd, &iov, 1, 0, RWF_APPEND)), ENOSPC);
	close(unnamed);
}

static void the_size_can_be_set_to_what_it_is_only(void **state)
{
	const off_t size = stat_of_fd(fd).st_size;
	int ret;

	(void)state;
	assert_ok(truncate(path_of("file"), size));
	assert_ok(ftruncate(fd, size));
	assert_refused(result(truncate(path_of("file"), 0)), EPERM);
	assert_refused(result(truncate(path_of("file"), size + 1)), EPERM);
	assert_refused(result(ftruncate(fd, size - 1)), EPERM);
	assert_refused(try_open_name("file", O_RDWR | O_TRUNC), EPERM);
	assert_refused(try_open_name("file", O_WRONLY | O_TRUNC | O_CREAT), EPERM);
	assert_ok(posix_fallocate(fd, 0, size));
	assert_int_equal(posix_fallocate(fd, 0, size + 1), EPERM);
	assert_ok(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size));
	assert_int_equal(stat_of_fd(fd).st_size, size);
	/* a directory has no size that could be set */
	ret = result(truncate(BPFMMAP_PUBLISH_DIR, 0));
	assert_int_equal(ret, -EISDIR);
}

static void appending_finds_no_space_and_changes_nothing(void **state)
{
	int append = open_name("file", O_RDWR | O_APPEND);
	uint8_t back[PAGE];

	(void)state;
	assert_refused(result(write(append, "x", 1)), ENOSPC);
	assert_refused(result(pwrite(append, "x", 1, 0)), ENOSPC);
	assert_int_equal(read(append, back, PAGE), PAGE);
	assert_true(all(back, PAGE, 0));
	close(append);
}

/* tmpfs up to 6.5 refuses it too; there is no cache to bypass. */
static void o_direct_is_not_to_be_had(void **state)
{
	(void)state;
	assert_refused(try_open_name("file", O_RDWR | O_DIRECT), EINVAL);
	assert_refused(result(fcntl(fd, F_SETFL, O_DIRECT)), EINVAL);
}

static bool later(struct timespec a, struct timespec b)
{
	return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

static void tick(void)
{
	usleep(30000);
}

static void writing_changes_the_times(void **state)
{
	struct stat before = stat_of_fd(fd), after;
	uint8_t byte;

	(void)state;
	tick();
	assert_int_equal(pwrite(fd, "x", 1, 0), 1);
	after = stat_of_fd(fd);
	assert_true(later(after.st_mtim, before.st_mtim));
	assert_true(later(after.st_ctim, before.st_ctim));
	before = after;
	tick();
	assert_ok(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1));
	after = stat_of_fd(fd);
	assert_true(later(after.st_mtim, before.st_mtim));
	assert_true(later(after.st_ctim, before.st_ctim));
	before = after;
	tick();
	assert_int_equal(pread(fd, &byte, 1, 0), 1);
	after = stat_of_fd(fd);
	assert_false(later(after.st_mtim, before.st_mtim));
	assert_false(later(after.st_ctim, before.st_ctim));
	tick();
	assert_ok(fchmod(fd, 0640));
	after = stat_of_fd(fd);
	assert_true(later(after.st_ctim, before.st_ctim));
	assert_false(later(after.st_mtim, before.st_mtim));
}

static void changing_attributes_changes_the_ctime(void **state)
{
	struct stat before = stat_of_fd(fd), after;

	(void)state;
	tick();
	assert_ok(fsetxattr(fd, "user.x", "x", 1, 0));
	after = stat_of_fd(fd);
	assert_true(later(after.st_ctim, before.st_ctim));
	assert_false(later(after.st_mtim, before.st_mtim));
	before = after;
	tick();
	assert_refused(result(fsetxattr(fd, "user.x", "y", 1, XATTR_CREATE)), EEXIST);
	after = stat_of_fd(fd);
	assert_false(later(after.st_ctim, before.st_ctim));
	assert_ok(fremovexattr(fd, "user.x"));
	after = stat_of_fd(fd);
	assert_true(later(after.st_ctim, before.st_ctim));
}

static void a_write_that_is_refused_leaves_the_times(void **state)
{
	struct stat before, after;

	(void)state;
	assert_ok(try_freeze(fd));
	before = stat_of_fd(fd);
	tick();
	assert_refused(result(pwrite(fd, "x", 1, 0)), EPERM);
	after = stat_of_fd(fd);
	assert_false(later(after.st_mtim, before.st_mtim));
}

static void times_can_be_set(void **state)
{
	const struct timespec times[2] = { { 1000000000, 1 }, { 1000000001, 999999999 } };
	struct stat st;

	(void)state;
	assert_ok(futimens(fd, times));
	st = stat_of_fd(fd);
	assert_int_equal(st.st_mtim.tv_sec, 1000000001);
	assert_int_equal(st.st_mtim.tv_nsec, 999999999);
	assert_int_equal(st.st_atim.tv_nsec, 1);
}

static struct statx statx_of(int file)
{
	struct statx stx;

	assert_ok(result(syscall(SYS_statx, file, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx)));
	return stx;
}

static void statx_tells_what_is_frozen(void **state)
{
	int dir = open_directory(".");

	(void)state;
	assert_true(statx_of(fd).stx_attributes_mask & STATX_ATTR_IMMUTABLE);
	assert_false(statx_of(fd).stx_attributes & STATX_ATTR_IMMUTABLE);
	assert_ok(try_freeze(fd));
	assert_true(statx_of(fd).stx_attributes & STATX_ATTR_IMMUTABLE);
	assert_false(statx_of(dir).stx_attributes & STATX_ATTR_IMMUTABLE);
	close(dir);
}

static void flags_of_chattr_are_not_there(void **state)
{
	int flags = 0;

	(void)state;
	assert_refused(result(ioctl(fd, FS_IOC_GETFLAGS, &flags)), ENOTTY);
	flags = FS_IMMUTABLE_FL;
	assert_refused(result(ioctl(fd, FS_IOC_SETFLAGS, &flags)), ENOTTY);
}

static void nobody_runs_it(void **state)
{
	char * const args[] = { "file", NULL };
	uint8_t *at = map(fd, PAGE, PROT_READ, 0);

	(void)state;
	assert_int_equal(pwrite(fd, "#!/bin/true\n", 12, 0), 12);
	assert_ok(chmod(path_of("file"), 0777));
	assert_refused(result(execv(path_of("file"), args)), EACCES);
	assert_refused(result(syscall(SYS_execveat, fd, "", args, args, AT_EMPTY_PATH)), EACCES);
	assert_refused(try_map(fd, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, 0), EPERM);
	assert_refused(try_protect(at, PAGE, PROT_READ | PROT_EXEC), EACCES);
	unmap(at, PAGE);
}

/* The file system has only regions: open, mknod and symlink make no names. */
static void other_kinds_of_files_are_not_made(void **state)
{
	(void)state;
	assert_refused(try_open_name("new", O_RDWR | O_CREAT), EACCES);
	assert_refused(result(mknod(path_of("new"), S_IFIFO | 0600, 0)), EPERM);
	assert_refused(result(mknod(path_of("new"), S_IFREG | 0600, 0)), EACCES);
	assert_refused(result(symlink("file", path_of("new"))), EPERM);
	assert_refused(try_open_name(".", O_RDWR | O_TMPFILE), EOPNOTSUPP);
	assert_refused(try_open_name("file", O_RDWR | O_CREAT | O_EXCL), EEXIST);
	close(open_name("file", O_RDWR | O_CREAT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_flushes_has_nothing_to_do),
		TEST(advice_is_taken),
		TEST(nowait_works),
		TEST(the_size_can_be_set_to_what_it_is_only),
		TEST(appending_finds_no_space_and_changes_nothing),
		TEST(o_direct_is_not_to_be_had),
		TEST(writing_changes_the_times),
		TEST(changing_attributes_changes_the_ctime),
		TEST(a_write_that_is_refused_leaves_the_times),
		TEST(times_can_be_set),
		TEST(statx_tells_what_is_frozen),
		TEST(flags_of_chattr_are_not_there),
		TEST(nobody_runs_it),
		TEST(other_kinds_of_files_are_not_made),
	};

	return RUN_GROUP(tests);
}
