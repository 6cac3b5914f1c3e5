// SPDX-License-Identifier: GPL-2.0-only
/* See operation.h: what an fd can do, and where else bytes of a region can go or come from. */
#include "fixture.h"
#include "operation.h"
#include "passed_fd.h"
#include "world.h"

#include <linux/fs.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* Bytes of one transfer; a plain buffer has room for them. */
static size_t amount(uint8_t byte)
{
	static const size_t bytes[] = {
		8, 1, 100, 4096, 4097, 0, 65536, 65537, 131072, 3, 8191, 12288,
	};

	return CHOOSE(bytes, byte);
}

/* What a transfer returned must not be more than was asked for, nor come from a bad buffer. */
static long transferred(long ret, size_t most, uint8_t byte)
{
	if (ret > (long)most || (ret > 0 && buffer_is_bad(byte)))
		broken("transfer: %ld of %zu bytes, buffer %#x", ret, most, byte);
	return ret;
}

static long do_read(const uint8_t *a)
{
	size_t len = amount(a[1]);

	return transferred(result(read(slot_fd(a[0]), buffer(a[2], len), len)), len, a[2]);
}

static long do_write(const uint8_t *a)
{
	size_t len = amount(a[1]);

	return transferred(result(write(slot_fd(a[0]), buffer(a[2], len), len)), len, a[2]);
}

static long do_pread(const uint8_t *a)
{
	size_t len = amount(a[1]);
	uint8_t *to = buffer(a[2], len);

	return transferred(result(pread(slot_fd(a[0]), to, len, offset(a[3]))), len, a[2]);
}

static long do_pwrite(const uint8_t *a)
{
	static uint8_t stored[SCRATCH_BYTES];
	size_t len = amount(a[1]);
	uint8_t *from = buffer(a[2], len);
	long ret = transferred(result(pwrite(slot_fd(a[0]), from, len, offset(a[3]))), len, a[2]);

	if (ret > 0 && world.alone && world.ids[a[0] % SLOTS] && buffer_is_plain(a[2]) &&
	    !(fcntl(slot_fd(a[0]), F_GETFL) & O_APPEND) &&
	    pread(slot_fd(a[0]), stored, ret, offset(a[3])) == ret && memcmp(stored, from, ret))
		broken("write: %ld bytes at %lld are not what was written", ret,
		       (long long)offset(a[3]));
	return ret;
}

static const int rwf_flags[] = {
	0, RWF_NOWAIT, RWF_HIPRI, RWF_DSYNC, RWF_APPEND, RWF_SYNC | RWF_NOWAIT, 0x20, 0x40, ~0,
};

/* Two pieces, of which the second may be bad. */
static long do_preadv(const uint8_t *a)
{
	size_t len = amount(a[1]);
	struct iovec to[] = { { buffer(0, 5), 5 }, { buffer(a[2], len), len } };

	return result(preadv2(slot_fd(a[0]), to, 1 + a[5] % 2, offset(a[3]),
			      CHOOSE(rwf_flags, a[4])));
}

static long do_pwritev(const uint8_t *a)
{
	size_t len = amount(a[1]);
	struct iovec from[] = { { buffer(0, 5), 5 }, { buffer(a[2], len), len } };

	return result(pwritev2(slot_fd(a[0]), from, 1 + a[5] % 2, offset(a[3]),
			       CHOOSE(rwf_flags, a[4])));
}

static long do_lseek(const uint8_t *a)
{
	return result(lseek(slot_fd(a[0]), offset(a[1]), a[2] % 6));
}

static long do_poll(const uint8_t *a)
{
	struct pollfd poll_fd = { .fd = slot_fd(a[0]), .events = a[1] ? 0xffff : POLLIN | POLLPRI };

	return result(poll(&poll_fd, 1, 0));
}

static long do_epoll(const uint8_t *a)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLPRI | EPOLLRDBAND | EPOLLOUT };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	long ret;

	if (ep < 0)
		return -errno;
	if (a[1] % 2)
		event.events |= EPOLLET | EPOLLONESHOT;
	ret = result(epoll_ctl(ep, EPOLL_CTL_ADD, slot_fd(a[0]), &event));
	if (!ret)
		ret = result(epoll_wait(ep, &event, 1, 0));
	if (a[2] % 4 == 1)
		return slot_set(a[2] / 4, ep);
	close(ep);
	return ret;
}

static long do_fallocate(const uint8_t *a)
{
	static const int modes[] = {
		0, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_ZERO_RANGE, FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_PUNCH_HOLE,
		FALLOC_FL_INSERT_RANGE, FALLOC_FL_UNSHARE_RANGE, ~0,
	};

	return result(fallocate(slot_fd(a[0]), CHOOSE(modes, a[1]), offset(a[2]), length(a[3])));
}

static long do_ftruncate(const uint8_t *a)
{
	struct stat st;

	if (a[1] % 16 == 15 && !fstat(slot_fd(a[0]), &st))
		return result(ftruncate(slot_fd(a[0]), st.st_size));
	return result(ftruncate(slot_fd(a[0]), offset(a[1])));
}

static long do_sendfile(const uint8_t *a)
{
	off_t at = offset(a[2]);

	return result(sendfile(slot_fd(a[0]), slot_fd(a[1]), a[2] ? &at : NULL, amount(a[3])));
}

static long do_copy(const uint8_t *a)
{
	off_t from = offset(a[2]), to = offset(a[3]);

	return result(copy_file_range(slot_fd(a[0]), &from, slot_fd(a[1]), &to, amount(a[4]),
				      a[5] == 0xff));
}

/* By a pipe of its own, so that it never waits: first into the pipe, then out of it. */
static long do_splice(const uint8_t *a)
{
	loff_t from = offset(a[2]), to = offset(a[3]);
	int ends[2];
	long ret;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	ret = result(splice(slot_fd(a[0]), &from, ends[1], NULL, amount(a[4]), SPLICE_F_NONBLOCK));
	if (ret > 0 && a[5] % 2)
		tee(ends[0], ends[1], 1, SPLICE_F_NONBLOCK);
	if (ret > 0)
		ret = result(splice(ends[0], NULL, slot_fd(a[1]), &to, ret, SPLICE_F_NONBLOCK));
	close(ends[0]);
	close(ends[1]);
	return ret;
}

static long do_vmsplice(const uint8_t *a)
{
	size_t len = amount(a[1]);
	struct iovec from = { buffer(a[0], len), len };
	int ends[2];
	loff_t to = 0;
	long ret;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	ret = result(vmsplice(ends[1], &from, 1,
			      SPLICE_F_NONBLOCK | (a[3] % 2 ? SPLICE_F_GIFT : 0)));
	if (ret > 0)
		ret = result(splice(ends[0], NULL, slot_fd(a[2]), &to, ret,
				    SPLICE_F_NONBLOCK | SPLICE_F_MOVE));
	close(ends[0]);
	close(ends[1]);
	return ret;
}

static long do_sync(const uint8_t *a)
{
	int fd = slot_fd(a[0]);

	switch (a[1] % 5) {
	case 0:
		return result(fsync(fd));
	case 1:
		return result(fdatasync(fd));
	case 2:
		return result(sync_file_range(fd, offset(a[2]), length(a[2]), a[2] % 8));
	case 3:
		return result(posix_fadvise(fd, offset(a[2]), length(a[2]), a[2] % 7));
	default:
		return result(readahead(fd, offset(a[2]), length(a[2])));
	}
}

static long do_lock(const uint8_t *a)
{
	static const short types[] = { F_RDLCK, F_WRLCK, F_UNLCK };
	struct flock lock = {
		.l_type = CHOOSE(types, a[2]),
		.l_start = offset(a[2] / 3),
	};
	int fd = slot_fd(a[0]);

	switch (a[1] % 6) {
	case 0:
		return result(fcntl(fd, F_SETLK, &lock));
	case 1:
		return result(fcntl(fd, F_OFD_SETLK, &lock));
	case 2:
		return result(fcntl(fd, F_GETLK, &lock));
	case 3:
		return result(flock(fd, (a[2] % 2 ? LOCK_SH : LOCK_EX) | LOCK_NB));
	case 4:
		return result(flock(fd, LOCK_UN));
	default:
		return result(fcntl(fd, F_SETLEASE, CHOOSE(types, a[2])));
	}
}

static long do_fcntl(const uint8_t *a)
{
	static const int commands[] = {
		F_SETFL, F_GETFL, F_GET_SEALS, F_ADD_SEALS, F_NOTIFY, F_SETOWN, F_GETPIPE_SZ,
		F_SET_RW_HINT, F_GET_RW_HINT, F_SETSIG, 1039, 1040,
	};
	static const unsigned long values[] = {
		0, O_APPEND, O_NONBLOCK, O_DIRECT, FASYNC, O_NOATIME, 0xf, 1UL << 31 | 0x3f,
	};

	return result(fcntl(slot_fd(a[0]), CHOOSE(commands, a[1]), CHOOSE(values, a[2])));
}

static long do_stat(const uint8_t *a)
{
	struct statx stx;
	struct statfs sfs;
	struct stat st;

	switch (a[1] % 3) {
	case 0:
		return result(fstat(slot_fd(a[0]), &st));
	case 1:
		return result(statx(slot_fd(a[0]), "", AT_EMPTY_PATH, 0xfff, &stx));
	default:
		return result(fstatfs(slot_fd(a[0]), &sfs));
	}
}

static long do_fdinfo(const uint8_t *a)
{
	const char *path = path_of_fdinfo(slot_fd(a[0]));
	char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long ret;

	if (fd < 0)
		return -errno;
	ret = result(read(fd, text, sizeof(text)));
	close(fd);
	return ret < 0 ? ret : 0;
}

static long do_dup(const uint8_t *a)
{
	return slot_set(a[1], result(fcntl(slot_fd(a[0]), F_DUPFD_CLOEXEC, 0)));
}

static long do_close(const uint8_t *a)
{
	int *fd = &world.fds[a[0] % SLOTS];
	long ret = result(close(*fd));

	*fd = -1;
	world.ids[a[0] % SLOTS] = 0;
	return ret;
}

/* Open it again by /proc/self/fd. */
static long do_reopen(const uint8_t *a)
{
	static const int flags[] = {
		O_RDWR, O_RDONLY, O_WRONLY, O_PATH, O_RDWR | O_TRUNC, O_RDWR | O_DIRECT,
		O_RDWR | O_APPEND, O_RDONLY | O_DIRECTORY,
	};

	return slot_set(a[1], result(open(path_of_fd(slot_fd(a[0])),
					  CHOOSE(flags, a[2]) | O_CLOEXEC)));
}

static long do_pass(const uint8_t *a)
{
	int ends[2];
	long ret;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return -errno;
	ret = try_send_fd(ends[0], slot_fd(a[0]));
	/* otherwise it is closed with the socket */
	if (!ret && a[2] % 4 != 3)
		ret = try_receive_fd(ends[1]);
	close(ends[0]);
	close(ends[1]);
	return ret ? slot_set(a[1], ret) : 0;
}

/* Files of other kinds, for requests and transfers. */
static long do_other(const uint8_t *a)
{
	switch (a[1] % 5) {
	case 0:
		return slot_set(a[0],
				result(memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING)));
	case 1:
		return slot_set(a[0], result(open(BPFMMAP_PUBLISH_DIR, O_RDONLY | O_CLOEXEC)));
	case 2:
		return slot_set(a[0], result(open("/dev/zero", O_RDWR | O_CLOEXEC)));
	case 3:
		return slot_set(a[0], result(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)));
	default:
		return slot_set(a[0], result(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)));
	}
}

const struct operation file_operations[] = {
	{ "read", 3, 8, do_read, 0, { 0 } },
	{ "write", 3, 12, do_write, MAY_WRITE, { 0 } },
	{ "pread", 4, 8, do_pread, 0, { 0 } },
	{ "pwrite", 4, 20, do_pwrite, MAY_WRITE, { 0 } },
	{ "preadv", 6, 8, do_preadv, 0, { 0 } },
	{ "pwritev", 6, 12, do_pwritev, MAY_WRITE, { 0 } },
	{ "lseek", 3, 6, do_lseek, 0, { 0 } },
	{ "poll", 2, 6, do_poll, 0, { 0 } },
	{ "epoll", 3, 6, do_epoll, 0, { 0 } },
	{ "fallocate", 4, 16, do_fallocate, MAY_WRITE | MAY_WRITE_PART | GIVES_ZERO, { 0 } },
	{ "ftruncate", 2, 5, do_ftruncate, GIVES_ZERO, { 0 } },
	{ "sendfile", 4, 8, do_sendfile, MAY_WRITE, { 0 } },
	{ "copyrange", 6, 8, do_copy, MAY_WRITE, { 0 } },
	{ "splice", 6, 8, do_splice, MAY_WRITE | MAY_WRITE_PART, { 0 } },
	{ "vmsplice", 4, 6, do_vmsplice, MAY_WRITE, { 0 } },
	{ "sync", 3, 5, do_sync, 0, { 0 } },
	{ "lock", 3, 6, do_lock, 0, { 0 } },
	{ "fcntl", 3, 6, do_fcntl, 0, { 0 } },
	{ "stat", 2, 5, do_stat, GIVES_ZERO, { 0 } },
	{ "fdinfo", 1, 5, do_fdinfo, 0, { 0 } },
	{ "dup", 2, 8, do_dup, 0, { 0 } },
	{ "close", 1, 20, do_close, MAY_MAP, { 0 } },
	{ "reopen", 3, 8, do_reopen, 0, { 0 } },
	{ "pass", 3, 5, do_pass, 0, { 0 } },
	{ "other", 2, 10, do_other, 0, { 0 } },
	{ NULL, 0, 0, NULL, 0, { 0 } }
};
