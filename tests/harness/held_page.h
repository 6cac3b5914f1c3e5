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
/* The same with a page of anonymous memory that there is; what was in it is lost. */
bool hold_page_at(struct held_page *held, uint8_t *page);
/* Returns when somebody waits for it, another one each time; false: for a minute nobody does. */
bool wait_for_toucher(struct held_page *held);
/* Let it come, filled with a byte, and whoever waits for it go on. */
bool release_page(struct held_page *held, uint8_t byte);
/* .. with the contents of a page. */
bool release_page_as(struct held_page *held, const void *contents);
/* Hold it no longer, so that whoever waits for it finds what is there now. */
void let_go_of_page(struct held_page *held);

#endif /* BPFMMAP_TESTS_HELD_PAGE_H */
