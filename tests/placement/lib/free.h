/* SPDX-License-Identifier: GPL-2.0-only */
/* What is free, and regions of a node's memory. */
#ifndef BPFMMAP_TESTS_FREE_H
#define BPFMMAP_TESTS_FREE_H

#include <stddef.h>

/* Of a NUMA node. */
long long free_bytes(int node);

/* A region of len bytes with memory of that node; node -1: of any. */
int try_create_on(int node, size_t len);
int create_on(int node, size_t len);

#endif /* BPFMMAP_TESTS_FREE_H */
