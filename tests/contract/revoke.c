// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freeze with REVOKE: no writer can hold it up, all writers lose their mappings, and readers
 * notice nothing.
 */
#include "held_page.h"
#include "fixture.h"

#include <poll.h>
#include <pthread.h>
#include <sys/ptrace.h>

#define PAGES	40UL	/* more than mmap maps at once */
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

static void assert_frozen(int region, uint64_t revoked)
{
	struct bpfmmap_info now = info(region);
	uint64_t value = 1;

	assert_int_equal(now.frozen, 1);
	assert_int_equal(now.writers, 0);
	assert_int_equal(now.revoked, revoked);
	assert_int_equal(now.freeze_pending, 0);
	assert_refused(try_freeze(region), EPERM);
	assert_refused(try_revoke(region), EPERM);
	assert_refused(try_update(region, 0, &value, 0), EPERM);
	assert_refused(try_map(region, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EPERM);
}

static void without_writers_it_is_a_freeze(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ, 0);

	(void)state;
	assert_ok(try_revoke(fd));
	assert_frozen(fd, 0);
	assert_true(all(at, LEN, 0));
	unmap(at, LEN);
}

static void it_takes_the_right_to_freeze(void **state)
{
	int readonly = open_id(info(fd).id, BPFMMAP_F_RDONLY);
	int nofreeze = open_id(info(fd).id, BPFMMAP_F_NOFREEZE);

	(void)state;
	assert_refused(try_revoke(readonly), EPERM);
	assert_refused(try_revoke(nofreeze), EPERM);
	assert_int_equal(info(fd).frozen, 0);
	assert_ok(try_revoke(fd));
	close(readonly);
	close(nofreeze);
}

/* Mappings of several sizes, with pages that were touched and pages that were not. */
static void writers_lose_their_mappings(void **state)
{
	uint8_t *small = map(fd, 4 * PAGE, PROT_READ | PROT_WRITE, 0);
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	uint8_t *view = map(fd, LEN, PROT_READ, 0), *before;
	size_t page;

	(void)state;
	for (page = 0; page < PAGES; page += 3)
		memset(at + page * PAGE, page + 1, PAGE);
	before = malloc(LEN);
	memcpy(before, view, LEN);
	assert_refused(try_freeze(fd), EBUSY);
	assert_ok(try_revoke(fd));
	assert_frozen(fd, 2);
	for (page = 0; page < PAGES; page++) {
		assert_int_equal(try_write_byte(at + page * PAGE), SIGBUS);
		assert_int_equal(try_read_byte(at + page * PAGE + 7), SIGBUS);
	}
	assert_int_equal(try_write_byte(small), SIGBUS);
	assert_int_equal(try_read_byte(small + PAGE), SIGBUS);
	assert_memory_equal(view, before, LEN);
	unmap(small, 4 * PAGE);
	assert_int_equal(info(fd).revoked, 1);
	unmap(at, LEN);
	assert_frozen(fd, 0);
	assert_memory_equal(view, before, LEN);
	unmap(view, LEN);
	free(before);
}

static void a_mapping_made_read_only_was_a_writer(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);

	(void)state;
	at[5] = 1;
	assert_ok(try_protect(at, LEN, PROT_READ));
	assert_ok(try_revoke(fd));
	assert_int_equal(try_read_byte(at + 5), SIGBUS);
	/* the protection may go back, but the mapping stays lost */
	assert_ok(try_protect(at, LEN, PROT_READ | PROT_WRITE));
	assert_int_equal(try_write_byte(at + 5), SIGBUS);
	assert_ok(try_protect(at, LEN, PROT_NONE));
	assert_int_equal(try_read_byte(at + 5), SIGSEGV);
	unmap(at, LEN);
}

/* A revoked mapping is moved, split and copied like others, and the count is exact. */
static void a_revoked_mapping_is_moved_split_and_forked(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0), *moved;
	uint8_t *place = mmap(NULL, LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	memset(at, 7, LEN);
	assert_ok(try_revoke(fd));
	moved = mremap(at, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	assert_ptr_not_equal(moved, MAP_FAILED);
	assert_int_equal(try_write_byte(moved), SIGBUS);
	unmap(moved + PAGE, PAGE);
	assert_int_equal(info(fd).revoked, 2);
	/* which forks */
	assert_int_equal(try_write_byte(moved + 2 * PAGE), SIGBUS);
	assert_int_equal(info(fd).revoked, 2);
	unmap(moved, PAGE);
	unmap(moved + 2 * PAGE, LEN - 2 * PAGE);
	assert_frozen(fd, 0);
	assert_int_equal(info(fd).mappings, 0);
}

/*
 * A child that maps the region (or has inherited a mapping), tells that, and then tries to write.
 */
struct child {
	int ready[2], go[2];
	pid_t pid;
};

static void start_child(struct child *child, uint8_t *inherited)
{
	char byte;

	assert_ok(pipe(child->ready));
	assert_ok(pipe(child->go));
	child->pid = fork();
	if (!child->pid) {
		volatile uint8_t *at = inherited;

		signal(SIGBUS, SIG_DFL);
		if (!at)
			at = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (at == MAP_FAILED)
			_exit(1);
		at[PAGE] = 42;
		if (write(child->ready[1], "", 1) != 1 || read(child->go[0], &byte, 1) != 1)
			_exit(2);
		at[PAGE] = 43;
		_exit(3);
	}
	assert_int_equal(read(child->ready[0], &byte, 1), 1);
}

static int end_child(struct child *child)
{
	int status;

	assert_int_equal(write(child->go[1], "", 1), 1);
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	close(child->ready[0]);
	close(child->ready[1]);
	close(child->go[0]);
	close(child->go[1]);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void in_every_process(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	struct child own, forked;
	uint8_t byte = 0;

	(void)state;
	start_child(&own, NULL);
	start_child(&forked, at);
	assert_ok(try_revoke(fd));
	assert_frozen(fd, 4);	/* the first child has the inherited mapping as well as its own */
	assert_int_equal(end_child(&own), SIGBUS);
	assert_int_equal(end_child(&forked), SIGBUS);
	assert_int_equal(pread(fd, &byte, 1, PAGE), 1);
	assert_int_equal(byte, 42);
	unmap(at, LEN);
	assert_frozen(fd, 0);
}

static void debuggers_get_no_further(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	uint8_t *view = map(fd, LEN, PROT_READ, 0);
	int mem = open("/proc/self/mem", O_RDWR);
	uint64_t word = 1;

	(void)state;
	at[0] = 1;
	assert_int_equal(pwrite(mem, &word, 8, (uintptr_t)at), 8);
	assert_ok(try_revoke(fd));
	assert_refused(result(pwrite(mem, &word, 8, (uintptr_t)at)), EIO);
	assert_refused(result(pread(mem, &word, 8, (uintptr_t)at)), EIO);
	assert_int_equal(pread(mem, &word, 8, (uintptr_t)view), 8);
	assert_int_equal(word, 1);
	close(mem);
	unmap(at, LEN);
	unmap(view, LEN);
}

/* A call that waits for a page of its own memory, in the middle of a write. */
struct stalled {
	struct held_page held;
	pthread_t thread;
	long (*call)(struct stalled *stalled);
	long ret;
};

static void *make_call(void *arg)
{
	struct stalled *stalled = arg;

	stalled->ret = stalled->call(stalled);
	return NULL;
}

static long update_stalled(struct stalled *stalled)
{
	return try_update(fd, 0, stalled->held.page, 0);
}

static long batch_stalled(struct stalled *stalled)
{
	uint32_t count = 8;

	return try_batch(fd, BPFMMAP_IOC_UPDATE_BATCH, 0, &count, stalled->held.page);
}

static long write_stalled(struct stalled *stalled)
{
	return result(pwrite(fd, stalled->held.page, PAGE, 0));
}

static void calls_in_flight_end(void **state)
{
	long (* const calls[])(struct stalled *) = { update_stalled, batch_stalled, write_stalled };
	uint8_t before[64], now[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		struct stalled stalled = { .call = calls[i] };

		close(fd);
		fd = create_pages(PAGES);
		memset(before, i + 1, sizeof(before));
		assert_int_equal(pwrite(fd, before, sizeof(before), 0), sizeof(before));
		if (!hold_page(&stalled.held))
			skip_because("this kernel has no userfaultfd");
		assert_ok(pthread_create(&stalled.thread, NULL, make_call, &stalled));
		assert_true(wait_for_toucher(&stalled.held));
		assert_refused(try_freeze(fd), EBUSY);
		/* the freeze does not wait for that page */
		assert_ok(try_revoke(fd));
		assert_frozen(fd, 1);
		assert_true(release_page(&stalled.held, 0x99));
		pthread_join(stalled.thread, NULL);
		assert_int_equal(stalled.ret, -EPERM);
		assert_frozen(fd, 0);
		assert_int_equal(pread(fd, now, sizeof(now), 0), sizeof(now));
		assert_memory_equal(now, before, sizeof(now));
		unmap(stalled.held.page, PAGE);
	}
}

/* A value that the module copies in pieces: after the freeze no more pieces are set. */
static void a_large_update_in_flight_ends(void **state)
{
	const uint32_t size = 1 << 20;
	struct stalled stalled = { .call = update_stalled };
	uint8_t *value, *now = malloc(size);

	(void)state;
	close(fd);
	fd = create(size, 1);
	value = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	/* its last page is held back */
	if (!hold_page_at(&stalled.held, value + size - PAGE))
		skip_because("this kernel has no userfaultfd");
	stalled.held.page = value;
	assert_ok(pthread_create(&stalled.thread, NULL, make_call, &stalled));
	assert_true(wait_for_toucher(&stalled.held));
	assert_ok(try_revoke(fd));
	assert_frozen(fd, 1);
	stalled.held.page = value + size - PAGE;
	assert_true(release_page(&stalled.held, 0x99));
	pthread_join(stalled.thread, NULL);
	assert_int_equal(stalled.ret, -EPERM);
	assert_ok(try_lookup(fd, 0, now));
	assert_true(all(now, size, 0));
	unmap(value, size);
	free(now);
}

static void a_pending_freeze_has_come_true(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };

	(void)state;
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_refused(when_idle_kept(fd), EINPROGRESS);
	assert_int_equal(poll(&poll_fd, 1, 0), 0);
	assert_ok(try_revoke(fd));
	assert_frozen(fd, 1);
	assert_int_equal(poll(&poll_fd, 1, 0), 1);
	assert_int_equal(poll_fd.revents, POLLPRI);
	assert_refused(cancel(fd), EPERM);
	assert_refused(cancel_kept(fd), EPERM);
	unmap(at, LEN);
	assert_frozen(fd, 0);
}

static void *poll_it(void *arg)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };

	(void)arg;
	return (void *)(intptr_t)(poll(&poll_fd, 1, -1) == 1 ? poll_fd.revents : -1);
}

static void who_polls_is_woken(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	pthread_t thread;
	void *ret;

	(void)state;
	pthread_create(&thread, NULL, poll_it, NULL);
	usleep(20000);
	assert_ok(try_revoke(fd));
	pthread_join(thread, &ret);
	assert_int_equal((intptr_t)ret, POLLPRI);
	unmap(at, LEN);
}

static void *revoke_it(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)try_revoke(fd);
}

static void of_several_at_once_one_wins(void **state)
{
	enum { NR = 4, ROUNDS = 20 };
	int round, i, won;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
		pthread_t threads[NR];
		void *ret;

		at[0] = 1;
		for (i = 0, won = 0; i < NR; i++)
			pthread_create(&threads[i], NULL, revoke_it, NULL);
		for (i = 0; i < NR; i++) {
			pthread_join(threads[i], &ret);
			assert_true(!ret || (intptr_t)ret == -EPERM);
			won += !ret;
		}
		assert_int_equal(won, 1);
		assert_frozen(fd, 1);
		unmap(at, LEN);
		close(fd);
		fd = create_pages(PAGES);
	}
}

/* Large regions, whose chunks of 2 MiB the kernel may map by one entry, and populated ones. */
static void large_and_populated_mappings(void **state)
{
	const size_t len = 6 * MIB, step = 256 * KIB;
	uint32_t flags;

	(void)state;
	for (flags = 0; flags <= BPFMMAP_F_POPULATE; flags += BPFMMAP_F_POPULATE) {
		struct bpfmmap_create args = create_args(8, len / 8);
		uint8_t *at, *view;
		size_t i;
		int region;

		args.flags = flags;
		region = try_create_args(&args);
		assert_true(region >= 0);
		at = map(region, len, PROT_READ | PROT_WRITE, 0);
		view = map(region, len, PROT_READ, 0);
		for (i = 0; i < len; i += step)
			at[i] = 1 + i / step;
		assert_ok(try_revoke(region));
		assert_frozen(region, 1);
		for (i = 0; i < len; i += step) {
			assert_int_equal(try_write_byte(at + i), SIGBUS);
			assert_int_equal(view[i], 1 + i / step);
		}
		unmap(at, len);
		unmap(view, len);
		close(region);
	}
}

/* Punches a hole as large as the region, into which a revoke comes. */
struct hole {
	int region;
	size_t len;
	long ret;
};

static void *punch(void *arg)
{
	struct hole *hole = arg;

	hole->ret = result(fallocate(hole->region, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				     hole->len));
	return NULL;
}

/* It takes place up to where it was when the revoke came, which the test sees in the last byte. */
static void a_hole_in_flight_ends(void **state)
{
	unsigned int cut = 0, round;

	(void)state;
	for (round = 0; round < 20 && cut < 3; round++) {
		struct hole hole = { .len = 64 * MIB };
		pthread_t thread;
		uint8_t *at, first, last;

		hole.region = create(8, hole.len / 8);
		at = map(hole.region, hole.len, PROT_READ | PROT_WRITE, 0);
		memset(at, 1, hole.len);
		assert_ok(pthread_create(&thread, NULL, punch, &hole));
		/* until it has begun, or a little later */
		while (*(volatile uint8_t *)at)
			sched_yield();
		usleep(round * 100);
		assert_ok(try_revoke(hole.region));
		assert_int_equal(pread(hole.region, &first, 1, hole.len - 1), 1);
		assert_ok(pthread_join(thread, NULL));
		assert_int_equal(pread(hole.region, &last, 1, hole.len - 1), 1);
		/* nothing has changed since the revoke, whether the hole was complete or not */
		assert_int_equal(last, first);
		if (first) {
			assert_int_equal(hole.ret, -EPERM);
			cut++;
		}
		unmap(at, hole.len);
		close(hole.region);
	}
}

/* The mapping was never touched, and the region is opened by its name. */
static void by_whom_opens_it_by_name(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	int opened;

	(void)state;
	assert_ok(try_publish(fd, "revoked"));
	close(fd);
	opened = open_name("revoked", O_RDWR);
	assert_ok(try_revoke(opened));
	assert_frozen(opened, 1);
	assert_int_equal(try_write_byte(at), SIGBUS);
	unmap(at, LEN);
	assert_frozen(opened, 0);
	assert_ok(try_withdraw("revoked"));
	fd = opened;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_writers_it_is_a_freeze),
		TEST(it_takes_the_right_to_freeze),
		TEST(writers_lose_their_mappings),
		TEST(a_mapping_made_read_only_was_a_writer),
		TEST(a_revoked_mapping_is_moved_split_and_forked),
		TEST(in_every_process),
		TEST(debuggers_get_no_further),
		TEST(calls_in_flight_end),
		TEST(a_large_update_in_flight_ends),
		TEST(a_pending_freeze_has_come_true),
		TEST(who_polls_is_woken),
		TEST(of_several_at_once_one_wins),
		TEST(a_hole_in_flight_ends),
		TEST(large_and_populated_mappings),
		TEST(by_whom_opens_it_by_name),
	};

	return RUN_GROUP(tests);
}
