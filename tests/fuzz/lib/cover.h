/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coverage: what of the module a case has reached
 *
 * A feature is an address of the module's code that has run, a pair of addresses that have run
 * one after the other, or a result that an operation has given. The kernel tells addresses if it
 * has KCOV, and the module was built for it (KCOV_INSTRUMENT). Otherwise there are results only.
 *
 * The table of features is shared with the processes of cases. Each feature has a number.
 */
#ifndef BPFMMAP_TESTS_FUZZ_COVER_H
#define BPFMMAP_TESTS_FUZZ_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOST_FEATURES	65536

enum lane { LANE_MAIN, LANE_BESIDE, LANE_CHILD, NR_LANES };

/* The features of a case. */
struct features {
	uint64_t bits[MOST_FEATURES / 64];
};

void cover_prepare(void);		/* once, in the fuzzer */
bool cover_is_guided(void);		/* the kernel tells addresses */
void cover_begin(enum lane lane);	/* this thread is the one of that lane */
void cover_forget(void);		/* what all lanes have reached up to now */
/* Note what all lanes have reached since then. Returns the number of new features. */
unsigned int cover_take(void);
unsigned int cover_result(unsigned int kind, long ret);

void cover_begin_case(void);
const struct features *cover_of_case(void);
/* The number of features that a has and b lacks. */
unsigned int features_beyond(const struct features *a, const struct features *b);
void features_add(struct features *to, const struct features *from);
unsigned int cover_features(void);	/* that are known */
unsigned int cover_addresses(void);	/* among them */

#endif /* BPFMMAP_TESTS_FUZZ_COVER_H */
