// SPDX-License-Identifier: GPL-2.0-only
/* See world.h. */
#include "fixture.h"
#include "world.h"

#include <signal.h>

/* Memory that may not be mapped is touched: the handler jumps back */

static __thread sigjmp_buf touch_back;
static __thread volatile bool touching;

static void touch_caught(int number)
{
	if (touching)
		siglongjmp(touch_back, number);
	/* a fault elsewhere in the test: it comes again and ends the program */
	signal(number, SIG_DFL);
}

void touch_init(void)
{
	struct sigaction action = { .sa_handler = touch_caught, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

int touch_read(const volatile uint8_t *at, uint8_t *value)
{
	int signal = sigsetjmp(touch_back, 0);

	touching = !signal;
	if (signal)
		return -signal;
	*value = *at;
	touching = false;
	return 0;
}

int touch_write(volatile uint8_t *at, uint8_t value)
{
	int signal = sigsetjmp(touch_back, 0);

	touching = !signal;
	if (signal)
		return -signal;
	*at = value;
	touching = false;
	return 0;
}

/*
 * The arena
 */

unsigned int world_unit = 1;

bool world_set_unit(unsigned int pages)
{
	if (pages != 1 && (pages < MIN_UNIT || pages > MAX_UNIT))
		return false;
	world_unit = pages;
	return true;
}

unsigned int world_block(void)
{
	return world_unit == 1 ? 1 : (HUGE_PAGES + world_unit - 1) / world_unit;
}

unsigned int world_arena(void)
{
	return ARENA_BLOCKS * world_block();
}

size_t world_bytes(unsigned int pages)
{
	return pages * world_unit * PAGE;
}

static void *reserve(void *at, size_t len, int flags)
{
	return mmap(at, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
}

uint8_t *world_page(const struct world *world, unsigned int page)
{
	return world->arena + world_bytes(page);
}

void world_make(struct world *world, const struct array *array)
{
	const size_t len = world_bytes(world_arena());
	const size_t align = world_unit == 1 ? PAGE : HUGE_PAGES * PAGE;
	const size_t room_len = len + 2 * PAGE + align - PAGE;
	uint8_t *room;
	size_t i;

	*world = (struct world){ .array = array };
	/* other pages at both ends, so that the arena does not merge with its neighbours */
	room = mmap(NULL, room_len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		abort();
	world->arena = (uint8_t *)(((uintptr_t)room + PAGE + align - 1) / align * align);
	munmap(room, world->arena - PAGE - room);
	munmap(world->arena + len + PAGE, room + room_len - (world->arena + len + PAGE));
	if (reserve(world->arena, len, MAP_FIXED) != world->arena)
		abort();
	for (i = 0; i < SLOTS; i++)
		world->fds[i] = -1;
	memset(world->states, PAGE_SEGV, sizeof(world->states));
}

void world_clear(struct world *world)
{
	size_t i;

	munmap(world->arena - PAGE, world_bytes(world_arena()) + 2 * PAGE);
	for (i = 0; i < SLOTS; i++)
		if (world->fds[i] >= 0)
			close(world->fds[i]);
}

/* The number of that page in its unit. */
static unsigned int probe_page(unsigned int probe)
{
	return probe * (world_unit - 1) / (PROBES - 1);
}

static unsigned int nr_probes(void)
{
	return world_unit == 1 ? 1 : PROBES;
}

static enum page_state look(const uint8_t *at)
{
	uint8_t byte;

	switch (touch_read(at, &byte)) {
	case 0:
		return PAGE_READABLE;
	case -SIGBUS:
		return PAGE_BUS;
	default:
		return PAGE_SEGV;
	}
}

void world_look(struct world *world, unsigned int page, unsigned int pages)
{
	unsigned int probe;

	for (; pages-- && page < world_arena(); page++) {
		uint8_t *at = world_page(world, page);

		/* a hole is filled at once, so that nothing else is mapped there */
		if (reserve(at, world_bytes(1), MAP_FIXED_NOREPLACE) == at) {
			memset(world->states[page], PAGE_HOLE, PROBES);
			continue;
		}
		for (probe = 0; probe < nr_probes(); probe++)
			world->states[page][probe] = look(at + probe_page(probe) * PAGE);
	}
}

int world_object(const struct world *world, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < world->nr_ids; i++)
		if (world->ids[i] == id)
			return i;
	return -1;
}

/*
 * Comparing
 */

static char difference[256];

#define MANY_ELEMENTS	1024

#define DIFFER(...)	(snprintf(difference, sizeof(difference), __VA_ARGS__), difference)

static bool alive(const struct world *world, unsigned int object)
{
	int fd = world->array->open_id(world->ids[object], 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static const char *place(unsigned int unit, unsigned int page)
{
	static char name[64];

	if (world_unit == 1)
		snprintf(name, sizeof(name), "page %u", unit);
	else
		snprintf(name, sizeof(name), "page %u of unit %u", page, unit);
	return name;
}

/* A page of a unit, whose states were known before. */
static const char *page_differs(const struct world *a, const struct world *b, unsigned int unit,
				unsigned int page, enum page_state state_a,
				enum page_state state_b)
{
	static const char *const names[] = { "a hole", "SIGSEGV", "SIGBUS", "readable" };
	const size_t offset = page * PAGE;

	if (state_a != state_b)
		return DIFFER("%s is %s for the %s, %s for the %s", place(unit, page),
			      names[state_a], a->array->name, names[state_b], b->array->name);
	if (state_a == PAGE_READABLE &&
	    memcmp(world_page(a, unit) + offset, world_page(b, unit) + offset, PAGE))
		return DIFFER("%s has other bytes in it", place(unit, page));
	return NULL;
}

static const char *pages_differ(const struct world *a, const struct world *b)
{
	unsigned int unit, probe;
	const char *what = NULL;

	for (unit = 0; unit < world_arena() && !what; unit++)
		for (probe = 0; probe < nr_probes() && !what; probe++)
			what = page_differs(a, b, unit, probe_page(probe),
					    a->states[unit][probe], b->states[unit][probe]);
	return what;
}

/* The same for nr pages of each unit whose states are unknown. */
static const char *other_pages_differ(const struct world *a, const struct world *b,
				      unsigned int page, unsigned int nr)
{
	const char *what = NULL;
	unsigned int unit, i;

	for (unit = 0; unit < world_arena() && !what; unit++) {
		/* memory that can't be read does not need a signal for each page */
		if (a->states[unit][0] < PAGE_BUS && b->states[unit][0] < PAGE_BUS && nr > 1)
			continue;
		for (i = page; i < page + nr && !what; i++)
			what = page_differs(a, b, unit, i, look(world_page(a, unit) + i * PAGE),
					    look(world_page(b, unit) + i * PAGE));
	}
	return what;
}

/* True if each slot is the same object in both worlds, in the same state. */
static const char *slots_differ(const struct world *a, const struct world *b)
{
	struct array_info info[2];
	unsigned int slot;

	for (slot = 0; slot < SLOTS; slot++) {
		if (a->fds[slot] < 0 || b->fds[slot] < 0) {
			if (a->fds[slot] != b->fds[slot])
				return DIFFER("slot %u is open in one only", slot);
			continue;
		}
		if (a->array->info(a->fds[slot], &info[0]) ||
		    b->array->info(b->fds[slot], &info[1]))
			return DIFFER("slot %u gives no info", slot);
		if (world_object(a, info[0].id) != world_object(b, info[1].id) ||
		    info[0].value_size != info[1].value_size ||
		    info[0].max_entries != info[1].max_entries)
			return DIFFER("slot %u is another object", slot);
		if (info[0].frozen != info[1].frozen)
			return DIFFER("slot %u is frozen for the %s only", slot,
				      info[0].frozen ? a->array->name : b->array->name);
	}
	return NULL;
}

static const char *element_differs(const struct world *a, const struct world *b, unsigned int slot,
				   uint32_t index, uint32_t value_size)
{
	static uint8_t value[2][1 << 17];
	int ret[2] = {
		a->array->lookup(a->fds[slot], index, value[0], 0),
		b->array->lookup(b->fds[slot], index, value[1], 0),
	};

	if (ret[0] != ret[1])
		return DIFFER("slot %u, element %u: lookup gives %d for the %s, %d for the %s",
			      slot, index, ret[0], a->array->name, ret[1], b->array->name);
	if (!ret[0] && memcmp(value[0], value[1], value_size))
		return DIFFER("slot %u, element %u has another value", slot, index);
	return NULL;
}

/*
 * Compare elements of each open slot: that many from the first on, or all of them; with
 * few_of_many about a thousand, at all places of a page.
 */
static const char *elements_differ(const struct world *a, const struct world *b,
				   unsigned int first, unsigned int nr, bool few_of_many)
{
	const char *what = NULL;
	struct array_info info;
	unsigned int slot, i, by;

	for (slot = 0; slot < SLOTS && !what; slot++) {
		if (a->fds[slot] < 0 || a->array->info(a->fds[slot], &info))
			continue;
		by = few_of_many ? info.max_entries / MANY_ELEMENTS | 1 : 1;
		for (i = 0; i < nr && i < info.max_entries && !what; i += by)
			what = element_differs(a, b, slot, (first + i) % info.max_entries,
					       info.value_size);
	}
	return what;
}

static const char *lives_differ(const struct world *a, const struct world *b)
{
	unsigned int i;

	for (i = 0; i < a->nr_ids; i++)
		if (alive(a, i) != alive(b, i))
			return DIFFER("object %u is alive for the %s only", i,
				      alive(a, i) ? a->array->name : b->array->name);
	return NULL;
}

const char *worlds_differ(const struct world *a, const struct world *b, const struct focus *focus,
			  bool objects)
{
	const char *what = pages_differ(a, b);

	if (!what && world_unit > 1)
		what = other_pages_differ(a, b, focus->page, 1);
	if (!what && objects)
		what = slots_differ(a, b);
	if (!what && objects)
		what = lives_differ(a, b);
	if (!what)
		what = elements_differ(a, b, focus->element, focus->elements, false);
	return what;
}

const char *worlds_differ_in_full(const struct world *a, const struct world *b)
{
	const char *what = NULL;

	if (world_unit > 1)
		what = other_pages_differ(a, b, 0, world_unit);
	if (!what)
		what = elements_differ(a, b, 0, UINT32_MAX, world_unit > 1);
	return what;
}
