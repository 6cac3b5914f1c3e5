// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes by file descriptors: update, get another descriptor that can do more, or use
 * one as a file.
 */
#include "attack.h"
#include "names.h"
#include "passed_fd.h"

#include <linux/io_uring.h>
#include <linux/kcmp.h>
#include <linux/perf_event.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Whoever has this descriptor tries all that one can do with it. */
static void use(struct target *t, int fd)
{
	uint64_t value = 0x6666666666666666;
	void *at;

	passes(t, "update", t->array->update(fd, 0, &value, 0));
	at = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (passes(t, "mmap", at == MAP_FAILED ? -errno : 0))
		memset(at, THEIRS, LEN);
}

static void update_after(struct target *t)
{
	uint64_t value = 0x6666666666666666;
	uint64_t flags;

	if (!freeze(t))
		return;
	for (flags = 0; flags < 3; flags++)
		passes(t, "update", t->array->update(t->fd, NR - 1, &value, flags));
}

static void update_batch_after(struct target *t)
{
	uint32_t count = NR;

	if (freeze(t))
		passes(t, "update", t->array->update_batch(t->fd, 0, &count, memory(LEN)));
}

static long update_from_page(struct stalled *s)
{
	return s->t->array->update(s->t->fd, 0, s->held.page, 0);
}

static long update_batch_from_page(struct stalled *s)
{
	uint32_t count = 8;

	return s->t->array->update_batch(s->t->fd, 0, &count, s->held.page);
}

static void update_across(struct target *t, long (*call)(struct stalled *s))
{
	struct stalled s = { .t = t, .call = call };

	if (stall(&s)) {
		freeze(t);
		passes(t, "update", release(&s));
	}
}

static void update_stalled(struct target *t)
{
	update_across(t, update_from_page);
}

static void update_batch_stalled(struct target *t)
{
	update_across(t, update_batch_from_page);
}

static void open_by_id(struct target *t)
{
	struct array_info info = { 0 };
	int fd;

	if (!freeze(t) || t->array->info(t->fd, &info))
		return;
	fd = t->array->open_id(info.id, 0);
	if (passes(t, "open", fd))
		use(t, fd);
	fd = t->array->open_id(info.id, BPFMMAP_F_WRONLY);
	if (passes(t, "open", fd))
		use(t, fd);
}

static void reopen(struct target *t)
{
	char path[64];
	int fd;

	if (!freeze(t))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", t->fd);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (passes(t, "open", result(fd)))
		use(t, fd);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (passes(t, "open", result(fd)))
		use(t, fd);
}

static void reopen_map_file(struct target *t)
{
	uint8_t *at = frozen_view(t);
	char path[96];
	int fd;

	if (!at)
		return;
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)at,
		 (unsigned long)at + LEN);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (passes(t, "open", result(fd)))
		use(t, fd);
}

static void pass(struct target *t)
{
	int socks[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, socks))
		return;
	/* on its way while the array is frozen */
	try_send_fd(socks[0], t->fd);
	if (!freeze(t))
		return;
	if (!fork()) {
		close(t->fd);
		use(t, try_receive_fd(socks[1]));
		_exit(0);
	}
	wait(NULL);
}

static void pidfd_getfd_of(struct target *t)
{
	pid_t parent = getpid();
	int fd;

	if (!freeze(t))
		return;
	if (fork()) {
		wait(NULL);
		return;
	}
	fd = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, parent, 0), t->fd, 0);
	if (passes(t, "pidfd_getfd", result(fd)))
		use(t, fd);
	_exit(0);
}

static void dup_and_fcntl(struct target *t)
{
	int fd;

	if (!freeze(t))
		return;
	fd = dup(t->fd);
	fcntl(fd, F_SETFL, O_RDWR | O_APPEND | O_NONBLOCK);
	use(t, fd);
	passes(t, "F_ADD_SEALS", result(fcntl(fd, F_ADD_SEALS, 0)));
}

static void as_a_file(struct target *t)
{
	struct iovec iov = { memory(PAGE), PAGE };

	if (!freeze(t))
		return;
	passes(t, "write", result(write(t->fd, iov.iov_base, PAGE)));
	passes(t, "pwrite", result(pwrite(t->fd, iov.iov_base, PAGE, 0)));
	passes(t, "writev", result(pwritev2(t->fd, &iov, 1, 0, 0)));
	passes(t, "ftruncate", result(ftruncate(t->fd, 0)));
	passes(t, "fallocate", result(fallocate(t->fd, 0x03, 0, LEN)));
}

static long pwrite_from_page(struct stalled *s)
{
	return result(pwrite(s->t->fd, s->held.page, PAGE, 0));
}

static void pwrite_stalled(struct target *t)
{
	update_across(t, pwrite_from_page);
}

static struct uring ring;

static long uring_write_from_page(struct stalled *s)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_WRITE, .fd = s->t->fd, .len = PAGE,
		.addr = (uintptr_t)s->held.page,
	};
	int ret = uring_submit(&ring, &sqe);

	return ret < 0 ? ret : uring_wait(&ring);
}

static void uring_write_stalled(struct target *t)
{
	if (uring_open(t, &ring))
		update_across(t, uring_write_from_page);
}

/* Other descriptors of it that a region gives to whoever asks. */
static void publish_and_open(struct target *t)
{
	char name[32];
	int fd;

	if (!freeze(t))
		return;
	snprintf(name, sizeof(name), "attack.%d", t->serial);
	if (!passes(t, "publish", try_publish(t->fd, name)))
		return;
	chmod(path_of(name), 0777);
	fd = try_open_name(name, O_RDWR);
	if (passes(t, "open", fd)) {
		use(t, fd);
		passes(t, "write", result(write(fd, memory(PAGE), PAGE)));
		passes(t, "fallocate", result(fallocate(fd, 3, 0, PAGE)));
		passes(t, "ftruncate", result(ftruncate(fd, 0)));
	}
	passes(t, "open with O_TRUNC", try_open_name(name, O_RDWR | O_TRUNC));
	passes(t, "truncate", result(truncate(path_of(name), PAGE)));
	try_withdraw(name);
}

static void restrict_to_nothing(struct target *t)
{
	struct bpfmmap_restrict args = { .size = sizeof(args) };
	int fd;

	if (!freeze(t))
		return;
	fd = request(t->fd, BPFMMAP_IOC_RESTRICT, &args);
	if (passes(t, "restrict", fd))
		use(t, fd);
}

static int file_of_theirs(void)
{
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	if (file < 0 || write(file, memory(LEN), LEN) != (ssize_t)LEN || lseek(file, 0, SEEK_SET))
		_exit(93);
	return file;
}

static void sendfile_to(struct target *t)
{
	int file = file_of_theirs();

	if (freeze(t))
		passes(t, "sendfile", result(sendfile(t->fd, file, NULL, LEN)));
}

static void splice_to(struct target *t)
{
	int file = file_of_theirs(), pipes[2];

	if (pipe(pipes) || write(pipes[1], memory(PAGE), PAGE) != (ssize_t)PAGE || !freeze(t))
		return;
	passes(t, "splice", result(splice(pipes[0], NULL, t->fd, NULL, PAGE, 0)));
	passes(t, "tee", result(tee(pipes[0], t->fd, PAGE, 0)));
	passes(t, "copy_file_range",
	       result(copy_file_range(file, NULL, t->fd, NULL, PAGE, 0)));
}

/* The array's own requests with nothing in them, and all that others have. */
static void every_ioctl(struct target *t)
{
	uint8_t *args = memory(PAGE);
	unsigned int type, nr;
	long ret = 0;

	if (!freeze(t))
		return;
	for (type = 0; type < 256; type++)
		for (nr = 0; nr < 64; nr++) {
			if (type == BPFMMAP_IOC_TYPE)
				*(uint32_t *)args = 64;
			/* what every file has (FIOCLEX and so on) does no harm */
			ret = result(ioctl(t->fd, _IOWR(type, nr, uint64_t[8]), args));
		}
	passes(t, "the last", ret);
}

static void probe_by_path(struct target *t)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	FILE *type = fopen("/sys/bus/event_source/devices/uprobe/type", "r");
	char path[64];

	if (!type || fscanf(type, "%u", &attr.type) != 1)
		return missing(t, "no uprobes on this kernel");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", t->fd);
	attr.config1 = (uintptr_t)path;
	if (frozen_view(t))
		passes(t, "perf_event_open",
		       result(syscall(SYS_perf_event_open, &attr, getpid(), -1, -1, 0)));
}

const struct route descriptor_routes[] = {
	{ .name = "update", .run = update_after },
	{ .name = "batch update", .run = update_batch_after },
	{ .name = "update, stalled across the freeze", .run = update_stalled },
	{ .name = "batch update, stalled across the freeze", .run = update_batch_stalled },
	{ .name = "open by id", .run = open_by_id },
	{ .name = "open of /proc/self/fd", .run = reopen },
	{ .name = "open of /proc/self/map_files", .run = reopen_map_file },
	{ .name = "a descriptor passed to another process", .run = pass },
	{ .name = "pidfd_getfd", .run = pidfd_getfd_of },
	{ .name = "dup and fcntl", .run = dup_and_fcntl },
	{ .name = "write, truncate, punch a hole", .run = as_a_file },
	{ .name = "pwrite, stalled across the freeze", .run = pwrite_stalled },
	{ .name = "io_uring write, stalled across the freeze", .run = uring_write_stalled },
	{ .name = "its file, published and opened", .run = publish_and_open },
	{ .name = "another descriptor by restrict", .run = restrict_to_nothing },
	{ .name = "sendfile into it", .run = sendfile_to },
	{ .name = "splice, tee, copy_file_range into it", .run = splice_to },
	{ .name = "every ioctl", .run = every_ioctl },
	{ .name = "a uprobe on it", .run = probe_by_path },
	{ }
};
