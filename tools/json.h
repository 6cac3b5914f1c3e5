/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON on stdout, written piece by piece, as the pieces are known.
 *
 * This needs no memory, so it can't fail half way, and an error can be printed when there is none
 * left. key is the name of a member in an object; in an array, and for the outermost value, it is
 * NULL. The end of the outermost value ends the line.
 */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <stdbool.h>
#include <stdint.h>

/* Indented, with a line for each member and element. */
void json_pretty(void);

void json_object_begin(const char *key);
void json_object_end(void);
void json_array_begin(const char *key);
void json_array_end(void);
/* End the arrays and objects that have begun, so that an error can follow. */
void json_end_all(void);

void json_string(const char *key, const char *text);
void json_signed(const char *key, int64_t number);
void json_unsigned(const char *key, uint64_t number);
void json_boolean(const char *key, bool is);
void json_null(const char *key);

#endif
