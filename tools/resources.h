/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files and memory, of which there may be none left.
 *
 * A file that can't be opened because too many are open must not look like one that is not there,
 * and a list that there is no memory for must not look like a shorter list. So these functions
 * print an error and end the command if something is used up. The module takes back what it holds.
 */
#ifndef TOOLS_RESOURCES_H
#define TOOLS_RESOURCES_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Whether this error means that memory, or the number of open files, is used up. */
bool is_used_up(int error);

/* Print "can't ... WHAT: ..." and end the command, if errno says that something is used up. */
void check_used_up(const char *what);

/* For reading. Return NULL, with errno, for all other reasons. */
FILE *open_file(const char *path);
DIR *open_directory(const char *path);

/* As getline(). Returns false at the end of the file. */
bool next_line(FILE *file, char **line, size_t *size);

/*
 * Read one number from a file like /proc/meminfo, or from a file that has only a number, by a
 * format of scanf(). Returns 0 if there is none.
 */
unsigned long long number_in(const char *path, const char *format);

/* The bytes that the kernel could give programs. Returns 0 if that can't be seen. */
unsigned long long available_memory(void);

/* As reallocarray(), but never NULL. */
void *more_memory(void *old, size_t count, size_t size);

#endif
