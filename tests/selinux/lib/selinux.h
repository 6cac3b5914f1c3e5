/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of this suite share: policies, labels and domains of SELinux. */
#ifndef BPFMMAP_TESTS_SELINUX_H
#define BPFMMAP_TESTS_SELINUX_H

#include "fixture.h"

#define LABEL		"security.selinux"
#define CONTEXT(type)	"system_u:object_r:" type

/* Let the file system begin anew, with no names, under a policy of tests/selinux/policy. */
void use_policy(const char *name);

/* Replace the policy, and leave the file system as it is. */
void load_policy(const char *name);

/* A region with a name, and no fd left open; and the same with the label of that type. */
void only_named(const char *name);
void named_with_label(const char *name, const char *type);

/* True if the file, or the root (by "."), or the open file, has the label of that type. */
bool has_label(const char *name, const char *type);
bool fd_has_label(int fd, const char *type);

/* As chcon does. */
int try_set_label(const char *name, const char *type);
int try_label_device(const char *type);

/* What fn(arg) returns in a child that is in that domain. */
int try_in_domain(const char *domain, int (*fn)(void *arg), void *arg);

/* The same for open(2), and its close, of a name. */
int try_open_in_domain(const char *domain, const char *name, int flags);

#endif /* BPFMMAP_TESTS_SELINUX_H */
