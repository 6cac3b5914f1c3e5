/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults: a call is repeated with its first, its second, its n-th allocation failing
 *
 * The n-th of these can be made to fail in a thread: an allocation from a slab, an allocation of
 * pages, a copy from or to the user. A kernel with fault injection does that itself
 * (/proc/thread-self/fail-nth); on a stock kernel the module fail_nth does it. All of them count,
 * those of the module and those of the kernel around it, because the module has to undo what it did
 * when the kernel fails after it. The number of them differs from kernel to kernel and from call to
 * call, so fail_each() goes on until one call comes to its end before its n-th.
 *
 * A call that fails must give an errno that the UAPI header documents, must have done nothing, and
 * must work when it is tried again. (A call may also succeed although something failed, if it can
 * do without that.) What it must not have done: see struct seen in faults.c. The limits of the
 * module are so low in a test that a few leaks exhaust them. After each test the module is
 * unloaded, which the kernel refuses, or complains about, if an inode, a name or a mount is left.
 *
 * What nobody refers to is found by kmemleak, with which the suite runs a second time.
 */
#ifndef BPFMMAP_TESTS_FAULTS_H
#define BPFMMAP_TESTS_FAULTS_H

#include "fixture.h"

struct call {
	void (*before)(void);	/* before each try: make what it needs */
	long (*make)(void);	/* the call: what it returns, or -errno */
	void (*after)(long ret);	/* after a try that succeeded: check it, and undo it */
	void (*failed)(void);	/* after a try that failed: check that it has done nothing */
	void (*end)(void);	/* after each try: take away what before() has made */
	const int *region;	/* an fd: its region is as it was after a try that failed .. */
	bool stores;		/* .. except for its bytes, which failed() checks */
	bool splits;		/* .. except for its mappings, which the kernel may have split */
	int errors[4];		/* what a try may fail with; all other numbers are failures */
};

void fail_each(const struct call *call);
#define FAIL_EACH(...)	fail_each(&(const struct call){ __VA_ARGS__ })

/* The errors of a call that allocates, and copies from or to the user. */
#define USUAL_ERRORS	{ ENOMEM, EFAULT }

/* A test begins with the module loaded and mounted, and ends with an unload. */
#define FAULTS_TEST(name)	cmocka_unit_test_setup_teardown(name, set_low_limits, load_again)
int set_low_limits(void **state);
int load_again(void **state);

/* Where neither the kernel nor fail_nth can do it, each test is left out, and says why. */
int run_faults_group(const struct CMUnitTest *tests, size_t nr);
#define RUN_FAULTS_GROUP(tests)	\
	run_faults_group(tests, sizeof(tests) / sizeof(struct CMUnitTest))

/* From now on only what that function of the kernel calls can fail; NULL: everything. */
void fail_only_in(const char *function);

/* The control device, open during a test. */
int open_control(void);

/* A region of pages of 8-byte elements, all of whose bytes are 1. */
int create_filled(size_t pages);
void fill(int region, uint8_t byte);
bool is_filled(int region, uint8_t byte);

#endif /* BPFMMAP_TESTS_FAULTS_H */
