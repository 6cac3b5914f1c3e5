/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page of memory that does not come until the test lets it
 *
 * Anyone who touches the page waits, and so do copies of the kernel from and to the user. So a
 * test can stop a system call in its middle for as long as it wants (userfaultfd).
 */
#ifndef BPFMMAP_TESTS_HELD_PAGE_H
#define BPFMMAP_TESTS_HELD_PAGE_H

#include <stdbool.h>
#include <stdint.h>

struct held_page {
	int uffd;		/* readable when somebody waits for the page */
	uint8_t *page;
};

/* False, with errno: there is no userfaultfd. */
bool hold_page(struct held_page *held);
/* The same with an existing page of anonymous memory; its contents are lost. */
bool hold_page_at(struct held_page *held, uint8_t *page);
/* Returns true when somebody waits for the page, once for each of them; false after a minute. */
bool wait_for_toucher(struct held_page *held);
/* Let the page come, filled with a byte; those who wait for it go on. */
bool release_page(struct held_page *held, uint8_t byte);
/* The same with the contents of a page. */
bool release_page_as(struct held_page *held, const void *contents);
/* Stop holding the page: those who wait for it go on with what is there now. */
void let_go_of_page(struct held_page *held);

#endif /* BPFMMAP_TESTS_HELD_PAGE_H */
