// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory is taken away while it has pages of a region. The kernel can move other pages, but not
 * these, so it must refuse at once, and the contents of the region stay.
 *
 * The test first finds blocks that can be taken away, then fills them with regions, and asserts
 * that the kernel refuses. Regions have memory of node 1, and the kernel takes its own memory from
 * node 0, on whose CPU this runs. After the regions are closed a block can mostly be taken away
 * again. A slab may have come there meanwhile, so that is printed and not asserted.
 *
 * The length of a contiguous piece of a region matters: the kernel sees that a large piece can't
 * be moved, but takes a single page without references for one that is about to be free.
 */
#include "free.h"
#include "fixture.h"
#include "kcore.h"

#define SYSFS		"/sys/devices/system/memory"
#define NODE		1
#define MARK		0x0ff11e0ff11e0000ULL	/* the first */
#define DEADLINE	30	/* seconds, for the kernel to refuse */
#define MOST_REGIONS	32768
#define MOST_BLOCKS	64

/* A block of memory that the kernel can take away when there are no regions. */
struct block {
	unsigned int nr;
	unsigned int pages;	/* of regions, in this block */
};

static struct block blocks[MOST_BLOCKS];
static size_t nr_blocks;
static uint64_t block_size;

/* The first 8 bytes of each page are a mark, which no other page ever has. */
struct marked_region {
	int fd;
	uint64_t first;
};

static struct marked_region regions[MOST_REGIONS];
static size_t nr_regions;
static uint64_t next_mark = MARK;

static int write_state(unsigned int block, const char *state)
{
	char path[64];

	snprintf(path, sizeof(path), SYSFS "/memory%u/state", block);
	return try_write_file(path, state);
}

/* If the kernel waits for pages to become free, a signal ends that. */
static int take_away(void *arg)
{
	alarm(DEADLINE);
	return -write_state(*(unsigned int *)arg, "offline");
}

static int try_take_away(unsigned int block)
{
	int ret = in_child(take_away, &block);

	if (ret == 128 + SIGALRM)
		fail_msg("to take block %u away has no end", block);
	return -ret;
}

static bool is_of_node(unsigned int block)
{
	char path[64];

	snprintf(path, sizeof(path), SYSFS "/memory%u/node%d", block, NODE);
	return !access(path, F_OK);
}

/* Find blocks: take each away, and bring it back. */
static int find_blocks(void **state)
{
	FILE *file = fopen(SYSFS "/block_size_bytes", "r");
	unsigned long long size;
	unsigned int nr;

	if (give_back_what_is_free(state))
		return -1;
	stay_on_cpu(0);
	if (!file)
		return 0;
	if (fscanf(file, "%llx", &size) == 1)
		block_size = size;
	fclose(file);
	for (nr = 0; nr < 1024 && nr_blocks < MOST_BLOCKS; nr++) {
		if (!is_of_node(nr) || in_child(take_away, &nr))
			continue;
		if (write_state(nr, "online"))
			return -1;
		blocks[nr_blocks++].nr = nr;
	}
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	while (nr_regions)
		close(regions[--nr_regions].fd);
	return 0;
}

static bool add_region(size_t pages)
{
	struct marked_region *region = &regions[nr_regions];
	uint64_t *at;
	size_t i;

	assert_in_range(nr_regions, 0, MOST_REGIONS - 1);
	region->fd = try_create_on(NODE, pages * PAGE);
	if (region->fd < 0)
		return false;
	nr_regions++;
	region->first = next_mark;
	at = map(region->fd, pages * PAGE, PROT_READ | PROT_WRITE, 0);
	for (i = 0; i < pages; i++)
		at[i * PAGE / sizeof(*at)] = next_mark++;
	unmap(at, pages * PAGE);
	return true;
}

static void assert_marks_are_there(void)
{
	size_t i, j, pages;
	uint64_t *at;

	for (i = 0; i < nr_regions; i++) {
		pages = info(regions[i].fd).bytes / PAGE;
		at = map(regions[i].fd, pages * PAGE, PROT_READ, 0);
		for (j = 0; j < pages; j++)
			assert_int_equal(at[j * PAGE / sizeof(*at)], regions[i].first + j);
		unmap(at, pages * PAGE);
	}
}

static unsigned int marks_in(const struct kcore *kcore, uint64_t start, uint64_t first)
{
	unsigned int found = 0;
	uint64_t at, value;
	size_t i;

	for (i = 0; i < kcore->nr; i++) {
		const struct kcore_range *range = &kcore->ranges[i];

		for (at = start; at < start + block_size; at += PAGE)
			if (at >= range->start && at - range->start < range->len &&
			    kcore_read(kcore, range, at, &value))
				found += value >= first && value < next_mark;
	}
	return found;
}

/* Counts the blocks that have pages with that mark or a later one. */
static size_t look_where_they_are(uint64_t first)
{
	struct kcore kcore;
	size_t i, found = 0;

	if (!kcore_open(&kcore))
		skip_because("this kernel has no /proc/kcore to look for pages in");
	for (i = 0; i < nr_blocks; i++) {
		blocks[i].pages = marks_in(&kcore, blocks[i].nr * block_size, first);
		found += !!blocks[i].pages;
	}
	kcore_close(&kcore);
	return found;
}

static void skip_without_blocks(void)
{
	if (!block_size)
		skip_because("this kernel takes no memory away");
	if (!nr_blocks)
		skip_because("no memory of node %d can be taken away", NODE);
}

/* All regions that are open now stay, and the blocks are refused. */
static void assert_they_stay(void **state)
{
	size_t i, there, after = 0;

	there = look_where_they_are(regions[0].first);
	assert_true(there > 0);
	for (i = 0; i < nr_blocks; i++) {
		if (!blocks[i].pages)
			continue;
		assert_refused(try_take_away(blocks[i].nr), EBUSY);
		assert_marks_are_there();
	}
	close_all(state);
	for (i = 0; i < nr_blocks; i++) {
		if (!blocks[i].pages || try_take_away(blocks[i].nr))
			continue;
		after++;
		assert_ok(write_state(blocks[i].nr, "online"));
	}
	printf("# refused for %zu blocks of %zu, and for %zu no more then\n", there, nr_blocks,
	       after);
}

/* One region of all free blocks of 2 MiB. */
static void a_large_region_stays(void **state)
{
	skip_without_blocks();
	assert_true(add_region((free_bytes(NODE) - 64 * MIB) / PAGE));
	assert_they_stay(state);
}

/* Regions whose pieces have 128, 64 and fewer pages, down to 1. */
static void regions_of_pieces_stay(void **state)
{
	skip_without_blocks();
	while (free_bytes(NODE) > (long long)(64 * MIB))
		assert_true(add_region(255));
	assert_they_stay(state);
}

/*
 * Large regions fill the memory before those blocks, until one of them is in a block. It is
 * closed, and its memory goes to regions of single pages.
 */
static void single_pages_stay(void **state)
{
	uint64_t first = next_mark;
	size_t large, i;

	skip_without_blocks();
	do {
		assert_true(add_region(16 * MIB / PAGE));
	} while (!look_where_they_are(first));
	close(regions[--nr_regions].fd);
	large = nr_regions;
	first = next_mark;
	do {
		for (i = 0; i < 2048; i++)
			assert_true(add_region(1));
	} while (!look_where_they_are(first));

	for (i = 0; i < large; i++)
		close(regions[i].fd);
	nr_regions -= large;
	memmove(regions, regions + large, nr_regions * sizeof(*regions));
	assert_they_stay(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_large_region_stays, close_all),
		cmocka_unit_test_teardown(regions_of_pieces_stay, close_all),
		cmocka_unit_test_teardown(single_pages_stay, close_all),
	};

	return RUN_GROUP_WITH(tests, find_blocks, unload_module);
}
