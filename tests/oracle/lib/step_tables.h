/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The meaning of the numbers in a step. A number is taken modulo the length of its table, so all
 * numbers are valid; common values come first.
 */
#ifndef BPFMMAP_TESTS_STEP_TABLES_H
#define BPFMMAP_TESTS_STEP_TABLES_H

#include <stdint.h>

struct step_size {
	uint32_t value_size, max_entries;
};

/* The lengths of the tables, for other files. */
enum {
	NR_SIZES = 24,
	NR_GOOD_SIZES = 18,	/* come first */
	NR_FD_FLAGS = 5,
	NR_PROTS = 6,
	NR_MAP_FLAGS = 7,
	NR_ADVICES = 24,
	NR_MSYNC_FLAGS = 4,
	NR_ELEMENT_FLAGS = 7,
};

extern const uint32_t step_fd_flags[NR_FD_FLAGS];
extern const int step_prots[NR_PROTS];
extern const int step_map_flags[NR_MAP_FLAGS];
extern const int step_advices[NR_ADVICES];
extern const int step_msync_flags[NR_MSYNC_FLAGS];
extern const uint64_t step_element_flags[NR_ELEMENT_FLAGS];

/* Sizes of an array; they grow with the size of units. */
struct step_size step_size(unsigned int number);

/* How they are printed. */
extern const char *const step_fd_flag_names[NR_FD_FLAGS];
extern const char *const step_prot_names[NR_PROTS];
extern const char *const step_map_names[NR_MAP_FLAGS];
extern const char *const step_advice_names[NR_ADVICES];

#endif /* BPFMMAP_TESTS_STEP_TABLES_H */
