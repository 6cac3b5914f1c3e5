// SPDX-License-Identifier: GPL-2.0-only
/*
 * The node of a region's memory: the node that create names, while it has free memory; without
 * one, the memory policy of the creator decides.
 */
#include "free.h"
#include "fixture.h"

#include <sys/syscall.h>
#include <linux/mempolicy.h>

#define LEN	(128 * MIB)
#define NODES	2

/* Memory that others take or give back meanwhile, and caches of CPUs. */
#define SLACK	(LEN / 4)

static void assert_comes_from(int expected, int node)
{
	long long before[NODES], taken;
	int i, fd;

	for (i = 0; i < NODES; i++)
		before[i] = free_bytes(i);
	fd = create_on(node, LEN);
	for (i = 0; i < NODES; i++) {
		taken = before[i] - free_bytes(i);
		assert_in_range(taken + SLACK, i == expected ? LEN : 0,
				(i == expected ? LEN : 0) + 2 * SLACK);
	}
	close(fd);
}

static void from_the_node_that_is_named(void **state)
{
	int cpu, node;

	(void)state;
	for (cpu = 0; cpu < 2; cpu++) {
		stay_on_cpu(cpu);
		for (node = 0; node < NODES; node++)
			assert_comes_from(node, node);
	}
}

static void else_from_the_creators(void **state)
{
	int cpu;

	(void)state;
	for (cpu = 0; cpu < 2; cpu++) {
		stay_on_cpu(cpu);
		assert_comes_from(cpu, -1);
	}
}

static void or_from_where_its_policy_says(void **state)
{
	unsigned long nodes;
	int node;

	(void)state;
	stay_on_cpu(0);
	for (node = 0; node < NODES; node++) {
		nodes = 1UL << node;
		assert_ok(syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 8 * sizeof(nodes)));
		assert_comes_from(node, -1);
		/* the policy has no effect on a node that create names */
		assert_comes_from(!node, !node);
	}
	assert_ok(syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0));
}

static void and_from_others_when_that_is_full(void **state)
{
	long long before = free_bytes(0);
	int fds[128], n = 0, i;

	(void)state;
	stay_on_cpu(0);
	while (free_bytes(1) > (long long)(LEN / 4)) {
		assert_in_range(n, 0, ARRAY_SIZE(fds) - 1);
		fds[n++] = create_on(1, LEN / 16);
	}
	assert_in_range(before - free_bytes(0) + SLACK, 0, 2 * SLACK);
	for (i = 0; i < 8; i++) {
		assert_in_range(n, 0, ARRAY_SIZE(fds) - 1);
		fds[n] = create_on(1, LEN / 16);
		assert_int_equal(info(fds[n++]).numa_node, 1);
	}
	assert_in_range(before - free_bytes(0) + SLACK, SLACK + LEN / 8, 2 * LEN);
	while (n)
		close(fds[--n]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_the_node_that_is_named),
		cmocka_unit_test(else_from_the_creators),
		cmocka_unit_test(or_from_where_its_policy_says),
		cmocka_unit_test(and_from_others_when_that_is_full),
	};

	return RUN_GROUP_WITH(tests, give_back_what_is_free, unload_module);
}
