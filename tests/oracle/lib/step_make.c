// SPDX-License-Identifier: GPL-2.0-only
/* See step.h: making steps up at random. */
#include "fixture.h"
#include "step.h"
#include "step_tables.h"

unsigned int rng_below(struct rng *rng, unsigned int n)
{
	/* xorshift64* */
	rng->state ^= rng->state >> 12;
	rng->state ^= rng->state << 25;
	rng->state ^= rng->state >> 27;
	return (rng->state * 0x2545f4914f6cdd1dUL >> 33) % n;
}

/* Mostly one of the first few, sometimes any of n. */
static unsigned int mostly_below(struct rng *rng, unsigned int few, unsigned int n)
{
	return rng_below(rng, 8) ? rng_below(rng, few) : rng_below(rng, n);
}

/* Mostly a slot that is open. */
static unsigned int some_slot(struct rng *rng, const struct world *world)
{
	unsigned int slot = rng_below(rng, SLOTS), tries;

	for (tries = 0; world->fds[slot] < 0 && tries < 8; tries++)
		slot = rng_below(rng, SLOTS);
	return slot;
}

static unsigned int some_index(struct rng *rng, const struct world *world, unsigned int slot)
{
	struct array_info info = { .max_entries = 1 };

	if (world->fds[slot] >= 0)
		world->array->info(world->fds[slot], &info);
	switch (rng_below(rng, 8)) {
	case 0:
		return info.max_entries - 1;
	case 1:
		return info.max_entries;
	default:
		return rng_below(rng, info.max_entries);
	}
}

static enum op some_op(struct rng *rng)
{
	/* how often, in parts of their sum */
	static const unsigned char weights[NR_OPS] = {
		[OP_CREATE] = 5, [OP_OPEN_ID] = 3, [OP_CLOSE] = 4, [OP_DUP] = 2, [OP_PASS] = 1,
		[OP_MMAP] = 18, [OP_MUNMAP] = 7, [OP_MPROTECT] = 9, [OP_MREMAP] = 5,
		[OP_MADVISE] = 4, [OP_MSYNC] = 1, [OP_MLOCK] = 15, [OP_READ] = 6, [OP_WRITE] = 14,
		[OP_MEM_READ] = 2, [OP_MEM_WRITE] = 3, [OP_FUTEX_WAKE] = 1, [OP_LOOKUP] = 4,
		[OP_UPDATE] = 8, [OP_LOOKUP_BATCH] = 2, [OP_UPDATE_BATCH] = 3, [OP_FREEZE] = 5,
		[OP_NEXT_ID] = 1, [OP_FORK] = 1, [OP_EXIT] = 1, [OP_EXEC] = 0,
	};
	unsigned int total = 0, op, at;

	/* a new program takes long to start */
	if (!rng_below(rng, 1000))
		return OP_EXEC;
	for (op = 0; op < NR_OPS; op++)
		total += weights[op];
	at = rng_below(rng, total);
	for (op = 0; at >= weights[op]; op++)
		at -= weights[op];
	return op;
}

/*
 * An entry of 2 MiB needs the same distance from a boundary in memory and in the array. With units
 * of less than a block, chance alone seldom gives that.
 */
static void fit_blocks(struct rng *rng, struct step *step)
{
	const unsigned int block = world_block();

	step->pages *= block;
	if (!rng_below(rng, 4))
		step->pages -= rng_below(rng, block);
	if (rng_below(rng, 4)) {
		step->page -= step->page % block;
		step->c -= step->c % block;
	}
}

/* Mostly a mapping, moved to a place where an entry of 2 MiB fits as well. */
static void move_block(struct rng *rng, const struct world *world, struct step *step)
{
	const unsigned int block = world_block();
	unsigned int tries;

	for (tries = 0; tries < 8 && world->states[step->page][0] != PAGE_READABLE; tries++)
		step->page = rng_below(rng, world_arena());
	step->page -= step->page % block;
	step->c -= step->c % block;
	step->pages = block;
	step->a = block;
}

struct step step_make_up(struct rng *rng, const struct world *world)
{
	const unsigned int arena = world_arena();
	struct step step = { .op = some_op(rng), .slot = some_slot(rng, world) };

	/* larger units allow few steps, so an episode should not lack an array */
	if (world_unit > 1 && !world->nr_ids && rng_below(rng, 4))
		step.op = OP_CREATE;
	step.page = rng_below(rng, arena);
	step.pages = 1 + rng_below(rng, arena - step.page < 6 ? arena - step.page : 6);
	step.in_thread = !rng_below(rng, 40);

	switch (step.op) {
	case OP_CREATE:
		step.slot = rng_below(rng, SLOTS);
		step.a = mostly_below(rng, NR_GOOD_SIZES, NR_SIZES);
		step.b = mostly_below(rng, 1, NR_FD_FLAGS);
		break;
	case OP_OPEN_ID:
		step.slot = rng_below(rng, SLOTS);
		step.a = rng_below(rng, OBJECTS);
		step.b = mostly_below(rng, 1, NR_FD_FLAGS);
		break;
	case OP_DUP:
	case OP_PASS:
		step.a = rng_below(rng, SLOTS);
		break;
	case OP_MMAP:
		step.a = mostly_below(rng, 2, NR_PROTS);
		step.b = mostly_below(rng, 1, NR_MAP_FLAGS);
		step.pages = mostly_below(rng, 1, 5) + 1;
		step.c = mostly_below(rng, 1, 20 * world_block());
		if (world_block() > 1)
			fit_blocks(rng, &step);
		if (step.page + step.pages > arena)
			step.page = arena - step.pages;
		break;
	case OP_MPROTECT:
		step.a = mostly_below(rng, 4, NR_PROTS);
		break;
	case OP_MREMAP:
		step.a = 1 + rng_below(rng, 6);
		step.b = rng_below(rng, 3);
		step.c = rng_below(rng, arena - step.a + 1);
		/* if it grows in place, it may leave the arena */
		if (!step.b && step.page + step.a > arena)
			step.a = arena - step.page;
		if (world_unit > 1 && rng_below(rng, 2))
			move_block(rng, world, &step);
		break;
	case OP_MADVISE:
		step.a = rng_below(rng, NR_ADVICES);
		break;
	case OP_MSYNC:
		step.a = step_msync_flags[rng_below(rng, NR_MSYNC_FLAGS)];
		break;
	case OP_MLOCK:
		step.a = rng_below(rng, 2);
		break;
	case OP_READ:
	case OP_WRITE:
	case OP_MEM_READ:
	case OP_MEM_WRITE:
		step.a = rng_below(rng, 4096);
		step.b = rng_below(rng, 256);
		break;
	case OP_LOOKUP:
	case OP_UPDATE:
		step.a = some_index(rng, world, step.slot);
		step.b = mostly_below(rng, 1, NR_ELEMENT_FLAGS);
		step.c = rng_below(rng, 256);
		break;
	case OP_LOOKUP_BATCH:
	case OP_UPDATE_BATCH:
		step.a = some_index(rng, world, step.slot);
		step.b = rng_below(rng, 8);
		step.c = rng_below(rng, 256);
		break;
	case OP_NEXT_ID:
		step.a = rng_below(rng, OBJECTS + 1);
		break;
	default:
		break;
	}
	return step;
}
