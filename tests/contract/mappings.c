// SPDX-License-Identifier: GPL-2.0-only
/* The list of mappings: what is left of each mmap, whose it was, and since when. */
#include "harness.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#define PAGES	8UL
#define LEN	(PAGES * PAGE)
#define ROOM	16

static int fd = -1;
static struct bpfmmap_mapping_entry entries[ROOM];

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

static int try_list(uint32_t *count, void *to)
{
	struct bpfmmap_mappings args = {
		.size = sizeof(args), .count = *count, .entries = (uintptr_t)to,
	};
	int ret = request(fd, BPFMMAP_IOC_MAPPINGS, &args);

	*count = args.count;
	return ret;
}

static uint32_t list(void)
{
	uint32_t count = ROOM;

	memset(entries, 0xee, sizeof(entries));
	assert_ok(try_list(&count, entries));
	return count;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static void each_mmap_is_listed(void **state)
{
	uint64_t before = now(), between;
	uint8_t *rw, *ro;

	(void)state;
	assert_int_equal(list(), 0);
	rw = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	between = now();
	ro = map(fd, 2 * PAGE, PROT_READ, 3 * PAGE);

	assert_int_equal(list(), 2);
	assert_int_equal(entries[0].pid, getpid());
	assert_int_equal(entries[0].flags, BPFMMAP_MAPPING_WRITABLE);
	assert_int_equal(entries[0].offset, 0);
	assert_int_equal(entries[0].bytes, LEN);
	assert_int_equal(entries[0].count, 1);
	assert_in_range(entries[0].since_ns, before, between);
	assert_int_equal(entries[1].pid, getpid());
	assert_int_equal(entries[1].flags, 0);
	assert_int_equal(entries[1].offset, 3 * PAGE);
	assert_int_equal(entries[1].bytes, 2 * PAGE);
	assert_in_range(entries[1].since_ns, between, now());

	unmap(rw, LEN);
	assert_int_equal(list(), 1);
	assert_int_equal(entries[0].offset, 3 * PAGE);
	unmap(ro, 2 * PAGE);
	assert_int_equal(list(), 0);
}

static int count_in_child(void *arg)
{
	(void)arg;
	if (list() != 1 || entries[0].count != 2)
		return 1;
	return entries[0].pid == (uint32_t)getppid() ? 0 : 2;
}

static void fork_and_split_are_of_the_same_mmap(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ, 0);

	(void)state;
	assert_ok(in_child(count_in_child, NULL));
	assert_int_equal(list(), 1);
	assert_int_equal(entries[0].count, 1);
	unmap(at + PAGE, PAGE);
	assert_int_equal(list(), 1);
	assert_int_equal(entries[0].count, 2);
	assert_int_equal(entries[0].bytes, LEN);
	unmap(at, PAGE);
	assert_int_equal(list(), 1);
	assert_int_equal(entries[0].count, 1);
	unmap(at + 2 * PAGE, LEN - 2 * PAGE);
	assert_int_equal(list(), 0);
}

static void more_than_there_is_room_for(void **state)
{
	uint8_t *maps[3];
	uint32_t count;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		maps[i] = map(fd, PAGE, PROT_READ, i * PAGE);
	memset(entries, 0xee, sizeof(entries));
	count = 2;
	assert_ok(try_list(&count, entries));
	assert_int_equal(count, 3);
	assert_int_equal(entries[1].offset, PAGE);
	assert_true(all(&entries[2], sizeof(entries[2]), 0xee));
	count = 0;
	assert_ok(try_list(&count, NULL));
	assert_int_equal(count, 3);
	count = UINT32_MAX;
	assert_ok(try_list(&count, entries));
	assert_int_equal(count, 3);
	for (i = 0; i < 3; i++)
		unmap(maps[i], PAGE);
}

static void a_bad_address_faults(void **state)
{
	uint8_t *page = page_before_a_hole();
	uint8_t *at = map(fd, PAGE, PROT_READ, 0);
	uint32_t count = 1;

	(void)state;
	assert_refused(try_list(&count, page + PAGE - 8), EFAULT);
	count = 1;
	assert_ok(try_list(&count, page + PAGE - sizeof(entries[0])));
	unmap(at, PAGE);
	free_page_before_a_hole(page);
}

/* Whoever called mmap has gone, but not what it mapped. */
static void of_a_process_that_has_gone(void **state)
{
	int pipes[2], ready[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_ok(pipe(pipes));
	assert_ok(pipe(ready));
	assert_ok(prctl(PR_SET_CHILD_SUBREAPER, 1));
	pid = fork();
	if (!pid) {
		map(fd, PAGE, PROT_READ, 0);
		if (!fork()) {
			/* until the test is over, or gone */
			close(pipes[1]);
			if (write(ready[1], "", 1) == 1 && read(pipes[0], &byte, 1))
				_exit(1);
			_exit(0);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(list(), 1);
	assert_int_equal(entries[0].pid, 0);
	assert_int_equal(entries[0].count, 1);
	close(pipes[0]);
	close(pipes[1]);
	close(ready[0]);
	close(ready[1]);
	/* all of it: what it mapped goes before its descriptors do */
	assert_true(wait(NULL) > 0);
	assert_int_equal(list(), 0);
}

static void a_refused_mmap_is_not_listed(void **state)
{
	(void)state;
	assert_refused(try_map(fd, LEN + PAGE, PROT_READ, MAP_SHARED, 0), EINVAL);
	assert_refused(try_map(fd, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE), EINVAL);
	assert_int_equal(list(), 0);
	assert_int_equal(info(fd).writers, 0);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_mmap_is_listed),
		TEST(fork_and_split_are_of_the_same_mmap),
		TEST(more_than_there_is_room_for),
		TEST(a_bad_address_faults),
		TEST(of_a_process_that_has_gone),
		TEST(a_refused_mmap_is_not_listed),
	};

	return RUN_GROUP(tests);
}
