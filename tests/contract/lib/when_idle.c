// SPDX-License-Identifier: GPL-2.0-only
/* See when_idle.h. */
#include "harness.h"
#include "when_idle.h"

int when_idle(int region)
{
	return try_freeze_with(region, BPFMMAP_FREEZE_WHEN_IDLE);
}

int cancel(int region)
{
	return try_freeze_with(region, BPFMMAP_FREEZE_CANCEL);
}

int when_idle_kept(int region)
{
	return try_freeze_with(region, BPFMMAP_FREEZE_WHEN_IDLE | BPFMMAP_FREEZE_KEEP);
}

int cancel_kept(int region)
{
	return try_freeze_with(region, BPFMMAP_FREEZE_CANCEL | BPFMMAP_FREEZE_KEEP);
}
