// SPDX-License-Identifier: GPL-2.0-only
/* The first program in README is built as it is printed there, and prints what README says. */
#include "fixture.h"

static size_t read_all(FILE *file, char *to, size_t max)
{
	size_t len;

	assert_non_null(file);
	len = fread(to, 1, max - 1, file);
	to[len] = '\0';
	return len;
}

static void the_first_program(void **state)
{
	char expected[4096], printed[4096];
	FILE *file;

	(void)state;
	file = fopen("/extra/first.expected", "r");
	assert_true(read_all(file, expected, sizeof(expected)) > 0);
	fclose(file);

	file = popen("/extra/first 2>&1", "r");
	read_all(file, printed, sizeof(printed));
	assert_int_equal(pclose(file), 0);
	assert_string_equal(printed, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_program),
	};

	return RUN_GROUP(tests);
}
