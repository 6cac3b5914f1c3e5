/* SPDX-License-Identifier: GPL-2.0-only */
/* Counts entries of 2 MiB that the module makes. */
#ifndef BPFMMAP_TESTS_ENTRIES_H
#define BPFMMAP_TESTS_ENTRIES_H

/* Start to count, if the kernel can do that. */
void entries_watch(void);

/* The number since then, or -1; this ends the count. */
long entries_made(void);

#endif /* BPFMMAP_TESTS_ENTRIES_H */
