// SPDX-License-Identifier: GPL-2.0-only
/* Tables on a terminal, whose columns are as wide as their longest cell. */
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "table.h"

void table_begin(struct table *table, FILE *out, const struct column *columns, size_t count)
{
	*table = (struct table) { .out = out, .columns = columns, .count = count };
	for (size_t i = 0; i < count; i++) {
		table->widths[i] = abs(columns[i].width);
		if (columns[i].heading && (int)strlen(columns[i].heading) > table->widths[i])
			table->widths[i] = strlen(columns[i].heading);
	}
}

/* The number of characters. All bytes of a character in UTF-8 but the first are 10xxxxxx. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void add(struct table *table, const char *format, va_list args)
{
	const int room = table->widths[table->at];
	char text[2 * PATH_MAX];
	int width;

	vsnprintf(text, sizeof(text), format, args);
	make_printable(text);
	width = width_of(text);
	table->filled += width;
	if (!table->printing)
		return;
	if (table->columns[table->at].width > 0)
		table->gap += room - width;
	/* no blanks at the end of a line */
	if (width)
		fprintf(table->out, "%*s%s", table->gap, "", text);
	if (width)
		table->gap = 0;
}

void table_end_cell(struct table *table)
{
	int *width = &table->widths[table->at];

	if (!table->printing && table->filled > *width)
		*width = table->filled;
	table->gap += 2;
	if (table->columns[table->at].width <= 0)
		table->gap += *width - table->filled;
	table->filled = 0;
	if (++table->at < table->count)
		return;
	if (table->printing)
		fputc('\n', table->out);
	table->at = 0;
	table->gap = 0;
}

void table_text(struct table *table, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(table, format, args);
	va_end(args);
}

void table_cell(struct table *table, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(table, format, args);
	va_end(args);
	table_end_cell(table);
}

bool table_again(struct table *table)
{
	if (table->printing)
		return false;
	table->printing = true;
	if (table->columns[0].heading)
		for (size_t i = 0; i < table->count; i++)
			table_cell(table, "%s", table->columns[i].heading);
	return true;
}
