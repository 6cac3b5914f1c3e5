/* SPDX-License-Identifier: GPL-2.0-only */
/* All output of the command: text or JSON on stdout, an error as one line. */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <stdbool.h>
#include <json-c/json.h>

/* The result of a command, which is the exit status of the tool. */
enum { DONE = 0, FAILED = 1, USAGE = 2 };

void output_set(bool json, bool pretty);
bool output_is_json(void);

/* Print it if JSON was requested. Frees it in any case. */
void output_json(struct json_object *object);

/* An array that is too long for memory: its elements are printed one by one. */
void output_json_begin(void);
void output_json_element(struct json_object *element);
void output_json_end(void);

/*
 * Print "Error: ..." on stderr, or {"error": "..."} on stdout. Both return the result of the
 * command.
 */
__attribute__((format(printf, 1, 2))) int fail(const char *format, ...);
__attribute__((format(printf, 1, 2))) int usage_error(const char *format, ...);
/* The same, with one more key in the JSON. Frees extra. */
__attribute__((format(printf, 3, 4)))
int fail_with(const char *key, struct json_object *extra, const char *format, ...);

/* Flush stdout. Returns the exit status. A reader that has closed the pipe is not an error. */
int output_finish(int status);

#endif
