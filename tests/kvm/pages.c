// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest can do with a region that it has as memory. Kernels differ in whether KVM uses
 * pages without references: up to 6.12 it does not, later it does. What must not be is that
 * some pages of a mapping work and others don't, and that depends on how the kernel got them.
 */
#include "window.h"

/* Read what is there, write the page's own address beside it, and tell what was read. */
GUEST_PROGRAM(read_and_write,
	      "movl 16(%ebx), %esi\n"
	      "movl %esi, 0x5000\n"
	      "movl %ebx, 8(%ebx)\n"
	      "movl 8(%ebx), %edx\n"
	      "movl %edx, 0x5004\n"
	      "outb %al, $0x10");

/* Of 8 bytes each. */
#define NR_OF(page, offset)	((page) * PAGE / 8 + (offset) / 8)

static bool page_works(struct kvm_guest *guest, int fd, size_t page)
{
	const uint32_t address = GUEST_WINDOW + page * PAGE;
	const uint64_t ours = 0x1000000 + page;
	uint64_t theirs = 0;
	int exit;

	assert_ok(try_update(fd, NR_OF(page, 16), &ours, BPFMMAP_ANY));
	exit = kvm_guest_run_at(guest, address);
	assert_ok(try_lookup(fd, NR_OF(page, 8), &theirs));
	if (exit == -EFAULT) {
		assert_int_equal(theirs, 0);
		return false;
	}
	assert_true(works(exit));
	assert_int_equal(*kvm_guest_word(guest, 0), ours);
	assert_int_equal(*kvm_guest_word(guest, 1), address);
	assert_int_equal(theirs, address);
	return true;
}

static void a_guest_works_with_every_page_or_none(void **state)
{
	const size_t pages = *(const size_t *)*state;
	size_t page, working = 0, first = 0;
	struct kvm_guest *guest;
	int fd;

	guest = start_guest(0, pages);
	kvm_guest_load(guest, &read_and_write);
	fd = make_region(pages);
	map_window(fd, pages, PROT_READ | PROT_WRITE);
	/* not the first of a block to begin with: KVM would map the whole block by it */
	for (page = pages; page--;)
		if (page_works(guest, fd, page)) {
			working++;
			first = page;
		}
	printf("# of %zu pages, %llu blocks of 2 MiB, %zu work\n", pages,
	       (unsigned long long)info(fd).huge_runs, working);
	if (working && working != pages)
		fail_msg("%zu of %zu pages work, the first of them page %zu", working, pages,
			 first);
}

#define OF(pages)								\
	{ .name = "a_guest_works_with_every_page_or_none: " #pages,		\
	  .test_func = a_guest_works_with_every_page_or_none,			\
	  .teardown_func = clear_up, .initial_state = &(size_t){ pages } }

int main(void)
{
	const struct CMUnitTest tests[] = {
		OF(1),
		OF(4),
		OF(512),
		OF(1024),
	};

	return RUN_KVM_GROUP(tests);
}
