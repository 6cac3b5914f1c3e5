/* SPDX-License-Identifier: GPL-2.0-only */
/* Regions with names: publish one, open its device, look at its state, withdraw all. */
#ifndef BPFMMAP_TESTS_PUBLISHED_H
#define BPFMMAP_TESTS_PUBLISHED_H

#include "harness.h"

struct bpfmmap_publish publish_args(const char *name);
int try_publish(int region, const char *name);
int try_withdraw(const char *name);
/* Also what a test that failed half way has left. */
void withdraw_all(void);

/* The path of its device, until the next call. */
const char *node(const char *name);
int try_open_node(const char *name, int flags);
int open_node(const char *name, int flags);

/* What a file of its folder in sysfs says, or -1. */
long long attribute(const char *name, const char *attribute);

#endif /* BPFMMAP_TESTS_PUBLISHED_H */
