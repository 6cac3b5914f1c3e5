/* SPDX-License-Identifier: GPL-2.0-only */
/* A freeze when idle: ask for it, and take that back. */
#ifndef BPFMMAP_TESTS_WHEN_IDLE_H
#define BPFMMAP_TESTS_WHEN_IDLE_H

/* As long as this open file is there. */
int when_idle(int region);
int cancel(int region);

/* As long as the region is there. */
int when_idle_kept(int region);
int cancel_kept(int region);

#endif /* BPFMMAP_TESTS_WHEN_IDLE_H */
