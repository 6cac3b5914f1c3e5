/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of this suite share. */
#ifndef BPFMMAP_TESTS_FILES_H
#define BPFMMAP_TESTS_FILES_H

#include "fixture.h"

#include <sys/stat.h>
#include <sys/statfs.h>

/* A region of one page with a name: its fd; and its id, with no fd left open. */
int region_named(const char *name);
uint32_t only_named(const char *name, unsigned int mode);

struct stat stat_of(const char *name);
struct stat stat_of_fd(int fd);
ino_t id_of(const char *name);		/* 0: nothing has that name */

int try_mkdir(const char *name, mode_t mode);
int try_rmdir(const char *name);
int try_rename(const char *from, const char *to, unsigned int flags);
int try_link(const char *from, const char *to);

bool exchange_works(void);		/* RENAME_EXCHANGE, from 6.1 on */

/* What statfs says: regions and memory, and how much of them is free. */
struct statfs usage(void);

/* For children: a user namespace in which the caller is root, and is uid outside. */
int enter_user_namespace(unsigned int uid);

/* True if it has an extended attribute of that name. */
bool listed(const char *path, const char *name);

#endif /* BPFMMAP_TESTS_FILES_H */
