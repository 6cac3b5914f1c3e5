/* SPDX-License-Identifier: GPL-2.0-only */
/* All output of the command: text or JSON on stdout, an error as one line. */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <stdbool.h>

#include "json.h"

/* The result of a command, which is the exit status of the tool. */
enum { DONE = 0, FAILED = 1, USAGE = 2 };

/*
 * Before anything is opened: give each of stdin, stdout and stderr that is closed an fd that can't
 * be read or written, so that no region gets that number.
 */
void output_begin(void);
void output_set(bool json, bool pretty);
bool output_is_json(void);

/* Print enter now, and leave at the end or before an error, which is to stay on the terminal. */
void output_on_screen(const char *enter, const char *leave);

/*
 * Replace characters that can't be printed by question marks. A name may have any characters, and
 * none of them may begin a line or move the cursor.
 */
void make_printable(char *text);

/* Print null, if JSON was requested, for a command without any output. */
void output_nothing(void);

/*
 * Print "Error: ..." on stderr, or {"error": "..."} on stdout. Both return the result of the
 * command.
 */
__attribute__((format(printf, 1, 2))) int fail(const char *format, ...);
__attribute__((format(printf, 1, 2))) int usage_error(const char *format, ...);
/* The same; with JSON, more() adds members to the object. */
__attribute__((format(printf, 3, 4)))
int fail_with(void (*more)(const void *arg), const void *arg, const char *format, ...);

/*
 * Say where the errors that follow were found: "Error: WHERE: ...". With JSON they become a member
 * of the object that has begun, and the output goes on. NULL ends that.
 */
void output_in(const char *where);

/* Flush stdout. Returns the exit status, and says why if the output can't be written. */
int output_finish(int status);

#endif
