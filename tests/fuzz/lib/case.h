/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A case: a few calls, one after the other or two at a time
 *
 * A call is a kind of operation (operation.h) and some bytes. Each byte is an argument, and an
 * operation gives a meaning to every value of it (a slot, an index of a table of interesting
 * numbers), so bytes can be changed at random. 0 is mostly the plain value.
 *
 * As text, a case is one word, with a comma between calls:
 *
 *	create:0.3.7,mmap:0.0.1.2,update:0.1%2,freeze:0.4@,store:0.1
 *
 *	NAME:BYTES	the operation and its bytes in hexadecimal; those that are left out are 0
 *	%N		the N-th allocation, or copy from or to the user, of this call fails
 *	@		a second thread makes this call, at the same time as the next call
 *	+		a child makes this call, and ends
 *	^		the call is made as user 1000, without capabilities
 */
#ifndef BPFMMAP_TESTS_FUZZ_CASE_H
#define BPFMMAP_TESTS_FUZZ_CASE_H

#include <stddef.h>
#include <stdint.h>

#define MOST_CALLS	24
#define MOST_ARGS	6
#define MOST_NTH	15
#define CASE_TEXT	1400	/* bytes of a text; kernels take 2048 on their command line */

#define HOW_BESIDE	1	/* @ */
#define HOW_CHILD	2	/* + */
#define HOW_USER	4	/* ^ */

struct call {
	uint8_t kind;
	uint8_t how;		/* HOW_* */
	uint8_t nth;		/* %, or 0 */
	uint8_t args[MOST_ARGS];
};

struct test_case {
	unsigned int nr;
	struct call calls[MOST_CALLS];
};

/* Write a case as text. Returns its length, as snprintf(). */
int case_print(const struct test_case *from, char *to, size_t size);
/* Read a case. Returns 0, or -1 if the text is none. */
int case_parse(const char *from, struct test_case *to);

/* A new case, of random calls. */
void case_make_up(uint64_t *seed, struct test_case *to);
/* Change a case a little; other is a case to take calls from. */
void case_mutate(uint64_t *seed, struct test_case *to, const struct test_case *other);
/* Leave out n calls from the at-th on. */
void case_cut(struct test_case *from, unsigned int at, unsigned int n);

#endif /* BPFMMAP_TESTS_FUZZ_CASE_H */
