// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions of several blocks of 2 MiB. On kernels that can do so, one entry maps a block. Its
 * contents stay right when the kernel splits such an entry. Also: what mmap maps at once.
 */
#include "fixture.h"

#include <sys/uio.h>

#define HUGE	(2 * MIB)
#define LEN	(4 * HUGE)

static int fd = -1;

/* Each word of a page has the number of the page. */
static void number_the_pages(uint32_t *at)
{
	size_t i;

	for (i = 0; i < LEN / 4; i++)
		at[i] = i * 4 / PAGE;
}

static bool numbered(const uint32_t *at, size_t first, size_t len)
{
	size_t i;

	for (i = 0; i < len / 4; i++)
		if (at[i] != (first + i * 4) / PAGE)
			return false;
	return true;
}

static int setup(void **state)
{
	uint32_t *at;

	(void)state;
	fd = create(8, LEN / 8);
	at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	number_the_pages(at);
	unmap(at, LEN);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	return 0;
}

static long faults_of_all(void *at)
{
	long before = faults();

	assert_true(numbered(at, 0, LEN));
	return faults() - before;
}

/* Map at an address that is shift bytes behind a multiple of 2 MiB. */
static void *map_at(size_t shift, int prot)
{
	uint8_t *room = mmap(NULL, LEN + 2 * HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *at = (uint8_t *)(((uintptr_t)room + HUGE - 1) / HUGE * HUGE) + shift;

	assert_ptr_not_equal(room, MAP_FAILED);
	assert_ptr_equal(mmap(at, LEN, prot, MAP_SHARED | MAP_FIXED, fd, 0), at);
	munmap(room, at - room);
	munmap(at + LEN, room + LEN + 2 * HUGE - (at + LEN));
	return at;
}

static void one_after_the_other_they_double(void **state)
{
	volatile uint8_t *at = map_at(0, PROT_READ);
	long taken = faults_of_all((void *)at);

	(void)state;
	/* windows of 1 block, 2 blocks, and the rest */
	if (features() & BPFMMAP_FEATURE_HUGE)
		assert_int_equal(taken, 3);
	else if (features() & BPFMMAP_FEATURE_FAULT_AROUND)
		assert_in_range(taken, LEN / PAGE / 512, 5 + LEN / PAGE / 512);
	unmap((void *)at, LEN);
}

static void in_no_order_they_do_not(void **state)
{
	static const unsigned int order[] = { 0, 2, 1, 3 };
	volatile uint8_t *at;
	long before;
	size_t i;

	(void)state;
	if (!(features() & BPFMMAP_FEATURE_HUGE))
		skip_because("this kernel has no entries of 2 MiB without references");
	at = map_at(0, PROT_READ | PROT_WRITE);
	before = faults();
	for (i = 0; i < ARRAY_SIZE(order); i++)
		at[order[i] * HUGE] = 0;
	assert_int_equal(faults() - before, ARRAY_SIZE(order));
	unmap((void *)at, LEN);
}

static void addresses_fit(void **state)
{
	void *at;

	(void)state;
	if (!(features() & BPFMMAP_FEATURE_HUGE))
		skip_because("this kernel has no entries of 2 MiB without references");
	if (sizeof(void *) == 4)
		skip_because("the kernel has no addresses to spare for a 32-bit program");
	at = map(fd, LEN, PROT_READ, 0);
	assert_int_equal((uintptr_t)at % HUGE, 0);
	unmap(at, LEN);
	/* from the middle of a block on; the address is such that the next block fits */
	at = map(fd, LEN - HUGE / 2, PROT_READ, HUGE / 2);
	assert_int_equal((uintptr_t)at % HUGE, HUGE / 2);
	assert_true(numbered(at, HUGE / 2, LEN - HUGE / 2));
	unmap(at, LEN - HUGE / 2);
}

static void at_any_address(void **state)
{
	const size_t shifts[] = { PAGE, HUGE / 2, HUGE - PAGE };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		uint32_t *at = map_at(shifts[i], PROT_READ | PROT_WRITE);

		assert_true(numbered(at, 0, LEN));
		number_the_pages(at);
		unmap(at, LEN);
	}
}

static void windows_double_up_to_a_table(void **state)
{
	long taken;
	void *at;

	(void)state;
	if (!(features() & BPFMMAP_FEATURE_FAULT_AROUND))
		skip_because("a fault is a page here");
	at = map_at(PAGE, PROT_READ);
	taken = faults_of_all(at);
	/*
	 * 16, 32 and so on up to 512 pages until the first boundary, then a table each, and the
	 * rest
	 */
	assert_in_range(taken, LEN / PAGE / 512, 8 + LEN / PAGE / 512);
	unmap(at, LEN);
}

static void a_part_is_unmapped(void **state)
{
	uint8_t *at = map_at(0, PROT_READ | PROT_WRITE);

	(void)state;
	assert_true(numbered((void *)at, 0, LEN));
	assert_ok(munmap(at + HUGE + PAGE, PAGE));
	assert_int_equal(info(fd).mappings, 2);
	assert_int_equal(try_read_byte(at + HUGE + PAGE), SIGSEGV);
	assert_true(numbered((void *)at, 0, HUGE + PAGE));
	assert_true(numbered((void *)(at + HUGE + 2 * PAGE), HUGE + 2 * PAGE,
			     LEN - HUGE - 2 * PAGE));
	unmap(at, HUGE + PAGE);
	unmap(at + HUGE + 2 * PAGE, LEN - HUGE - 2 * PAGE);
	assert_int_equal(info(fd).mappings, 0);
	assert_ok(try_freeze(fd));
}

static void a_part_is_protected(void **state)
{
	uint8_t *at = map_at(0, PROT_READ | PROT_WRITE);

	(void)state;
	assert_true(numbered((void *)at, 0, LEN));
	assert_ok(try_protect(at + HUGE - PAGE, 2 * PAGE, PROT_READ));
	assert_int_equal(try_write_byte(at + HUGE), SIGSEGV);
	assert_int_equal(try_write_byte(at + HUGE - PAGE), SIGSEGV);
	assert_int_equal(try_write_byte(at + HUGE + PAGE), 0);
	assert_ok(try_protect(at, LEN, PROT_NONE));
	assert_int_equal(try_read_byte(at + LEN - 1), SIGSEGV);
	assert_ok(try_protect(at, LEN, PROT_READ | PROT_WRITE));
	number_the_pages((void *)at);
	assert_true(numbered((void *)at, 0, LEN));
	unmap(at, LEN);
}

static void a_part_is_moved(void **state)
{
	uint8_t *at = map_at(0, PROT_READ | PROT_WRITE), *to = map_at(PAGE, PROT_READ | PROT_WRITE);

	(void)state;
	assert_true(numbered((void *)at, 0, LEN));
	/* to an address that is not a multiple of 2 MiB, whole blocks and a part of one */
	assert_ptr_equal(mremap(at + HUGE, HUGE + PAGE, HUGE + PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				to + HUGE), to + HUGE);
	assert_true(numbered((void *)(to + HUGE), HUGE, HUGE + PAGE));
	assert_true(numbered((void *)at, 0, HUGE));
	assert_true(numbered((void *)(at + 2 * HUGE + PAGE), 2 * HUGE + PAGE,
			     LEN - 2 * HUGE - PAGE));
	to[HUGE] ^= 1;
	to[HUGE] ^= 1;
	unmap(to, LEN);
	unmap(at, HUGE);
	unmap(at + 2 * HUGE + PAGE, LEN - 2 * HUGE - PAGE);
	assert_int_equal(info(fd).writers, 0);
}

static int renumber(void *arg)
{
	uint32_t *at = arg;

	if (!numbered(at, 0, LEN))
		return 1;
	memset(at, 0xff, LEN);
	number_the_pages(at);
	at[1] = 4711;
	return 0;
}

static void a_child_has_them(void **state)
{
	uint32_t *at = map_at(0, PROT_READ | PROT_WRITE);

	(void)state;
	assert_true(numbered(at, 0, LEN));
	assert_ok(in_child(renumber, at));
	assert_int_equal(at[1], 4711);
	at[1] = 0;
	assert_true(numbered(at, 0, LEN));
	unmap(at, LEN);
}

/* No page can be pinned, and a debugger reads and writes nevertheless. */
static void nothing_is_pinned(void **state)
{
	uint8_t *at = map_at(0, PROT_READ | PROT_WRITE), byte = 0, own[16];
	struct iovec remote = { at + HUGE, sizeof(own) }, local = { own, sizeof(own) };
	int mem = open("/proc/self/mem", O_RDWR), pipes[2];

	(void)state;
	assert_true(numbered((void *)at, 0, LEN));
	assert_refused(result(process_vm_readv(getpid(), &local, 1, &remote, 1, 0)), EFAULT);
	assert_refused(result(process_vm_writev(getpid(), &local, 1, &remote, 1, 0)), EFAULT);
	assert_ok(pipe(pipes));
	assert_refused(result(vmsplice(pipes[1], &remote, 1, 0)), EFAULT);
	assert_int_equal(pread(mem, &byte, 1, (uintptr_t)at + HUGE + PAGE), 1);
	assert_int_equal(byte, at[HUGE + PAGE]);
	assert_int_equal(pwrite(mem, &byte, 1, (uintptr_t)at + HUGE + PAGE), 1);
	close(pipes[0]);
	close(pipes[1]);
	close(mem);
	unmap(at, LEN);
}

static void frozen_it_stays(void **state)
{
	uint8_t *at = map_at(0, PROT_READ | PROT_WRITE), *view;
	uint64_t value;

	(void)state;
	assert_true(numbered((void *)at, 0, LEN));
	assert_refused(try_freeze(fd), EBUSY);
	unmap(at, LEN);
	assert_ok(try_freeze(fd));
	view = map_at(0, PROT_READ);
	assert_true(numbered((void *)view, 0, LEN));
	assert_int_equal(try_write_byte(view + HUGE), SIGSEGV);
	assert_refused(try_protect(view, LEN, PROT_READ | PROT_WRITE), EACCES);
	assert_ok(try_lookup(fd, HUGE / 8, &value));
	assert_memory_equal(&value, view + HUGE, 8);
	unmap(view, LEN);
}

static int create_populated(void)
{
	struct bpfmmap_create args = create_args(8, LEN / 8);
	int populated;

	args.flags = BPFMMAP_F_POPULATE;
	populated = try_create_args(&args);
	assert_true(populated >= 0);
	assert_int_equal(info(populated).flags, BPFMMAP_F_POPULATE);
	return populated;
}

/* Touch each page. Returns how many faults there were. */
static long touch_all(volatile uint8_t *at, size_t len, bool write)
{
	long before = faults();
	size_t i;

	for (i = 0; i < len; i += PAGE) {
		if (write)
			at[i] = 1;
		else
			(void)at[i];
	}
	return faults() - before;
}

static void populated_there_is_nothing_to_fault(void **state)
{
	int populated = create_populated(), ordinary = fd;
	uint8_t *at, *view;

	(void)state;
	/* the other region is the same but for the flag, and there faults are seen */
	at = map(ordinary, LEN, PROT_READ | PROT_WRITE, 0);
	assert_true(touch_all(at, LEN, true) > 0);
	unmap(at, LEN);

	at = map(populated, LEN, PROT_READ | PROT_WRITE, 0);
	assert_int_equal(touch_all(at, LEN, true), 0);
	view = map(populated, LEN - PAGE, PROT_READ, PAGE);
	assert_int_equal(touch_all(view, LEN - PAGE, false), 0);
	assert_int_equal(try_write_byte(view), SIGSEGV);
	assert_int_equal(view[HUGE - PAGE], 1);
	unmap(view, LEN - PAGE);

	/* at an address where no entry of 2 MiB fits */
	fd = populated;
	view = map_at(PAGE, PROT_READ);
	fd = ordinary;
	assert_int_equal(touch_all(view, LEN, false), 0);
	assert_true(all(view + 1, PAGE - 1, 0));
	unmap(view, LEN);

	/* a populated mapping goes with munmap like others */
	assert_refused(try_freeze(populated), EBUSY);
	unmap(at, LEN);
	assert_int_equal(try_read_byte(at), SIGSEGV);
	assert_ok(try_freeze(populated));
	close(populated);
}

/* Another region is mapped over a part: its contents are seen there. */
static void populated_over_another(void **state)
{
	int populated = create_populated();
	uint8_t *at = map_at(0, PROT_READ | PROT_WRITE);

	(void)state;
	assert_true(numbered((void *)at, 0, LEN));
	assert_ptr_equal(mmap(at + HUGE, 2 * HUGE, PROT_READ, MAP_SHARED | MAP_FIXED, populated, 0),
			 at + HUGE);
	assert_int_equal(touch_all(at + HUGE, 2 * HUGE, false), 0);
	assert_true(all(at + HUGE, 2 * HUGE, 0));
	assert_true(numbered((void *)(at + 3 * HUGE), 3 * HUGE, HUGE));
	assert_ptr_equal(mmap(at + HUGE, HUGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, HUGE),
			 at + HUGE);
	assert_true(numbered((void *)at, 0, 2 * HUGE));
	assert_int_equal(info(populated).mappings, 1);
	unmap(at, LEN);
	assert_int_equal(info(populated).mappings, 0);
	close(populated);
}

/* A small region has no chunk of 2 MiB, and a large one mostly consists of them. */
static void runs_are_counted(void **state)
{
	int small = create_pages(511);

	(void)state;
	assert_int_equal(info(small).huge_runs, 0);
	assert_in_range(info(fd).huge_runs, LEN / PAGE >= 512, LEN / PAGE / 512);
	close(small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_after_the_other_they_double),
		TEST(in_no_order_they_do_not),
		TEST(addresses_fit),
		TEST(at_any_address),
		TEST(windows_double_up_to_a_table),
		TEST(a_part_is_unmapped),
		TEST(a_part_is_protected),
		TEST(a_part_is_moved),
		TEST(a_child_has_them),
		TEST(nothing_is_pinned),
		TEST(frozen_it_stays),
		TEST(populated_there_is_nothing_to_fault),
		TEST(populated_over_another),
		TEST(runs_are_counted),
	};

	return RUN_GROUP(tests);
}
