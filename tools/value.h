/* SPDX-License-Identifier: GPL-2.0-only */
/* Values as people write them: bytes in hexadecimal, or numbers of one width. */
#ifndef TOOLS_VALUE_H
#define TOOLS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <bpfmmap.h>
#include <json-c/json.h>

#include "args.h"

struct value_type {
	const char *name;
	unsigned int bytes;
	bool is_signed;
	int columns;		/* the longest number, without the blank before it */
};

/* The type called name, or NULL. "hex" is one, of bytes. */
const struct value_type *value_type(const char *name);
extern const struct value_type *const value_hex;

/* Do numbers of this type fill a value of so many bytes? FAILED after having said not. */
int value_type_fits(const struct value_type *type, __u32 value_size);

/* VALUE of update into value, value_size bytes. DONE, USAGE or FAILED. */
int args_value(struct args *args, void *value, __u32 value_size);

/* "INDEX: value", over several lines if it is long. index_width: columns for the index. */
void value_print(FILE *out, int index_width, __u32 index, const void *value, __u32 value_size,
		 const struct value_type *type);

/* { "key": [...], "value": [...] } as bpftool has it, and "formatted" if there is a type. */
struct json_object *value_json(__u32 index, const void *value, __u32 value_size,
			       const struct value_type *type);

#endif
