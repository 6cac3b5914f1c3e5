// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes by pins: have the kernel hold on to the pages of a mapping that can be stored
 * to, take the mapping away, freeze, and only then let the kernel use what it holds.
 */
#include "attack.h"

#include <linux/aio_abi.h>
#include <linux/io_uring.h>

static void fill(uint8_t *at)
{
	memset(at, OURS, LEN);	/* every page is there */
}

static void uring_buffers(struct target *t)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_READ_FIXED, .len = PAGE };
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	struct iovec iov = { writable(t), PAGE };
	struct uring ring;
	long ret;

	if (!iov.iov_base || !uring_open(t, &ring) ||
	    write(file, memory(PAGE), PAGE) != (ssize_t)PAGE)
		return;
	fill(iov.iov_base);
	ret = result(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, &iov, 1));
	munmap(iov.iov_base, LEN);
	if (!freeze(t) || !passes(t, "register", ret))
		return;
	sqe.fd = file;
	sqe.addr = (uintptr_t)iov.iov_base;
	uring_submit(&ring, &sqe);
	passes(t, "READ_FIXED", uring_wait(&ring));
}

/* A read-only mapping of a frozen array, registered as it is. */
static void uring_buffers_after(struct target *t)
{
	struct iovec iov = { frozen_view(t), PAGE };
	struct uring ring;

	if (iov.iov_base && uring_open(t, &ring))
		passes(t, "register",
		       result(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS,
				      &iov, 1)));
}

/* The last field of a struct that ends here: resv2, and from 6.5's headers on user_addr. */
static void set_last(void *end, uint64_t value)
{
	memcpy((uint8_t *)end - sizeof(value), &value, sizeof(value));
}

static int ring_in(uint8_t *at, struct io_uring_params *p)
{
	memset(at, 0, 2 * PAGE);
	*p = (struct io_uring_params){ .flags = 1 << 14 /* IORING_SETUP_NO_MMAP */ };
	/* called user_addr since 6.5 */
	set_last(&p->cq_off + 1, (uintptr_t)at);
	set_last(&p->sq_off + 1, (uintptr_t)at + PAGE);
	return result(syscall(SYS_io_uring_setup, 1, p));
}

/* The ring itself lies in the array: the kernel writes there with each request. */
static void uring_rings(struct target *t)
{
	struct io_uring_params p;
	struct io_uring_sqe *sqe;
	uint8_t *at;
	int ring;

	if (ring_in(memory(2 * PAGE), &p) < 0)
		return missing(t, "no IORING_SETUP_NO_MMAP before 6.5");
	at = writable(t);
	if (!at)
		return;
	ring = ring_in(at, &p);
	if (ring >= 0) {
		sqe = (void *)(at + PAGE);
		memset(sqe, 0, sizeof(*sqe));
		sqe->opcode = IORING_OP_NOP;
		sqe->user_data = 0x6666666666666666;
		*(unsigned int *)(at + p.sq_off.array) = 0;
		++*(unsigned int *)(at + p.sq_off.tail);
	}
	munmap(at, LEN);
	if (freeze(t) && passes(t, "io_uring_setup", ring))
		passes(t, "io_uring_enter",
		       result(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS,
				      NULL, 0)));
}

/* Pages given to a pipe, moved on into a file, and the file written to. */
static void vmsplice_gift(struct target *t)
{
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600), pipes[2], ret;
	struct iovec iov = { writable(t), PAGE };

	if (!iov.iov_base || pipe(pipes))
		return;
	fill(iov.iov_base);
	ret = result(vmsplice(pipes[1], &iov, 1, SPLICE_F_GIFT));
	munmap(iov.iov_base, LEN);
	if (!freeze(t) || !passes(t, "vmsplice", ret))
		return;
	passes(t, "splice", result(splice(pipes[0], NULL, file, NULL, PAGE, SPLICE_F_MOVE)));
	passes(t, "write", result(pwrite(file, memory(PAGE), PAGE, 0)));
}

/* What is written to the pipe next must not be merged into the page that it holds. */
static void vmsplice_merge(struct target *t)
{
	struct iovec iov = { writable(t), 16 };
	int pipes[2], ret;

	if (!iov.iov_base || pipe(pipes))
		return;
	fill(iov.iov_base);
	ret = result(vmsplice(pipes[1], &iov, 1, 0));
	munmap(iov.iov_base, LEN);
	if (freeze(t) && passes(t, "vmsplice", ret))
		passes(t, "write", result(write(pipes[1], memory(16), 16)));
}

static void direct_read(struct target *t)
{
	struct slow_disk disk;
	void *at = slow_disk_open(t, &disk) ? frozen_view(t) : NULL;

	if (at)
		passes(t, "read", result(pread(disk.fd, at, PAGE, 0)));
}

/* A read straight from the disk into the pages, on its way while they are frozen. */
struct direct {
	int disk;
	uint8_t *at;
	int done[2];
	long ret;
};

static void *read_slowly(void *arg)
{
	struct direct *direct = arg;

	direct->ret = result(pread(direct->disk, direct->at, PAGE, SLOW));
	if (write(direct->done[1], "", 1) != 1)
		_exit(92);
	return NULL;
}

static void direct_read_pending(struct target *t)
{
	struct direct direct;
	struct slow_disk disk;
	pthread_t thread;
	bool waits;

	if (!slow_disk_open(t, &disk) || pipe(direct.done))
		return;
	direct.disk = disk.fd;
	direct.at = writable(t);
	if (!direct.at)
		return;
	fill(direct.at);
	pthread_create(&thread, NULL, read_slowly, &direct);
	waits = slow_disk_wait(&disk, direct.done[0]);
	munmap(direct.at, LEN);
	if (!freeze(t) || !passes(t, "read", waits ? 0 : direct.ret))
		return;
	slow_disk_go(&disk);
	pthread_join(thread, NULL);
	passes(t, "read", direct.ret);
}

static void aio_direct_read_pending(struct target *t)
{
	struct iocb cb = {
		.aio_lio_opcode = IOCB_CMD_PREAD, .aio_nbytes = PAGE, .aio_offset = SLOW,
	};
	struct iocb *cbs = &cb;
	aio_context_t context = 0;
	struct slow_disk disk;
	struct io_event event;
	long ret;

	if (!slow_disk_open(t, &disk))
		return;
	if (syscall(SYS_io_setup, 1, &context))
		return missing(t, "no AIO on this kernel");
	cb.aio_fildes = disk.fd;
	cb.aio_buf = (uintptr_t)writable(t);
	if (!cb.aio_buf)
		return;
	fill((uint8_t *)(uintptr_t)cb.aio_buf);
	ret = result(syscall(SYS_io_submit, context, 1L, &cbs));
	if (ret == 1 && syscall(SYS_io_getevents, context, 0L, 1L, &event, NULL) == 1)
		ret = event.res;
	munmap((void *)(uintptr_t)cb.aio_buf, LEN);
	if (!freeze(t) || !passes(t, "io_submit", ret))
		return;
	slow_disk_go(&disk);
	if (syscall(SYS_io_getevents, context, 1L, 1L, &event, NULL) == 1)
		passes(t, "AIO's read", event.res);
}

const struct route pin_routes[] = {
	{ .name = "io_uring registered buffer, READ_FIXED", .run = uring_buffers },
	{ .name = "io_uring registered buffer, read-only mapping", .run = uring_buffers_after },
	{ .name = "io_uring's rings in it", .run = uring_rings },
	{ .name = "vmsplice as a gift, splice into a file", .run = vmsplice_gift },
	{ .name = "vmsplice, then write to the pipe", .run = vmsplice_merge },
	{ .name = "O_DIRECT read into it", .run = direct_read },
	{ .name = "O_DIRECT read, pending across the freeze", .run = direct_read_pending },
	{ .name = "AIO O_DIRECT read, pending across the freeze", .run = aio_direct_read_pending },
	{ }
};
