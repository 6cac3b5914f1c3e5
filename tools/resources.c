// SPDX-License-Identifier: GPL-2.0-only
/* Files and memory, of which there may be none left. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "resources.h"

bool is_used_up(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE;
}

/* This error ends all, so it does not belong to the part of the output that has begun. */
static void check(const char *what, const char *path)
{
	const int error = errno;

	if (!is_used_up(error))
		return;
	output_in(NULL);
	exit(fail("can't %s%s: %s", what, path, strerror(error)));
}

void check_used_up(const char *what)
{
	check(what, "");
}

static void check_open(const char *path)
{
	check("open ", path);
}

FILE *open_file(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file)
		check_open(path);
	return file;
}

DIR *open_directory(const char *path)
{
	DIR *dir = opendir(path);

	if (!dir)
		check_open(path);
	return dir;
}

bool next_line(FILE *file, char **line, size_t *size)
{
	errno = 0;
	if (getline(line, size, file) > 0)
		return true;
	check_used_up("read a line");
	return false;
}

unsigned long long number_in(const char *path, const char *format)
{
	unsigned long long value = 0;
	char line[256];
	FILE *file = open_file(path);

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, format, &value) == 1)
			break;
	fclose(file);
	return value;
}

unsigned long long available_memory(void)
{
	return 1024 * number_in("/proc/meminfo", "MemAvailable: %llu");
}

void *more_memory(void *old, size_t count, size_t size)
{
	void *memory = reallocarray(old, count, size);

	if (!memory)
		exit(fail("there is not enough memory"));
	return memory;
}
