/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests that look at what is free: a group's setup, with the module loaded. */
#ifndef BPFMMAP_TESTS_FREE_H
#define BPFMMAP_TESTS_FREE_H

#include <stddef.h>

int give_back_what_is_free(void **state);

/* Of a NUMA node. */
long long free_bytes(int node);

/* A region of len bytes with memory of that node; node -1: of any. */
int try_create_on(int node, size_t len);
int create_on(int node, size_t len);

#endif /* BPFMMAP_TESTS_FREE_H */
