// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded, this limits the fds of a program to those below FEW_FILES. A shell can't set so low a
 * limit for a program, as its libraries have to be opened first.
 */
#include <stdlib.h>
#include <sys/resource.h>

__attribute__((constructor)) static void begin(void)
{
	const rlim_t files = atoi(getenv("FEW_FILES"));
	const struct rlimit limit = { .rlim_cur = files, .rlim_max = files };

	unsetenv("LD_PRELOAD");
	if (setrlimit(RLIMIT_NOFILE, &limit))
		abort();
}
