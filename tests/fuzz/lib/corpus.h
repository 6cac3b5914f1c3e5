/* SPDX-License-Identifier: GPL-2.0-only */
/* The corpus: cases that are kept, because each reached something that none before it had. */
#ifndef BPFMMAP_TESTS_FUZZ_CORPUS_H
#define BPFMMAP_TESTS_FUZZ_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

#include "case.h"
#include "cover.h"

#define MOST_KEPT	4000

void corpus_prepare(void);
/* False if there is no room. */
bool corpus_keep(const struct test_case *what, const struct features *features);
unsigned int corpus_size(void);
/* Any of them; newer ones more often. There must be one. */
const struct test_case *corpus_any(uint64_t *seed);

/* Print, as lines "@@ corpus TEXT", few cases that together have all features. */
void corpus_print_smallest(void);

#endif /* BPFMMAP_TESTS_FUZZ_CORPUS_H */
