/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An attack: one route, tried on one array
 *
 * A route gets an array that is filled and not frozen. It prepares what it wants,
 * freezes with freeze(), goes on to change the contents, and says what it was told
 * with passes(). It runs in a process of its own, so it may crash or hang, and need
 * not clean up. Who started it then compares every byte with what was there when
 * freeze returned 0.
 */
#ifndef BPFMMAP_TESTS_ATTACK_H
#define BPFMMAP_TESTS_ATTACK_H

#include "array.h"
#include "harness.h"
#include "held_page.h"

#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* Of the array; REGION_PAGES= says how many, as 1024 for blocks of 2 MiB. */
#define PAGES	attack_pages()
#define LEN	(PAGES * PAGE)
#define NR	((uint32_t)(LEN / 8))	/* elements of 8 bytes */
#define OURS	0xa7			/* what the array is filled with */
#define THEIRS	0x66			/* what an attack writes */

size_t attack_pages(void);

/* In the order of what matters more when a route is tried several times. */
enum outcome {
	NO_EFFECT,	/* all of it worked and nothing changed */
	MISSING,	/* this kernel has no such route */
	REFUSED,
	KILLED,		/* the process was, for trying */
	HUNG,
	CHANGED,
};

/* Shared between the process that attacks and the one that looks on. */
struct target {
	const struct array *array;
	int fd;
	int serial;		/* another number for each attack */
	bool control;		/* to see whether the attack is one: nothing freezes */
	bool frozen;
	enum outcome outcome;
	char why[64];
	uint8_t *before;	/* the contents when freeze returned 0 */
};

struct route {
	const char *name;
	void (*run)(struct target *t);
	int rounds;		/* races are tried more than once; 0 is 1 */
	bool programs;		/* a region is made for BPF programs */
};

/* Each ends with a route that has no name. */
extern const struct route mapping_routes[];
extern const struct route memory_routes[];
extern const struct route descriptor_routes[];
extern const struct route copy_routes[];
extern const struct route pin_routes[];
extern const struct route kernel_write_routes[];
extern const struct route program_routes[];
extern const struct route function_routes[];
extern const struct route physical_routes[];
extern const struct route device_routes[];
extern const struct route vhost_routes[];
extern const struct route kvm_routes[];

/*
 * The result stays valid until the next one. With control, freeze() only says that it
 * froze, and mappings that should be read-only are not: an attack that is one changes
 * the contents then.
 */
const struct target *attack(const struct route *route, const struct array *array, bool control);

/* For the routes. A step that is refused is remembered, the first of them. */
bool passes(struct target *t, const char *step, long ret);
void missing(struct target *t, const char *why);
bool freeze(struct target *t);
void *map_of(struct target *t, int prot);	/* NULL if refused */
void *writable(struct target *t);
void *readonly(struct target *t);
void *frozen_view(struct target *t);	/* freeze, then map it read-only */
void *memory(size_t len);		/* of one's own, full of THEIRS */

/*
 * A call that waits for memory which userfaultfd holds back. stall() is true when the
 * call hangs in the kernel, and false when it came back at once; release() gives it
 * a page of THEIRS, and what it returned.
 */
struct stalled {
	struct target *t;
	long (*call)(struct stalled *s);
	uint8_t *at;		/* for the call */
	struct held_page held;	/* the one that does not come */
	int done[2];
	pthread_t thread;
	long ret;
};

bool stall(struct stalled *s);
long release(struct stalled *s);

/*
 * A disk that keeps one read waiting. slow_disk_wait() is true when the read of
 * SLOW has arrived, and false when *done was written to first.
 */
#define SLOW	(64 * KIB)

struct slow_disk {
	int fd;			/* O_DIRECT */
	int arrived[2], go[2];
};

bool slow_disk_open(struct target *t, struct slow_disk *disk);
bool slow_disk_wait(struct slow_disk *disk, int done);
void slow_disk_go(struct slow_disk *disk);

/* An io_uring, one request at a time. */
struct io_uring_sqe;
struct io_uring_params;

struct uring {
	int fd;
	unsigned int *sq_tail, *sq_array, *cq_head, *cq_tail;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	unsigned int cq_mask;
};

bool uring_open(struct target *t, struct uring *ring);
int uring_submit(struct uring *ring, const struct io_uring_sqe *sqe);
int uring_wait(struct uring *ring);

#endif /* BPFMMAP_TESTS_ATTACK_H */
