// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON on stdout.
 *
 * A stack of bits remembers which of the arrays and objects that have begun are arrays, and which
 * have a member or element already. Nothing here nests deeper than a few of them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

static struct {
	bool pretty;
	int depth;
	uint64_t arrays, filled;	/* bit N: of the one at depth N + 1 */
} json;

static uint64_t innermost(void)
{
	return 1ULL << (json.depth - 1);
}

void json_pretty(void)
{
	json.pretty = true;
}

static void new_line(void)
{
	if (!json.pretty)
		return;
	putchar('\n');
	for (int i = 0; i < json.depth; i++)
		fputs("  ", stdout);
}

/*
 * The number of bytes of the character that text begins with, in UTF-8. Returns 0 if these bytes
 * are none.
 */
static int character(const unsigned char *text)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int count = *text < 0x80 ? 1 : *text >> 5 == 6 ? 2 : *text >> 4 == 14 ? 3 :
		    *text >> 3 == 30 ? 4 : 0;
	uint32_t code;

	if (count < 2)
		return count;
	code = *text & (0x7f >> count);
	for (int i = 1; i < count; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < smallest[count] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return count;
}

static void quoted(const char *text)
{
	static const char plain[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
	const unsigned char *at = (const unsigned char *)text;
	const char *found;
	int count;

	putchar('"');
	for (; *at; at += count ?: 1) {
		count = character(at);
		found = strchr(plain, *at);
		if (found)
			printf("\\%c", letters[found - plain]);
		else if (*at < ' ')
			printf("\\u%04x", *at);
		else if (count)
			fwrite(at, 1, count, stdout);
		else
			fputs("\\ufffd", stdout);	/* what stands for a byte that is no text */
	}
	putchar('"');
}

/* What is before a value: a comma, a line, a key. */
static void before(const char *key)
{
	if (json.depth) {
		if (json.filled & innermost())
			putchar(',');
		json.filled |= innermost();
		new_line();
	}
	if (key) {
		quoted(key);
		fputs(json.pretty ? ": " : ":", stdout);
	}
}

static void after(void)
{
	if (!json.depth)
		putchar('\n');
}

static void begin(const char *key, bool array)
{
	before(key);
	putchar(array ? '[' : '{');
	json.depth++;
	json.filled &= ~innermost();
	json.arrays &= ~innermost();
	if (array)
		json.arrays |= innermost();
}

static void end(void)
{
	bool array = json.arrays & innermost(), filled = json.filled & innermost();

	json.depth--;
	if (filled)
		new_line();
	putchar(array ? ']' : '}');
	after();
}

void json_object_begin(const char *key)
{
	begin(key, false);
}

void json_object_end(void)
{
	end();
}

void json_array_begin(const char *key)
{
	begin(key, true);
}

void json_array_end(void)
{
	end();
}

void json_end_all(void)
{
	while (json.depth)
		end();
}

void json_string(const char *key, const char *text)
{
	before(key);
	quoted(text);
	after();
}

void json_signed(const char *key, int64_t number)
{
	before(key);
	printf("%" PRId64, number);
	after();
}

void json_unsigned(const char *key, uint64_t number)
{
	before(key);
	printf("%" PRIu64, number);
	after();
}

void json_boolean(const char *key, bool is)
{
	before(key);
	fputs(is ? "true" : "false", stdout);
	after();
}

void json_null(const char *key)
{
	before(key);
	fputs("null", stdout);
	after();
}
