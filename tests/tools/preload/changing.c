// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded, this changes the length of the file CHANGE_PATH to CHANGE_SIZE bytes as soon as the
 * program has read from a file that is not smaller than a page: a file that changes while it is
 * read.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t read(int fd, void *buffer, size_t size)
{
	const char *path = getenv("CHANGE_PATH");
	ssize_t got = syscall(SYS_read, fd, buffer, size);

	if (path && got >= 4096) {
		if (truncate(path, atoll(getenv("CHANGE_SIZE"))))
			abort();
		unsetenv("CHANGE_PATH");
	}
	return got;
}
