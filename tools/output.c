// SPDX-License-Identifier: GPL-2.0-only
/*
 * All output of the command: text or JSON on stdout, an error as one line.
 *
 * As with bpftool, -j and -p print an error as JSON on stdout, so a program reads one stream
 * only.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

static struct {
	bool json;
	int flags;
	bool first;	/* of the array of output_json_begin() */
} output;

void output_set(bool json, bool pretty)
{
	output.json = json;
	output.flags = JSON_C_TO_STRING_NOSLASHESCAPE |
		       (pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : 0);
}

bool output_is_json(void)
{
	return output.json;
}

void output_json(struct json_object *object)
{
	if (output.json)
		puts(json_object_to_json_string_ext(object, output.flags));
	json_object_put(object);
}

void output_json_begin(void)
{
	putchar('[');
	output.first = true;
}

void output_json_element(struct json_object *element)
{
	const char *text = json_object_to_json_string_ext(element, output.flags);

	if (!output.first)
		putchar(',');
	output.first = false;
	if (!(output.flags & JSON_C_TO_STRING_PRETTY)) {
		fputs(text, stdout);
	} else {
		fputs("\n  ", stdout);
		for (; *text; text++) {
			putchar(*text);
			if (*text == '\n')
				fputs("  ", stdout);
		}
	}
	json_object_put(element);
}

void output_json_end(void)
{
	puts(output.flags & JSON_C_TO_STRING_PRETTY && !output.first ? "\n]" : "]");
}

static void say(const char *key, struct json_object *extra, const char *format, va_list args)
{
	struct json_object *object;
	char *text;

	/* print earlier output first, also if both go to the same file */
	fflush(stdout);
	if (vasprintf(&text, format, args) < 0)
		abort();
	if (output.json) {
		object = json_object_new_object();
		json_object_object_add(object, "error", json_object_new_string(text));
		if (extra)
			json_object_object_add(object, key, extra);
		output_json(object);
	} else {
		fprintf(stderr, "Error: %s\n", text);
		json_object_put(extra);
	}
	free(text);
}

int fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(NULL, NULL, format, args);
	va_end(args);
	return FAILED;
}

int fail_with(const char *key, struct json_object *extra, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(key, extra, format, args);
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
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	if (errno != EPIPE)
		fprintf(stderr, "Error: can't write the output: %s\n", strerror(errno));
	return FAILED;
}
