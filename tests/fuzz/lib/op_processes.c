// SPDX-License-Identifier: GPL-2.0-only
/* See operation.h: processes, limits, and parameters of the module. */
#include "fixture.h"
#include "operation.h"
#include "world.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* A child that has all fds and mappings, until it is killed, by do_kill() or after the case. */
static long do_spawn(const uint8_t *a)
{
	pid_t *child = &world.children[a[0] % MOST_CHILDREN];

	/* those of a child would end at some time after it, and be counted until then */
	if (*child || world.is_child)
		return -EAGAIN;
	*child = fork();
	if (!*child) {
		for (;;)
			pause();
	}
	if (*child < 0) {
		*child = 0;
		return -errno;
	}
	return 0;
}

static long do_kill(const uint8_t *a)
{
	pid_t *child = &world.children[a[0] % MOST_CHILDREN];

	if (!*child)
		return -ESRCH;
	kill(*child, SIGKILL);
	waitpid(*child, NULL, 0);
	*child = 0;
	return 0;
}

/* A child that executes another program: that one has none of the mappings. */
static long do_exec(const uint8_t *a)
{
	char *const nothing[] = { "true", NULL };
	pid_t pid = vfork();

	(void)a;
	if (!pid) {
		execv("/bin/true", nothing);
		_exit(1);
	}
	if (pid < 0)
		return -errno;
	waitpid(pid, NULL, 0);
	return 0;
}

static long do_limit(const uint8_t *a)
{
	static const int limits[] = { RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_FSIZE, RLIMIT_AS };
	const rlim_t values[] = { 64, 4096, 0, 1 << 30 };
	struct rlimit limit;
	int which = CHOOSE(limits, a[0]);

	world.spoiled = true;
	if (getrlimit(which, &limit))
		return -errno;
	limit.rlim_cur = a[1] % 2 ? limit.rlim_max : values[a[0] % ARRAY_SIZE(limits)];
	return result(setrlimit(which, &limit));
}

static long do_parameter(const uint8_t *a)
{
	static const char * const names[] = {
		"max_regions", "max_total_bytes", "max_region_bytes", "max_published",
	};
	static const char * const values[] = {
		"1", "2", "4096", "65536", "3", "-1", "x", "1048576",
	};
	char path[128];

	shared->dirty |= DIRTY_PARAMETERS;
	snprintf(path, sizeof(path), "/sys/module/bpfmmap/parameters/%s", CHOOSE(names, a[0]));
	return try_write_file(path, CHOOSE(values, a[1]));
}

static long do_unload(const uint8_t *a)
{
	long ret;

	(void)a;
	ret = try_unload_only();
	if (!ret)
		broken("unload: it worked, though the module is in use");
	return ret;
}

/* Change what plain buffers have. */
static long do_fill(const uint8_t *a)
{
	memset(buffer(0, SCRATCH_BYTES), a[0], SCRATCH_BYTES / 2);
	return 0;
}

static long do_unshare(const uint8_t *a)
{
	static const int namespaces[] = { CLONE_NEWNS, CLONE_NEWUSER, CLONE_FILES, CLONE_FS };

	world.spoiled = true;
	return result(unshare(CHOOSE(namespaces, a[0])));
}

const struct operation process_operations[] = {
	{ "spawn", 1, 12, do_spawn, MAY_MAP, { 0 } },
	{ "kill", 1, 6, do_kill, MAY_MAP, { 0 } },
	{ "exec", 0, 3, do_exec, 0, { 0 } },
	{ "limit", 2, 3, do_limit, 0, { 0 } },
	{ "parameter", 2, 5, do_parameter, 0, { 0 } },
	{ "unload", 0, 2, do_unload, 0, { 0 } },
	{ "fill", 1, 8, do_fill, 0, { 0 } },
	{ "unshare", 1, 2, do_unshare, 0, { 0 } },
	{ NULL, 0, 0, NULL, 0, { 0 } }
};
