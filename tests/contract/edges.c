// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ends of mappings and of regions: each page shows what was set there by an update, also behind
 * the last block of 2 MiB of a region. A mapping has no entries beyond its ends. There are other
 * pages around it, of zeros; an entry too many would show something else there.
 */
#include "fixture.h"

#define BLOCK	((size_t)512)		/* pages */
#define AROUND	(BLOCK + 40)		/* pages of zeros before and behind a mapping */

/* A region whose pages have their numbers, from 1 on, in all words. */
static int create_numbered(size_t pages)
{
	int fd = create(PAGE, pages);
	uint32_t *value = malloc(PAGE);
	size_t i, word;

	assert_non_null(value);
	for (i = 0; i < pages; i++) {
		for (word = 0; word < PAGE / 4; word++)
			value[word] = i + 1;
		assert_ok(try_update(fd, i, value, BPFMMAP_ANY));
	}
	free(value);
	return fd;
}

/* Map pages of a region at an address that is shift pages behind a multiple of a block. */
static uint8_t *map_between_zeros(int fd, size_t first, size_t pages, size_t shift, int prot)
{
	const size_t len = (pages + 2 * AROUND + 2 * BLOCK) * PAGE;
	uint8_t *room = anonymous(len);
	uintptr_t block = BLOCK * PAGE;
	uint8_t *at = (uint8_t *)(((uintptr_t)room + AROUND * PAGE + block - 1) / block * block);

	at += shift % BLOCK * PAGE;
	munmap(room, at - AROUND * PAGE - room);
	munmap(at + (pages + AROUND) * PAGE, room + len - (at + (pages + AROUND) * PAGE));
	assert_ptr_equal(mmap(at, pages * PAGE, prot, MAP_SHARED | MAP_FIXED, fd, first * PAGE),
			 at);
	return at;
}

static void unmap_with_zeros(uint8_t *at, size_t pages)
{
	unmap(at - AROUND * PAGE, (pages + 2 * AROUND) * PAGE);
}

static uint32_t word_of(const uint8_t *at, size_t page)
{
	return *(const volatile uint32_t *)(at + page * PAGE);
}

static void assert_zeros_around(const uint8_t *at, size_t pages)
{
	size_t i;

	for (i = 1; i <= AROUND; i += i < 40 ? 1 : 13)
		assert_int_equal(*(const volatile uint32_t *)(at - i * PAGE), 0);
	for (i = 0; i < AROUND; i += i < 40 ? 1 : 13)
		assert_int_equal(word_of(at, pages + i), 0);
}

enum order { FORWARDS, BACKWARDS, MIDDLE_FIRST, NR_ORDERS };

static void assert_shows(int fd, size_t first, size_t pages, size_t shift)
{
	enum order order;
	size_t i;

	for (order = FORWARDS; order < NR_ORDERS; order++) {
		uint8_t *at = map_between_zeros(fd, first, pages, shift, PROT_READ);

		if (order == MIDDLE_FIRST)
			assert_int_equal(word_of(at, pages / 2), first + pages / 2 + 1);
		/* the ends of a mapping of which a part is there */
		if (order == BACKWARDS)
			assert_int_equal(word_of(at, pages - 1), first + pages);
		else
			assert_int_equal(word_of(at, 0), first + 1);
		assert_zeros_around(at, pages);
		for (i = 0; i < pages; i++) {
			size_t page = order == BACKWARDS ? pages - 1 - i : i;

			assert_int_equal(word_of(at, page), first + page + 1);
		}
		assert_zeros_around(at, pages);
		unmap_with_zeros(at, pages);
	}
}

/* Pages that follow the blocks, and are too few for one. */
static const size_t rests[] = { 1, 3, 17, 300, 511 };

static void behind_the_blocks(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rests); i++) {
		const size_t pages = 2 * BLOCK + rests[i];
		int fd = create_numbered(pages);

		assert_shows(fd, 0, pages, 0);
		assert_shows(fd, 0, pages, 1);
		assert_shows(fd, 2 * BLOCK, rests[i], 0);
		assert_shows(fd, 2 * BLOCK - 1, rests[i] + 1, BLOCK - 1);
		assert_shows(fd, BLOCK, BLOCK + rests[i], 0);
		close(fd);
	}
}

/* The mapping has a part of a block at an address where the whole would fit one entry. */
static void in_the_middle_of_a_block(void **state)
{
	static const size_t ends[] = { 1, 5, 16, 17, 100, 256, 511 };
	int fd = create_numbered(2 * BLOCK);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		assert_shows(fd, 0, ends[i], 0);
		assert_shows(fd, 0, BLOCK + ends[i], 0);
		assert_shows(fd, ends[i], BLOCK - ends[i], ends[i]);
		assert_shows(fd, ends[i], 2 * BLOCK - ends[i], ends[i]);
	}
	assert_shows(fd, 100, 300, 100);
	close(fd);
}

/* What is set by a mapping is what a lookup finds, page by page, also behind the blocks. */
static void by_a_mapping(void **state)
{
	uint32_t *value = malloc(PAGE);
	size_t i, page;

	(void)state;
	assert_non_null(value);
	for (i = 0; i < ARRAY_SIZE(rests); i++) {
		const size_t pages = BLOCK + rests[i];
		int fd = create(PAGE, pages);
		uint8_t *at = map_between_zeros(fd, 0, pages, 0, PROT_READ | PROT_WRITE);

		for (page = 0; page < pages; page++)
			*(volatile uint32_t *)(at + page * PAGE + PAGE - 4) = page + 1;
		for (page = 0; page < pages; page++) {
			assert_ok(try_lookup(fd, page, value));
			assert_int_equal(value[PAGE / 4 - 1], page + 1);
		}
		assert_zeros_around(at, pages);
		unmap_with_zeros(at, pages);
		close(fd);
	}
	free(value);
}

static void put_zeros(uint8_t *at, size_t pages)
{
	assert_ptr_equal(mmap(at, pages * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			      -1, 0), at);
}

/* Of a mapping that became shorter at both ends, the rest has no entries beyond its new ends. */
static void of_what_is_left(void **state)
{
	int fd = create_numbered(3 * BLOCK + 5);
	size_t pages = 3 * BLOCK + 5, cut;

	(void)state;
	for (cut = 1; cut < BLOCK; cut += 101) {
		uint8_t *at = map_between_zeros(fd, 0, pages, 0, PROT_READ);
		uint8_t *rest = at + cut * PAGE;
		size_t left = pages - 2 * cut, i;

		for (i = 0; i < pages; i++)
			assert_int_equal(word_of(at, i), i + 1);
		put_zeros(at, cut);
		put_zeros(rest + left * PAGE, cut);
		for (i = 0; i < left; i++)
			assert_int_equal(word_of(rest, i), cut + i + 1);
		assert_zeros_around(rest, left);
		unmap_with_zeros(at, pages);
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behind_the_blocks),
		cmocka_unit_test(in_the_middle_of_a_block),
		cmocka_unit_test(by_a_mapping),
		cmocka_unit_test(of_what_is_left),
	};

	return RUN_GROUP(tests);
}
