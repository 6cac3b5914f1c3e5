// SPDX-License-Identifier: GPL-2.0-only
/* See world.h. */
#include "harness.h"
#include "world.h"

#include <signal.h>

/*
 * Touching memory that may not be there: the handler jumps back
 */

static __thread sigjmp_buf touch_back;
static __thread volatile bool touching;

static void touch_caught(int number)
{
	if (touching)
		siglongjmp(touch_back, number);
	/* a fault of our own: let it end us when it comes again */
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

static void *reserve(void *at, size_t len, int flags)
{
	return mmap(at, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
}

uint8_t *world_page(const struct world *world, unsigned int page)
{
	return world->arena + page * PAGE;
}

void world_make(struct world *world, const struct array *array)
{
	size_t i;

	*world = (struct world){ .array = array };
	/* a page of another kind at each end, or the arena would merge with what is beside it */
	world->arena = mmap(NULL, (ARENA_PAGES + 2) * PAGE, PROT_READ,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (world->arena == MAP_FAILED)
		abort();
	world->arena += PAGE;
	if (reserve(world->arena, ARENA_PAGES * PAGE, MAP_FIXED) != world->arena)
		abort();
	for (i = 0; i < SLOTS; i++)
		world->fds[i] = -1;
	memset(world->states, PAGE_SEGV, sizeof(world->states));
}

void world_clear(struct world *world)
{
	size_t i;

	munmap(world->arena - PAGE, (ARENA_PAGES + 2) * PAGE);
	for (i = 0; i < SLOTS; i++)
		if (world->fds[i] >= 0)
			close(world->fds[i]);
}

static enum page_state look(uint8_t *at)
{
	uint8_t byte;

	/* a hole is filled at once, or something else would settle there */
	if (reserve(at, PAGE, MAP_FIXED_NOREPLACE) == at)
		return PAGE_HOLE;
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
	for (; pages-- && page < ARENA_PAGES; page++)
		world->states[page] = look(world_page(world, page));
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

#define DIFFER(...)	(snprintf(difference, sizeof(difference), __VA_ARGS__), difference)

static bool alive(const struct world *world, unsigned int object)
{
	int fd = world->array->open_id(world->ids[object], 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static const char *pages_differ(const struct world *a, const struct world *b)
{
	static const char *const names[] = { "a hole", "SIGSEGV", "SIGBUS", "readable" };
	unsigned int page;

	for (page = 0; page < ARENA_PAGES; page++) {
		if (a->states[page] != b->states[page])
			return DIFFER("page %u is %s for the %s, %s for the %s", page,
				      names[a->states[page]], a->array->name,
				      names[b->states[page]], b->array->name);
		if (a->states[page] == PAGE_READABLE &&
		    memcmp(world_page(a, page), world_page(b, page), PAGE))
			return DIFFER("page %u has other bytes in it", page);
	}
	return NULL;
}

/* Is each slot the same object in both, in the same state? */
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

/* In each open slot nr_elements elements from the nr-th on, or as many as there are. */
static const char *elements_differ(const struct world *a, const struct world *b, unsigned int nr,
				   unsigned int nr_elements)
{
	const char *what = NULL;
	struct array_info info;
	unsigned int slot, i;

	for (slot = 0; slot < SLOTS && !what; slot++) {
		if (a->fds[slot] < 0 || a->array->info(a->fds[slot], &info))
			continue;
		for (i = 0; i < nr_elements && i < info.max_entries && !what; i++)
			what = element_differs(a, b, slot, (nr + i) % info.max_entries,
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

const char *worlds_differ(const struct world *a, const struct world *b, unsigned int nr,
			  bool objects)
{
	const char *what = pages_differ(a, b);

	if (!what && objects)
		what = slots_differ(a, b);
	if (!what && objects)
		what = lives_differ(a, b);
	if (!what)
		what = elements_differ(a, b, nr, 1);
	return what;
}

const char *worlds_differ_in_full(const struct world *a, const struct world *b)
{
	return elements_differ(a, b, 0, UINT32_MAX);
}
