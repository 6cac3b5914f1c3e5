// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks and leases work as on any regular file: flock(), and fcntl() locks of processes and of
 * open files.
 */
#include "files.h"

#include <signal.h>
#include <sys/file.h>

static int fd = -1;

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

static void flock_excludes_other_opens(void **state)
{
	int other = open_name("file", O_RDONLY);

	(void)state;
	assert_ok(flock(fd, LOCK_EX | LOCK_NB));
	assert_refused(result(flock(other, LOCK_SH | LOCK_NB)), EWOULDBLOCK);
	assert_ok(flock(fd, LOCK_SH | LOCK_NB));
	assert_ok(flock(other, LOCK_SH | LOCK_NB));
	assert_ok(flock(fd, LOCK_UN));
	assert_ok(flock(other, LOCK_EX | LOCK_NB));
	close(other);
	assert_ok(flock(fd, LOCK_EX | LOCK_NB));
}

/* The lock belongs to the inode, so another name meets it too. */
static void flock_excludes_by_all_names(void **state)
{
	int other;

	(void)state;
	assert_ok(try_link("file", "link"));
	other = open_name("link", O_RDWR);
	assert_ok(flock(fd, LOCK_EX | LOCK_NB));
	assert_refused(result(flock(other, LOCK_EX | LOCK_NB)), EWOULDBLOCK);
	close(other);
}

static int try_lock(int file, int command, short type, off_t start, off_t len)
{
	struct flock lock = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len,
	};

	return result(fcntl(file, command, &lock));
}

static int lock_in_child(void *arg)
{
	int other = try_open_name("file", O_RDWR);
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -10, .l_len = 10
	};

	(void)arg;
	if (try_lock(other, F_SETLK, F_WRLCK, 0, 10) != -EAGAIN)
		return 1;
	if (try_lock(other, F_SETLK, F_WRLCK, 10, 10))
		return 2;
	/* SEEK_END works for locks */
	if (fcntl(other, F_SETLK, &lock))
		return 3;
	lock = (struct flock) { .l_type = F_RDLCK, .l_start = 5, .l_len = 1 };
	if (fcntl(other, F_GETLK, &lock) || lock.l_type != F_WRLCK || lock.l_pid != getppid())
		return 4;
	return 0;
}

static void locks_of_processes(void **state)
{
	(void)state;
	assert_ok(try_lock(fd, F_SETLK, F_WRLCK, 0, 10));
	assert_ok(in_child(lock_in_child, NULL));
	assert_ok(try_lock(fd, F_SETLK, F_UNLCK, 0, 0));
}

static void locks_of_open_files(void **state)
{
	int other = open_name("file", O_RDWR);

	(void)state;
	assert_ok(try_lock(fd, F_OFD_SETLK, F_WRLCK, 0, 10));
	assert_refused(try_lock(other, F_OFD_SETLK, F_RDLCK, 9, 1), EAGAIN);
	assert_ok(try_lock(other, F_OFD_SETLK, F_WRLCK, 10, 0));
	assert_ok(try_lock(fd, F_OFD_SETLK, F_UNLCK, 0, 10));
	assert_ok(try_lock(other, F_OFD_SETLK, F_RDLCK, 9, 1));
	close(other);
}

static volatile sig_atomic_t broken;

static void on_io(int number)
{
	(void)number;
	broken = 1;
}

/* The holder of a lease gets a signal when another process opens the file for writing. */
static void leases_are_given_and_broken(void **state)
{
	int reader = open_name("file", O_RDONLY), other;

	(void)state;
	/* no lease is given while the file is open for writing */
	assert_refused(result(fcntl(reader, F_SETLEASE, F_RDLCK)), EAGAIN);
	close(fd);
	broken = 0;
	signal(SIGIO, on_io);
	assert_ok(fcntl(reader, F_SETLEASE, F_RDLCK));
	assert_int_equal(fcntl(reader, F_GETLEASE), F_RDLCK);
	close(open_name("file", O_RDONLY));
	assert_int_equal(broken, 0);
	assert_refused(try_open_name("file", O_RDWR | O_NONBLOCK), EWOULDBLOCK);
	assert_int_equal(broken, 1);
	assert_ok(fcntl(reader, F_SETLEASE, F_UNLCK));
	other = open_name("file", O_RDWR | O_NONBLOCK);
	close(other);
	close(reader);
	fd = open_name("file", O_RDWR);
	signal(SIGIO, SIG_DFL);
}

static void locks_work_on_what_is_frozen(void **state)
{
	(void)state;
	assert_ok(try_freeze(fd));
	assert_ok(flock(fd, LOCK_EX | LOCK_NB));
	assert_ok(try_lock(fd, F_SETLK, F_WRLCK, 0, 0));
}

static void locks_work_without_a_name(void **state)
{
	int unnamed = create_pages(1), other = open_id(info(unnamed).id, 0);

	(void)state;
	assert_ok(flock(unnamed, LOCK_EX | LOCK_NB));
	assert_refused(result(flock(other, LOCK_EX | LOCK_NB)), EWOULDBLOCK);
	assert_ok(try_lock(unnamed, F_OFD_SETLK, F_WRLCK, 0, 10));
	assert_refused(try_lock(other, F_OFD_SETLK, F_WRLCK, 0, 10), EAGAIN);
	close(unnamed);
	close(other);
}

static void no_seals(void **state)
{
	(void)state;
	assert_refused(result(fcntl(fd, F_GET_SEALS)), EINVAL);
	assert_refused(result(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(flock_excludes_other_opens),
		TEST(flock_excludes_by_all_names),
		TEST(locks_of_processes),
		TEST(locks_of_open_files),
		TEST(leases_are_given_and_broken),
		TEST(locks_work_on_what_is_frozen),
		TEST(locks_work_without_a_name),
		TEST(no_seals),
	};

	return RUN_GROUP(tests);
}
