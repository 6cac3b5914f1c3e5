/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world of a case: what its bytes stand for
 *
 * A process plays cases, one after the other. There are slots for fds, and an arena, a range of
 * addresses for mappings. Around it are a scratch buffer and pages that can't be used as buffers.
 * What outlives the process (names, mounts, parameters) is noted in struct shared, so that the
 * fuzzer can clear it up.
 */
#ifndef BPFMMAP_TESTS_FUZZ_WORLD_H
#define BPFMMAP_TESTS_FUZZ_WORLD_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SLOTS		4
#define MOST_CHILDREN	3
#define ARENA		((uint8_t *)0x10000000000UL)
#define ARENA_BYTES	(8UL << 20)
#define SCRATCH_BYTES	(256UL << 10)

/* The entry of a table that a byte stands for. */
#define CHOOSE(table, byte)	\
	({ typeof(table) *all_ = &(table); \
	   (*all_)[(byte) % (sizeof(*all_) / sizeof((*all_)[0]))]; })

#define DIRTY_NAMES	1
#define DIRTY_MOUNTS	2
#define DIRTY_PARAMETERS 4

#define SECOND_MOUNT	"/tmp/second"

/* What a case tells the fuzzer, in memory that both share. */
struct shared {
	char broken[512];		/* the promise that was broken, or empty */
	unsigned int dirty;		/* DIRTY_* */
	unsigned int done;		/* calls */
	long child_result;		/* of a call with HOW_CHILD */
	bool used_arena;		/* a pointer into the arena was given to the call */
};

struct world {
	int fds[SLOTS];			/* -1: free */
	uint32_t ids[SLOTS];		/* of a region, or 0 */
	pid_t children[MOST_CHILDREN];	/* they have what this process had, and sleep; 0: none */
	dev_t device;			/* of the file system */
	bool spoiled;			/* this process must not play another case */
	bool is_child;			/* this process makes one call, and ends */
	bool alone;			/* no other thread makes a call now */
};

extern struct shared *shared;
extern struct world world;

void world_prepare(void);		/* once, in the fuzzer */
void world_start(void);			/* in a process that plays cases */
void world_begin(void);			/* before each case */
void world_end(void);			/* close and unmap what the case has */

/* Note which promise was broken, and end the process. */
void broken(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

int slot_fd(uint8_t slot);
/* Put a new fd into a slot, whose older one is closed. Returns fd, which may be an error. */
long slot_set(uint8_t slot, long fd);

/* Bytes of a case as addresses of the arena, lengths, offsets, numbers. */
uint8_t *place(uint8_t byte);
size_t length(uint8_t byte);
int64_t offset(uint8_t byte);
uint32_t number(uint8_t byte);

/*
 * A buffer: mostly scratch memory, sometimes memory whose end is missing, that can't be written or
 * accessed at all, or the arena.
 */
uint8_t *buffer(uint8_t byte, size_t len);
bool buffer_is_bad(uint8_t byte);	/* no byte of it can be read or written */
bool buffer_is_plain(uint8_t byte);	/* all of it can */

/* Paths and names. */
const char *name_path(uint8_t byte);
const char *name_alone(uint8_t byte);

/* Access memory: 0, -EFAULT for SIGSEGV, or -EIO for SIGBUS. */
long guarded_copy(void *to, const void *from, size_t len);

#endif /* BPFMMAP_TESTS_FUZZ_WORLD_H */
