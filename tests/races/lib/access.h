/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that may be taken away at any moment: reading it, or writing to it, ends in a number
 * instead of a signal
 */
#ifndef BPFMMAP_TESTS_ACCESS_H
#define BPFMMAP_TESTS_ACCESS_H

#include <stdint.h>

#define REFUSED		UINT32_MAX	/* SIGSEGV */

/* Once in each test: cmocka has a handler of its own, which it installs again and again. */
void catch_segv(void);

/* The first word there; scribble() writes to the second one before, another number each time. */
uint32_t look(const uint8_t *at);
uint32_t scribble(uint8_t *at);

#endif /* BPFMMAP_TESTS_ACCESS_H */
