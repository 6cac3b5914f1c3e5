// SPDX-License-Identifier: GPL-2.0-only
/* See step.h: doing steps. */
#include "harness.h"
#include "step.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static const struct {
	uint32_t value_size, max_entries;
} sizes[] = {
	/* around words and pages */
	{ 1, 1 }, { 8, 1 }, { 7, 3 }, { 9, 3 }, { 8, 511 }, { 8, 512 }, { 8, 513 },
	{ 4, 1024 }, { 12, 300 }, { 24, 170 }, { 4095, 1 }, { 4096, 1 }, { 4097, 1 },
	{ 4096, 4 }, { 100, 200 }, { 5000, 3 }, { 65536, 1 }, { 20000, 1 },
	/* refused */
	{ 0, 1 }, { 8, 0 }, { 0, 0 }, { UINT32_MAX, 1 }, { INT32_MAX + 1U, 1 }, { UINT32_MAX, 0 },
};

#define GOOD_SIZES	18U

static const uint32_t fd_flags[] = {
	0, BPFMMAP_F_RDONLY, BPFMMAP_F_WRONLY, BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY, 1U << 31,
};

static const int prots[] = {
	PROT_READ, PROT_READ | PROT_WRITE, PROT_WRITE, PROT_NONE,
	PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC,
};

static const int map_flags[] = {
	MAP_SHARED, MAP_SHARED_VALIDATE, MAP_SHARED | MAP_POPULATE, MAP_SHARED | MAP_NORESERVE,
	MAP_SHARED | MAP_LOCKED, MAP_PRIVATE, MAP_SHARED_VALIDATE | MAP_SYNC,
};

/* Every advice there is but those that ask for memory errors (tests/attacks). */
static const int advices[] = {
	MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE,
	MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_MERGEABLE, MADV_UNMERGEABLE,
	MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK,
	MADV_KEEPONFORK, MADV_COLD, MADV_PAGEOUT, 22 /* MADV_POPULATE_READ */,
	23 /* MADV_POPULATE_WRITE */, 24 /* MADV_DONTNEED_LOCKED */, 25 /* MADV_COLLAPSE */, 999,
};

static const char *const advice_names[] = {
	"NORMAL", "RANDOM", "SEQUENTIAL", "WILLNEED", "DONTNEED", "FREE",
	"REMOVE", "DONTFORK", "DOFORK", "MERGEABLE", "UNMERGEABLE",
	"HUGEPAGE", "NOHUGEPAGE", "DONTDUMP", "DODUMP", "WIPEONFORK",
	"KEEPONFORK", "COLD", "PAGEOUT", "POPULATE_READ",
	"POPULATE_WRITE", "DONTNEED_LOCKED", "COLLAPSE", "999",
};

static const int msync_flags[] = { MS_SYNC, MS_ASYNC, MS_INVALIDATE, MS_SYNC | MS_ASYNC };

static const uint64_t element_flags[] = { 0, 1, 2, 3, 4, 1ULL << 8, 1ULL << 32 };

#define MAX_VALUE	(128 * KIB)

static long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

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

/* What a call that makes an fd gave: into the slot, in place of what was there. */
static long put_fd(struct world *world, unsigned int slot, long fd)
{
	if (fd < 0)
		return fd;
	if (world->fds[slot] >= 0)
		close(world->fds[slot]);
	world->fds[slot] = fd;
	return 0;
}

static long do_create(const struct step *step, struct world *world)
{
	struct array_info info;
	long fd;

	if (world->nr_ids == OBJECTS)
		return 0;
	fd = world->array->create(sizes[step->a % ARRAY_SIZE(sizes)].value_size,
				  sizes[step->a % ARRAY_SIZE(sizes)].max_entries,
				  fd_flags[step->b % ARRAY_SIZE(fd_flags)]);
	if (fd >= 0 && !world->array->info(fd, &info))
		world->ids[world->nr_ids++] = info.id;
	return put_fd(world, step->slot, fd);
}

static long do_open_id(const struct step *step, struct world *world)
{
	uint32_t id = step->a < world->nr_ids ? world->ids[step->a] : INT32_MAX;

	return put_fd(world, step->slot,
		      world->array->open_id(id, fd_flags[step->b % ARRAY_SIZE(fd_flags)]));
}

static long do_close(const struct step *step, struct world *world)
{
	long ret = result(close(world->fds[step->slot]));

	world->fds[step->slot] = -1;
	return ret;
}

/* Send the fd to ourselves, and receive it as another. */
static long pass(int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int sockets[2];
	long ret;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		return -errno;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	ret = result(sendmsg(sockets[0], &message, 0));
	if (ret == 1)
		ret = result(recvmsg(sockets[1], &message, 0));
	if (ret == 1) {
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
		ret = fd;
	}
	close(sockets[0]);
	close(sockets[1]);
	return ret;
}

static long do_mmap(const struct step *step, struct world *world)
{
	void *at = mmap(world_page(world, step->page), step->pages * PAGE,
			prots[step->a % ARRAY_SIZE(prots)],
			map_flags[step->b % ARRAY_SIZE(map_flags)] | MAP_FIXED,
			world->fds[step->slot], (off_t)step->c * PAGE);

	return at == MAP_FAILED ? -errno : 0;
}

static long do_mremap(const struct step *step, struct world *world)
{
	static const int kinds[] = {
		0, MREMAP_MAYMOVE | MREMAP_FIXED,
		MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
	};
	void *at = mremap(world_page(world, step->page), step->pages * PAGE, step->a * PAGE,
			  kinds[step->b % ARRAY_SIZE(kinds)], world_page(world, step->c));

	return at == MAP_FAILED ? -errno : 0;
}

static struct outcome do_mem(const struct step *step, struct world *world, bool write)
{
	static int mem = -1;
	static pid_t opened_by;
	off_t at = (uintptr_t)world_page(world, step->page) + step->a % PAGE;
	uint8_t byte = step->b;
	struct outcome outcome;

	/* a child's own, not its parent's */
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
	const uint64_t flags = element_flags[step->b % ARRAY_SIZE(element_flags)];
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

	/* an fd that is none is refused by all, but bpf(2) looks at other things first */
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
		outcome.ret = result(munmap(at, step->pages * PAGE));
		break;
	case OP_MPROTECT:
		outcome.ret = result(mprotect(at, step->pages * PAGE,
					      prots[step->a % ARRAY_SIZE(prots)]));
		break;
	case OP_MREMAP:
		outcome.ret = do_mremap(step, world);
		break;
	case OP_MADVISE:
		outcome.ret = result(madvise(at, step->pages * PAGE,
					     advices[step->a % ARRAY_SIZE(advices)]));
		break;
	case OP_MSYNC:
		outcome.ret = result(msync(at, step->pages * PAGE, step->a));
		break;
	case OP_MLOCK:
		outcome.ret = result(step->a ? munlock(at, step->pages * PAGE) :
					       mlock(at, step->pages * PAGE));
		break;
	case OP_READ:
		outcome.ret = touch_read(at + step->a % PAGE, &byte);
		outcome.extra = byte;
		break;
	case OP_WRITE:
		outcome.ret = touch_write(at + step->a % PAGE, step->b);
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
		*pages = ARENA_PAGES;
		break;
	default:
		*pages = 0;
	}
}

/*
 * Making steps up
 */

unsigned int rng_below(struct rng *rng, unsigned int n)
{
	/* xorshift64* */
	rng->state ^= rng->state >> 12;
	rng->state ^= rng->state << 25;
	rng->state ^= rng->state >> 27;
	return (rng->state * 0x2545f4914f6cdd1dUL >> 33) % n;
}

/* Mostly the first few of n, now and then any. */
static unsigned int mostly_below(struct rng *rng, unsigned int few, unsigned int n)
{
	return rng_below(rng, 8) ? rng_below(rng, few) : rng_below(rng, n);
}

/* Mostly a slot that is open. */
static unsigned int some_slot(struct rng *rng, const struct world *world)
{
	unsigned int slot = rng_below(rng, SLOTS), tries;

	for (tries = 0; world->fds[slot] < 0 && tries < 8; tries++)
		slot = rng_below(rng, SLOTS);
	return slot;
}

static unsigned int some_index(struct rng *rng, const struct world *world, unsigned int slot)
{
	struct array_info info = { .max_entries = 1 };

	if (world->fds[slot] >= 0)
		world->array->info(world->fds[slot], &info);
	switch (rng_below(rng, 8)) {
	case 0:
		return info.max_entries - 1;
	case 1:
		return info.max_entries;
	default:
		return rng_below(rng, info.max_entries);
	}
}

static enum op some_op(struct rng *rng)
{
	/* how often, of their sum */
	static const unsigned char weights[NR_OPS] = {
		[OP_CREATE] = 5, [OP_OPEN_ID] = 3, [OP_CLOSE] = 4, [OP_DUP] = 2, [OP_PASS] = 1,
		[OP_MMAP] = 18, [OP_MUNMAP] = 7, [OP_MPROTECT] = 9, [OP_MREMAP] = 5,
		[OP_MADVISE] = 4, [OP_MSYNC] = 1, [OP_MLOCK] = 15, [OP_READ] = 6, [OP_WRITE] = 14,
		[OP_MEM_READ] = 2, [OP_MEM_WRITE] = 3, [OP_FUTEX_WAKE] = 1, [OP_LOOKUP] = 4,
		[OP_UPDATE] = 8, [OP_LOOKUP_BATCH] = 2, [OP_UPDATE_BATCH] = 3, [OP_FREEZE] = 5,
		[OP_NEXT_ID] = 1, [OP_FORK] = 1, [OP_EXIT] = 1, [OP_EXEC] = 0,
	};
	unsigned int total = 0, op, at;

	/* a program is costly to start */
	if (!rng_below(rng, 1000))
		return OP_EXEC;
	for (op = 0; op < NR_OPS; op++)
		total += weights[op];
	at = rng_below(rng, total);
	for (op = 0; at >= weights[op]; op++)
		at -= weights[op];
	return op;
}

struct step step_make_up(struct rng *rng, const struct world *world)
{
	struct step step = { .op = some_op(rng), .slot = some_slot(rng, world) };

	step.page = rng_below(rng, ARENA_PAGES);
	step.pages = 1 + rng_below(rng, ARENA_PAGES - step.page < 6 ? ARENA_PAGES - step.page : 6);
	step.in_thread = !rng_below(rng, 40);

	switch (step.op) {
	case OP_CREATE:
		step.slot = rng_below(rng, SLOTS);
		step.a = mostly_below(rng, GOOD_SIZES, ARRAY_SIZE(sizes));
		step.b = mostly_below(rng, 1, ARRAY_SIZE(fd_flags));
		break;
	case OP_OPEN_ID:
		step.slot = rng_below(rng, SLOTS);
		step.a = rng_below(rng, OBJECTS);
		step.b = mostly_below(rng, 1, ARRAY_SIZE(fd_flags));
		break;
	case OP_DUP:
	case OP_PASS:
		step.a = rng_below(rng, SLOTS);
		break;
	case OP_MMAP:
		step.a = mostly_below(rng, 2, ARRAY_SIZE(prots));
		step.b = mostly_below(rng, 1, ARRAY_SIZE(map_flags));
		step.pages = mostly_below(rng, 1, 5) + 1;
		if (step.page + step.pages > ARENA_PAGES)
			step.page = ARENA_PAGES - step.pages;
		step.c = mostly_below(rng, 1, 20);
		break;
	case OP_MPROTECT:
		step.a = mostly_below(rng, 4, ARRAY_SIZE(prots));
		break;
	case OP_MREMAP:
		step.a = 1 + rng_below(rng, 6);
		step.b = rng_below(rng, 3);
		step.c = rng_below(rng, ARENA_PAGES - step.a + 1);
		/* in place it may grow out of the arena */
		if (!step.b && step.page + step.a > ARENA_PAGES)
			step.a = ARENA_PAGES - step.page;
		break;
	case OP_MADVISE:
		step.a = rng_below(rng, ARRAY_SIZE(advices));
		break;
	case OP_MSYNC:
		step.a = msync_flags[rng_below(rng, ARRAY_SIZE(msync_flags))];
		break;
	case OP_MLOCK:
		step.a = rng_below(rng, 2);
		break;
	case OP_READ:
	case OP_WRITE:
	case OP_MEM_READ:
	case OP_MEM_WRITE:
		step.a = rng_below(rng, 4096);
		step.b = rng_below(rng, 256);
		break;
	case OP_LOOKUP:
	case OP_UPDATE:
		step.a = some_index(rng, world, step.slot);
		step.b = mostly_below(rng, 1, ARRAY_SIZE(element_flags));
		step.c = rng_below(rng, 256);
		break;
	case OP_LOOKUP_BATCH:
	case OP_UPDATE_BATCH:
		step.a = some_index(rng, world, step.slot);
		step.b = rng_below(rng, 8);
		step.c = rng_below(rng, 256);
		break;
	case OP_NEXT_ID:
		step.a = rng_below(rng, OBJECTS + 1);
		break;
	default:
		break;
	}
	return step;
}

/*
 * Printing them, and reading them in
 */

static const char *const prot_names[] = {
	"READ", "READ|WRITE", "WRITE", "NONE", "READ|EXEC", "READ|WRITE|EXEC",
};

static const char *const map_names[] = {
	"SHARED", "SHARED_VALIDATE", "SHARED|POPULATE", "SHARED|NORESERVE", "SHARED|LOCKED",
	"PRIVATE", "SHARED_VALIDATE|SYNC",
};

static const char *const flag_names[] = { "0", "RDONLY", "WRONLY", "RDONLY|WRONLY", "1 << 31" };

static const char *const remap_names[] = { "in place", "to page", "DONTUNMAP to page" };

void step_print(const struct step *step, char *to, size_t size)
{
	const struct step *s = step;
	int n = 0;

	if (s->in_thread) {
		n = snprintf(to, size, "in a thread: ");
		to += n;
		size -= n;
	}
	switch (s->op) {
	case OP_CREATE:
		snprintf(to, size, "slot %u = create(value_size %u, max_entries %u, flags %s)",
			 s->slot, sizes[s->a % ARRAY_SIZE(sizes)].value_size,
			 sizes[s->a % ARRAY_SIZE(sizes)].max_entries,
			 flag_names[s->b % ARRAY_SIZE(flag_names)]);
		break;
	case OP_OPEN_ID:
		snprintf(to, size, "slot %u = open_id(object %u, flags %s)", s->slot, s->a,
			 flag_names[s->b % ARRAY_SIZE(flag_names)]);
		break;
	case OP_CLOSE:
		snprintf(to, size, "close(slot %u)", s->slot);
		break;
	case OP_DUP:
		snprintf(to, size, "slot %u = dup(slot %u)", s->a, s->slot);
		break;
	case OP_PASS:
		snprintf(to, size, "slot %u = slot %u sent over a socket", s->a, s->slot);
		break;
	case OP_MMAP:
		snprintf(to, size, "mmap(page %u, %u pages, %s, %s, slot %u, offset %u pages)",
			 s->page, s->pages, prot_names[s->a % ARRAY_SIZE(prot_names)],
			 map_names[s->b % ARRAY_SIZE(map_names)], s->slot, s->c);
		break;
	case OP_MUNMAP:
		snprintf(to, size, "munmap(page %u, %u pages)", s->page, s->pages);
		break;
	case OP_MPROTECT:
		snprintf(to, size, "mprotect(page %u, %u pages, %s)", s->page, s->pages,
			 prot_names[s->a % ARRAY_SIZE(prot_names)]);
		break;
	case OP_MREMAP:
		snprintf(to, size, "mremap(page %u, %u pages, %u pages, %s %u)", s->page, s->pages,
			 s->a, remap_names[s->b % ARRAY_SIZE(remap_names)], s->c);
		break;
	case OP_MADVISE:
		snprintf(to, size, "madvise(page %u, %u pages, MADV_%s)", s->page, s->pages,
			 advice_names[s->a % ARRAY_SIZE(advice_names)]);
		break;
	case OP_MSYNC:
		snprintf(to, size, "msync(page %u, %u pages, %#x)", s->page, s->pages, s->a);
		break;
	case OP_MLOCK:
		snprintf(to, size, "%s(page %u, %u pages)", s->a ? "munlock" : "mlock", s->page,
			 s->pages);
		break;
	case OP_READ:
		snprintf(to, size, "read byte %u of page %u", s->a, s->page);
		break;
	case OP_WRITE:
		snprintf(to, size, "write %u to byte %u of page %u", s->b, s->a, s->page);
		break;
	case OP_MEM_READ:
		snprintf(to, size, "read byte %u of page %u by /proc/self/mem", s->a, s->page);
		break;
	case OP_MEM_WRITE:
		snprintf(to, size, "write %u to byte %u of page %u by /proc/self/mem", s->b, s->a,
			 s->page);
		break;
	case OP_FUTEX_WAKE:
		snprintf(to, size, "futex(page %u, FUTEX_WAKE)", s->page);
		break;
	case OP_LOOKUP:
		snprintf(to, size, "lookup(slot %u, index %u, flags %#llx%s)", s->slot, s->a,
			 (unsigned long long)element_flags[s->b % ARRAY_SIZE(element_flags)],
			 s->c % 8 == 1 ? ", no pointer" : "");
		break;
	case OP_UPDATE:
		snprintf(to, size, "update(slot %u, index %u, all %u, flags %#llx%s)",
			 s->slot, s->a, s->c,
			 (unsigned long long)element_flags[s->b % ARRAY_SIZE(element_flags)],
			 s->c % 8 == 1 ? ", no pointer" : "");
		break;
	case OP_LOOKUP_BATCH:
		snprintf(to, size, "lookup_batch(slot %u, from %u, count %u)", s->slot, s->a,
			 s->b);
		break;
	case OP_UPDATE_BATCH:
		snprintf(to, size, "update_batch(slot %u, from %u, count %u, all %u)", s->slot,
			 s->a, s->b, s->c);
		break;
	case OP_FREEZE:
		snprintf(to, size, "freeze(slot %u)", s->slot);
		break;
	case OP_NEXT_ID:
		snprintf(to, size, "next_id(after object %u)", s->a);
		break;
	case OP_FORK:
		snprintf(to, size, "fork, and the child goes on:");
		break;
	case OP_EXIT:
		snprintf(to, size, "exit, if this is a child");
		break;
	case OP_EXEC:
		snprintf(to, size, "fork and exec another program");
		break;
	default:
		snprintf(to, size, "no such step");
	}
}

int step_encode(const struct step *s, char *to, size_t size)
{
	return snprintf(to, size, "%x.%x.%x.%x.%x.%x.%x.%x", s->op, s->slot, s->page, s->pages,
			s->a, s->b, s->c, s->in_thread);
}

const char *step_decode(const char *from, struct step *s)
{
	unsigned int op;
	int len = 0;

	if (sscanf(from, "%x.%x.%x.%x.%x.%x.%x.%x%n", &op, &s->slot, &s->page, &s->pages,
		   &s->a, &s->b, &s->c, &s->in_thread, &len) != 8)
		return NULL;
	if (op >= NR_OPS || s->slot >= SLOTS || s->page + s->pages > ARENA_PAGES)
		return NULL;
	s->op = op;
	from += len;
	return *from == ',' ? from + 1 : from;
}
