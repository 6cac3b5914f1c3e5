// SPDX-License-Identifier: GPL-2.0-only
/* Freeze when idle: who waits for it, which writers may still begin, and how a request ends. */
#include "fixture.h"
#include "held_page.h"

#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>

#define PAGES	4UL
#define LEN	(PAGES * PAGE)

static int fd = -1;
static uint8_t *at;	/* a writable mapping of it */

static int setup(void **state)
{
	(void)state;
	fd = create_pages(PAGES);
	at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	munmap(at, LEN);
	close(fd);
	return 0;
}

/* The events that poll returns now. */
static short polled(int region)
{
	struct pollfd poll_fd = { .fd = region, .events = POLLIN | POLLOUT | POLLPRI };

	assert_true(poll(&poll_fd, 1, 0) >= 0);
	return poll_fd.revents;
}

static void idle_freezes_at_once(void **state)
{
	(void)state;
	unmap(at, LEN);
	assert_ok(when_idle(fd));
	assert_int_equal(info(fd).frozen, 1);
	assert_int_equal(info(fd).freeze_pending, 0);
	assert_refused(when_idle(fd), EPERM);
	assert_refused(when_idle_kept(fd), EPERM);
	assert_refused(cancel(fd), EPERM);
	assert_refused(cancel_kept(fd), EPERM);
}

static void the_last_one_out_freezes(void **state)
{
	uint8_t *other = map(fd, PAGE, PROT_READ | PROT_WRITE, PAGE);

	(void)state;
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_int_equal(info(fd).freeze_pending, 1);
	/* writers that have begun go on, and write */
	at[0] = 5;
	unmap(at, LEN);
	assert_int_equal(info(fd).frozen, 0);
	other[0] = 6;
	unmap(other, PAGE);
	assert_int_equal(info(fd).frozen, 1);
	assert_int_equal(info(fd).freeze_pending, 0);
	assert_refused(try_freeze(fd), EPERM);
	at = map(fd, LEN, PROT_READ, 0);
	assert_int_equal(at[0], 5);
	assert_int_equal(at[PAGE], 6);
}

static void no_new_writer_gets_in(void **state)
{
	uint32_t one = 1;
	uint64_t value = 1;
	uint8_t *readonly;

	(void)state;
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_refused(try_map(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EBUSY);
	assert_refused(try_update(fd, 0, &value, 0), EBUSY);
	assert_refused(try_batch(fd, BPFMMAP_IOC_UPDATE_BATCH, 0, &one, &value), EBUSY);
	assert_refused(result(pwrite(fd, &value, 8, 0)), EBUSY);
	assert_refused(try_freeze(fd), EBUSY);
	/* readers do */
	readonly = map(fd, LEN, PROT_READ, 0);
	assert_ok(try_lookup(fd, 0, &value));
	assert_int_equal(pread(fd, &value, 8, 0), 8);
	unmap(readonly, LEN);
}

static int write_and_exit(void *arg)
{
	(void)arg;
	at[PAGE] = 9;
	/* a copy of a writer is a writer */
	return info(fd).writers == 2 && !info(fd).frozen ? 0 : 1;
}

static void fork_and_split_still_copy(void **state)
{
	(void)state;
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_ok(in_child(write_and_exit, NULL));
	assert_int_equal(at[PAGE], 9);
	assert_int_equal(info(fd).frozen, 0);
	unmap(at + PAGE, PAGE);
	assert_int_equal(info(fd).writers, 2);
	unmap(at, PAGE);
	assert_int_equal(info(fd).frozen, 0);
	unmap(at + 2 * PAGE, PAGE);
	assert_int_equal(info(fd).frozen, 0);
	unmap(at + 3 * PAGE, PAGE);
	assert_int_equal(info(fd).frozen, 1);
}

static void cancelled_it_is_as_before(void **state)
{
	uint64_t value = 1;

	(void)state;
	assert_refused(cancel(fd), ENOENT);
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_ok(cancel(fd));
	assert_int_equal(info(fd).freeze_pending, 0);
	assert_ok(try_update(fd, 0, &value, 0));
	unmap(at, LEN);
	assert_int_equal(info(fd).frozen, 0);
	assert_refused(cancel(fd), ENOENT);
	assert_ok(try_freeze(fd));
}

static void asked_twice_is_asked_once(void **state)
{
	(void)state;
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_int_equal(info(fd).freeze_pending, 1);
	assert_ok(cancel(fd));
	assert_int_equal(info(fd).freeze_pending, 0);
	assert_refused(when_idle_kept(fd), EINPROGRESS);
	assert_refused(when_idle_kept(fd), EINPROGRESS);
	assert_int_equal(info(fd).freeze_pending, 1);
	assert_ok(cancel_kept(fd));
	assert_int_equal(info(fd).freeze_pending, 0);
}

/* The request of an open file and that of a user are two, and are cancelled one by one. */
static void each_is_cancelled_by_itself(void **state)
{
	(void)state;
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_refused(when_idle_kept(fd), EINPROGRESS);
	assert_int_equal(info(fd).freeze_pending, 2);
	assert_ok(cancel(fd));
	assert_refused(cancel(fd), ENOENT);
	assert_int_equal(info(fd).freeze_pending, 1);
	assert_ok(cancel_kept(fd));
	assert_refused(cancel_kept(fd), ENOENT);
	assert_int_equal(info(fd).freeze_pending, 0);
}

static void it_is_the_open_files_and_ends_with_it(void **state)
{
	int other = open_id(info(fd).id, 0), copy;
	uint64_t value = 1;

	(void)state;
	assert_refused(when_idle(other), EINPROGRESS);
	/* only the open file that asked can cancel, and one request of several is enough */
	assert_refused(cancel(fd), ENOENT);
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_int_equal(info(fd).freeze_pending, 2);
	assert_ok(cancel(fd));
	assert_refused(try_update(fd, 0, &value, 0), EBUSY);

	copy = dup(other);
	close(other);
	assert_int_equal(info(fd).freeze_pending, 1);
	close(copy);
	assert_int_equal(info(fd).freeze_pending, 0);
	assert_ok(try_update(fd, 0, &value, 0));
	unmap(at, LEN);
	assert_int_equal(info(fd).frozen, 0);
}

static int ask_and_be_killed(void *arg)
{
	int other = open_id(info(fd).id, 0);

	(void)arg;
	munmap(at, LEN);
	if (when_idle(other) != -EINPROGRESS)
		return 1;
	raise(SIGKILL);
	return 2;
}

static void a_requester_that_dies_leaves_nothing(void **state)
{
	uint64_t value = 1;

	(void)state;
	assert_int_equal(in_child(ask_and_be_killed, NULL), 128 + SIGKILL);
	assert_int_equal(info(fd).freeze_pending, 0);
	assert_ok(try_update(fd, 0, &value, 0));
	unmap(at, LEN);
	assert_int_equal(info(fd).frozen, 0);
}

/* A writer that is killed may be the last one to leave as well. */
static int write_until_killed(void *arg)
{
	int *ready = arg;

	at[0] = 1;
	if (write(ready[1], "", 1) != 1)
		return 1;
	pause();
	return 2;
}

static void a_killed_writer_lets_it_freeze(void **state)
{
	struct pollfd frozen = { .fd = fd, .events = POLLPRI };
	int ready[2], status;
	char byte;
	pid_t pid;

	(void)state;
	assert_ok(pipe(ready));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(write_until_killed(ready));
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	unmap(at, LEN);
	assert_refused(when_idle(fd), EINPROGRESS);
	kill(pid, SIGKILL);
	assert_int_equal(poll(&frozen, 1, -1), 1);
	assert_int_equal(info(fd).frozen, 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(ready[0]);
	close(ready[1]);
}

static void who_can_not_freeze_can_not_ask(void **state)
{
	int readonly = open_id(info(fd).id, BPFMMAP_F_RDONLY);
	int nofreeze = open_id(info(fd).id, BPFMMAP_F_NOFREEZE);

	(void)state;
	assert_refused(when_idle(readonly), EPERM);
	assert_refused(when_idle(nofreeze), EPERM);
	assert_refused(when_idle_kept(nofreeze), EPERM);
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_refused(cancel(readonly), EPERM);
	assert_refused(cancel(nofreeze), EPERM);
	assert_refused(cancel_kept(nofreeze), EPERM);
	assert_int_equal(info(fd).freeze_pending, 1);
	close(readonly);
	close(nofreeze);
}

static void flags_that_make_no_sense(void **state)
{
	const uint32_t bad[] = {
		BPFMMAP_FREEZE_KEEP, BPFMMAP_FREEZE_CANCEL | BPFMMAP_FREEZE_WHEN_IDLE,
		BPFMMAP_FREEZE_CANCEL | BPFMMAP_FREEZE_PROCESSES,
		7, 32, 1U << 31, UINT32_MAX,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_refused(try_freeze_with(fd, bad[i]), EINVAL);
	assert_int_equal(info(fd).freeze_pending, 0);
}

static void *update_from(void *page)
{
	return (void *)(intptr_t)try_update(fd, 3, page, 0);
}

static void an_update_is_waited_for(void **state)
{
	struct held_page held = { .uffd = -1 };
	pthread_t thread;
	uint64_t value;
	void *ret;

	(void)state;
	if (!hold_page(&held))
		skip_because("this kernel has no userfaultfd");
	unmap(at, LEN);
	assert_ok(pthread_create(&thread, NULL, update_from, held.page));
	assert_true(wait_for_toucher(&held));
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_int_equal(info(fd).frozen, 0);
	assert_true(release_page(&held, 0x22));
	pthread_join(thread, &ret);
	assert_null(ret);
	assert_int_equal(info(fd).frozen, 1);
	assert_ok(try_lookup(fd, 3, &value));
	assert_int_equal(value, 0x2222222222222222);
	unmap(held.page, PAGE);
}

static void poll_tells(void **state)
{
	int readonly = open_id(info(fd).id, BPFMMAP_F_RDONLY);
	int writeonly = open_id(info(fd).id, BPFMMAP_F_WRONLY);

	(void)state;
	assert_int_equal(polled(fd), POLLIN | POLLOUT);
	assert_int_equal(polled(readonly), POLLIN);
	assert_int_equal(polled(writeonly), POLLOUT);
	unmap(at, LEN);
	assert_ok(try_freeze(fd));
	assert_int_equal(polled(fd), POLLIN | POLLPRI);
	assert_int_equal(polled(readonly), POLLIN | POLLPRI);
	assert_int_equal(polled(writeonly), POLLPRI);
	close(readonly);
	close(writeonly);
}

static void *wait_for_frozen(void *arg)
{
	struct pollfd frozen = { .fd = *(int *)arg, .events = POLLPRI };

	return (void *)(intptr_t)(poll(&frozen, 1, -1) == 1 && frozen.revents == POLLPRI ? 0 : 1);
}

static void everybody_is_woken(void **state)
{
	pthread_t threads[8];
	int fds[8];
	size_t i;
	void *ret;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		fds[i] = open_id(info(fd).id, i % 2 ? BPFMMAP_F_RDONLY : 0);
		assert_ok(pthread_create(&threads[i], NULL, wait_for_frozen, &fds[i]));
	}
	assert_refused(when_idle(fd), EINPROGRESS);
	unmap(at, LEN);
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		pthread_join(threads[i], &ret);
		assert_null(ret);
		close(fds[i]);
	}
}

#define WRITERS	3
#define SECONDS	8

static _Atomic bool stop;
static _Atomic int race_fd;

/* Begin and end to write, in all ways that there are. */
static void *come_and_go(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	uint64_t value = 1;

	while (!stop) {
		int region = race_fd;
		uint8_t *mine;

		switch (rand_r(&seed) % 3) {
		case 0:
			mine = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, region, 0);
			if (mine != MAP_FAILED)
				munmap(mine, PAGE);
			break;
		case 1:
			try_update(region, 0, &value, 0);
			break;
		default:
			if (pwrite(region, &value, 8, 8) < 0 && errno == EBADF)
				return arg;
		}
	}
	return NULL;
}

/* One region after the other is frozen, as soon as it has no writer for a moment. */
static void no_wakeup_is_lost_under_load(void **state)
{
	struct timespec start, now;
	pthread_t threads[WRITERS];
	unsigned int frozen = 0, waited = 0;
	int region, next, ret;
	size_t i;

	(void)state;
	stop = false;
	race_fd = create_pages(1);
	for (i = 0; i < WRITERS; i++)
		assert_ok(pthread_create(&threads[i], NULL, come_and_go, (void *)(i + 1)));
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		struct pollfd wait;

		region = race_fd;
		ret = when_idle(region);
		assert_true(!ret || ret == -EINPROGRESS);
		if (ret) {
			waited++;
			wait = (struct pollfd) { .fd = region, .events = POLLPRI };
			/* a writer stays for far less than that */
			assert_int_equal(poll(&wait, 1, 60000), 1);
		}
		assert_int_equal(info(region).frozen, 1);
		assert_int_equal(info(region).writers, 0);
		frozen++;
		next = create_pages(1);
		/* the number stays valid for the threads that have read it */
		assert_true(dup3(next, region, O_CLOEXEC) == region);
		close(next);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < SECONDS || waited < 50);
	stop = true;
	for (i = 0; i < WRITERS; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	printf("# %u freezes, %u of them had to wait\n", frozen, waited);
	close(race_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(idle_freezes_at_once),
		TEST(the_last_one_out_freezes),
		TEST(no_new_writer_gets_in),
		TEST(fork_and_split_still_copy),
		TEST(cancelled_it_is_as_before),
		TEST(asked_twice_is_asked_once),
		TEST(each_is_cancelled_by_itself),
		TEST(it_is_the_open_files_and_ends_with_it),
		TEST(a_requester_that_dies_leaves_nothing),
		TEST(a_killed_writer_lets_it_freeze),
		TEST(who_can_not_freeze_can_not_ask),
		TEST(flags_that_make_no_sense),
		TEST(an_update_is_waited_for),
		TEST(poll_tells),
		TEST(everybody_is_woken),
		TEST(no_wakeup_is_lost_under_load),
	};

	return RUN_GROUP(tests);
}
