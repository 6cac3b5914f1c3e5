// SPDX-License-Identifier: GPL-2.0-only
#include "printed.h"

#include "fixture.h"

static size_t read_all(FILE *file, char *to, size_t max)
{
	size_t len;

	assert_non_null(file);
	len = fread(to, 1, max - 1, file);
	to[len] = '\0';
	return len;
}

void assert_prints(const char *command, const char *file)
{
	char expected[4096], printed[4096];
	FILE *from;

	from = fopen(file, "r");
	assert_true(read_all(from, expected, sizeof(expected)) > 0);
	fclose(from);

	from = popen(command, "r");
	read_all(from, printed, sizeof(printed));
	assert_int_equal(pclose(from), 0);
	assert_string_equal(printed, expected);
}
