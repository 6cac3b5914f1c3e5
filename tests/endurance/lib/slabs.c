// SPDX-License-Identifier: GPL-2.0-only
#include "slabs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CACHES	512
#define NAME_LEN	64
#define PARTS		8	/* the rounds are compared in eighths, without the first one */
#define FEW		64	/* objects: a growth that is none */

struct cache {
	char name[NAME_LEN];
	long objects[MAX_ROUNDS];
};

struct slabs {
	size_t rounds, nr;
	struct cache caches[MAX_CACHES];
};

struct slabs *slabs_new(void)
{
	FILE *file = fopen("/proc/slabinfo", "r");

	if (!file)
		return NULL;
	fclose(file);
	return calloc(1, sizeof(struct slabs));
}

void slabs_free(struct slabs *slabs)
{
	free(slabs);
}

static struct cache *find_or_add(struct slabs *slabs, const char *name)
{
	size_t i;

	for (i = 0; i < slabs->nr; i++)
		if (!strcmp(slabs->caches[i].name, name))
			return &slabs->caches[i];
	if (slabs->nr == MAX_CACHES)
		return NULL;
	strcpy(slabs->caches[slabs->nr].name, name);
	return &slabs->caches[slabs->nr++];
}

void slabs_count(struct slabs *slabs)
{
	FILE *file = fopen("/proc/slabinfo", "r");
	char line[512], name[NAME_LEN];
	struct cache *cache;
	long objects;

	if (!file || slabs->rounds == MAX_ROUNDS)
		abort();
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %ld", name, &objects) != 2)
			continue;
		cache = find_or_add(slabs, name);
		if (cache)
			cache->objects[slabs->rounds] = objects;
	}
	fclose(file);
	slabs->rounds++;
}

/* The most objects in one part of the rounds. */
static long most_in(const struct slabs *slabs, const struct cache *cache, size_t part)
{
	const size_t each = slabs->rounds / PARTS;
	size_t round;
	long most = 0;

	for (round = part * each; round < (part + 1) * each; round++)
		if (cache->objects[round] > most)
			most = cache->objects[round];
	return most;
}

/*
 * A leak makes each part have more than the one before, and by as much. A cache that fills grows
 * less and less. Of what grows by chance hardly anything does so six times in a row.
 */
static bool grows(const struct slabs *slabs, const struct cache *cache)
{
	long most[PARTS], early, late;
	size_t part;

	for (part = 1; part < PARTS; part++) {
		most[part] = most_in(slabs, cache, part);
		if (part > 1 && most[part] <= most[part - 1])
			return false;
	}
	early = most[PARTS / 2] - most[1];
	late = most[PARTS - 1] - most[PARTS / 2];
	/* one object a round is a leak */
	return early + late > FEW && early + late >= (long)(slabs->rounds / 2) && late >= early / 2;
}

bool slabs_can_tell(const struct slabs *slabs)
{
	return slabs->rounds >= 2 * PARTS;
}

size_t slabs_that_grow(const struct slabs *slabs)
{
	size_t i, part, nr = 0;

	for (i = 0; i < slabs->nr; i++) {
		if (!grows(slabs, &slabs->caches[i]))
			continue;
		nr++;
		printf("# %s grows:", slabs->caches[i].name);
		for (part = 0; part < PARTS; part++)
			printf(" %ld", most_in(slabs, &slabs->caches[i], part));
		printf(" objects\n");
	}
	return nr;
}
