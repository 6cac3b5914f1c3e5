// SPDX-License-Identifier: GPL-2.0-only
/* mmap: which mappings are possible, what they show, and which protections they may get. */
#include "fixture.h"

#include <pthread.h>
#include <sys/personality.h>

#define PAGES	40UL

/* The largest offset that mmap takes; for a 32-bit program it is 2^32 - 1 pages. */
#define LAST_PAGE	(sizeof(long) == 4 ? (off_t)UINT32_MAX : INT64_MAX / (off_t)PAGE)
#define LAST_OFFSET	(LAST_PAGE * (off_t)PAGE)

static int fd = -1;

static int setup(void **state)
{
	(void)state;
	fd = create_pages(PAGES);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	return 0;
}

/* Write its number to each page. */
static void number_the_pages(size_t pages)
{
	uint32_t *at = map(fd, pages * PAGE, PROT_READ | PROT_WRITE, 0);
	size_t i;

	for (i = 0; i < pages; i++)
		at[i * PAGE / 4] = i;
	unmap(at, pages * PAGE);
}

static void any_part_at_any_offset(void **state)
{
	size_t first, pages, i;

	(void)state;
	number_the_pages(PAGES);
	for (first = 0; first < PAGES; first++)
		for (pages = 1; first + pages <= PAGES; pages += 1 + pages / 3) {
			const uint32_t *at = map(fd, pages * PAGE, PROT_READ, first * PAGE);

			/* from the far end, so that faults go both ways */
			for (i = pages; i--;)
				assert_int_equal(at[i * PAGE / 4], first + i);
			unmap((void *)at, pages * PAGE);
		}
}

static void lengths_are_rounded_up_to_pages(void **state)
{
	(void)state;
	assert_ok(try_map(fd, 1, PROT_READ | PROT_WRITE, MAP_SHARED, 0));
	assert_ok(try_map(fd, (PAGES - 1) * PAGE + 1, PROT_READ, MAP_SHARED, 0));
	assert_refused(try_map(fd, 0, PROT_READ, MAP_SHARED, 0), EINVAL);
}

static void beyond_the_end_is_invalid(void **state)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		const int prot = prots[i];

		assert_ok(try_map(fd, PAGES * PAGE, prot, MAP_SHARED, 0));
		assert_refused(try_map(fd, PAGES * PAGE + 1, prot, MAP_SHARED, 0), EINVAL);
		assert_ok(try_map(fd, PAGE, prot, MAP_SHARED, (PAGES - 1) * PAGE));
		assert_refused(try_map(fd, PAGE + 1, prot, MAP_SHARED, (PAGES - 1) * PAGE), EINVAL);
		assert_refused(try_map(fd, PAGE, prot, MAP_SHARED, PAGES * PAGE), EINVAL);
		assert_refused(try_map(fd, PAGES * PAGE, prot, MAP_SHARED, PAGE), EINVAL);
		assert_refused(try_map(fd, PAGE, prot, MAP_SHARED, GIB), EINVAL);
		/* offset and length are together more than a file can have, or wrap around */
		assert_refused(try_map(fd, PAGE, prot, MAP_SHARED, LAST_OFFSET),
			       sizeof(long) == 4 ? EINVAL : EOVERFLOW);
		assert_refused(try_map(fd, 2 * PAGE, prot, MAP_SHARED, -(off_t)PAGE),
			       sizeof(long) == 4 ? EINVAL : EOVERFLOW);
	}
	/* refused mappings have left no writer behind */
	assert_int_equal(info(fd).writers, 0);
	assert_int_equal(info(fd).mappings, 0);
	assert_ok(try_freeze(fd));
}

static void offsets_are_whole_pages(void **state)
{
	(void)state;
	assert_refused(try_map(fd, PAGE, PROT_READ, MAP_SHARED, 1), EINVAL);
	assert_refused(try_map(fd, PAGE, PROT_READ, MAP_SHARED, PAGE / 2), EINVAL);
}

static void private_mappings_are_invalid(void **state)
{
	(void)state;
	assert_refused(try_map(fd, PAGE, PROT_READ, MAP_PRIVATE, 0), EINVAL);
	assert_refused(try_map(fd, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0), EINVAL);
	assert_refused(try_map(fd, PAGE, PROT_NONE, MAP_PRIVATE, 0), EINVAL);
}

static void map_sync_is_not_supported(void **state)
{
	(void)state;
	assert_ok(try_map(fd, PAGE, PROT_READ, MAP_SHARED_VALIDATE, 0));
	assert_refused(try_map(fd, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, 0), EOPNOTSUPP);
}

static void nothing_is_executable(void **state)
{
	static const int prots[] = { PROT_READ, PROT_READ | PROT_WRITE };
	size_t i;

	(void)state;
	assert_refused(try_map(fd, PAGE, PROT_EXEC, MAP_SHARED, 0), EPERM);
	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		void *at;

		assert_refused(try_map(fd, PAGE, prots[i] | PROT_EXEC, MAP_SHARED, 0), EPERM);
		assert_refused(try_map(fd, PAGE, prots[i] | PROT_EXEC, MAP_PRIVATE, 0), EPERM);
		at = map(fd, PAGE, prots[i], 0);
		assert_refused(try_protect(at, PAGE, prots[i] | PROT_EXEC), EACCES);
		assert_refused(try_protect(at, PAGE, PROT_EXEC), EACCES);
		unmap(at, PAGE);
	}
	assert_int_equal(info(fd).writers, 0);
}

static int read_with_the_personality(void *arg)
{
	void *at;

	(void)arg;
	if (personality(READ_IMPLIES_EXEC) < 0)
		return 1;
	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return 2;
	return mprotect(at, PAGE, PROT_EXEC) && errno == EACCES ? 0 : 3;
}

/* An old program, for which PROT_READ implies PROT_EXEC, may still read. */
static void reading_may_imply_exec(void **state)
{
	(void)state;
	assert_ok(in_child(read_with_the_personality, NULL));
}

static void a_readonly_mapping_stays_readonly(void **state)
{
	uint8_t *at = map(fd, PAGES * PAGE, PROT_READ, 0);

	(void)state;
	assert_refused(try_protect(at, PAGES * PAGE, PROT_READ | PROT_WRITE), EACCES);
	assert_refused(try_protect(at, PAGE, PROT_WRITE), EACCES);
	assert_refused(try_protect(at + PAGE, PAGE, PROT_READ | PROT_WRITE), EACCES);
	/* nor after PROT_NONE */
	assert_ok(try_protect(at, PAGES * PAGE, PROT_NONE));
	assert_refused(try_protect(at, PAGES * PAGE, PROT_READ | PROT_WRITE), EACCES);
	assert_ok(try_protect(at, PAGES * PAGE, PROT_READ));
	assert_int_equal(try_read_byte(at), 0);
	assert_int_equal(try_write_byte(at), SIGSEGV);
	assert_int_equal(info(fd).writers, 0);
	unmap(at, PAGES * PAGE);

	at = map(fd, PAGE, PROT_NONE, 0);
	assert_refused(try_protect(at, PAGE, PROT_READ | PROT_WRITE), EACCES);
	assert_int_equal(try_read_byte(at), SIGSEGV);
	assert_ok(try_protect(at, PAGE, PROT_READ));
	assert_int_equal(try_read_byte(at), 0);
	unmap(at, PAGE);
}

static void a_writable_mapping_comes_and_goes(void **state)
{
	volatile uint8_t *at = map(fd, PAGES * PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	at[0] = 1;
	assert_ok(try_protect((void *)at, PAGES * PAGE, PROT_READ));
	assert_int_equal(try_write_byte(at), SIGSEGV);
	assert_int_equal(at[0], 1);
	assert_ok(try_protect((void *)at, PAGES * PAGE, PROT_READ | PROT_WRITE));
	at[0] = 2;
	at[PAGE] = 3;	/* this page was not mapped when the protection changed */
	assert_int_equal(at[0], 2);
	unmap((void *)at, PAGES * PAGE);
}

static void access_of_the_fd_limits_the_mapping(void **state)
{
	uint32_t id = info(fd).id;
	int readonly = open_id(id, BPFMMAP_F_RDONLY);
	int writeonly = open_id(id, BPFMMAP_F_WRONLY);
	uint8_t *at;

	(void)state;
	assert_refused(try_map(readonly, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EACCES);
	assert_refused(try_map(readonly, PAGE, PROT_WRITE, MAP_SHARED, 0), EACCES);
	assert_refused(try_map(readonly, PAGE, PROT_READ, MAP_PRIVATE, 0), EINVAL);
	at = map(readonly, PAGES * PAGE, PROT_READ, 0);
	assert_true(all(at, PAGES * PAGE, 0));
	assert_refused(try_protect(at, PAGE, PROT_READ | PROT_WRITE), EACCES);
	unmap(at, PAGES * PAGE);

	assert_refused(try_map(writeonly, PAGE, PROT_WRITE, MAP_SHARED, 0), EACCES);
	assert_refused(try_map(writeonly, PAGE, PROT_READ, MAP_SHARED, 0), EACCES);
	close(readonly);
	close(writeonly);
}

static int add_one(void *arg)
{
	++*(volatile uint8_t *)arg;
	return 0;
}

static void all_mappings_show_the_same(void **state)
{
	volatile uint8_t *a = map(fd, PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	volatile uint8_t *b = map(fd, PAGE, PROT_READ | PROT_WRITE, 3 * PAGE);
	const volatile uint8_t *c = map(fd, 5 * PAGE, PROT_READ, PAGE);
	uint8_t value[8] = { 0 };

	(void)state;
	a[3 * PAGE] = 1;
	assert_int_equal(b[0], 1);
	assert_int_equal(c[2 * PAGE], 1);
	b[0] = 2;
	assert_int_equal(a[3 * PAGE], 2);
	assert_int_equal(c[2 * PAGE], 2);
	assert_ok(in_child(add_one, (void *)&b[0]));
	assert_int_equal(a[3 * PAGE], 3);
	assert_ok(try_lookup(fd, 3 * PAGE / 8, value));
	assert_int_equal(value[0], 3);
	value[0] = 9;
	assert_ok(try_update(fd, 3 * PAGE / 8, value, 0));
	assert_int_equal(a[3 * PAGE], 9);
	assert_int_equal(c[2 * PAGE], 9);
	unmap((void *)a, PAGES * PAGE);
	unmap((void *)b, PAGE);
	unmap((void *)c, 5 * PAGE);
}

/* The region ends with its last element; the rest of that page is mapped, and zero. */
static void the_rest_of_the_last_page_is_there(void **state)
{
	int odd = create(12, 300);	/* 300 * 16 = 4800 bytes */
	size_t bytes = info(odd).bytes;
	uint8_t *at = map(odd, bytes, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_int_equal(bytes, (4800 + PAGE - 1) / PAGE * PAGE);
	assert_true(all(at, bytes, 0));
	at[bytes - 1] = 5;
	assert_int_equal(at[bytes - 1], 5);
	unmap(at, bytes);
	close(odd);
}

/* mmap takes no time for each page: the page tables of this process do not grow. */
static void mapping_is_lazy(void **state)
{
	int large = create_pages(64 * MIB / PAGE);
	long long before = proc_number("/proc/self/status", "VmPTE");
	uint8_t *at = map(large, 64 * MIB, PROT_READ | PROT_WRITE, 0);
	long long mapped = proc_number("/proc/self/status", "VmPTE"), touched;

	(void)state;
	assert_in_range(mapped, before, before + 4);	/* kB; one table at most */
	memset(at, 1, 64 * MIB);
	touched = proc_number("/proc/self/status", "VmPTE");
	assert_true(touched >= before);
	assert_true(all(at, 64 * MIB, 1));
	unmap(at, 64 * MIB);
	close(large);
}

/* There are as many faults as pages, unless the module says that it maps around a fault. */
static void a_fault_maps_what_the_version_says(void **state)
{
	volatile char *at;
	long before, taken;
	size_t i;

	(void)state;
	at = map(fd, PAGES * PAGE, PROT_READ, 0);
	before = faults();
	for (i = 0; i < PAGES; i++)
		(void)at[i * PAGE];
	taken = faults() - before;
	unmap((void *)at, PAGES * PAGE);
	if (features() & BPFMMAP_FEATURE_FAULT_AROUND)
		assert_in_range(taken, 1, PAGES / 8);
	else
		assert_in_range(taken, PAGES, PAGES + PAGES / 8);
}

/* A fault maps neighbours of the page too, but only those of its VMA. */
static void faults_stay_within_the_mapping(void **state)
{
	size_t pages;

	(void)state;
	number_the_pages(PAGES);
	for (pages = 1; pages <= 34; pages++) {
		uint8_t *hole = mmap(NULL, (pages + 2) * PAGE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		uint8_t *at;
		size_t i;

		assert_ptr_not_equal(hole, MAP_FAILED);
		at = mmap(hole + PAGE, pages * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, PAGE);
		assert_ptr_equal(at, hole + PAGE);
		for (i = 0; i < pages; i++)
			assert_int_equal(*(uint32_t *)(at + i * PAGE), i + 1);
		assert_true(all(hole, PAGE, 0));
		assert_true(all(at + pages * PAGE, PAGE, 0));
		unmap(hole, (pages + 2) * PAGE);
	}
}

#define MAPPERS		64
#define ROUNDS		20

static pthread_barrier_t barrier;

static void *mapper(void *arg)
{
	size_t me = (uintptr_t)arg, round;
	const char *failure = NULL;

	pthread_barrier_wait(&barrier);
	for (round = 0; round < ROUNDS && !failure; round++) {
		uint8_t *at = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		size_t page;

		if (at == MAP_FAILED)
			return "mmap failed";
		for (page = 0; page < PAGES; page++) {
			if (at[page * PAGE + me] != round)
				failure = "a byte of mine has changed";
			at[page * PAGE + me] = round + 1;
		}
		munmap(at, PAGES * PAGE);
	}
	return (void *)failure;
}

static int run_mappers(void *arg)
{
	pthread_t threads[8];
	int failed = 0;
	size_t i;

	for (i = 0; i < 8; i++)
		if (pthread_create(&threads[i], NULL, mapper, (void *)((uintptr_t)arg * 8 + i)))
			return 1;
	for (i = 0; i < 8; i++) {
		void *failure;

		pthread_join(threads[i], &failure);
		failed |= failure ? 2 : 0;
	}
	return failed;
}

/* 8 processes of 8 threads map, write, read back and unmap the same pages. */
static void sixty_four_mappers_at_once(void **state)
{
	pid_t pids[MAPPERS / 8];
	uint8_t *at;
	size_t i, page;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (!pids[i]) {
			pthread_barrier_init(&barrier, NULL, 8);
			_exit(run_mappers((void *)i));
		}
		assert_true(pids[i] > 0);
	}
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	at = map(fd, PAGES * PAGE, PROT_READ, 0);
	for (page = 0; page < PAGES; page++)
		assert_true(all(at + page * PAGE, MAPPERS, ROUNDS));
	unmap(at, PAGES * PAGE);
	assert_int_equal(info(fd).writers, 0);
	assert_int_equal(info(fd).mappings, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(any_part_at_any_offset),
		TEST(lengths_are_rounded_up_to_pages),
		TEST(beyond_the_end_is_invalid),
		TEST(offsets_are_whole_pages),
		TEST(private_mappings_are_invalid),
		TEST(map_sync_is_not_supported),
		TEST(nothing_is_executable),
		TEST(reading_may_imply_exec),
		TEST(a_readonly_mapping_stays_readonly),
		TEST(a_writable_mapping_comes_and_goes),
		TEST(access_of_the_fd_limits_the_mapping),
		TEST(all_mappings_show_the_same),
		TEST(the_rest_of_the_last_page_is_there),
		TEST(mapping_is_lazy),
		TEST(a_fault_maps_what_the_version_says),
		TEST(faults_stay_within_the_mapping),
		TEST(sixty_four_mappers_at_once),
	};

	return RUN_GROUP(tests);
}
