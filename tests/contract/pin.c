// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages can't be pinned: to ask for a reference to a page behind a mapping gives EFAULT, before
 * and after a freeze. A pinned page could be written after the last mapping is gone, and freeze
 * would not know. Calls that only copy go on working.
 */
#include "fixture.h"

#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/loop.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define LEN	(4 * PAGE)

static int fd = -1;
static uint8_t *rw, *ro;
static uint8_t *other;

static int setup(void **state)
{
	(void)state;
	fd = create_pages(4);
	rw = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	ro = map(fd, LEN, PROT_READ, 0);
	memset(rw, 0x5a, LEN);
	other = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(other, 0xff, LEN);
	return 0;
}

/* After each test the contents are as before, and the region can be frozen. */
static int teardown(void **state)
{
	int bad;

	(void)state;
	unmap(rw, LEN);
	bad = try_freeze(fd);
	bad |= !all(ro, LEN, 0x5a);
	unmap(ro, LEN);
	unmap(other, LEN);
	close(fd);
	return bad;
}

static int try_vm_write(void *to)
{
	struct iovec local = { other, PAGE }, remote = { to, PAGE };
	ssize_t ret = process_vm_writev(getpid(), &local, 1, &remote, 1, 0);

	return ret < 0 ? -errno : ret;
}

static int try_vm_read(void *from)
{
	struct iovec local = { other, PAGE }, remote = { from, PAGE };
	ssize_t ret = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	return ret < 0 ? -errno : ret;
}

static void process_vm_calls_fault(void **state)
{
	(void)state;
	assert_refused(try_vm_write(rw), EFAULT);
	assert_refused(try_vm_write(ro), EFAULT);
	assert_refused(try_vm_read(rw), EFAULT);
	assert_refused(try_vm_read(ro), EFAULT);
}

static int try_vmsplice(void *at, unsigned int flags)
{
	struct iovec iov = { at, PAGE };
	int pipes[2], ret;

	assert_ok(pipe(pipes));
	ret = vmsplice(pipes[1], &iov, 1, flags | SPLICE_F_NONBLOCK);
	if (ret < 0)
		ret = -errno;
	close(pipes[0]);
	close(pipes[1]);
	return ret;
}

static void vmsplice_faults(void **state)
{
	(void)state;
	assert_refused(try_vmsplice(rw, 0), EFAULT);
	assert_refused(try_vmsplice(rw, SPLICE_F_GIFT), EFAULT);
	assert_refused(try_vmsplice(ro, 0), EFAULT);
}

static int try_register_buffer(void *at)
{
	struct io_uring_params params = { 0 };
	struct iovec iov = { at, PAGE };
	int ring, ret;

	ring = syscall(SYS_io_uring_setup, 4, &params);
	if (ring < 0)
		return -errno;
	ret = syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &iov, 1);
	if (ret < 0)
		ret = -errno;
	close(ring);
	return ret;
}

static void io_uring_buffers_fault(void **state)
{
	(void)state;
	if (try_register_buffer(other) == -ENOSYS || try_register_buffer(other) == -EPERM)
		skip_because("this kernel has no io_uring");
	assert_ok(try_register_buffer(other));
	assert_refused(try_register_buffer(rw), EFAULT);
	assert_refused(try_register_buffer(ro), EFAULT);
}

/* A block device over a file in memory, for I/O that pins pages. Returns its fd, or -errno. */
static int open_loop_device(void)
{
	int file, ctl, nr, loop = -1;
	char path[32];

	if (try_load_other("loop"))
		return -ENODEV;
	file = open("/tmp/disk", O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_ok(ftruncate(file, MIB));
	ctl = open("/dev/loop-control", O_RDWR);
	nr = ioctl(ctl, LOOP_CTL_GET_FREE);
	assert_true(nr >= 0);
	snprintf(path, sizeof(path), "/dev/loop%d", nr);
	loop = open(path, O_RDWR | O_DIRECT);
	assert_true(loop >= 0);
	assert_ok(ioctl(loop, LOOP_SET_FD, file));
	close(file);
	close(ctl);
	return loop;
}

static int try_io(ssize_t (*io)(int, void *, size_t, off_t), int file, void *at)
{
	ssize_t ret = io(file, at, PAGE, 0);

	return ret < 0 ? -errno : ret;
}

static ssize_t pwrite_it(int file, void *at, size_t len, off_t offset)
{
	return pwrite(file, at, len, offset);
}

static void direct_io_faults(void **state)
{
	int loop = open_loop_device();

	(void)state;
	if (loop < 0)
		skip_because("this kernel has no loop device to do O_DIRECT on");
	assert_int_equal(try_io(pread, loop, other), PAGE);
	assert_int_equal(try_io(pwrite_it, loop, other), PAGE);
	assert_refused(try_io(pread, loop, rw), EFAULT);
	assert_refused(try_io(pread, loop, ro), EFAULT);
	assert_refused(try_io(pwrite_it, loop, rw), EFAULT);
	assert_refused(try_io(pwrite_it, loop, ro), EFAULT);
	assert_ok(ioctl(loop, LOOP_CLR_FD));
	close(loop);
}

static void populating_by_advice_is_refused(void **state)
{
	(void)state;
	assert_int_equal(madvise(rw, LEN, 23 /* MADV_POPULATE_WRITE */), -1);
	assert_true(errno == EINVAL || errno == EFAULT);
	assert_int_equal(madvise(ro, LEN, 22 /* MADV_POPULATE_READ */), -1);
	assert_true(errno == EINVAL || errno == EFAULT);
}

/* So the kernel treats mappings without references to pages. */
static void pages_are_not_the_processs(void **state)
{
	long long before = proc_number("/proc/self/status", "VmRSS");
	int large = create_pages(16 * MIB / PAGE);
	uint8_t *at = map(large, 16 * MIB, PROT_READ | PROT_WRITE, 0);

	(void)state;
	memset(at, 1, 16 * MIB);
	assert_true(proc_number("/proc/self/status", "VmRSS") < before + 4 * 1024);
	assert_ok(mlock(at, 16 * MIB));
	assert_int_equal(proc_number("/proc/self/status", "VmLck"), 0);
	assert_int_equal(madvise(at, 16 * MIB, MADV_DONTNEED), -1);
	assert_int_equal(errno, EINVAL);
	assert_true(all(at, 16 * MIB, 1));
	unmap(at, 16 * MIB);
	close(large);
}

static void poisoning_by_advice_is_refused(void **state)
{
	(void)state;
	assert_int_equal(madvise(rw, PAGE, MADV_HWPOISON), -1);
	assert_true(errno == EFAULT || errno == EINVAL);
	assert_int_equal(madvise(rw, PAGE, 101 /* MADV_SOFT_OFFLINE */), -1);
	assert_true(errno == EFAULT || errno == EINVAL);
}

static int try_wake(void *at, int op)
{
	long ret = syscall(SYS_futex, at, op, 1, NULL, NULL, 0);

	return ret < 0 ? -errno : (int)ret;
}

static void a_futex_may_be_private_only(void **state)
{
	(void)state;
	assert_refused(try_wake(rw, FUTEX_WAKE), EFAULT);
	assert_ok(try_wake(rw, FUTEX_WAKE_PRIVATE));
}

/* A copy does not pin: read and write, of files and pipes, from and to a mapping. */
static void reading_and_writing_files_works(void **state)
{
	int file = open("/tmp/file", O_RDWR | O_CREAT | O_TRUNC, 0600), pipes[2];

	(void)state;
	assert_true(file >= 0);
	assert_int_equal(write(file, ro, LEN), LEN);
	assert_int_equal(pread(file, other, LEN, 0), LEN);
	assert_true(all(other, LEN, 0x5a));
	memset(rw, 0, LEN);
	assert_int_equal(pread(file, rw, LEN, 0), LEN);
	assert_true(all(ro, LEN, 0x5a));
	assert_int_equal(pread(file, ro, LEN, 0), -1);
	assert_int_equal(errno, EFAULT);
	close(file);
	unlink("/tmp/file");

	assert_ok(pipe(pipes));
	assert_int_equal(write(pipes[1], ro, PAGE), PAGE);
	assert_int_equal(read(pipes[0], rw, PAGE), PAGE);
	close(pipes[0]);
	close(pipes[1]);
}

static void proc_mem_reads(void **state)
{
	int mem = open("/proc/self/mem", O_RDONLY);

	(void)state;
	/* over the whole mapping, and not beyond its end */
	assert_int_equal(pread(mem, other, LEN, (uintptr_t)ro), LEN);
	assert_true(all(other, LEN, 0x5a));
	assert_int_equal(pread(mem, other, 10, (uintptr_t)ro + PAGE - 5), 10);
	close(mem);
}

/* A debugger writes to a mapping like this, if its process could write there. */
static void proc_mem_writes(void **state)
{
	int mem = open("/proc/self/mem", O_RDWR);
	uint8_t byte = 0x11;

	(void)state;
	assert_int_equal(pwrite(mem, &byte, 1, (uintptr_t)rw + PAGE), 1);
	assert_int_equal(ro[PAGE], 0x11);
	rw[PAGE] = 0x5a;
	close(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(process_vm_calls_fault),
		TEST(vmsplice_faults),
		TEST(io_uring_buffers_fault),
		TEST(direct_io_faults),
		TEST(populating_by_advice_is_refused),
		TEST(pages_are_not_the_processs),
		TEST(poisoning_by_advice_is_refused),
		TEST(a_futex_may_be_private_only),
		TEST(reading_and_writing_files_works),
		TEST(proc_mem_reads),
		TEST(proc_mem_writes),
	};

	return RUN_GROUP(tests);
}
