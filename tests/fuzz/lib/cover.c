// SPDX-License-Identifier: GPL-2.0-only
/* See cover.h. */
#include "fixture.h"
#include "cover.h"

#include <linux/kcov.h>

/* Words that the kernel records of a call. A fork copies the page table entries of them. */
#define WORDS		16384UL
#define PAIR		0x8000000000000000ULL
#define RESULT		0x4000000000000000ULL

struct table {
	uint64_t keys[MOST_FEATURES];	/* 0: free */
	unsigned int nr, addresses;
	struct features of_case;
};

static struct table *table;

/* The first word is the number of addresses that follow. */
static struct { int fd; unsigned long *words; } lanes[NR_LANES];

static void *share(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(at, MAP_FAILED);
	return at;
}

static bool open_lane(enum lane lane)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);

	lanes[lane].fd = fd;
	if (fd < 0)
		return false;
	assert_ok(result(ioctl(fd, KCOV_INIT_TRACE, WORDS)));
	lanes[lane].words = mmap(NULL, WORDS * sizeof(unsigned long), PROT_READ | PROT_WRITE,
				 MAP_SHARED, fd, 0);
	assert_ptr_not_equal(lanes[lane].words, MAP_FAILED);
	return true;
}

void cover_prepare(void)
{
	enum lane lane;

	table = share(sizeof(*table));
	for (lane = 0; lane < NR_LANES; lane++)
		if (!open_lane(lane))
			break;
}

bool cover_is_guided(void)
{
	return lanes[NR_LANES - 1].words;
}

void cover_begin(enum lane lane)
{
	if (cover_is_guided())
		ioctl(lanes[lane].fd, KCOV_ENABLE, KCOV_TRACE_PC);
}

void cover_forget(void)
{
	enum lane lane;

	for (lane = 0; cover_is_guided() && lane < NR_LANES; lane++)
		__atomic_store_n(lanes[lane].words, 0, __ATOMIC_RELAXED);
}

/* Note a feature. Returns 1 if it is new. */
static unsigned int note(uint64_t key)
{
	unsigned int at = (key * 0x9e3779b97f4a7c15ULL) >> 48;
	bool new;

	while (table->keys[at] && table->keys[at] != key)
		at = (at + 1) % MOST_FEATURES;
	new = !table->keys[at];
	/* a table that is nearly full is slow */
	if (new && table->nr > MOST_FEATURES / 4 * 3)
		return 0;
	table->of_case.bits[at / 64] |= 1ULL << at % 64;
	if (!new)
		return 0;
	table->keys[at] = key;
	table->nr++;
	table->addresses += !(key & (PAIR | RESULT));
	return 1;
}

/* Addresses of the kernel begin with 0xff.. The keys of them have these bits cleared. */
static uint64_t key_of(unsigned long address)
{
	return address & ~(PAIR | RESULT);
}

unsigned int cover_take(void)
{
	unsigned int new = 0;
	enum lane lane;
	unsigned long i, nr;

	for (lane = 0; cover_is_guided() && lane < NR_LANES; lane++) {
		const unsigned long *words = lanes[lane].words;
		uint64_t before = 0;

		nr = __atomic_load_n(words, __ATOMIC_RELAXED);
		for (i = 1; i <= nr && i < WORDS; i++) {
			uint64_t key = key_of(words[i]);

			new += note(key);
			new += note((key * 31 + before) | PAIR);
			before = key;
		}
	}
	return new;
}

unsigned int cover_result(unsigned int kind, long ret)
{
	/* an fd, an id or an amount is no more than success */
	return note(RESULT | (uint64_t)kind << 16 | (ret < 0 ? -ret & 0xffff : 0));
}

void cover_begin_case(void)
{
	memset(&table->of_case, 0, sizeof(table->of_case));
}

const struct features *cover_of_case(void)
{
	return &table->of_case;
}

unsigned int features_beyond(const struct features *a, const struct features *b)
{
	unsigned int i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(a->bits); i++)
		if (a->bits[i] & ~b->bits[i])
			nr += __builtin_popcountll(a->bits[i] & ~b->bits[i]);
	return nr;
}

void features_add(struct features *to, const struct features *from)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(to->bits); i++)
		to->bits[i] |= from->bits[i];
}

unsigned int cover_features(void)
{
	return table->nr;
}

unsigned int cover_addresses(void)
{
	return table->addresses;
}
