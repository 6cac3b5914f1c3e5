// SPDX-License-Identifier: GPL-2.0-only
/* A program that says it is under another license than the GPL. The functions are for GPL ones. */
#include "common.h"

char _license[] SEC("license") = "BSD";

SEC("syscall")
int not_for_the_gpl(struct program_args *args)
{
	return bpfmmap_slice(args->handle, 0, 8) ? 0 : GOT_NULL;
}
