// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor: check this machine, and say how to repair it.
 *
 * Each check only reads files, and needs no privilege, no module and no device. A file that
 * the caller may not read is no failure. FAIL means that regions can't be used now; warn means
 * that they will fail in another case, such as after the next kernel update.
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

	/* for tests: a folder with the files of a machine */
	if (word && !strncmp(word, "--root=", 7)) {
		machine.root = word + 7;
		args_next(args);
	}
	if (args_end(args))
		return USAGE;
	if (output_is_json())
		json_array_begin(NULL);
	machine_look_at(&machine);
	check_machine(&machine);
	check_kernel(&machine);
	check_module(&machine);
	check_device(&machine);
	check_mount(&machine);
	/* nothing in a container decides how the host gets the module */
	if (machine.place != CONTAINER) {
		check_build(&machine);
		check_signatures(&machine);
		check_headers(&machine);
		check_compiler(&machine);
		check_dkms(&machine);
		check_next(&machine);
	}
	check_btf(&machine);
	check_bpf(&machine);
	free(machine.module.bytes);
	if (output_is_json())
		json_array_end();
	return machine.failures ? FAILED : DONE;
}
