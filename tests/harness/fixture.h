/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test program includes: the harness, names, and what more than one suite needs
 *
 * A suite that has more to share puts it into its own header, which includes this one. Rarer
 * things have headers of their own: held_page.h, passed_fd.h, array.h, kcore.h, kvm_guest.h.
 */
#ifndef BPFMMAP_TESTS_FIXTURE_H
#define BPFMMAP_TESTS_FIXTURE_H

#include "harness.h"
#include "names.h"

/* A test of a program that has a setup() and a teardown() for all of its tests. */
#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

/* A test that may leave names behind, and needs nothing else. */
#define NAMES_TEST(name)	cmocka_unit_test_teardown(name, withdraw_names)
int withdraw_names(void **state);

/* A number in the environment, in decimal or as 0x.. */
uint64_t number_in_environment(const char *name, uint64_t otherwise);

/* A number below most; the same seed gives the same numbers. */
unsigned int random_below(uint64_t *seed, unsigned int most);

/* Memory of this process alone, as zeros. */
uint8_t *anonymous(size_t len);

/* What the kernel could give programs, in bytes. */
long long available_memory(void);

/* Minor faults of this process up to now. */
long faults(void);

/* True if a line of the file has that text, which may end with "\n". */
bool file_has(const char *path, const char *text);

/* Paths in /proc of an fd and of its fdinfo; each is valid until the fourth call after it. */
const char *path_of_fd(int fd);
const char *path_of_fdinfo(int fd);

/* The distance of elements, in bytes. */
size_t stride(size_t value_size);

/* BPFMMAP_FEATURE_*, as the module tells them. */
uint64_t features(void);
int try_next_id(uint32_t start, uint32_t *next);

/* A weaker fd of the same region. */
int try_restrict(int fd, uint32_t flags);
int restrict_fd(int fd, uint32_t flags);

/* A freeze that does not wait for writers. */
int try_revoke(int fd);

/* A freeze when idle, and taking it back; the request ends with this open file. */
int when_idle(int fd);
int cancel(int fd);

/* The same with a request that stays as long as the region. */
int when_idle_kept(int fd);
int cancel_kept(int fd);

/* fn(arg) in a child with that user's rights, as in_child(); 65534 is nobody. */
int as_user(unsigned int uid, int (*fn)(void *arg), void *arg);

/*
 * Set an access control list as setfacl does: the owner has rwx, a user has perm, others have
 * nothing. The list is the one for access, or the one that is inherited. Returns 0, or -errno.
 */
int let_user_in(const char *path, unsigned int uid, unsigned int perm);
int let_user_in_by_default(const char *path, unsigned int uid, unsigned int perm);

#endif /* BPFMMAP_TESTS_FIXTURE_H */
