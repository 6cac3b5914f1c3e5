// SPDX-License-Identifier: GPL-2.0-only
/* See pages.h. */
#include "pages.h"

bool set_huge_pages(const char *to)
{
	return !try_write_file("/sys/kernel/mm/transparent_hugepage/enabled", to);
}

int create_numbered(unsigned int region, uint32_t flags)
{
	struct bpfmmap_create args = create_args(8, LEN / 8);
	uint32_t *at;
	size_t page;
	int fd;

	set_huge_pages("always");
	args.flags = flags;
	fd = try_create_args(&args);
	assert_true(fd >= 0);
	at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	for (page = 0; page < LEN / PAGE; page++)
		at[page * PAGE / sizeof(*at)] = NUMBER(region, page);
	unmap(at, LEN);
	return fd;
}

uint8_t *reserve(size_t len)
{
	uint8_t *room = mmap(NULL, len + CHUNK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *at = (uint8_t *)(((uintptr_t)room + CHUNK - 1) / CHUNK * CHUNK);

	assert_ptr_not_equal(room, MAP_FAILED);
	if (at > room)
		unmap(room, at - room);
	if (at < room + CHUNK)
		unmap(at + len, room + CHUNK - at);
	return at;
}

void put(int fd, uint8_t *at, size_t len, size_t page)
{
	if (mmap(at, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, page * PAGE) != at)
		wrong("mmap of %zu bytes: %s", len, strerror(errno));
}

void cover(uint8_t *at, size_t len)
{
	if (mmap(at, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at)
		wrong("mmap of nothing: %s", strerror(errno));
}

uint32_t look_or_scribble(struct racer *self, uint8_t *at)
{
	return any(self, 2) ? look(at) : scribble(at);
}

size_t chunk_in_turn(unsigned long round)
{
	return round * 7 % CHUNKS;
}

size_t page_in_turn(struct racer *self, unsigned long round)
{
	return chunk_in_turn(round) * CHUNK_PAGES + any(self, CHUNK_PAGES);
}

bool touch(struct racer *self, uint8_t *at, size_t page)
{
	uint32_t seen = look_or_scribble(self, at + page * PAGE);

	if (seen != REFUSED && seen != NUMBER(OURS, page))
		wrong("page %#zx says %#x", page, seen);
	return seen != REFUSED;
}

bool touch_mapped(struct racer *self, uint8_t *at, size_t page)
{
	if (!touch(self, at, page))
		wrong("page %#zx is not there", page);
	return true;
}

void check(const uint8_t *at, unsigned int region, size_t first, size_t end)
{
	size_t page;

	for (page = first; page < end; page++) {
		uint32_t seen = look(at + page * PAGE);

		if (seen != NUMBER(region, page))
			wrong("page %#zx of region %u says %#x", page, region, seen);
	}
}

struct writer {
	pthread_t thread;
	uint8_t *at;
	size_t len;
	bool over;
	unsigned long written, refused;
};

static void *write_on(void *arg)
{
	struct writer *self = arg;
	unsigned int seed = 1;

	while (!__atomic_load_n(&self->over, __ATOMIC_RELAXED)) {
		uint8_t *page = self->at + rand_r(&seed) % (self->len / PAGE) * PAGE;
		bool worked = scribble(page) != REFUSED;
		unsigned long *count = worked ? &self->written : &self->refused;

		__atomic_store_n(count, *count + 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static bool becomes_more(const unsigned long *count)
{
	unsigned long before = __atomic_load_n(count, __ATOMIC_RELAXED);
	int tries;

	for (tries = 0; tries < 30000; tries++) {
		if (__atomic_load_n(count, __ATOMIC_RELAXED) != before)
			return true;
		usleep(1000);
	}
	return false;
}

void settle(int fd, unsigned int region)
{
	size_t len = info(fd).bytes, page, i;
	uint8_t *at = reserve(len), *view, *before = malloc(len);
	struct writer writers[2] = { { .at = at, .len = len }, { .at = at, .len = len } };

	catch_segv();
	assert_int_equal(info(fd).mappings, 0);
	assert_int_equal(info(fd).writers, 0);
	view = map(fd, len, PROT_READ, 0);
	put(fd, at, len, 0);
	for (i = 0; i < ARRAY_SIZE(writers); i++) {
		assert_ok(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]));
		assert_true(becomes_more(&writers[i].written));
	}
	cover(at, len);
	assert_int_equal(info(fd).mappings, 1);
	assert_int_equal(info(fd).writers, 0);
	assert_ok(try_freeze(fd));
	memcpy(before, view, len);
	for (i = 0; i < ARRAY_SIZE(writers); i++)
		assert_true(becomes_more(&writers[i].refused));
	usleep(10000);
	for (i = 0; i < ARRAY_SIZE(writers); i++) {
		__atomic_store_n(&writers[i].over, true, __ATOMIC_RELAXED);
		assert_ok(pthread_join(writers[i].thread, NULL));
	}
	assert_memory_equal(before, view, len);
	for (page = 0; page < len / PAGE; page++)
		assert_int_equal(look(view + page * PAGE), NUMBER(region, page));
	unmap(view, len);
	unmap(at, len);
	free(before);
	close(fd);
}
