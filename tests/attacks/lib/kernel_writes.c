// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes by addresses that the kernel was told and writes to on its own: futexes and
 * their lists, thread ids, rseq, signal frames, core dumps.
 */
#include "attack.h"

#include <linux/futex.h>
#include <sched.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/rseq.h>

static long futex(void *at, int op, int val, void *other)
{
	return result(syscall(SYS_futex, at, op, val, 1L, other, FUTEX_OP(FUTEX_OP_SET, 0x66,
									   FUTEX_OP_CMP_EQ, 0)));
}

static void futex_op(struct target *t)
{
	uint32_t *at = frozen_view(t), own = 0;

	if (at)
		passes(t, "FUTEX_WAKE_OP", futex(&own, FUTEX_WAKE_OP_PRIVATE, 1, at));
}

static void futex_pi(struct target *t)
{
	uint32_t zero[2] = { 0 }, *at;

	/* a lock that nobody has, for the kernel to take */
	if (t->array->update(t->fd, 0, zero, 0))
		return;
	at = frozen_view(t);
	if (!at)
		return;
	passes(t, "FUTEX_LOCK_PI", futex(at, FUTEX_LOCK_PI_PRIVATE, 0, NULL));
	passes(t, "FUTEX_TRYLOCK_PI", futex(at, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL));
}

/* Does fn in a child, which then ends; what the kernel does to it is what we want. */
static void child_ends(struct target *t, void (*fn)(struct target *t))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		fn(t);
		syscall(SYS_exit, 0);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status) && t->outcome == NO_EFFECT) {
		t->outcome = KILLED;
		snprintf(t->why, sizeof(t->why), "SIG%s", sigabbrev_np(WTERMSIG(status)));
	}
}

/* The kernel marks each lock on the list of a thread that ends while it has them. */
static void end_with_locks(struct target *t)
{
	struct {
		struct robust_list_head head;
		struct robust_list entry;
	} list;
	uint32_t tid[2] = { getpid(), getpid() };
	uint8_t *at;

	if (t->array->update(t->fd, 0, tid, 0))
		return;
	at = frozen_view(t);
	if (!at)
		return;
	list.head.list.next = &list.entry;
	list.entry.next = &list.head.list;
	list.head.futex_offset = at - (uint8_t *)&list.entry;
	list.head.list_op_pending = NULL;
	passes(t, "set_robust_list",
	       result(syscall(SYS_set_robust_list, &list, sizeof(list.head))));
	syscall(SYS_exit, 0);
}

static void robust_list(struct target *t)
{
	child_ends(t, end_with_locks);
}

static void end_with_tid(struct target *t)
{
	void *at = frozen_view(t);

	/* cleared only for the sake of others who share the memory */
	if (at && !syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, 0UL)) {
		syscall(SYS_set_tid_address, at);
		syscall(SYS_exit, 0);
	}
}

static void set_tid_address(struct target *t)
{
	child_ends(t, end_with_tid);
}

static void clone_tids(struct target *t)
{
	long flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
	uint8_t *at = frozen_view(t);
	long pid;

	if (!at)
		return;
	pid = syscall(SYS_clone, flags, NULL, at, at + 8, 0UL);
	if (!pid)
		syscall(SYS_exit, 0);
	if (passes(t, "clone", result(pid)))
		wait(NULL);
	pid = syscall(SYS_clone, flags | CLONE_VM | CLONE_VFORK, NULL, at, at + 8, 0UL);
	if (!pid)
		syscall(SYS_exit, 0);
	if (passes(t, "clone", result(pid)))
		wait(NULL);
}

static void rseq_area(struct target *t)
{
	uint8_t *own = (uint8_t *)__builtin_thread_pointer() + __rseq_offset;
	uint32_t unset[8] = { 0, -1 };
	uint8_t *at;
	long ret;
	int i;

	for (i = 0; i < 4; i++)
		if (t->array->update(t->fd, i, &unset[2 * i], 0))
			return;
	at = frozen_view(t);
	if (!at)
		return;
	if (__rseq_size)
		syscall(SYS_rseq, own, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
	ret = result(syscall(SYS_rseq, at, 32, 0, RSEQ_SIG));
	if (ret == -ENOSYS)
		return missing(t, "no rseq on this kernel");
	if (passes(t, "rseq", ret))
		sched_yield();
}

static void nothing(int sig)
{
	(void)sig;
}

static void signal_stack(struct target *t)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_ONSTACK };
	stack_t stack = { .ss_size = LEN };

	stack.ss_sp = frozen_view(t);
	if (!stack.ss_sp || !passes(t, "sigaltstack", result(sigaltstack(&stack, NULL))))
		return;
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
}

static void dump_core(struct target *t)
{
	struct rlimit no_limit = { RLIM_INFINITY, RLIM_INFINITY };
	FILE *filter = fopen("/proc/self/coredump_filter", "w");

	fprintf(filter, "0xff");
	fclose(filter);
	setrlimit(RLIMIT_CORE, &no_limit);
	if (frozen_view(t))
		abort();
	_exit(0);
}

static void set_core_pattern(const char *pattern)
{
	FILE *file = fopen("/proc/sys/kernel/core_pattern", "w");

	if (file) {
		fputs(pattern, file);
		fclose(file);
	}
}

/* The mapping is dumped, first to a file and then to where the descriptor is. */
static void core_dump(struct target *t)
{
	char pattern[64];

	set_core_pattern("/tmp/core");
	if (!fork())
		dump_core(t);
	wait(NULL);
	unlink("/tmp/core");
	snprintf(pattern, sizeof(pattern), "/proc/%d/fd/%d", getpid(), t->fd);
	set_core_pattern(pattern);
	if (t->frozen && !fork())
		abort();
	wait(NULL);
	set_core_pattern("core");
}

const struct route kernel_write_routes[] = {
	{ .name = "futex: WAKE_OP on it", .run = futex_op },
	{ .name = "futex: priority inheritance on it", .run = futex_pi },
	{ .name = "futex: robust list with an entry in it", .run = robust_list },
	{ .name = "set_tid_address, cleared at exit", .run = set_tid_address },
	{ .name = "clone: thread ids into it", .run = clone_tids },
	{ .name = "rseq area in it", .run = rseq_area },
	{ .name = "signal stack in it", .run = signal_stack },
	{ .name = "core dump of it, and onto its descriptor", .run = core_dump },
	{ }
};
