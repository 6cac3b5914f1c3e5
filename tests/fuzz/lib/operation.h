/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations: what a call of a case does
 *
 * An operation returns what its system call returns, or -errno. A load or store that gets a signal
 * returns -EFAULT (SIGSEGV) or -EIO (SIGBUS). It reports by broken() (world.h) what it must not
 * return.
 */
#ifndef BPFMMAP_TESTS_FUZZ_OPERATION_H
#define BPFMMAP_TESTS_FUZZ_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAY_WRITE	1	/* it may change bytes of a region if it succeeds */
#define MAY_WRITE_PART	2	/* .. also if it fails */
#define MAY_MAP		4	/* it may change mappings */
#define GIVES_ZERO	8	/* if it succeeds it returns 0 */
#define STRICT		16	/* a request; it gives only the errors that are listed */

struct operation {
	const char *name;
	unsigned int nr_args;
	unsigned int weight;		/* how often it is made up */
	long (*run)(const uint8_t *args);
	unsigned int traits;
	int errors[16];			/* for STRICT, besides those of every request */
};

/* Those of each file, each with a last one that has no name. */
extern const struct operation request_operations[], file_operations[], name_operations[],
	memory_operations[], process_operations[];

const struct operation *operation_of(unsigned int kind);
/* The kind that has this name, or -1. */
int operation_find(const char *name, size_t len);
unsigned int operation_any(uint64_t *seed);
unsigned int nr_operations(void);

/* True if the operation may give this error; failing is true if an allocation was made to fail. */
bool operation_may_give(const struct operation *op, int error, bool failing);

#endif /* BPFMMAP_TESTS_FUZZ_OPERATION_H */
