/* SPDX-License-Identifier: GPL-2.0-only */
/* Free memory, and regions with memory of a node. */
#ifndef BPFMMAP_TESTS_FREE_H
#define BPFMMAP_TESTS_FREE_H

#include <stddef.h>

/* Free bytes of a NUMA node. */
long long free_bytes(int node);

/* A region of len bytes with memory of that node; -1: of any node. */
int try_create_on(int node, size_t len);
int create_on(int node, size_t len);

#endif /* BPFMMAP_TESTS_FREE_H */
