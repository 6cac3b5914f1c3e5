/* SPDX-License-Identifier: GPL-2.0-only */
/* Play a case: its calls in another process, and what they leave behind. */
#ifndef BPFMMAP_TESTS_FUZZ_PLAY_H
#define BPFMMAP_TESTS_FUZZ_PLAY_H

#include "case.h"

enum verdict {
	KEPT_PROMISES,
	TIMED_OUT,		/* the process was ended by its alarm */
	BROKE_PROMISE,		/* shared->broken says which one */
};

struct played {
	enum verdict verdict;
	unsigned int new_features;
	unsigned int refused;	/* calls that returned an error */
	unsigned int last_new;	/* calls up to the last one that had new features */
};

void play_prepare(void);	/* once, in the fuzzer */
void play_finish(void);		/* prints how often each operation worked */
struct played play(const struct test_case *what);

#endif /* BPFMMAP_TESTS_FUZZ_PLAY_H */
