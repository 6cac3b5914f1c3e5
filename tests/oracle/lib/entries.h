/* SPDX-License-Identifier: GPL-2.0-only */
/* How many entries of 2 MiB has the module made? */
#ifndef BPFMMAP_TESTS_ENTRIES_H
#define BPFMMAP_TESTS_ENTRIES_H

/* Count from now on, if the kernel can tell. */
void entries_watch(void);

/* So many since then, or -1; and no more are counted. */
long entries_made(void);

#endif /* BPFMMAP_TESTS_ENTRIES_H */
