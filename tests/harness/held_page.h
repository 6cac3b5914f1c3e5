/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page of memory that does not come until we let it
 *
 * Whoever touches it, the kernel's copies from and to the user included, waits; so a
 * system call can be stopped in its middle for as long as a test wants (userfaultfd).
 */
#ifndef BPFMMAP_TESTS_HELD_PAGE_H
#define BPFMMAP_TESTS_HELD_PAGE_H

#include <stdbool.h>
#include <stdint.h>

struct held_page {
	int uffd;		/* readable as soon as somebody waits for the page */
	uint8_t *page;
};

/* False, with errno: there is no userfaultfd. */
bool hold_page(struct held_page *held);
/* The same with a page of anonymous memory that is there; what it contains is lost. */
bool hold_this_page(struct held_page *held, void *page);
/* Returns when somebody waits for it. */
bool wait_for_toucher(struct held_page *held);
/* Let it come, filled with a byte, and whoever waits for it go on. */
bool release_page(struct held_page *held, uint8_t byte);
/* .. with the contents of a page. */
bool release_page_as(struct held_page *held, const void *contents);

#endif /* BPFMMAP_TESTS_HELD_PAGE_H */
