/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks of /dev/bpfmmap and of the file system. */
#ifndef TOOLS_DEVICE_H
#define TOOLS_DEVICE_H

#include "machine.h"

/* Check the device node, and whether the caller may create regions. */
void check_device(struct machine *machine);

/* Check that the file system is mounted, and with the permissions that the packages give it. */
void check_mount(struct machine *machine);

#endif
