/* SPDX-License-Identifier: GPL-2.0-only */
/* Users, groups and permissions, as people write them. */
#ifndef TOOLS_NAMES_H
#define TOOLS_NAMES_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "args.h"

/* Convert a word of the command line. Return DONE, or USAGE or FAILED after an error message. */
int args_mode(struct args *args, mode_t *mode);
int args_user(struct args *args, uid_t *uid);
int args_group(struct args *args, gid_t *gid);

/* The entry of a group, or NULL. */
const struct group *group_called(const char *name);

/* The name, or the number if it has no name. */
const char *user_name(uid_t uid, char *text, size_t size);
const char *group_name(gid_t gid, char *text, size_t size);

/* "-rw-r----- root staff" */
const char *owner_and_mode(const struct stat *st, char *text, size_t size);

#endif
