// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor: is this machine fine, and what mends it?
 *
 * Each check looks at files only, and takes no privilege, no module and no device; what
 * one may not look at is no finding. FAIL is what keeps regions from being used now, warn
 * what will in another case, as after the next kernel update.
 */
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "commands.h"
#include "device.h"
#include "machine.h"
#include "output.h"
#include "signing.h"

int do_doctor(struct args *args)
{
	struct machine machine = { .root = "" };
	const char *word = args_peek(args);

	/* for tests: a machine of files, below a folder */
	if (word && !strncmp(word, "--root=", 7)) {
		machine.root = word + 7;
		args_next(args);
	}
	if (args_end(args))
		return USAGE;
	machine_look_at(&machine);
	check_kernel(&machine);
	check_module(&machine);
	check_device(&machine);
	check_mount(&machine);
	check_build(&machine);
	check_signatures(&machine);
	check_headers(&machine);
	check_compiler(&machine);
	check_dkms(&machine);
	check_next(&machine);
	check_btf(&machine);
	check_bpf(&machine);
	free(machine.module.bytes);
	output_json(machine.findings);
	return machine.failures ? FAILED : DONE;
}
