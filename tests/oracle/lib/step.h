/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A step: one call of a program, with arrays and mappings
 *
 * Steps are plain numbers, so they can be made at random, printed, left out one by one while
 * shrinking, and read again (REPLAY=). Each number has a meaning in each world. A page may stand
 * for a unit of several (UNIT_PAGES=, see world.h); then the bytes of it that are touched are that
 * many pages apart.
 */
#ifndef BPFMMAP_TESTS_STEP_H
#define BPFMMAP_TESTS_STEP_H

#include <stddef.h>

#include "world.h"

enum op {
	OP_CREATE,		/* slot; a: size, b: flags */
	OP_OPEN_ID,		/* slot; a: object, b: flags */
	OP_CLOSE,		/* slot */
	OP_DUP,			/* slot, to slot a */
	OP_PASS,		/* slot, over a socket to slot a */
	OP_MMAP,		/* slot; page, pages; a: prot, b: flags, c: offset in pages */
	OP_MUNMAP,		/* page, pages */
	OP_MPROTECT,		/* page, pages; a: prot */
	OP_MREMAP,		/* page, pages; a: new pages, b: kind, c: new page */
	OP_MADVISE,		/* page, pages; a: advice */
	OP_MSYNC,		/* page, pages; a: flags */
	OP_MLOCK,		/* page, pages; a: 0 lock, 1 unlock */
	OP_READ,		/* page; a: offset */
	OP_WRITE,		/* page; a: offset, b: value */
	OP_MEM_READ,		/* page; a: offset: by /proc/self/mem */
	OP_MEM_WRITE,		/* page; a: offset, b: value: the same */
	OP_FUTEX_WAKE,		/* page: a shared futex there */
	OP_LOOKUP,		/* slot; a: index, b: flags, c: 1 without a pointer */
	OP_UPDATE,		/* slot; a: index, b: flags, c: 1 without a pointer, value */
	OP_LOOKUP_BATCH,	/* slot; a: index, b: count */
	OP_UPDATE_BATCH,	/* slot; a: index, b: count, c: value */
	OP_FREEZE,		/* slot */
	OP_NEXT_ID,		/* a: object to start from */
	OP_FORK,		/* the steps up to OP_EXIT are done by a child */
	OP_EXIT,
	OP_EXEC,		/* a child that executes another program */
	NR_OPS
};

struct step {
	enum op op;
	unsigned int slot, page, pages;
	unsigned int a, b, c;
	unsigned int in_thread;		/* 1: a thread of its own does it */
};

/* The results of a step; all of them are compared. */
struct outcome {
	long ret;			/* or -errno, or minus a signal */
	unsigned long extra;		/* the output: the sum of a value, an object, a count */
};

struct rng {
	unsigned long state;
};

unsigned int rng_below(struct rng *rng, unsigned int n);

struct step step_make_up(struct rng *rng, const struct world *world);
struct outcome step_do(const struct step *step, struct world *world);
/* The pages whose state the step may have changed. */
void step_pages(const struct step *step, unsigned int *page, unsigned int *pages);
/* What a step is about: the nr-th thing to look at after it, in any world. */
struct focus step_focus(const struct step *step, const struct world *world, unsigned int nr);

void step_print(const struct step *step, char *to, size_t size);
int step_encode(const struct step *step, char *to, size_t size);
const char *step_decode(const char *from, struct step *step);

#endif /* BPFMMAP_TESTS_STEP_H */
