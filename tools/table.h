/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables on a terminal, whose columns are as wide as their longest cell.
 *
 * The cells are given twice: the first pass measures them, and the second prints them. So a table
 * needs no memory, and can be printed with an error when there is none left.
 *
 *	table_begin(&table, out, columns, ARRAY_SIZE(columns));
 *	do {
 *		table_cell(&table, "%u", id);
 *		table_cell(&table, "%s", name);
 *	} while (table_again(&table));
 */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS	10	/* at most */

struct column {
	const char *heading;	/* NULL: the table has no headings */
	/*
	 * At least, so that a table that is drawn again rarely changes. As with printf(), below 0
	 * it means that the cells are aligned to the left.
	 */
	int width;
};

struct table {
	FILE *out;
	const struct column *columns;
	size_t count, at;	/* number of columns; the column of the next cell */
	int widths[TABLE_COLUMNS];
	int filled;		/* the width of what the cell has so far */
	int gap;		/* blanks that are due before the next text */
	bool printing;		/* this is the second pass */
};

void table_begin(struct table *table, FILE *out, const struct column *columns, size_t count);

/*
 * Add text to the cell, and end it. The last cell of a line ends the line. A character that can't
 * be printed becomes a question mark: no name can begin a line or move the cursor. A cell that is
 * aligned to the right gets all its text at once.
 */
__attribute__((format(printf, 2, 3)))
void table_text(struct table *table, const char *format, ...);
void table_end_cell(struct table *table);

/* Both in one. */
__attribute__((format(printf, 2, 3)))
void table_cell(struct table *table, const char *format, ...);

/* Returns true after the first pass, when it has printed the headings. */
bool table_again(struct table *table);

#endif
