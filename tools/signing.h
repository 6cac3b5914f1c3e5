/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings about signatures. */
#ifndef TOOLS_SIGNING_H
#define TOOLS_SIGNING_H

#include "machine.h"

/* Whether modules must be signed, and whether this machine trusts who signed this one. */
void check_signatures(struct machine *machine);

#endif
