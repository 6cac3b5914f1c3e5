// SPDX-License-Identifier: GPL-2.0-only
#include "weather.h"

#include "fixture.h"

#include <glob.h>

#define CPU	"/sys/devices/system/cpu/cpu1/online"
#define HUGE	"/sys/kernel/mm/transparent_hugepage/enabled"
#define BLOCKS	"/sys/devices/system/memory/memory*/state"

static void a_cpu(uint64_t *seed, struct weather_tally *tally)
{
	(void)seed;
	if (!try_write_file(CPU, "0"))
		tally->cpus++;
	usleep(20000);
	try_write_file(CPU, "1");
}

/* A block of memory with a region in it stays. */
static void a_block_of_memory(uint64_t *seed, struct weather_tally *tally)
{
	glob_t blocks;
	const char *block;

	if (glob(BLOCKS, 0, NULL, &blocks))
		return;
	block = blocks.gl_pathv[random_below(seed, blocks.gl_pathc)];
	if (try_write_file(block, "offline")) {
		tally->memory_refused++;
	} else {
		tally->memory++;
		try_write_file(block, "online");
	}
	globfree(&blocks);
}

static void huge_pages(uint64_t *seed, struct weather_tally *tally)
{
	static const char *const words[] = { "always", "madvise", "never" };

	if (!try_write_file(HUGE, words[random_below(seed, ARRAY_SIZE(words))]))
		tally->huge_pages++;
}

static void compaction(uint64_t *seed, struct weather_tally *tally)
{
	(void)seed;
	if (!try_write_file("/proc/sys/vm/compact_memory", "1"))
		tally->compactions++;
}

static void drop(uint64_t *seed, struct weather_tally *tally)
{
	(void)seed;
	if (!try_write_file("/proc/sys/vm/drop_caches", "3"))
		tally->drops++;
}

void weather_change(uint64_t *seed, struct weather_tally *tally)
{
	static void (*const changes[])(uint64_t *seed, struct weather_tally *tally) = {
		a_cpu, a_block_of_memory, huge_pages, compaction, drop,
	};

	changes[random_below(seed, ARRAY_SIZE(changes))](seed, tally);
}

void weather_settle(void)
{
	glob_t blocks;
	size_t i;

	try_write_file(CPU, "1");
	if (!glob(BLOCKS, 0, NULL, &blocks)) {
		for (i = 0; i < blocks.gl_pathc; i++)
			if (file_has(blocks.gl_pathv[i], "offline\n"))
				try_write_file(blocks.gl_pathv[i], "online");
		globfree(&blocks);
	}
	try_write_file(HUGE, "always");
}
