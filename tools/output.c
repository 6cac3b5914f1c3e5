// SPDX-License-Identifier: GPL-2.0-only
/*
 * All output of the command: text or JSON on stdout, an error as one line.
 *
 * As with bpftool, -j and -p print an error as JSON on stdout, so a program reads one stream
 * only.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"

/* The longest error, with up to three paths in it. */
#define LINE_BYTES	(4 * PATH_MAX)

static struct {
	bool json;
	bool failed;		/* an error has been printed */
	const char *leave;	/* what gives a terminal back */
	const char *where;	/* of errors; NULL: of the command */
} output;

/* An error goes to stderr, so it would be written to a region that is opened as fd 2. */
void output_begin(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* the lowest number that is free is this one */
		if (open("/dev/null", O_PATH) != fd)
			exit(fail("can't open /dev/null: %s", strerror(errno)));
	}
}

void output_set(bool json, bool pretty)
{
	output.json = json;
	if (pretty)
		json_pretty();
}

bool output_is_json(void)
{
	return output.json;
}

void output_on_screen(const char *enter, const char *leave)
{
	fputs(enter, stdout);
	output.leave = leave;
}

static void leave_screen(void)
{
	if (output.leave)
		fputs(output.leave, stdout);
	output.leave = NULL;
}

void output_nothing(void)
{
	if (output.json)
		json_null(NULL);
}

void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

/* This needs no memory, as there may be none. */
static void say(void (*more)(const void *arg), const void *arg, const char *format, va_list args)
{
	char text[LINE_BYTES];

	vsnprintf(text, sizeof(text), format, args);
	output.failed = true;
	leave_screen();
	if (output.json && output.where) {
		json_string("error", text);
		if (more)
			more(arg);
		return;
	}
	if (output.json) {
		json_end_all();
		json_object_begin(NULL);
		json_string("error", text);
		if (more)
			more(arg);
		json_object_end();
		return;
	}
	/* print earlier output first, also if both go to the same file */
	fflush(stdout);
	make_printable(text);
	if (output.where)
		fprintf(stderr, "Error: %s: %s\n", output.where, text);
	else
		fprintf(stderr, "Error: %s\n", text);
}

void output_in(const char *where)
{
	output.where = where;
}

int fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(NULL, NULL, format, args);
	va_end(args);
	return FAILED;
}

int fail_with(void (*more)(const void *arg), const void *arg, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(more, arg, format, args);
	va_end(args);
	return FAILED;
}

int usage_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(NULL, NULL, format, args);
	va_end(args);
	return USAGE;
}

int output_finish(int status)
{
	leave_screen();
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	/* an error on stderr was the first, and one line is enough */
	if (output.json || !output.failed)
		fprintf(stderr, "Error: can't write the output: %s\n", strerror(errno));
	return FAILED;
}
