/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of a command line, taken one by one. */
#ifndef TOOLS_ARGS_H
#define TOOLS_ARGS_H

#include <stdbool.h>
#include <stdint.h>

struct args {
	char **words;		/* those that are left, and NULL */
	const char *command;	/* whose they are, for error messages */
};

const char *args_peek(const struct args *args);
/* The next one, or NULL. */
const char *args_next(struct args *args);
/* Take word if it comes next. */
bool args_take(struct args *args, const char *word);

/* These return DONE, or USAGE after having said why. what: as the user knows it. */
int args_string(struct args *args, const char *what, const char **value);
int args_number(struct args *args, const char *what, uint64_t min, uint64_t max, uint64_t *value);
int args_end(struct args *args);

/* A number as C writes it (10, 0xa, 012), without a sign; false if text is none up to max. */
bool number_of(const char *text, uint64_t max, uint64_t *value);

#endif
