/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks of the loaded or installed module, and of what a build needs. */
#ifndef TOOLS_BUILD_H
#define TOOLS_BUILD_H

#include "machine.h"

/* Says what kind of machine this is, if it is no plain host. */
void check_machine(struct machine *machine);
void check_kernel(struct machine *machine);
void check_module(struct machine *machine);
void check_build(struct machine *machine);
void check_headers(struct machine *machine);
void check_compiler(struct machine *machine);
void check_dkms(struct machine *machine);
void check_next(struct machine *machine);
void check_btf(struct machine *machine);
void check_bpf(struct machine *machine);

#endif
