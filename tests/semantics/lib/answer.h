/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers about the kernel's array
 *
 * A test asks one question, and gives what it saw to answer(), as a short word. The answer is
 * shown, and compared with the one that docs/semantics.md has for this kernel's series. A kernel
 * of another series has no column there; so what holds on every kernel is given to always().
 */
#ifndef BPFMMAP_TESTS_ANSWER_H
#define BPFMMAP_TESTS_ANSWER_H

#include "fixture.h"
#include "array.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

void answer(const char *question, const char *word);
void always(const char *question, const char *word, const char *expected);

/* What a call returned as a word: the name of its error, or "works". */
const char *word(long ret);

/* Two words in one: "EBUSY, then works". The result is valid until the next call. */
const char *in_turn(const char *first, const char *second);

#define RW	(PROT_READ | PROT_WRITE)
#define LEN	(2 * PAGE)

/* For TEST(): each test finds a new array of two pages, with elements of 8 bytes. */
extern int fd;
int setup(void **state);
int teardown(void **state);

/* An array of that many elements of 8 bytes; LEN / 8 are two pages. */
int array(uint32_t max_entries);
int array_with(uint32_t value_size, uint32_t max_entries, uint32_t flags);
/* Any map, with a key of 4 bytes; -errno if it is refused. */
int try_map_create(enum bpf_map_type type, uint32_t value_size, uint32_t max_entries,
		   uint32_t flags);
int try_open(int fd, uint32_t flags);	/* another fd of the same array, by its id */
int try_store(int fd, uint64_t value);	/* an update of element 0 */
uint64_t first(int fd);			/* element 0 */
uint8_t *writable(int fd);		/* a mapping of all of it */
uint8_t *readable(int fd);

/* mmap, and the mapping goes away again: the word. */
const char *mmap_word(int fd, size_t len, int prot, int flags, off_t offset);

/* What happens at a read, or a write, of a byte in memory: "works", or the signal's name. */
const char *read_word(const volatile void *at);
const char *write_word(volatile void *at);

#endif /* BPFMMAP_TESTS_ANSWER_H */
