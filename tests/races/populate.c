// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPFMMAP_F_POPULATE: mmap fills a mapping, while another mapping that ends in the same page table
 * has faults, and transparent huge pages are switched on and off. Nothing is left to fault.
 */
#include "pages.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#define ROOM	(4 * CHUNK)

static int fd;
static uint8_t *at;

static int setup(void **state)
{
	(void)state;
	fd = create_numbered(OURS, BPFMMAP_F_POPULATE);
	at = reserve(ROOM);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unmap(at, ROOM);
	settle(fd, OURS);
	return 0;
}

/*
 * Half of a chunk that has faults: it was an entry before its other half was unmapped, or it could
 * not be read when it was mapped (then it can't be written either).
 */
static void map_what_is_faulted(unsigned long round)
{
	int prot = round % 2 ? PROT_READ | PROT_WRITE : PROT_NONE;

	if (mmap(at, CHUNK, prot, MAP_SHARED | MAP_FIXED, fd, 0) != at)
		wrong("the mapping for faults: %s", strerror(errno));
	cover(at + CHUNK / 2, CHUNK / 2);
	if (!(prot & PROT_READ) && mprotect(at, CHUNK / 2, PROT_READ))
		wrong("mprotect: %s", strerror(errno));
}

static bool fault_it(struct racer *self, unsigned long round)
{
	size_t page = any(self, CHUNK_PAGES / 2);

	if (round % 2)
		return touch_mapped(self, at, page);
	if (look(at + page * PAGE) != NUMBER(OURS, page))
		wrong("page %#zx is another", page);
	return true;
}

static long faults_of_thread(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_minflt;
}

/* Map from the other half on, or at an address that fits, or at one that does not. */
static bool populate(struct racer *self, unsigned long round)
{
	static const size_t shifts[] = { CHUNK / 2, CHUNK };
	size_t shift = shifts[any(self, 2)];
	size_t len = ROOM - CHUNK - any(self, 2) * CHUNK / 2, page;
	long before;

	(void)round;
	put(fd, at + shift, len, shift / PAGE);
	before = faults_of_thread();
	for (page = shift / PAGE; page < (shift + len) / PAGE; page++)
		if (scribble(at + page * PAGE) != NUMBER(OURS, page))
			wrong("page %#zx is another", page);
	if (faults_of_thread() != before)
		wrong("%ld faults of what was populated", faults_of_thread() - before);
	cover(at + shift, len);
	if (look(at + shift) != REFUSED || look(at + shift + len - PAGE) != REFUSED)
		wrong("something is left of what was populated");
	return true;
}

static bool switch_thp(struct racer *self, unsigned long round)
{
	(void)self;
	return !prctl(PR_SET_THP_DISABLE, round % 2, 0, 0, 0);
}

static void it_fills_a_mapping_beside_faults_of_another(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = fault_it },
		{ .what = "mappings populated", .step = populate },
		{ .what = "switches by prctl", .step = switch_thp, .alone = true },
	};

	(void)state;
	race(map_what_is_faulted, racers, ARRAY_SIZE(racers));
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_fills_a_mapping_beside_faults_of_another),
	};

	return RUN_GROUP(tests);
}
