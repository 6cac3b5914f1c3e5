// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes by copies: let the kernel, a debugger or another process store into a
 * mapping, at once or in a call that started while the mapping could be stored to.
 */
#include "attack.h"

#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/utsname.h>

static void to_mem(struct target *t, const char *path, void *at)
{
	int mem = open(path, O_RDWR | O_CLOEXEC);

	if (passes(t, "open", result(mem)))
		passes(t, "write", result(pwrite(mem, memory(LEN), LEN, (uintptr_t)at)));
}

static void own_mem(struct target *t)
{
	void *at = frozen_view(t);

	if (at)
		to_mem(t, "/proc/self/mem", at);
}

static void mem_of_parent(struct target *t)
{
	char path[32];
	void *at = frozen_view(t);

	if (!at)
		return;
	snprintf(path, sizeof(path), "/proc/%d/mem", getpid());
	if (!fork()) {
		munmap(at, LEN);
		to_mem(t, path, at);
		_exit(0);
	}
	wait(NULL);
}

/* Another mapping takes the place of one that could be stored to. */
static bool replace(struct target *t, uint8_t *at)
{
	int prot = t->control ? PROT_READ | PROT_WRITE : PROT_READ;

	munmap(at, LEN);
	return freeze(t) && mmap(at, LEN, prot, MAP_SHARED | MAP_FIXED, t->fd, 0) == at;
}

/* The same file and the same address, with what was writable replaced. */
static void mem_from_before(struct target *t)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	uint8_t *at = writable(t);

	if (!at || !passes(t, "write", result(pwrite(mem, "before", 6, (uintptr_t)at))))
		return;
	if (replace(t, at))
		passes(t, "write", result(pwrite(mem, memory(LEN), LEN, (uintptr_t)at)));
}

static void poke(struct target *t)
{
	long *at = frozen_view(t);
	int status;
	pid_t pid;

	if (!at)
		return;
	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	passes(t, "PTRACE_POKEDATA", result(ptrace(PTRACE_POKEDATA, pid, at, 0x6666L)));
	passes(t, "PTRACE_POKETEXT", result(ptrace(PTRACE_POKETEXT, pid, at, 0x6666L)));
	kill(pid, SIGKILL);
}

static long vm_writev(void *to, void *from)
{
	struct iovec local = { from, PAGE }, remote = { to, PAGE };

	return result(process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
}

static void vm_write(struct target *t)
{
	void *at = frozen_view(t);

	if (at)
		passes(t, "process_vm_writev", vm_writev(at, memory(PAGE)));
}

static long vm_write_from_page(struct stalled *s)
{
	return vm_writev(s->at, s->held.page);
}

static void vm_write_stalled(struct target *t)
{
	struct stalled s = { .t = t, .call = vm_write_from_page, .at = writable(t) };
	bool stalled;

	if (!s.at)
		return;
	*(volatile uint8_t *)s.at = OURS;
	stalled = stall(&s);
	if (t->outcome == MISSING)
		return;
	munmap(s.at, LEN);
	if (!passes(t, "process_vm_writev", stalled ? 0 : s.ret)) {
		freeze(t);
		return;
	}
	if (freeze(t))
		release(&s);
}

static void read_file(struct target *t)
{
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	void *at = frozen_view(t);

	if (at && write(file, memory(LEN), LEN) == (ssize_t)LEN)
		passes(t, "read", result(pread(file, at, LEN, 0)));
}

static void receive(struct target *t)
{
	struct iovec iov = { frozen_view(t), LEN };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int socks[2];

	if (!iov.iov_base || socketpair(AF_UNIX, SOCK_DGRAM, 0, socks) ||
	    send(socks[0], memory(PAGE), PAGE, 0) != (ssize_t)PAGE)
		return;
	passes(t, "recvmsg", result(recvmsg(socks[1], &msg, 0)));
}

/* A pipe's pages are copied out to where the vector points. */
static void vmsplice_out(struct target *t)
{
	struct iovec iov = { frozen_view(t), PAGE };
	int pipes[2];

	if (iov.iov_base && !pipe(pipes) && write(pipes[1], memory(PAGE), PAGE) == (ssize_t)PAGE)
		passes(t, "vmsplice", result(vmsplice(pipes[0], &iov, 1, 0)));
}

/* Whatever answers into memory. */
static void answers(struct target *t)
{
	void *at = frozen_view(t);

	if (!at)
		return;
	passes(t, "getrandom", result(getrandom(at, PAGE, 0)));
	passes(t, "uname", result(syscall(SYS_uname, at)));
	passes(t, "getcwd", result(syscall(SYS_getcwd, at, PAGE)));
	passes(t, "clock_gettime", result(syscall(SYS_clock_gettime, 0, at)));
	passes(t, "sched_getaffinity", result(syscall(SYS_sched_getaffinity, 0, PAGE, at)));
	passes(t, "get_robust_list", result(syscall(SYS_get_robust_list, 0, at, at)));
	passes(t, "mincore", result(syscall(SYS_mincore, memory(PAGE), PAGE, at)));
	passes(t, "wait4", result(syscall(SYS_wait4, fork() ?: (_exit(0), 0), at, 0, NULL)));
#ifdef SYS_arch_prctl
	passes(t, "arch_prctl", result(syscall(SYS_arch_prctl, 0x1003 /* ARCH_GET_FS */, at)));
#endif
}

static void lookup_into_itself(struct target *t)
{
	uint64_t value = 0x6666666666666666;
	uint32_t count = 1;
	uint8_t *at;

	if (t->array->update(t->fd, 1, &value, 0))
		return;
	at = frozen_view(t);
	if (!at)
		return;
	passes(t, "lookup", t->array->lookup(t->fd, 1, at, 0));
	passes(t, "lookup", t->array->lookup_batch(t->fd, 1, &count, at));
}

/* A read that waits for its data while the mapping that it is to go to is replaced. */
struct pending {
	struct target *t;
	int from;
	uint8_t *at;
	long ret;
};

static void *pending_read(void *arg)
{
	struct pending *p = arg;

	p->ret = result(read(p->from, p->at, PAGE));
	return NULL;
}

static void read_pending(struct target *t)
{
	struct pending p = { .t = t, .at = writable(t) };
	pthread_t thread;
	int pipes[2];

	if (!p.at || pipe(pipes))
		return;
	p.from = pipes[0];
	pthread_create(&thread, NULL, pending_read, &p);
	usleep(100000);		/* it waits in the pipe by then */
	if (!replace(t, p.at) || write(pipes[1], memory(PAGE), PAGE) != (ssize_t)PAGE)
		return;
	pthread_join(thread, NULL);
	passes(t, "read", p.ret);
}

static void uring_read_pending(struct target *t)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_READ, .len = PAGE };
	uint8_t *at = writable(t);
	struct uring ring;
	int pipes[2];

	if (!at || pipe(pipes) || !uring_open(t, &ring))
		return;
	sqe.fd = pipes[0];
	sqe.addr = (uintptr_t)at;
	if (!passes(t, "submit", uring_submit(&ring, &sqe)) || !replace(t, at) ||
	    write(pipes[1], memory(PAGE), PAGE) != (ssize_t)PAGE)
		return;
	passes(t, "io_uring's read", uring_wait(&ring));
}

static void uring_provided_buffer(struct target *t)
{
	struct io_uring_sqe give = { .opcode = IORING_OP_PROVIDE_BUFFERS, .fd = 1, .len = PAGE };
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ, .len = PAGE, .flags = IOSQE_BUFFER_SELECT,
	};
	uint8_t *at = writable(t);
	struct uring ring;
	int pipes[2];

	if (!at || pipe(pipes) || !uring_open(t, &ring))
		return;
	give.addr = (uintptr_t)at;
	sqe.fd = pipes[0];
	if (!passes(t, "submit", uring_submit(&ring, &give)) ||
	    !passes(t, "provide", uring_wait(&ring)) || !replace(t, at) ||
	    write(pipes[1], memory(PAGE), PAGE) != (ssize_t)PAGE)
		return;
	uring_submit(&ring, &sqe);
	passes(t, "io_uring's read", uring_wait(&ring));
}

static void aio_read(struct target *t)
{
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	aio_context_t context = 0;
	struct iocb cb = {
		.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = file,
		.aio_buf = (uintptr_t)frozen_view(t), .aio_nbytes = PAGE,
	};
	struct iocb *cbs = &cb;
	struct io_event event;

	if (!cb.aio_buf || write(file, memory(LEN), LEN) != (ssize_t)LEN)
		return;
	if (syscall(SYS_io_setup, 1, &context))
		return missing(t, "no AIO on this kernel");
	if (passes(t, "io_submit", result(syscall(SYS_io_submit, context, 1L, &cbs))) &&
	    syscall(SYS_io_getevents, context, 1L, 1L, &event, NULL) == 1)
		passes(t, "AIO's read", event.res);
	passes(t, "io_getevents",
	       result(syscall(SYS_io_getevents, context, 0L, 1L, cb.aio_buf, NULL)));
}

const struct route copy_routes[] = {
	{ .name = "/proc/self/mem", .run = own_mem },
	{ .name = "/proc/PID/mem of another process", .run = mem_of_parent },
	{ .name = "/proc/self/mem, opened and written before", .run = mem_from_before },
	{ .name = "ptrace POKE", .run = poke },
	{ .name = "process_vm_writev", .run = vm_write },
	{ .name = "process_vm_writev, stalled across the freeze", .run = vm_write_stalled },
	{ .name = "read from a file into it", .run = read_file },
	{ .name = "recvmsg into it", .run = receive },
	{ .name = "vmsplice from a pipe into it", .run = vmsplice_out },
	{ .name = "system calls that answer into it", .run = answers },
	{ .name = "lookup of an element into the array itself", .run = lookup_into_itself },
	{ .name = "read from a pipe, pending across the freeze", .run = read_pending },
	{ .name = "io_uring read, pending across the freeze", .run = uring_read_pending },
	{ .name = "io_uring provided buffer", .run = uring_provided_buffer },
	{ .name = "AIO read into it", .run = aio_read },
	{ }
};
