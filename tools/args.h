/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of a command line, taken one by one. */
#ifndef TOOLS_ARGS_H
#define TOOLS_ARGS_H

#include <stdbool.h>
#include <stdint.h>

struct args {
	char **words;		/* the words that are left, then NULL */
	const char *command;	/* name of the command, for error messages */
};

const char *args_peek(const struct args *args);
/* Returns the next word, or NULL. */
const char *args_next(struct args *args);
/* Take the next word if it is word. */
bool args_take(struct args *args, const char *word);

/* These return DONE, or USAGE after they have printed an error. what: the user's word for it. */
int args_string(struct args *args, const char *what, const char **value);
int args_number(struct args *args, const char *what, uint64_t min, uint64_t max, uint64_t *value);
/* The same for a number of bytes, which may have a unit: 4096, 4K, 4KiB. */
int args_size(struct args *args, const char *what, uint64_t min, uint64_t max, uint64_t *bytes);
int args_end(struct args *args);

/*
 * A number as in C (10, 0xa, 012), without a sign. Returns false if text is not one, or
 * exceeds max.
 */
bool number_of(const char *text, uint64_t max, uint64_t *value);
/* The same with K, M, G or T behind it, which mean 1024 bytes and so on; or with KiB, .. TiB. */
bool size_of(const char *text, uint64_t max, uint64_t *bytes);

#endif
