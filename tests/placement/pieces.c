// SPDX-License-Identifier: GPL-2.0-only
/*
 * If free memory is fragmented, create works too, but the region has no blocks of 2 MiB.
 *
 * Regions of 1 MiB, each half of a block, fill the memory, and every other one is closed. Pages of
 * the kernel can't be moved, so the free halves do not become blocks. One more region takes the
 * blocks that are left.
 */
#include "free.h"
#include "fixture.h"

#define HUGE	(2 * MIB)
#define LEN	(16 * HUGE)
#define PIECE_PAGES	256	/* half a block, contiguous */

static int pieces[2048], between[2048], rest;

/* Counts free blocks of 2 MiB of a node; -1: of all nodes. */
static unsigned long free_blocks(int node)
{
	unsigned long count, blocks = 0;
	FILE *file = fopen("/proc/buddyinfo", "r");
	int order, used, of;
	char line[512];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		char *at = strstr(line, "zone") + strlen("zone");

		assert_int_equal(sscanf(line, "Node %d", &of), 1);
		if (node >= 0 && of != node)
			continue;
		at += strspn(at, " ");
		at += strcspn(at, " ");
		for (order = 0; sscanf(at, "%lu%n", &count, &used) == 1; order++, at += used)
			if (order >= 9)
				blocks += count << (order - 9);
	}
	fclose(file);
	return blocks;
}

/* Fragment the free memory of a node, or (-1) of all nodes. */
static void break_up(int node)
{
	int n;

	for (n = 0; n < (int)ARRAY_SIZE(pieces); n++) {
		if (node >= 0 && free_bytes(node) < (long long)(32 * MIB))
			break;
		pieces[n] = try_create_on(node, PIECE_PAGES * PAGE);
		between[n] = try_create_on(node, PIECE_PAGES * PAGE);
		if (pieces[n] < 0 || between[n] < 0)
			break;
	}
	assert_in_range(n, 100, ARRAY_SIZE(pieces) - 1);
	for (n = 0; n < (int)ARRAY_SIZE(pieces); n++)
		close(pieces[n]);
	rest = create_on(node, free_blocks(node) * HUGE);
	assert_true(info(rest).huge_runs > 0);
}

static void give_back(void)
{
	size_t i;

	close(rest);
	for (i = 0; i < ARRAY_SIZE(between); i++)
		close(between[i]);
}

static int nothing_open(void **state)
{
	(void)state;
	memset(pieces, 0xff, sizeof(pieces));
	memset(between, 0xff, sizeof(between));
	return 0;
}

static long faults_of_all(volatile uint8_t *at)
{
	long before = faults();
	size_t i;

	for (i = 0; i < LEN; i += PAGE)
		at[i] = i / PAGE;
	return faults() - before;
}

static void a_region_is_had_all_the_same(void **state)
{
	uint8_t *at;
	size_t i;
	int fd;

	(void)state;
	break_up(-1);
	fd = create(8, LEN / 8);
	/* the kernel may have made some blocks */
	assert_in_range(info(fd).huge_runs, 0, LEN / HUGE / 4);
	at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	assert_true(all(at, LEN, 0));
	unmap(at, LEN);
	at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	/* each fault fills a page table, but the first ones less */
	assert_in_range(faults_of_all(at), 1, LEN / HUGE + 8);
	for (i = 0; i < LEN; i += PAGE)
		assert_int_equal(at[i], (uint8_t)(i / PAGE));
	unmap(at, LEN);
	assert_ok(try_freeze(fd));
	close(fd);
	give_back();

	/* when memory is no longer fragmented, a new region has blocks */
	fd = create(8, LEN / 8);
	assert_in_range(info(fd).huge_runs, LEN / HUGE / 2, LEN / HUGE);
	close(fd);
}

/* A create that names a node gets pieces of that node, not blocks of another one. */
static void pieces_of_the_node_that_is_named(void **state)
{
	long long before;
	int fd;

	(void)state;
	break_up(1);
	assert_in_range(free_blocks(0), 2 * LEN / HUGE, 100000);
	before = free_bytes(0);
	fd = create_on(1, 2 * LEN);
	assert_in_range(before - free_bytes(0) + LEN, 0, 2 * LEN);
	close(fd);
	give_back();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_region_is_had_all_the_same, nothing_open),
		cmocka_unit_test_setup(pieces_of_the_node_that_is_named, nothing_open),
	};

	return RUN_GROUP_WITH(tests, give_back_what_is_free, unload_module);
}
