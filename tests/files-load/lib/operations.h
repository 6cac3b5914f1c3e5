/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations on names and regions, each at a random place. */
#ifndef BPFMMAP_TESTS_OPERATIONS_H
#define BPFMMAP_TESTS_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HELD	8	/* fds and mappings that a process keeps for a while */

/* A process that runs operations. */
struct worker {
	uint64_t seed;
	unsigned int number;
	bool root;		/* otherwise it has become a user */
	int fds[HELD];
	uint8_t *mappings[HELD];
};

struct operation {
	const char *name;
	int (*run)(struct worker *worker);	/* 0, or -errno */
	const int *errors;	/* errors of its own that it may give, up to 0 */
	bool root_only;
};

/* How often each operation worked and was refused, and an error that it may not give, or 0. */
struct tally {
	unsigned long done, refused;
	int wrong;
};

extern const struct operation operations[];
extern const size_t nr_operations;

unsigned int rest(struct worker *worker, unsigned int most);

/* Run an operation, at random. */
void operate(struct worker *worker, struct tally tallies[]);
void worker_start(struct worker *worker);
void worker_end(struct worker *worker);

#endif /* BPFMMAP_TESTS_OPERATIONS_H */
