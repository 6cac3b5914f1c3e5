/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short names for what most tests do
 *
 * A call that may be refused is try_SOMETHING() and returns what the system call returns, or
 * -errno; so assert_refused(try_..., EPERM) reads like the contract. The same call without try_
 * asserts that it works.
 *
 * A test that needs another process gives a function to in_child(). In there it does not assert,
 * but returns 0 for success or another number below 128.
 */
#ifndef BPFMMAP_TESTS_HARNESS_H
#define BPFMMAP_TESTS_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/bpfmmap.h>

#define PAGE		((size_t)sysconf(_SC_PAGESIZE))
#define KIB		1024UL
#define MIB		(1024 * KIB)
#define GIB		(1024 * MIB)
#define HIGH(address)	((void *)(uintptr_t)(address))	/* 32-bit programs get another address */
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define assert_refused(call, error)	assert_int_equal((call), -(error))
#define assert_ok(call)			assert_int_equal((call), 0)

/* Leave a test out. The runner shows the reason. */
#define skip_because(...)				\
	do {						\
		printf("# skipped: " __VA_ARGS__);	\
		printf("\n");				\
		fflush(stdout);				\
		skip();					\
	} while (0)

/* The module: a group of tests loads it first and unloads it last. */
int try_load(const char *parameters);	/* and mount the file system */
int try_unload(void);			/* after umount of the file system */
int try_load_only(const char *parameters);
int try_unload_only(void);
int try_mount(const char *options);
/* Load one of "modules" in vm.conf. One that is loaded already, or built in, stays as it is. */
int try_load_other(const char *name);
int try_load_other_with(const char *name, const char *parameters);
int try_unload_other(const char *name);	/* by its name in the kernel, as kvm_amd */
int try_unload_functions(void);	/* bpfmmap_bpf, which programs keep for some grace periods */
int load_module(void **state);
int unload_module(void **state);
void set_parameter(const char *name, const char *value);

/* Write a text to a file that exists. 0, or -errno. */
int try_write_file(const char *path, const char *text);

/* BPF programs call functions of modules with the JIT only. 0; -ENOENT: the kernel has none. */
int switch_bpf_jit_on(void);
void write_file(const char *path, const char *text);

/*
 * The same as load_module, for tests that measure free memory. Otherwise each CPU keeps up to 64
 * MiB of freed memory, which does not count as free.
 */
int give_back_what_is_free(void **state);

/*
 * Run tests in a process of their own. What a failed test leaves behind is cleared up, so that it
 * does not make other tests fail; see group.c.
 */
int run_group(const struct CMUnitTest *tests, size_t nr, CMFixtureFunction setup,
	      CMFixtureFunction teardown);

#define RUN_GROUP_WITH(tests, setup, teardown)	\
	run_group(tests, sizeof(tests) / sizeof(struct CMUnitTest), setup, teardown)
#define RUN_GROUP(tests)	RUN_GROUP_WITH(tests, load_module, unload_module)

/* The result of a system call: itself, or -errno. */
long result(long ret);

/* ioctl(), returning -errno. */
int request(int fd, unsigned long cmd, void *args);
/* The same for the control device, which is opened for the call. */
int control_request(unsigned long cmd, void *args);

/* Regions. create_pages() makes one with elements of 8 bytes. */
struct bpfmmap_create create_args(uint32_t value_size, uint32_t max_entries);
int try_create_args(struct bpfmmap_create *args);
int try_create(uint32_t value_size, uint32_t max_entries);
int create(uint32_t value_size, uint32_t max_entries);
int create_pages(size_t pages);
int try_open_id(uint32_t id, uint32_t flags);
int open_id(uint32_t id, uint32_t flags);
int try_freeze(int fd);
int try_freeze_with(int fd, uint32_t flags);
struct bpfmmap_info info(int fd);
bool id_exists(uint32_t id);

int try_lookup(int fd, uint32_t index, void *value);
int try_update(int fd, uint32_t index, const void *value, uint64_t flags);
int try_batch(int fd, unsigned long cmd, uint32_t index, uint32_t *count, void *values);

/* Mappings. try_map() unmaps what it has mapped. */
int try_map(int fd, size_t len, int prot, int flags, off_t offset);
void *map(int fd, size_t len, int prot, off_t offset);
int try_protect(void *at, size_t len, int prot);
void unmap(void *at, size_t len);

/* True if all bytes have that value. */
bool all(const void *at, size_t len, uint8_t byte);

/* A page of memory with nothing mapped behind it, and how to free it. */
uint8_t *page_before_a_hole(void);
void free_page_before_a_hole(uint8_t *page);

/* Run fn(arg) in a child: what it returned, or 128 plus the signal that ended it. */
int in_child(int (*fn)(void *arg), void *arg);

/* Touch one byte in a child: 0, or the signal that it got. */
int try_read_byte(const volatile void *at);
int try_write_byte(volatile void *at);

/* The number behind "KEY:" in a file of /proc, or -1. */
long long proc_number(const char *path, const char *key);

/* For children: become uid and gid 65534, without capabilities. */
void become_nobody(void);

/* Go on as another user without capabilities; uid 0 undoes that. */
void go_on_as(uid_t uid);

/* This thread, and its later threads and children, run on that CPU only. */
void stay_on_cpu(int cpu);

#endif /* BPFMMAP_TESTS_HARNESS_H */
