/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of files share. */
#ifndef BPFMMAP_TESTS_FILES_H
#define BPFMMAP_TESTS_FILES_H

#include "fixture.h"

#include <sys/stat.h>
#include <sys/statfs.h>

/* A region without a name, of one page; and one that has only a name, with its id. */
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

/* How many of max_regions and of the memory there are to have. */
struct statfs usage(void);

/* For children: a user namespace in which the caller is root, and is uid outside. */
int enter_user_namespace(unsigned int uid);

/* Has it an extended attribute of that name? */
bool listed(const char *path, const char *name);

#endif /* BPFMMAP_TESTS_FILES_H */
