/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings about /dev/bpfmmap. */
#ifndef TOOLS_DEVICE_H
#define TOOLS_DEVICE_H

#include "machine.h"

/* The node, and whether the caller may create regions. */
void check_device(struct machine *machine);

#endif
