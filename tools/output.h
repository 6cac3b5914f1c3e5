/* SPDX-License-Identifier: GPL-2.0-only */
/* How everything is said: text or JSON on stdout, errors as one line. */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <stdbool.h>
#include <json-c/json.h>

/* What a command returns, and the tool's exit status. */
enum { DONE = 0, FAILED = 1, USAGE = 2 };

void output_set(bool json, bool pretty);
bool output_is_json(void);

/* Print it if JSON is wanted; it is given up in any case. */
void output_json(struct json_object *object);

/* An array that is too long to be held at once: its elements as they come. */
void output_json_begin(void);
void output_json_element(struct json_object *element);
void output_json_end(void);

/* "Error: ..." on stderr, or {"error": "..."}; both return what the command shall return. */
__attribute__((format(printf, 1, 2))) int fail(const char *format, ...);
__attribute__((format(printf, 1, 2))) int usage_error(const char *format, ...);
/* The same, with one more key in the JSON; extra is given up. */
__attribute__((format(printf, 3, 4)))
int fail_with(const char *key, struct json_object *extra, const char *format, ...);

/* Flush stdout; what the tool is to exit with. A reader that went away is no error to tell. */
int output_finish(int status);

#endif
