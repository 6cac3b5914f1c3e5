// SPDX-License-Identifier: GPL-2.0-only
/* See step.h: doing steps. */
#include "fixture.h"
#include "passed_fd.h"
#include "step.h"
#include "step_tables.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define MAX_VALUE	(128 * KIB)

static unsigned long sum(const uint8_t *bytes, size_t len)
{
	unsigned long sum = len;

	while (len--)
		sum = sum * 31 + *bytes++;
	return sum;
}

static size_t value_size(const struct world *world, int fd)
{
	struct array_info info = { 0 };

	return world->array->info(fd, &info) ? 0 : info.value_size;
}

static size_t value_stride(const struct world *world, int fd)
{
	return (value_size(world, fd) + 7) & ~7UL;
}

/* Put the fd that a call returned into the slot, in place of the old one. */
static long put_fd(struct world *world, unsigned int slot, long fd)
{
	if (fd < 0)
		return fd;
	if (world->fds[slot] >= 0)
		close(world->fds[slot]);
	world->fds[slot] = fd;
	return 0;
}

/*
 * Write different bytes to each page, also to the same page of each chunk, so that a wrong page
 * shows. An fd that can't update skips that.
 */
static void number_pages(const struct world *world, int fd, const struct step_size *size)
{
	static uint8_t value[MAX_VALUE];
	const uint32_t a_page = PAGE / ((size->value_size + 7) & ~7U);
	unsigned int number = 0;
	uint32_t i;

	for (i = 0; i < size->max_entries; i += a_page ? a_page : 1) {
		memset(value, 1 + number++ % 251, size->value_size);
		if (world->array->update(fd, i, value, 0))
			return;
	}
}

static long do_create(const struct step *step, struct world *world)
{
	const struct step_size size = step_size(step->a);
	struct array_info info;
	long fd;

	if (world->nr_ids == OBJECTS)
		return 0;
	fd = world->array->create(size.value_size, size.max_entries,
				  step_fd_flags[step->b % NR_FD_FLAGS]);
	if (fd >= 0 && !world->array->info(fd, &info))
		world->ids[world->nr_ids++] = info.id;
	if (fd >= 0 && world_unit > 1)
		number_pages(world, fd, &size);
	return put_fd(world, step->slot, fd);
}

static long do_open_id(const struct step *step, struct world *world)
{
	uint32_t id = step->a < world->nr_ids ? world->ids[step->a] : INT32_MAX;

	return put_fd(world, step->slot,
		      world->array->open_id(id, step_fd_flags[step->b % NR_FD_FLAGS]));
}

static long do_close(const struct step *step, struct world *world)
{
	long ret = result(close(world->fds[step->slot]));

	world->fds[step->slot] = -1;
	return ret;
}

/* Send the fd to this process, and receive it as another one. */
static long pass(int fd)
{
	int sockets[2];
	long ret;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		return -errno;
	ret = try_send_fd(sockets[0], fd);
	if (!ret)
		ret = try_receive_fd(sockets[1]);
	close(sockets[0]);
	close(sockets[1]);
	return ret;
}

static long do_mmap(const struct step *step, struct world *world)
{
	void *at = mmap(world_page(world, step->page), world_bytes(step->pages),
			step_prots[step->a % NR_PROTS],
			step_map_flags[step->b % NR_MAP_FLAGS] | MAP_FIXED,
			world->fds[step->slot], (off_t)world_bytes(step->c));

	return at == MAP_FAILED ? -errno : 0;
}

static long do_mremap(const struct step *step, struct world *world)
{
	static const int kinds[] = {
		0, MREMAP_MAYMOVE | MREMAP_FIXED,
		MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
	};
	void *at = mremap(world_page(world, step->page), world_bytes(step->pages),
			  world_bytes(step->a), kinds[step->b % ARRAY_SIZE(kinds)],
			  world_page(world, step->c));

	return at == MAP_FAILED ? -errno : 0;
}

/* In a unit, the bytes that are touched are as many pages apart as it has pages. */
static size_t step_byte(const struct step *step)
{
	return step->a % PAGE * world_unit;
}

static struct outcome do_mem(const struct step *step, struct world *world, bool write)
{
	static int mem = -1;
	static pid_t opened_by;
	off_t at = (uintptr_t)world_page(world, step->page) + step_byte(step);
	uint8_t byte = step->b;
	struct outcome outcome;

	/* this is the one of the child */
	if (opened_by != getpid()) {
		if (mem >= 0)
			close(mem);
		mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
		opened_by = getpid();
	}
	outcome.ret = result(write ? pwrite(mem, &byte, 1, at) : pread(mem, &byte, 1, at));
	outcome.extra = outcome.ret == 1 ? byte : 0;
	return outcome;
}

static struct outcome do_element(const struct step *step, struct world *world)
{
	static uint8_t value[MAX_VALUE];
	const uint64_t flags = step_element_flags[step->b % NR_ELEMENT_FLAGS];
	int fd = world->fds[step->slot];
	size_t size = value_size(world, fd);
	void *at = step->c % 8 == 1 ? NULL : value;
	struct outcome outcome = { 0 };

	if (step->op == OP_UPDATE) {
		memset(value, step->c, size);
		outcome.ret = world->array->update(fd, step->a, at, flags);
	} else {
		outcome.ret = world->array->lookup(fd, step->a, at, flags);
		if (!outcome.ret)
			outcome.extra = sum(value, size);
	}
	return outcome;
}

static struct outcome do_batch(const struct step *step, struct world *world)
{
	static uint8_t values[MAX_VALUE];
	int fd = world->fds[step->slot];
	size_t size = value_size(world, fd);
	uint32_t count = step->b;
	struct outcome outcome;

	if (size && count > MAX_VALUE / size)
		count = MAX_VALUE / size;
	if (step->op == OP_UPDATE_BATCH) {
		memset(values, step->c, sizeof(values));
		outcome.ret = world->array->update_batch(fd, step->a, &count, values);
		outcome.extra = count;
	} else {
		outcome.ret = world->array->lookup_batch(fd, step->a, &count, values);
		outcome.extra = count + sum(values, count * size);
	}
	return outcome;
}

static struct outcome do_next_id(const struct step *step, struct world *world)
{
	uint32_t id, start = step->a < world->nr_ids ? world->ids[step->a] : INT32_MAX - 1;
	struct outcome outcome = { .ret = world->array->next_id(start, &id) };

	if (!outcome.ret)
		outcome.extra = world_object(world, id);
	return outcome;
}

static long do_exec(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execl("/bin/busybox", "true", NULL);
		_exit(1);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	return status;
}

static struct outcome do_here(const struct step *step, struct world *world)
{
	uint8_t *at = world_page(world, step->page), byte = 0;
	int fd = world->fds[step->slot];
	struct outcome outcome = { 0 };

	/* all calls refuse an invalid fd, but bpf(2) checks other things first */
	if (fd < 0 && step->op >= OP_LOOKUP && step->op <= OP_FREEZE)
		return (struct outcome){ .ret = -EBADF };

	switch (step->op) {
	case OP_CREATE:
		outcome.ret = do_create(step, world);
		break;
	case OP_OPEN_ID:
		outcome.ret = do_open_id(step, world);
		break;
	case OP_CLOSE:
		outcome.ret = do_close(step, world);
		break;
	case OP_DUP:
		outcome.ret = put_fd(world, step->a, result(fcntl(fd, F_DUPFD_CLOEXEC, 0)));
		break;
	case OP_PASS:
		outcome.ret = put_fd(world, step->a, pass(fd));
		break;
	case OP_MMAP:
		outcome.ret = do_mmap(step, world);
		break;
	case OP_MUNMAP:
		outcome.ret = result(munmap(at, world_bytes(step->pages)));
		break;
	case OP_MPROTECT:
		outcome.ret = result(mprotect(at, world_bytes(step->pages),
					      step_prots[step->a % NR_PROTS]));
		break;
	case OP_MREMAP:
		outcome.ret = do_mremap(step, world);
		break;
	case OP_MADVISE:
		outcome.ret = result(madvise(at, world_bytes(step->pages),
					     step_advices[step->a % NR_ADVICES]));
		break;
	case OP_MSYNC:
		outcome.ret = result(msync(at, world_bytes(step->pages), step->a));
		break;
	case OP_MLOCK:
		outcome.ret = result(step->a ? munlock(at, world_bytes(step->pages)) :
					       mlock(at, world_bytes(step->pages)));
		break;
	case OP_READ:
		outcome.ret = touch_read(at + step_byte(step), &byte);
		outcome.extra = byte;
		break;
	case OP_WRITE:
		outcome.ret = touch_write(at + step_byte(step), step->b);
		break;
	case OP_MEM_READ:
	case OP_MEM_WRITE:
		return do_mem(step, world, step->op == OP_MEM_WRITE);
	case OP_FUTEX_WAKE:
		outcome.ret = result(syscall(SYS_futex, at, FUTEX_WAKE, 1, NULL, NULL, 0));
		break;
	case OP_LOOKUP:
	case OP_UPDATE:
		return do_element(step, world);
	case OP_LOOKUP_BATCH:
	case OP_UPDATE_BATCH:
		return do_batch(step, world);
	case OP_FREEZE:
		outcome.ret = world->array->freeze(fd);
		break;
	case OP_NEXT_ID:
		return do_next_id(step, world);
	case OP_EXEC:
		outcome.ret = do_exec();
		break;
	default:		/* fork and exit are their caller's */
		break;
	}
	return outcome;
}

struct job {
	const struct step *step;
	struct world *world;
	struct outcome outcome;
};

static void *do_there(void *arg)
{
	struct job *job = arg;

	job->outcome = do_here(job->step, job->world);
	return NULL;
}

struct outcome step_do(const struct step *step, struct world *world)
{
	struct job job = { .step = step, .world = world };
	pthread_t thread;

	if (!step->in_thread || pthread_create(&thread, NULL, do_there, &job))
		return do_here(step, world);
	pthread_join(thread, NULL);
	return job.outcome;
}

void step_pages(const struct step *step, unsigned int *page, unsigned int *pages)
{
	*page = step->page;
	switch (step->op) {
	case OP_MMAP:
	case OP_MUNMAP:
	case OP_MPROTECT:
	case OP_MADVISE:
		*pages = step->pages;
		break;
	case OP_MREMAP:		/* two places */
		*page = 0;
		*pages = world_arena();
		break;
	default:
		*pages = 0;
	}
}

struct focus step_focus(const struct step *step, const struct world *world, unsigned int nr)
{
	/* a prime, so that each page has its turn */
	struct focus focus = { nr * 37 % world_unit, nr, 1 };

	if (world_unit == 1)
		return focus;
	switch (step->op) {
	case OP_READ:
	case OP_WRITE:
	case OP_MEM_READ:
	case OP_MEM_WRITE:
		focus.page = step_byte(step) / PAGE;
		break;
	case OP_LOOKUP:
	case OP_UPDATE:
	case OP_LOOKUP_BATCH:
	case OP_UPDATE_BATCH:
		focus.page = value_stride(world, world->fds[step->slot]) * step->a / PAGE %
			     world_unit;
		focus.element = step->a;
		if (step->op == OP_LOOKUP_BATCH || step->op == OP_UPDATE_BATCH)
			focus.elements = step->b ? step->b : 1;
		break;
	default:
		break;
	}
	return focus;
}
