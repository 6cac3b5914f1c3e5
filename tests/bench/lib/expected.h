/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What figures were when they were last agreed upon (expected/KERNEL), to compare with
 */
#ifndef BPFMMAP_BENCH_EXPECTED_H
#define BPFMMAP_BENCH_EXPECTED_H

#include <stdbool.h>

#include "measure.h"

/* Those of the kernel that runs; false: there are none, and key is what they are missing as. */
bool read_expected(char *key, size_t len);
/* One that was measured, to be compared. */
void compare_with_expected(const struct told *told);
/* Print all comparisons as TAP. Returns how many differ. */
int tell_comparisons(void);

#endif /* BPFMMAP_BENCH_EXPECTED_H */
