/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of regions. They are in the root of the file system unless a directory is given. */
#ifndef BPFMMAP_TESTS_NAMES_H
#define BPFMMAP_TESTS_NAMES_H

#include "harness.h"

struct bpfmmap_publish publish_args(const char *name);
int try_publish(int region, const char *name);
int try_publish_mode(int region, const char *name, unsigned int mode);
int try_publish_in(int region, int directory, const char *name);
int try_withdraw(const char *name);	/* unlink */

/* The path of a name; it is valid until the fourth call after it. */
const char *path_of(const char *name);

int try_open_name(const char *name, int flags);
int open_name(const char *name, int flags);
int open_directory(const char *name);

/* Take away all names and directories. */
void withdraw_all(void);

#endif /* BPFMMAP_TESTS_NAMES_H */
