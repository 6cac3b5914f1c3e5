// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes by what manages memory: advice, populating, migration, userfaultfd, and the
 * failure of memory.
 */
#include "attack.h"

#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>

static void count_tries(struct target *t, int worked, int tried)
{
	snprintf(t->why, sizeof(t->why), "%d of %d worked", worked, tried);
}

/* All that there are, but for the two that make memory fail. */
static void try_every_advice(uint8_t *at, int *worked, int *tried)
{
	int advice;

	for (advice = 0; at && advice < 128; advice++) {
		if (advice == 100 || advice == 101)
			continue;
		if (!madvise(at, LEN, advice))
			++*worked;
		else if (errno == EINVAL)
			continue;	/* most are no advice at all */
		++*tried;
	}
}

static void every_advice(struct target *t)
{
	int worked = 0, tried = 0;

	try_every_advice(frozen_view(t), &worked, &tried);
	count_tries(t, worked, tried);
}

/* While it can be stored to. */
static void every_advice_before(struct target *t)
{
	uint8_t *at = writable(t);
	int worked = 0, tried = 0;

	try_every_advice(at, &worked, &tried);
	if (at)
		munmap(at, LEN);
	if (freeze(t))
		count_tries(t, worked, tried);
}

static void process_madvise_of(struct target *t)
{
	struct iovec iov = { frozen_view(t), LEN };
	int pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	int advice, worked = 0, tried = 0;

	for (advice = 0; iov.iov_base && advice < 128; advice++) {
		if (advice == 100 || advice == 101)
			continue;
		if (syscall(SYS_process_madvise, pidfd, &iov, 1, advice, 0) >= 0)
			worked++;
		else if (errno == ENOSYS)
			return missing(t, "no process_madvise on this kernel");
		else if (errno == EINVAL)
			continue;
		tried++;
	}
	count_tries(t, worked, tried);
}

static void populate_write(struct target *t)
{
	void *at = frozen_view(t);

	if (at)
		passes(t, "madvise", result(madvise(at, LEN, 23 /* MADV_POPULATE_WRITE */)));
}

static void locked(struct target *t)
{
	void *at = frozen_view(t);

	if (at && passes(t, "mlock", result(mlock(at, LEN))))
		passes(t, "mlock2", result(mlock2(at, LEN, MLOCK_ONFAULT)));
}

static void migrated(struct target *t)
{
	void *at = frozen_view(t);
	unsigned long node = 1;
	int where = 0, status = 0;

	if (!at)
		return;
	(void)*(volatile uint8_t *)at;
	passes(t, "mbind", result(syscall(SYS_mbind, at, LEN, MPOL_BIND, &node, 8UL,
					  MPOL_MF_MOVE_ALL | MPOL_MF_STRICT)));
	passes(t, "migrate_pages",
	       result(syscall(SYS_migrate_pages, getpid(), 8UL, &node, &node)));
	passes(t, "move_pages",
	       result(syscall(SYS_move_pages, 0, 1UL, &at, &where, &status, MPOL_MF_MOVE_ALL)));
}

static int open_userfaultfd(struct target *t)
{
	struct uffdio_api api = { .api = UFFD_API };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api)) {
		missing(t, "no userfaultfd on this kernel");
		return -1;
	}
	return uffd;
}

static void uffd_register(struct target *t)
{
	struct uffdio_register area = { .range.len = LEN };
	int uffd = open_userfaultfd(t);

	area.range.start = uffd < 0 ? 0 : (uintptr_t)frozen_view(t);
	for (area.mode = 1; area.range.start && area.mode < 8; area.mode++)
		passes(t, "UFFDIO_REGISTER", result(ioctl(uffd, UFFDIO_REGISTER, &area)));
}

static void uffd_copy(struct target *t)
{
	struct uffdio_copy copy = { .src = (uintptr_t)memory(LEN), .len = LEN };
	int uffd = open_userfaultfd(t);

	copy.dst = uffd < 0 ? 0 : (uintptr_t)frozen_view(t);
	if (copy.dst)
		passes(t, "UFFDIO_COPY", result(ioctl(uffd, UFFDIO_COPY, &copy)));
}

static void uffd_others(struct target *t)
{
	/* as the headers of 6.8 have it */
	struct { uint64_t dst, src, len, mode; int64_t moved; } move = {
		.src = (uintptr_t)memory(LEN), .len = LEN,
	};
	struct uffdio_zeropage zero = { .range.len = LEN };
	struct uffdio_continue go_on = { .range.len = LEN };
	struct uffdio_writeprotect allow = { .range.len = LEN };
	int uffd = open_userfaultfd(t);

	move.dst = uffd < 0 ? 0 : (uintptr_t)frozen_view(t);
	if (!move.dst)
		return;
	zero.range.start = move.dst;
	go_on.range.start = move.dst;
	allow.range.start = move.dst;
	passes(t, "UFFDIO_ZEROPAGE", result(ioctl(uffd, UFFDIO_ZEROPAGE, &zero)));
	passes(t, "UFFDIO_WRITEPROTECT", result(ioctl(uffd, UFFDIO_WRITEPROTECT, &allow)));
	passes(t, "UFFDIO_CONTINUE", result(ioctl(uffd, UFFDIO_CONTINUE, &go_on)));
	passes(t, "UFFDIO_MOVE", result(ioctl(uffd, _IOWR(UFFDIO, 5, move), &move)));
}

static void advise_failure(struct target *t, int advice)
{
	uint8_t *at = frozen_view(t);

	if (!at)
		return;
	(void)*(volatile uint8_t *)at;
	/* of nothing: is there such an advice? */
	if (madvise(at, 0, advice))
		missing(t, "no memory failure handling");
	else
		passes(t, "madvise", result(madvise(at, PAGE, advice)));
}

static void hwpoison(struct target *t)
{
	advise_failure(t, 100);
}

static void soft_offline(struct target *t)
{
	advise_failure(t, 101);
}

/* Of this process's mapping, and then of all memory. */
static void split_large_pages(struct target *t)
{
	int file = open("/sys/kernel/debug/split_huge_pages", O_WRONLY | O_CLOEXEC);
	uint8_t *at = frozen_view(t);
	char text[64];

	if (file < 0)
		return missing(t, "no split_huge_pages in debugfs");
	if (!at)
		return;
	(void)*(volatile uint8_t *)at;
	snprintf(text, sizeof(text), "%d,%#lx,%#lx", getpid(), (unsigned long)at,
		 (unsigned long)at + LEN);
	/* 5.10 knows the other form only */
	(void)!write(file, text, strlen(text));
	passes(t, "write", result(write(file, "1", 1)));
}

const struct route memory_routes[] = {
	{ .name = "madvise with every advice, read-only mapping", .run = every_advice },
	{ .name = "madvise with every advice, before", .run = every_advice_before },
	{ .name = "process_madvise with every advice", .run = process_madvise_of },
	{ .name = "MADV_POPULATE_WRITE", .run = populate_write },
	{ .name = "mlock, mlock2", .run = locked },
	{ .name = "mbind, migrate_pages, move_pages", .run = migrated },
	{ .name = "split_huge_pages of debugfs", .run = split_large_pages },
	{ .name = "userfaultfd: register the mapping", .run = uffd_register },
	{ .name = "userfaultfd: copy into the mapping", .run = uffd_copy },
	{ .name = "userfaultfd: zero, unprotect, continue, move", .run = uffd_others },
	{ .name = "memory failure: MADV_HWPOISON", .run = hwpoison },
	{ .name = "memory failure: MADV_SOFT_OFFLINE", .run = soft_offline },
	{ }
};
