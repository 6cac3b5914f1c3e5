/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BPF programs that use regions: load and run them
 *
 * An object is a file of tests/bpf/programs, which is in the guest under /extra. Of the programs
 * in it those are loaded whose names are given.
 */
#ifndef BPFMMAP_TESTS_PROGRAMS_H
#define BPFMMAP_TESTS_PROGRAMS_H

#include "fixture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>

#include "../programs/common.h"

/* Where kernels have no type information of modules, each test is left out, and says why. */
int run_bpf_group(const struct CMUnitTest *tests, size_t nr);

bool kernel_has_walks(void);		/* 6.4 */
bool kernel_has_one_hook(void);		/* 6.2 */

/* Both modules; the second one goes when no program is left, which takes a moment. */
int load_both(void **state);
int unload_both(void **state);
int try_unload_soon(const char *name);	/* .. or any other; waits for what is about to be gone */

/* NULL: refused, see refusal(). The handle is for objects that have one in their .rodata. */
struct bpf_object *try_load_programs(const char *file, uint64_t handle, const char *const *names);
struct bpf_object *load_programs(const char *file, uint64_t handle, const char *const *names);
struct bpf_object *load_programs_at(const char *file, uint64_t handle, uint32_t place,
				    const char *const *names);
#define PROGRAMS(...)	((const char *const[]){ __VA_ARGS__, NULL })

/* What the verifier has said about the last one that was refused. */
const char *refusal(void);

int program_fd(struct bpf_object *object, const char *name);

/* What it returns, or -errno: it did not run. */
int run_program(struct bpf_object *object, const char *name, const struct program_args *args);

/* Regions for programs. */
int create_for_programs(uint32_t flags, uint32_t value_size, uint32_t max_entries);
uint64_t handle_of(int region);

/* A run in a thread of its own. */
struct running {
	pthread_t thread;
	int fd;
	struct program_args args;
	volatile bool done;
	int ret;
};

void start_program(struct running *running, struct bpf_object *object, const char *name);
int join_program(struct running *running);

/* Milliseconds of a clock that goes on. */
double now_ms(void);

#endif /* BPFMMAP_TESTS_PROGRAMS_H */
