/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings about /dev/bpfmmap and the file system. */
#ifndef TOOLS_DEVICE_H
#define TOOLS_DEVICE_H

#include "machine.h"

/* The node, and whether the caller may create regions. */
void check_device(struct machine *machine);

/* Is the file system mounted, and as the packages do? */
void check_mount(struct machine *machine);

#endif
