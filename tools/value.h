/* SPDX-License-Identifier: GPL-2.0-only */
/* Values as people write them: bytes in hexadecimal, or numbers of one width. */
#ifndef TOOLS_VALUE_H
#define TOOLS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <bpfmmap.h>

#include "args.h"

struct value_type {
	const char *name;
	unsigned int bytes;
	bool is_signed;
	int columns;		/* the longest number, without the blank before it */
};

/* The type with this name, or NULL. "hex" is a type, of bytes. */
const struct value_type *value_type(const char *name);
extern const struct value_type *const value_hex;

/*
 * Check that numbers of this type fill a value of this size. Returns FAILED after an error
 * message.
 */
int value_type_fits(const struct value_type *type, __u32 value_size);

/* Convert VALUE of update to value, value_size bytes. Returns DONE, USAGE or FAILED. */
int args_value(struct args *args, void *value, __u32 value_size);

/* Print "INDEX: value", on several lines if it is long. index_width: columns for the index. */
void value_print(FILE *out, int index_width, __u32 index, const void *value, __u32 value_size,
		 const struct value_type *type);

/* Print { "key": [...], "value": [...] } as bpftool does, and "formatted" if there is a type. */
void value_json(__u32 index, const void *value, __u32 value_size, const struct value_type *type);

#endif
