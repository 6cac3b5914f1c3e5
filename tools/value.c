// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values as people write them.
 *
 * A value is printed and read as bytes in hexadecimal, in their order in memory, or as numbers
 * of one type in this machine's byte order, as many as fill the value.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "output.h"
#include "value.h"

/* The approximate width of a line of a long value: columns, or bytes in hex. */
#define LINE_COLUMNS	72
#define LINE_BYTES	16

static const struct value_type types[] = {
	{ "hex", 1, false, 2 },
	{ "u8", 1, false, 3 },
	{ "u16", 2, false, 5 },
	{ "u32", 4, false, 10 },
	{ "u64", 8, false, 20 },
	{ "s8", 1, true, 4 },
	{ "s16", 2, true, 6 },
	{ "s32", 4, true, 11 },
	{ "s64", 8, true, 20 },
};

const struct value_type *const value_hex = &types[0];

const struct value_type *value_type(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i].name, name))
			return &types[i];
	return NULL;
}

int value_type_fits(const struct value_type *type, __u32 value_size)
{
	if (value_size % type->bytes == 0)
		return DONE;
	return fail("values of %u bytes are not made of %s (%u bytes); "
		    "use hex or a type that fits",
		    value_size, type->name, type->bytes);
}

/* The largest unsigned number of the type's width. */
static __u64 all_bits(const struct value_type *type)
{
	return ~0ULL >> (64 - 8 * type->bytes);
}

/* The bits of the number. A signed number is extended to 64 bits. */
static __u64 load_number(const void *at, const struct value_type *type)
{
	union {
		__u8 u8;
		__u16 u16;
		__u32 u32;
		__u64 u64;
	} got;

	memcpy(&got, at, type->bytes);
	switch (type->bytes) {
	case 1:
		return type->is_signed ? (__u64)(__s8)got.u8 : got.u8;
	case 2:
		return type->is_signed ? (__u64)(__s16)got.u16 : got.u16;
	case 4:
		return type->is_signed ? (__u64)(__s32)got.u32 : got.u32;
	default:
		return got.u64;
	}
}

static void store_number(void *at, __u64 number, const struct value_type *type)
{
	const __u8 u8 = number;
	const __u16 u16 = number;
	const __u32 u32 = number;

	memcpy(at, type->bytes == 1 ? (void *)&u8 : type->bytes == 2 ? (void *)&u16 :
	       type->bytes == 4 ? (void *)&u32 : (void *)&number, type->bytes);
}

/* Read one number of the command line. Returns false if the type has no such number. */
static bool parse_number(const char *text, const struct value_type *type, uint64_t *number)
{
	__u64 top = all_bits(type);
	bool negative = type->is_signed && *text == '-';

	if (type->is_signed)
		top = top / 2 + negative;
	if (!number_of(text + negative, top, number))
		return false;
	if (negative)
		*number = -*number;
	return true;
}

static int not_a_number(const char *text, const struct value_type *type)
{
	__u64 top = all_bits(type);

	if (!type->is_signed)
		return usage_error("'%s' is not a valid %s; give 0 to %llu", text, type->name, top);
	return usage_error("'%s' is not a valid %s; give %lld to %lld", text, type->name,
			   -(long long)(top / 2) - 1, (long long)(top / 2));
}

/* What a person writes for a byte: one or two digits, perhaps behind 0x. */
static bool parse_byte(const char *text, size_t length, __u8 *byte)
{
	char digits[8] = "";
	size_t skip = length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 2 : 0;

	if (!length || length - skip > 2)
		return false;
	memcpy(digits, text + skip, length - skip);
	*byte = strtoul(digits, NULL, 16);
	return !digits[strspn(digits, "0123456789abcdefABCDEF")];
}

static int not_hex(const char *text, size_t length)
{
	return usage_error("'%.*s' is not a valid byte; "
			   "give 00 to ff, or bytes of two digits each as xxd -p prints them",
			   (int)length, text);
}

/*
 * Store the bytes of a word in hexadecimal: one byte, or as xxd -p prints them, two digits each
 * without a blank, with a line break after each 30. *used counts them also beyond the value.
 */
static int parse_hex(const char *word, __u8 *value, __u32 value_size, __u32 *used)
{
	static const char blanks[] = " \t\r\n";
	size_t length;
	__u8 byte = 0;

	if (!word[strspn(word, blanks)])
		return not_hex(word, strlen(word));
	for (; *(word += strspn(word, blanks)); word += length) {
		length = strcspn(word, blanks);
		if (parse_byte(word, length, &byte)) {
			if (*used < value_size)
				value[*used] = byte;
			(*used)++;
			continue;
		}
		for (size_t i = 0; i < length; i += 2) {
			if (length % 2 || !parse_byte(word + i, 2, &byte))
				return not_hex(word, length);
			if (*used < value_size)
				value[*used] = byte;
			(*used)++;
		}
	}
	return DONE;
}

static int read_value(const char *path, void *value, __u32 value_size)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	size_t got;
	bool more;
	int error;

	if (!file)
		return fail("can't open %s: %s", path, strerror(errno));
	got = fread(value, 1, value_size, file);
	more = got == value_size && fgetc(file) != EOF;
	error = ferror(file) ? errno : 0;
	if (file != stdin)
		fclose(file);
	if (!strcmp(path, "-"))
		path = "standard input";
	if (error)
		return fail("can't read %s: %s", path, strerror(error));
	if (got < value_size || more)
		return fail("%s has %s bytes than the %u of a value; it must have the same number",
			    path, more ? "more" : "fewer", value_size);
	return DONE;
}

int args_value(struct args *args, void *value, __u32 value_size)
{
	const struct value_type *type;
	const char *word, *text;
	uint64_t number;
	__u32 used;
	int status;

	status = args_string(args, "a value", &word);
	if (status)
		return status;
	if (!strcmp(word, "file")) {
		status = args_string(args, "a file", &text);
		return status ?: args_end(args) ?: read_value(text, value, value_size);
	}
	type = value_type(word);
	if (!type)
		return usage_error("'%s' does not begin a value; "
				   "give hex BYTE..., u8 to s64 NUMBER... or file PATH",
				   word);
	status = value_type_fits(type, value_size);
	if (status)
		return status;
	for (used = 0; !status && used <= value_size && (text = args_next(args)); ) {
		if (type == value_hex) {
			status = parse_hex(text, value, value_size, &used);
			continue;
		}
		if (used < value_size && !parse_number(text, type, &number))
			return not_a_number(text, type);
		if (used < value_size)
			store_number((char *)value + used, number, type);
		used += type->bytes;
	}
	if (status)
		return status;
	if (used > value_size)
		return usage_error("that is more than the %u bytes of a value; it takes %u %s",
				   value_size, value_size / type->bytes, type->name);
	if (used < value_size)
		return usage_error("that is %u of the %u bytes of a value; it takes %u %s",
				   used, value_size, value_size / type->bytes, type->name);
	return DONE;
}

void value_print(FILE *out, int index_width, __u32 index, const void *value, __u32 value_size,
		 const struct value_type *type)
{
	__u32 count = value_size / type->bytes;
	__u32 in_line = type == value_hex ? LINE_BYTES : LINE_COLUMNS / (type->columns + 1);
	__u64 number;

	fprintf(out, "%*u:", index_width, index);
	for (__u32 i = 0; i < count; i++) {
		if (i && i % in_line == 0)
			fprintf(out, "\n%*s", index_width + 1, "");
		number = load_number((const char *)value + (size_t)i * type->bytes, type);
		if (type == value_hex)
			fprintf(out, " %02llx", (unsigned long long)number);
		else if (type->is_signed)
			fprintf(out, " %*lld", type->columns, (long long)number);
		else
			fprintf(out, " %*llu", type->columns, (unsigned long long)number);
	}
	fputc('\n', out);
}

static void bytes_json(const char *key, const void *at, size_t count)
{
	const unsigned char *bytes = at;
	char text[8];

	json_array_begin(key);
	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "0x%02x", bytes[i]);
		json_string(NULL, text);
	}
	json_array_end();
}

static void number_json(const char *key, const void *at, const struct value_type *type)
{
	__u64 number = load_number(at, type);

	if (type->is_signed)
		json_signed(key, number);
	else
		json_unsigned(key, number);
}

void value_json(__u32 index, const void *value, __u32 value_size, const struct value_type *type)
{
	__u32 count = value_size / type->bytes;
	const char *at = value;

	json_object_begin(NULL);
	bytes_json("key", &index, sizeof(index));
	bytes_json("value", value, value_size);
	if (type != value_hex) {
		json_object_begin("formatted");
		json_unsigned("key", index);
		if (count == 1) {
			number_json("value", value, type);
		} else {
			json_array_begin("value");
			for (; count; count--, at += type->bytes)
				number_json(NULL, at, type);
			json_array_end();
		}
		json_object_end();
	}
	json_object_end();
}
