// SPDX-License-Identifier: GPL-2.0-only
/* list: all regions that the caller may see. */
#include <stdio.h>

#include "commands.h"
#include "output.h"
#include "state.h"

int do_list(struct args *args)
{
	struct states states;
	int status = args_end(args);

	status = status ?: states_get(&states);
	if (status)
		return status;
	if (output_is_json()) {
		states_json(&states);
	} else if (states.count) {
		states_table(stdout, &states, 0);
		if (states.published_only)
			puts("These are the published regions; root sees all.");
	} else {
		puts(states.published_only ? "Nothing is published; root sees all regions." :
		     "There are no regions.");
	}
	states_free(&states);
	return DONE;
}
