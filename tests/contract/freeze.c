// SPDX-License-Identifier: GPL-2.0-only
/* Freeze: who may freeze, when it works, and that nothing changes afterwards. */
#include "fixture.h"
#include "held_page.h"

#include <pthread.h>
#include <sys/ptrace.h>

#define PAGES	20UL
#define LEN	(PAGES * PAGE)

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

static void an_idle_region_freezes(void **state)
{
	(void)state;
	assert_int_equal(info(fd).frozen, 0);
	assert_ok(try_freeze(fd));
	assert_int_equal(info(fd).frozen, 1);
}

static void a_writable_mapping_is_busy(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(try_freeze(fd), EBUSY);
	assert_int_equal(info(fd).frozen, 0);
	at[0] = 1;
	assert_ok(try_protect(at, LEN, PROT_READ));
	assert_refused(try_freeze(fd), EBUSY);
	unmap(at, LEN - PAGE);
	assert_refused(try_freeze(fd), EBUSY);
	unmap(at + LEN - PAGE, PAGE);
	assert_ok(try_freeze(fd));
}

static void readonly_mappings_are_not_busy(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ, 0);

	(void)state;
	assert_int_equal(at[0], 0);
	assert_ok(try_freeze(fd));
	assert_true(all(at, LEN, 0));
	unmap(at, LEN);
}

/* As map_freeze() of 6.12 and 7.3 has it. EBUSY would tell the caller to try again. */
static void a_second_freeze_is_not_permitted(void **state)
{
	int again = open_id(info(fd).id, 0);

	(void)state;
	assert_ok(try_freeze(fd));
	assert_refused(try_freeze(fd), EPERM);
	assert_refused(try_freeze(again), EPERM);
	close(again);
}

static void a_readonly_fd_can_not_freeze(void **state)
{
	int readonly = open_id(info(fd).id, BPFMMAP_F_RDONLY);
	int writeonly = open_id(info(fd).id, BPFMMAP_F_WRONLY);
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(try_freeze(readonly), EPERM);	/* before EBUSY */
	unmap(at, LEN);
	assert_refused(try_freeze(readonly), EPERM);
	assert_int_equal(info(fd).frozen, 0);
	assert_ok(try_freeze(writeonly));
	assert_int_equal(info(readonly).frozen, 1);
	close(readonly);
	close(writeonly);
}

static void frozen_can_not_be_mapped_writable(void **state)
{
	uint8_t *at;

	(void)state;
	assert_ok(try_freeze(fd));
	assert_refused(try_map(fd, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EPERM);
	assert_refused(try_map(fd, PAGE, PROT_WRITE, MAP_SHARED, (PAGES - 1) * PAGE), EPERM);
	/*
	 * as with the array of the kernel: EPERM for a frozen one comes before EINVAL for its
	 * length
	 */
	assert_refused(try_map(fd, LEN + PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EPERM);
	assert_refused(try_map(fd, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0), EINVAL);
	at = map(fd, LEN, PROT_READ, 0);
	assert_true(all(at, LEN, 0));
	assert_refused(try_protect(at, LEN, PROT_READ | PROT_WRITE), EACCES);
	assert_int_equal(try_write_byte(at), SIGSEGV);
	unmap(at, LEN);
	assert_int_equal(info(fd).writers, 0);
}

static void frozen_can_not_be_updated(void **state)
{
	uint64_t value[2] = { 1, 2 }, out = 3;
	uint32_t count = 2;

	(void)state;
	assert_ok(try_freeze(fd));
	assert_refused(try_update(fd, 0, value, BPFMMAP_ANY), EPERM);
	assert_refused(try_update(fd, 0, value, BPFMMAP_EXIST), EPERM);
	/* EPERM comes before all other errors */
	assert_refused(try_update(fd, 0, value, BPFMMAP_NOEXIST), EPERM);
	assert_refused(try_update(fd, UINT32_MAX, value, 99), EPERM);
	assert_refused(try_update(fd, 0, NULL, 0), EPERM);
	assert_refused(try_batch(fd, BPFMMAP_IOC_UPDATE_BATCH, 0, &count, value), EPERM);
	assert_int_equal(count, 0);
	assert_ok(try_lookup(fd, 0, &out));
	assert_int_equal(out, 0);
	count = 2;
	assert_ok(try_batch(fd, BPFMMAP_IOC_LOOKUP_BATCH, 0, &count, value));
	assert_int_equal(count, 2);
}

static int write_through_mem(void *at, uint8_t byte)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ssize_t ret;

	assert_true(mem >= 0);
	ret = pwrite(mem, &byte, 1, (uintptr_t)at);
	if (ret < 0)
		ret = -errno;
	close(mem);
	return ret;
}

static void proc_mem_writes_where_the_process_could(void **state)
{
	uint8_t *rw = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	uint8_t *ro = map(fd, LEN, PROT_READ, 0);

	(void)state;
	assert_int_equal(write_through_mem(rw + PAGE, 5), 1);
	assert_int_equal(ro[PAGE], 5);
	assert_refused(write_through_mem(ro + PAGE, 6), EIO);
	assert_ok(try_protect(rw, LEN, PROT_READ));
	assert_refused(write_through_mem(rw + PAGE, 6), EIO);
	unmap(rw, LEN);
	assert_ok(try_freeze(fd));
	assert_refused(write_through_mem(ro + PAGE, 6), EIO);
	assert_int_equal(ro[PAGE], 5);
	unmap(ro, LEN);
}

static void *update_from(void *value)
{
	return (void *)(intptr_t)try_update(fd, 3, value, 0);
}

static void *update_batch_from(void *values)
{
	uint32_t count = 4;

	return (void *)(intptr_t)try_batch(fd, BPFMMAP_IOC_UPDATE_BATCH, 3, &count, values);
}

static void *lookup_to(void *value)
{
	return (void *)(intptr_t)try_lookup(fd, 3, value);
}

/*
 * While fn waits for a page in the middle of a copy, freeze returns what is expected; mmap,
 * faults, munmap and updates of others go on.
 */
static void stalled(void *(*fn)(void *page), int expected_freeze, bool writes)
{
	struct held_page held = { .uffd = -1 };
	uint64_t value = 0;
	pthread_t thread;
	uint8_t *at;
	void *ret;

	if (!hold_page(&held))
		skip_because("this kernel has no userfaultfd");
	assert_ok(pthread_create(&thread, NULL, fn, held.page));
	assert_true(wait_for_toucher(&held));

	at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	at[PAGE] = 1;
	assert_refused(try_freeze(fd), EBUSY);
	unmap(at, LEN);
	assert_ok(try_update(fd, 9, &value, 0));
	assert_int_equal(info(fd).writers, writes);
	assert_int_equal(try_freeze(fd), expected_freeze);

	assert_true(release_page(&held, 0x11));
	pthread_join(thread, &ret);
	assert_int_equal((intptr_t)ret, 0);
	assert_ok(try_lookup(fd, 3, &value));
	assert_int_equal(value, writes ? 0x1111111111111111 : 0);
	assert_int_equal(info(fd).writers, 0);
	unmap(held.page, PAGE);
	if (expected_freeze)
		assert_ok(try_freeze(fd));
}

static void an_update_in_flight_is_busy(void **state)
{
	(void)state;
	stalled(update_from, -EBUSY, true);
}

static void a_batch_update_in_flight_is_busy(void **state)
{
	(void)state;
	stalled(update_batch_from, -EBUSY, true);
}

static void a_lookup_in_flight_is_not_busy(void **state)
{
	(void)state;
	stalled(lookup_to, 0, false);
}

static int poke_self(void *arg)
{
	long *at = arg;
	pid_t child = fork();
	int status, ret;

	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		return 1;
	errno = 0;
	if (ptrace(PTRACE_PEEKDATA, child, at, NULL) != *at || errno)
		return 2;
	ret = ptrace(PTRACE_POKEDATA, child, at, 6L) ? errno : 0;
	ptrace(PTRACE_KILL, child, NULL, NULL);
	waitpid(child, &status, 0);
	return ret;
}

static void a_debugger_reads_and_can_not_write(void **state)
{
	uint64_t value = 5;
	long *at;

	(void)state;
	assert_ok(try_update(fd, 0, &value, 0));
	at = map(fd, LEN, PROT_READ, 0);
	assert_ok(try_freeze(fd));
	assert_int_equal(in_child(poke_self, at), EIO);
	assert_int_equal(*at, 5);
	unmap(at, LEN);
}

/*
 * Writers of all kinds race with a freeze. When freeze has returned 0, the contents stay as they
 * are then.
 */
struct race {
	int fd;
	volatile bool stop;
};

static void *race_map(void *arg)
{
	struct race *race = arg;

	while (!race->stop) {
		uint64_t *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, race->fd, 0);

		if (at == MAP_FAILED)
			return (void *)(intptr_t)-errno;
		++*at;
		munmap(at, PAGE);
	}
	return NULL;
}

static void *race_update(void *arg)
{
	struct race *race = arg;
	uint64_t value = 0;
	int ret = 0;

	while (!race->stop && !ret) {
		value++;
		ret = try_update(race->fd, 1, &value, 0);
	}
	return (void *)(intptr_t)ret;
}

static void freeze_wins_or_loses_but_never_both(void **state)
{
	int round;

	(void)state;
	for (round = 0; round < 30; round++) {
		struct race race = { .fd = create_pages(1) };
		uint64_t before[2], after[2];
		uint32_t count = 2;
		pthread_t threads[3];
		void *ret;
		size_t i;
		int err;

		assert_ok(pthread_create(&threads[0], NULL, race_map, &race));
		assert_ok(pthread_create(&threads[1], NULL, race_update, &race));
		assert_ok(pthread_create(&threads[2], NULL, race_map, &race));
		for (i = 0; i < 200000; i++) {
			err = try_freeze(race.fd);
			if (!err)
				break;
			assert_int_equal(err, -EBUSY);
			if (i % 16 == 15)
				usleep(1);
		}
		assert_ok(err);
		assert_ok(try_batch(race.fd, BPFMMAP_IOC_LOOKUP_BATCH, 0, &count, before));
		for (i = 0; i < ARRAY_SIZE(threads); i++) {
			pthread_join(threads[i], &ret);
			assert_int_equal((intptr_t)ret, -EPERM);
		}
		assert_ok(try_batch(race.fd, BPFMMAP_IOC_LOOKUP_BATCH, 0, &count, after));
		assert_memory_equal(before, after, sizeof(before));
		close(race.fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_idle_region_freezes),
		TEST(a_writable_mapping_is_busy),
		TEST(readonly_mappings_are_not_busy),
		TEST(a_second_freeze_is_not_permitted),
		TEST(a_readonly_fd_can_not_freeze),
		TEST(frozen_can_not_be_mapped_writable),
		TEST(frozen_can_not_be_updated),
		TEST(proc_mem_writes_where_the_process_could),
		TEST(an_update_in_flight_is_busy),
		TEST(a_batch_update_in_flight_is_busy),
		TEST(a_lookup_in_flight_is_not_busy),
		TEST(a_debugger_reads_and_can_not_write),
		TEST(freeze_wins_or_loses_but_never_both),
	};

	return RUN_GROUP(tests);
}
