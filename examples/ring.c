// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * A ring between two processes: ring [MESSAGES]
 *
 * One process writes messages into a region and another reads them, without a lock and without
 * a system call for each message. Each element is a cache line. Element 0 has the number of
 * messages written, which only the writer changes. Element 1 has the number of messages read,
 * which only the reader changes. The other elements are the messages. The writer stores a
 * message before the number that includes it (release), and the reader loads the number before
 * the message (acquire).
 *
 * Both sides compute a checksum of the messages. The reader stores its own next to its number.
 */
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpfmmap.h>

#define LINE		64
#define WORDS		(LINE / 8)
#define SLOTS		256
#define FIRST_SLOT	2

struct side {
	_Atomic uint64_t count;
	uint64_t checksum;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t *slot(const struct bpfmmap_map *map, uint64_t number)
{
	return bpfmmap_map__at(map, LINE, FIRST_SLOT + number % SLOTS);
}

static uint64_t mix(uint64_t checksum, uint64_t word)
{
	return (checksum ^ word) * 0x100000001b3;
}

static void write_all(const struct bpfmmap_map *map, uint64_t messages)
{
	struct side *written = bpfmmap_map__at(map, LINE, 0);
	const struct side *read = bpfmmap_map__at(map, LINE, 1);
	uint64_t number, word = 1;
	uint64_t *to;
	int i;

	for (number = 0; number < messages; number++) {
		while (number - atomic_load_explicit(&read->count, memory_order_acquire) == SLOTS)
			sched_yield();
		to = slot(map, number);
		for (i = 0; i < WORDS; i++) {
			word = word * 6364136223846793005 + 1442695040888963407;
			to[i] = word;
			written->checksum = mix(written->checksum, word);
		}
		atomic_store_explicit(&written->count, number + 1, memory_order_release);
	}
}

static void read_all(const struct bpfmmap_map *map, uint64_t messages)
{
	const struct side *written = bpfmmap_map__at(map, LINE, 0);
	struct side *read = bpfmmap_map__at(map, LINE, 1);
	const uint64_t *from;
	uint64_t number;
	int i;

	for (number = 0; number < messages; number++) {
		while (atomic_load_explicit(&written->count, memory_order_acquire) == number)
			sched_yield();
		from = slot(map, number);
		for (i = 0; i < WORDS; i++)
			read->checksum = mix(read->checksum, from[i]);
		atomic_store_explicit(&read->count, number + 1, memory_order_release);
	}
}

int main(int argc, char **argv)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, writable, .writable = true);
	uint64_t messages = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
	const struct side *written, *read;
	struct bpfmmap_region *region;
	struct bpfmmap_map map;
	pid_t reader;
	int status;

	region = bpfmmap_region__create("ring", LINE, FIRST_SLOT + SLOTS, NULL);
	if (!region)
		die("create");
	if (bpfmmap_region__map(region, &map, &writable))
		die("map");

	/* the child shares the mapping, as any process that maps the region does */
	reader = fork();
	if (reader < 0)
		die("fork");
	if (!reader) {
		read_all(&map, messages);
		bpfmmap_region__unmap(region, &map);
		bpfmmap_region__close(region);
		return 0;
	}
	write_all(&map, messages);
	if (waitpid(reader, &status, 0) != reader || status) {
		fprintf(stderr, "the reader failed\n");
		return 1;
	}

	written = bpfmmap_map__at(&map, LINE, 0);
	read = bpfmmap_map__at(&map, LINE, 1);
	printf("written: %llu messages of %d bytes, checksum %016llx\n",
	       (unsigned long long)written->count, LINE, (unsigned long long)written->checksum);
	printf("read:    %llu messages of %d bytes, checksum %016llx\n",
	       (unsigned long long)read->count, LINE, (unsigned long long)read->checksum);
	if (written->count != read->count || written->checksum != read->checksum) {
		printf("they differ\n");
		return 1;
	}
	printf("they are the same\n");
	bpfmmap_region__unmap(region, &map);
	bpfmmap_region__close(region);
	return 0;
}
