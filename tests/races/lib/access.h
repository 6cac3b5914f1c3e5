/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that may be unmapped at any moment: a read or write of it returns a number and not a
 * signal
 */
#ifndef BPFMMAP_TESTS_ACCESS_H
#define BPFMMAP_TESTS_ACCESS_H

#include <stdint.h>

#define REFUSED		UINT32_MAX	/* SIGSEGV */

/* Call it in each test, because cmocka installs its own handler again for each. */
void catch_segv(void);

/*
 * Both return the first word at that address; scribble() first writes another number to the second
 * one.
 */
uint32_t look(const uint8_t *at);
uint32_t scribble(uint8_t *at);

#endif /* BPFMMAP_TESTS_ACCESS_H */
