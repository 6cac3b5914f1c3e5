// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings: mmap, faults, fork, mremap and splits, of which the kernel undoes what it had begun
 *
 * A fault that finds no memory is repeated by the kernel, so a process never sees it.
 */
#include "faults.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define CHUNK	512UL	/* pages */

/* Far away from what a process has mapped, so no page table is there. (Not with 32 bits.) */
#define PLACE	HIGH(sizeof(void *) == 8 ? 0x340000000000ULL : 0)

static int region;
static size_t pages;	/* of the mapping */
static int protection;
static uint8_t *at, *place;

static void begin(size_t nr, int prot)
{
	pages = nr;
	protection = prot;
	region = create_filled(pages);
}

static long map_it(void)
{
	at = mmap(PLACE, pages * PAGE, protection, MAP_SHARED, region, 0);
	return at == MAP_FAILED ? -errno : 0;
}

static void unmap_it(void)
{
	unmap(at, pages * PAGE);
}

/* All of it can be used. */
static void use(void)
{
	const uint8_t before = at[0];

	assert_true(all(at, pages * PAGE, 1));
	if (!(protection & PROT_WRITE))
		return;
	((volatile uint8_t *)at)[0] = 2;
	assert_int_equal(at[0], 2);
	((volatile uint8_t *)at)[0] = before;
}

static void use_and_unmap(long ret)
{
	assert_int_equal(ret, 0);
	assert_int_equal(info(region).writers, !!(protection & PROT_WRITE));
	use();
	unmap_it();
}

static void mmap_with(size_t nr, int prot)
{
	begin(nr, prot);
	FAIL_EACH(.make = map_it, .after = use_and_unmap, .region = &region,
		  .errors = { ENOMEM });
	close(region);
}

/* mmap itself fills a small one. */
static void mmap_of_few_pages(void **state)
{
	(void)state;
	mmap_with(3, PROT_READ | PROT_WRITE);
	mmap_with(3, PROT_READ);
}

static void mmap_of_many_pages(void **state)
{
	(void)state;
	mmap_with(100, PROT_READ | PROT_WRITE);
}

static void mmap_of_chunks(void **state)
{
	(void)state;
	mmap_with(2 * CHUNK + 3, PROT_READ | PROT_WRITE);
}

static void mmap_that_populates(void **state)
{
	struct bpfmmap_create args;

	(void)state;
	pages = CHUNK + 40;
	protection = PROT_READ | PROT_WRITE;
	args = create_args(8, pages * PAGE / 8);
	args.flags = BPFMMAP_F_POPULATE;
	region = try_create_args(&args);
	assert_true(region >= 0);
	fill(region, 1);
	FAIL_EACH(.make = map_it, .after = use_and_unmap, .region = &region,
		  .errors = { ENOMEM });
	close(region);
}

static void map_first(void)
{
	assert_ok(map_it());
}

static void is_used(long ret)
{
	assert_int_equal(ret, 0);
	use();
}

/*
 * Faults
 */

static long touch_some(void)
{
	volatile uint8_t *byte = at;

	return byte[0] == 1 && byte[40 * PAGE] == 1 && byte[(pages - 1) * PAGE] == 1 ? 0 : -EIO;
}

static long touch_all(void)
{
	volatile uint8_t *byte = at;
	size_t i;

	for (i = 0; i < pages; i++)
		byte[i * PAGE] = 1;
	return 0;
}

static void faults_with(size_t nr, int prot, long (*touch)(void))
{
	begin(nr, prot);
	FAIL_EACH(.before = map_first, .make = touch, .after = is_used, .end = unmap_it,
		  .region = &region);
	close(region);
}

static void a_fault(void **state)
{
	(void)state;
	faults_with(100, PROT_READ, touch_some);
}

static void faults_in_sequence(void **state)
{
	(void)state;
	faults_with(100, PROT_READ | PROT_WRITE, touch_all);
}

static void faults_of_chunks(void **state)
{
	(void)state;
	faults_with(2 * CHUNK + 50, PROT_READ | PROT_WRITE, touch_some);
}

static int sink;

/* The kernel reads, and the fault has no memory: the call fails with EFAULT, or is cut short. */
static long read_by_the_kernel(void)
{
	struct iovec part = { at + 50 * PAGE, 100 };

	return result(pwritev(sink, &part, 1, 0));
}

static void all_was_read(long len)
{
	assert_true(len > 0 && len <= 100);
	use();
}

static void a_fault_of_the_kernel(void **state)
{
	(void)state;
	begin(100, PROT_READ | PROT_WRITE);
	sink = memfd_create("sink", MFD_CLOEXEC);
	assert_true(sink >= 0);
	FAIL_EACH(.before = map_first, .make = read_by_the_kernel, .after = all_was_read,
		  .end = unmap_it, .region = &region, .errors = USUAL_ERRORS);
	close(sink);
	close(region);
}

static int memory;	/* /proc/self/mem */

static long read_by_a_debugger(void)
{
	uint8_t bytes[100];
	long len = result(pread(memory, bytes, sizeof(bytes), (uintptr_t)at));

	return len > 0 && !all(bytes, len, 1) ? -EILSEQ : len;
}

static void bytes_were_read(long len)
{
	assert_int_equal(len, 100);
}

static void access_by_a_debugger(void **state)
{
	(void)state;
	begin(20, PROT_READ | PROT_WRITE);
	memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	assert_true(memory >= 0);
	FAIL_EACH(.before = map_first, .make = read_by_a_debugger, .after = bytes_were_read,
		  .end = unmap_it, .region = &region, .errors = { ENOMEM, EFAULT, EIO });
	close(memory);
	close(region);
}

/*
 * What the kernel does with mappings
 */

static long protect_the_middle(void)
{
	return result(mprotect(at + PAGE, PAGE, PROT_READ));
}

static void is_split(long ret)
{
	assert_int_equal(ret, 0);
	assert_int_equal(info(region).mappings, 3);
	assert_int_equal(info(region).writers, 3);
	assert_refused(try_freeze(region), EBUSY);
	assert_ok(mprotect(at + PAGE, PAGE, protection));
	use();
}

static void split_by_mprotect(void **state)
{
	(void)state;
	begin(3, PROT_READ | PROT_WRITE);
	FAIL_EACH(.before = map_first, .make = protect_the_middle, .after = is_split,
		  .end = unmap_it, .region = &region, .splits = true, .errors = { ENOMEM });
	close(region);
}

static long unmap_the_middle(void)
{
	return result(munmap(at + PAGE, PAGE));
}

static void has_a_hole(long ret)
{
	assert_int_equal(ret, 0);
	assert_int_equal(info(region).mappings, 2);
	assert_int_equal(info(region).writers, 2);
	assert_true(all(at, PAGE, 1));
	assert_true(all(at + 2 * PAGE, PAGE, 1));
}

static void split_by_munmap(void **state)
{
	(void)state;
	begin(3, PROT_READ | PROT_WRITE);
	FAIL_EACH(.before = map_first, .make = unmap_the_middle, .after = has_a_hole,
		  .end = unmap_it, .region = &region, .splits = true, .errors = { ENOMEM });
	close(region);
}

/* Part of a chunk's entry goes. */
static void split_of_a_chunk(void **state)
{
	(void)state;
	begin(CHUNK, PROT_READ | PROT_WRITE);
	FAIL_EACH(.before = map_first, .make = unmap_the_middle, .after = has_a_hole,
		  .end = unmap_it, .region = &region, .splits = true, .errors = { ENOMEM });
	close(region);
}

static void map_and_find_a_place(void)
{
	map_first();
	use();
	place = mmap(NULL, pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(place, MAP_FAILED);
}

static void leave_the_place(void)
{
	unmap_it();
	if (place != at)
		unmap(place, pages * PAGE);
}

static long move_it(void)
{
	uint8_t *moved = mremap(at, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				place);

	return moved == MAP_FAILED ? -errno : 0;
}

static void is_moved(long ret)
{
	assert_int_equal(ret, 0);
	at = place;
	assert_int_equal(info(region).mappings, 1);
	use();
}

/*
 * mremap takes away what was at the place before it moves the mapping there. That is all that it
 * may leave undone.
 */
static void put_the_place_back(void)
{
	uint8_t *again = mmap(place, pages * PAGE, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	assert_ptr_equal(again, place);
	use();
}

static void moves_with(size_t nr)
{
	begin(nr, PROT_READ | PROT_WRITE);
	FAIL_EACH(.before = map_and_find_a_place, .make = move_it, .after = is_moved,
		  .failed = put_the_place_back, .end = leave_the_place, .region = &region,
		  .errors = { ENOMEM });
	close(region);
}

static void mremap_moves_pages(void **state)
{
	(void)state;
	moves_with(100);
}

static void mremap_moves_chunks(void **state)
{
	(void)state;
	moves_with(CHUNK + 20);
}

static long map_over_it(void)
{
	uint8_t *over = mmap(at + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, region, 0);

	return over == MAP_FAILED ? -errno : 0;
}

static void is_mapped_over(long ret)
{
	assert_int_equal(ret, 0);
	assert_int_equal(info(region).mappings, 3);
	assert_int_equal(info(region).writers, 2);
	assert_true(all(at, pages * PAGE, 1));
}

/* A kernel that fails may have removed what was there, as mmap(2) says of MAP_FIXED. */
static void map_the_hole(void)
{
	uint8_t *again;

	unmap_it();
	again = mmap(at, pages * PAGE, protection, MAP_SHARED | MAP_FIXED, region, 0);
	assert_ptr_equal(again, at);
}

static void map_over_a_mapping(void **state)
{
	(void)state;
	begin(3, PROT_READ | PROT_WRITE);
	FAIL_EACH(.before = map_first, .make = map_over_it, .after = is_mapped_over,
		  .failed = map_the_hole, .end = unmap_it, .region = &region, .splits = true,
		  .errors = { ENOMEM });
	close(region);
}

static uint8_t *more[4];

static void map_some(void)
{
	size_t i;

	map_first();
	use();
	for (i = 0; i < ARRAY_SIZE(more); i++)
		more[i] = map(region, PAGE, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, i * PAGE);
}

static void unmap_some(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(more); i++)
		unmap(more[i], PAGE);
	unmap_it();
}

static long fork_it(void)
{
	pid_t pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(at[0] == 1 ? 0 : 1);
	return result(pid);
}

static void child_has_ended(long pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(info(region).mappings, 1 + ARRAY_SIZE(more));
}

static void fork_with_mappings(void **state)
{
	(void)state;
	begin(100, PROT_READ | PROT_WRITE);
	FAIL_EACH(.before = map_some, .make = fork_it, .after = child_has_ended,
		  .end = unmap_some, .region = &region, .errors = { ENOMEM, EAGAIN });
	close(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULTS_TEST(mmap_of_few_pages),
		FAULTS_TEST(mmap_of_many_pages),
		FAULTS_TEST(mmap_of_chunks),
		FAULTS_TEST(mmap_that_populates),
		FAULTS_TEST(a_fault),
		FAULTS_TEST(faults_in_sequence),
		FAULTS_TEST(faults_of_chunks),
		FAULTS_TEST(a_fault_of_the_kernel),
		FAULTS_TEST(access_by_a_debugger),
		FAULTS_TEST(split_by_mprotect),
		FAULTS_TEST(split_by_munmap),
		FAULTS_TEST(split_of_a_chunk),
		FAULTS_TEST(mremap_moves_pages),
		FAULTS_TEST(mremap_moves_chunks),
		FAULTS_TEST(map_over_a_mapping),
		FAULTS_TEST(fork_with_mappings),
	};

	return RUN_FAULTS_GROUP(tests);
}
