/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The window: what a guest has at GUEST_WINDOW, and this process at WINDOW
 *
 * KVM finds the memory of a guest by its address in this process, each time that it looks.
 * So what is mapped at WINDOW may change while the guest stays.
 */
#ifndef BPFMMAP_TESTS_KVM_WINDOW_H
#define BPFMMAP_TESTS_KVM_WINDOW_H

#include "harness.h"
#include "kvm_guest.h"

#define WINDOW		((uint8_t *)HIGH(0x600040000000))	/* a multiple of 2 MiB */
#define BLOCK_PAGES	512					/* of 2 MiB */

/* For a group: our module, and KVM as it is without parameters. */
int enter_kvm(void **state);
int leave_kvm(void **state);
#define RUN_KVM_GROUP(tests)	cmocka_run_group_tests(tests, enter_kvm, leave_kvm)

/* For a test's setup: KVM with the parameters for kvm-amd that its state is. */
int reload_kvm(void **state);
/* For a test's teardown: no guest is left, no window, and no file that was made here. */
int clear_up(void **state);

/* Start the guest, or skip the test; it sees the window. */
struct kvm_guest *start_guest(unsigned int flags, size_t pages);

/* What can be the window: a region, or memory that KVM knows how to use on every kernel. */
int make_region(size_t pages);
int make_memfd(size_t pages);
void close_file(int fd);

uint8_t *map_window(int fd, size_t pages, int prot);
void unmap_window(size_t pages);

/* All that a region, or a memfd, contains; to be freed. */
uint8_t *contents(int fd, size_t pages);
/* The first byte that is different, or -1. */
long difference(const uint8_t *now, const uint8_t *before, size_t len);
/* .. of what the file contains now. */
long changed_at(int fd, const uint8_t *before, size_t pages);
/* Fails, with the place, if it is different. */
void assert_unchanged(int fd, const uint8_t *before, size_t pages);

/* Did the guest get where its program ends? */
bool works(int exit);
/*
 * It got nothing done, and who runs it is told so: there is no memory (EFAULT), none to write to
 * (an exit for MMIO), or none to write to with a lock (an internal error).
 */
#define assert_nothing_done(exit)	assert_in_set(exit, nothing_done, 3)
extern const uintmax_t nothing_done[3];

#endif /* BPFMMAP_TESTS_KVM_WINDOW_H */
