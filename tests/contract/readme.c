// SPDX-License-Identifier: GPL-2.0-only
/* The first program in README is built as it is printed there, and prints what README says. */
#include "fixture.h"
#include "printed.h"

static void the_first_program(void **state)
{
	(void)state;
	assert_prints("/extra/first 2>&1", "/extra/first.expected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_program),
	};

	return RUN_GROUP(tests);
}
