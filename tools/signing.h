/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks of signatures. */
#ifndef TOOLS_SIGNING_H
#define TOOLS_SIGNING_H

#include "machine.h"

/* Check whether modules must be signed, and whether this machine trusts the key of this one. */
void check_signatures(struct machine *machine);

#endif
