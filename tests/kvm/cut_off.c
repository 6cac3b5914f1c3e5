// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that had a region as memory is cut off from it, whatever KVM has made of the mapping:
 * by the time that munmap has returned (freeze waits for that), or mprotect, or mremap. What it
 * finds in place of it (nothing, or a mapping that is read-only) does not let it write either.
 *
 * Each test is run with page tables of the CPU's own for guests (nested paging) and with those
 * that KVM makes for them ("shadow").
 */
#include "window.h"

/* Each writes to the word at ebx. */
GUEST_PROGRAM(store, "movl $0x66666666, (%ebx)\n outb %al, $0x10");
GUEST_PROGRAM(exchange, "movl $0x66666666, %ecx\n xchgl %ecx, (%ebx)\n outb %al, $0x10");
GUEST_PROGRAM(compare_and_exchange,
	      "movl (%ebx), %eax\n"
	      "movl $0x66666666, %ecx\n"
	      "lock cmpxchgl %ecx, (%ebx)\n"
	      "outb %al, $0x10");
GUEST_PROGRAM(copy, "movl $0x5000, %esi\n movl $64, %ecx\n rep movsl\n outb %al, $0x10");
GUEST_PROGRAM(load, "movl (%ebx), %edx\n outb %al, $0x10");

static const struct kvm_program * const writers[] = {
	&store, &exchange, &compare_and_exchange, &copy,
};

/* The guest can store to a page, or KVM does not use such pages. */
static bool can_store(struct kvm_guest *guest, size_t page)
{
	int exit;

	kvm_guest_load(guest, &store);
	exit = kvm_guest_run_at(guest, GUEST_WINDOW + page * PAGE);
	assert_true(works(exit) || exit == -EFAULT);
	return works(exit);
}

/* A region that the guest has stored to, if it can, and tried to in any case. */
static int used_region(struct kvm_guest *guest, size_t pages, bool *used)
{
	int fd = make_region(pages);

	map_window(fd, pages, PROT_READ | PROT_WRITE);
	*used = can_store(guest, 0);
	assert_int_equal(can_store(guest, pages - 1), *used);
	return fd;
}

/* None of the ways to write changes a page that the guest may not write to. */
static void assert_refused_page(struct kvm_guest *guest, int fd, size_t pages, size_t page)
{
	uint8_t *before = contents(fd, pages);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(writers); i++) {
		kvm_guest_load(guest, writers[i]);
		assert_nothing_done(kvm_guest_run_at(guest, GUEST_WINDOW + page * PAGE));
		assert_unchanged(fd, before, pages);
	}
	free(before);
}

static void assert_cut_off(struct kvm_guest *guest, int fd, size_t pages)
{
	assert_refused_page(guest, fd, pages, 0);
	assert_refused_page(guest, fd, pages, pages - 1);
}

static void cut_off_by_freeze(size_t pages)
{
	struct kvm_guest *guest;
	bool used;
	int fd;

	guest = start_guest(0, pages);
	fd = used_region(guest, pages, &used);
	printf("# the guest %s the region before\n", used ? "writes to" : "can't use");
	assert_refused(try_freeze(fd), EBUSY);
	assert_int_equal(can_store(guest, 0), used);
	unmap_window(pages);
	assert_ok(try_freeze(fd));
	assert_cut_off(guest, fd, pages);

	/* what it finds there next can be read, where KVM uses such pages */
	map_window(fd, pages, PROT_READ);
	assert_cut_off(guest, fd, pages);
	kvm_guest_load(guest, &load);
	assert_int_equal(works(kvm_guest_run_at(guest, GUEST_WINDOW)), used);
	assert_cut_off(guest, fd, pages);
}

static void a_page_is_cut_off_by_freeze(void **state)
{
	(void)state;
	cut_off_by_freeze(1);
}

static void a_block_is_cut_off_by_freeze(void **state)
{
	(void)state;
	cut_off_by_freeze(BLOCK_PAGES);
}

static void a_read_only_slot_is_not_written_to(void **state)
{
	struct kvm_guest *guest;
	int fd, prot;

	for (prot = PROT_READ; prot <= (PROT_READ | PROT_WRITE); prot += PROT_WRITE) {
		guest = start_guest(0, BLOCK_PAGES);
		assert_ok(kvm_guest_window(guest, 0, WINDOW));
		assert_ok(kvm_guest_slot(guest, 1, GUEST_WINDOW, BLOCK_PAGES * PAGE, WINDOW,
					 KVM_MEM_READONLY));
		fd = make_region(BLOCK_PAGES);
		if (prot == PROT_READ)
			assert_ok(try_freeze(fd));
		map_window(fd, BLOCK_PAGES, prot);
		assert_cut_off(guest, fd, BLOCK_PAGES);
		clear_up(state);
	}
}

static void mprotect_stops_a_guest(void **state)
{
	struct kvm_guest *guest;
	bool used;
	int fd;

	(void)state;
	guest = start_guest(0, BLOCK_PAGES);
	fd = used_region(guest, BLOCK_PAGES, &used);
	assert_ok(try_protect(WINDOW, BLOCK_PAGES * PAGE, PROT_READ));
	assert_cut_off(guest, fd, BLOCK_PAGES);
	assert_refused(try_freeze(fd), EBUSY);
	assert_ok(try_protect(WINDOW, BLOCK_PAGES * PAGE, PROT_READ | PROT_WRITE));
	assert_int_equal(can_store(guest, 0), used);
	unmap_window(BLOCK_PAGES);
	assert_ok(try_freeze(fd));
	assert_cut_off(guest, fd, BLOCK_PAGES);
}

/* The guest has had all of the block by one entry; what goes is a page of it. */
static void a_hole_in_a_block_is_one_for_the_guest(void **state)
{
	const size_t hole = 5;
	struct kvm_guest *guest;
	bool used;
	int fd;

	(void)state;
	guest = start_guest(0, BLOCK_PAGES);
	fd = used_region(guest, BLOCK_PAGES, &used);
	unmap(WINDOW + hole * PAGE, PAGE);
	assert_refused_page(guest, fd, BLOCK_PAGES, hole);
	assert_int_equal(can_store(guest, hole - 1), used);
	assert_int_equal(can_store(guest, hole + 1), used);
	assert_refused_page(guest, fd, BLOCK_PAGES, hole);
}

static void a_mapping_that_moves_away_leaves_the_guest(void **state)
{
	struct kvm_guest *guest;
	uint8_t *at;
	bool used;
	int fd;

	(void)state;
	guest = start_guest(0, BLOCK_PAGES);
	fd = used_region(guest, BLOCK_PAGES, &used);
	at = mremap(WINDOW, BLOCK_PAGES * PAGE, BLOCK_PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    WINDOW + 4 * MIB);
	assert_ptr_equal(at, WINDOW + 4 * MIB);
	assert_cut_off(guest, fd, BLOCK_PAGES);
}

/* Its pages go to others, here to the next region, and the guest does not see them. */
static void a_region_that_is_gone_leaves_the_guest(void **state)
{
	struct kvm_guest *guest;
	bool used;
	int fd;

	(void)state;
	guest = start_guest(0, BLOCK_PAGES);
	fd = used_region(guest, BLOCK_PAGES, &used);
	unmap_window(BLOCK_PAGES);
	close_file(fd);
	fd = make_region(BLOCK_PAGES);
	assert_cut_off(guest, fd, BLOCK_PAGES);
}

#define TEST(test)	cmocka_unit_test_teardown(test, clear_up)
#define SHADOW(test)								\
	{ .name = "shadow: " #test, .test_func = test, .setup_func = reload_kvm,	\
	  .teardown_func = clear_up, .initial_state = "npt=0" }

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_page_is_cut_off_by_freeze),
		TEST(a_block_is_cut_off_by_freeze),
		TEST(a_read_only_slot_is_not_written_to),
		TEST(mprotect_stops_a_guest),
		TEST(a_hole_in_a_block_is_one_for_the_guest),
		TEST(a_mapping_that_moves_away_leaves_the_guest),
		TEST(a_region_that_is_gone_leaves_the_guest),
		SHADOW(a_page_is_cut_off_by_freeze),
		SHADOW(a_block_is_cut_off_by_freeze),
		SHADOW(a_read_only_slot_is_not_written_to),
		SHADOW(mprotect_stops_a_guest),
		SHADOW(a_hole_in_a_block_is_one_for_the_guest),
		SHADOW(a_mapping_that_moves_away_leaves_the_guest),
		SHADOW(a_region_that_is_gone_leaves_the_guest),
	};

	return RUN_KVM_GROUP(tests);
}
