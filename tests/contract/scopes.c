// SPDX-License-Identifier: GPL-2.0-only
/*
 * A region is frozen for processes, or for everybody. No BPF program takes part in these tests. The
 * module does not know that: once the handle was given out, a freeze for everybody waits for
 * the grace periods that programs would need.
 */
#include "fixture.h"

#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>

#define PAGES	4UL
#define LEN	(PAGES * PAGE)
#define FOR_PROCESSES	BPFMMAP_FREEZE_PROCESSES

static int fd = -1;

/* A region of PAGES for BPF programs. */
static int create_for_programs(void)
{
	struct bpfmmap_create args = create_args(1, PAGES * PAGE / 8);
	int region;

	args.flags = BPFMMAP_F_PROG;
	region = try_create_args(&args);
	assert_true(region >= 0);
	return region;
}

/* From now on the module takes it that programs may be writing. */
static void show_to_programs(int region)
{
	struct bpfmmap_handle_args args = { .size = sizeof(args) };

	assert_ok(request(region, BPFMMAP_IOC_HANDLE, &args));
	assert_true(args.handle);
}

static int setup(void **state)
{
	(void)state;
	fd = create_for_programs();
	return 0;
}

static int setup_shown(void **state)
{
	setup(state);
	show_to_programs(fd);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	return 0;
}

static short polled(int region)
{
	struct pollfd poll_fd = { .fd = region, .events = POLLOUT | POLLPRI | POLLRDBAND };

	assert_true(poll(&poll_fd, 1, 0) >= 0);
	return poll_fd.revents;
}

/* A minute is as good as for ever. */
static void wait_for(int region, short event)
{
	struct pollfd poll_fd = { .fd = region, .events = event };

	assert_int_equal(poll(&poll_fd, 1, 60000), 1);
	assert_int_equal(poll_fd.revents, event);
}

static bool is_immutable(int region)
{
	struct statx stx;

	assert_ok(statx(region, "", AT_EMPTY_PATH, 0, &stx));
	return stx.stx_attributes & STATX_ATTR_IMMUTABLE;
}

static bool fdinfo_has(int region, const char *wanted)
{
	char path[64], line[128];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", region);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		found |= !strcmp(line, wanted);
	fclose(file);
	return found;
}

static void assert_not_frozen(int region)
{
	assert_int_equal(info(region).frozen, 0);
	assert_int_equal(info(region).frozen_for, BPFMMAP_FROZEN_FOR_NOBODY);
	assert_false(is_immutable(region));
	assert_true(fdinfo_has(region, "frozen_for:\tnobody\n"));
	assert_int_equal(polled(region), POLLOUT);
}

static void assert_no_process_writes(int region)
{
	uint8_t value = 1;

	assert_refused(try_update(region, 0, &value, 0), EPERM);
	assert_refused(try_map(region, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EPERM);
	assert_refused(result(pwrite(region, &value, 1, 0)), EPERM);
	assert_ok(try_map(region, PAGE, PROT_READ, MAP_SHARED, 0));
	assert_refused(cancel(region), EPERM);
	assert_refused(cancel_kept(region), EPERM);
	assert_int_equal(info(region).freeze_pending, 0);
	assert_refused(try_freeze_with(region, FOR_PROCESSES), EPERM);
	assert_refused(try_freeze_with(region, FOR_PROCESSES | BPFMMAP_FREEZE_REVOKE), EPERM);
	assert_refused(try_freeze_with(region, FOR_PROCESSES | BPFMMAP_FREEZE_WHEN_IDLE), EPERM);
}

static void assert_frozen_for_processes(int region)
{
	assert_int_equal(info(region).frozen, 0);
	assert_int_equal(info(region).frozen_for, BPFMMAP_FROZEN_FOR_PROCESSES);
	assert_false(is_immutable(region));
	assert_true(fdinfo_has(region, "frozen_for:\tprocesses\n"));
	assert_true(fdinfo_has(region, "frozen:\t0\n"));
	assert_int_equal(polled(region), POLLRDBAND);
	assert_no_process_writes(region);
}

static void assert_frozen_for_all(int region)
{
	assert_int_equal(info(region).frozen, 1);
	assert_int_equal(info(region).frozen_for, BPFMMAP_FROZEN_FOR_ALL);
	assert_true(is_immutable(region));
	assert_true(fdinfo_has(region, "frozen_for:\teverybody\n"));
	assert_int_equal(polled(region), POLLRDBAND | POLLPRI);
	assert_no_process_writes(region);
	assert_refused(try_freeze(region), EPERM);
	assert_refused(when_idle(region), EPERM);
	assert_refused(try_freeze_with(region, BPFMMAP_FREEZE_REVOKE), EPERM);
}

static void first_for_processes_then_for_everybody(void **state)
{
	(void)state;
	assert_not_frozen(fd);
	assert_ok(try_freeze_with(fd, FOR_PROCESSES));
	assert_frozen_for_processes(fd);
	assert_ok(try_freeze(fd));
	assert_frozen_for_all(fd);
}

static void the_plain_freeze_is_for_everybody(void **state)
{
	(void)state;
	assert_ok(try_freeze(fd));
	assert_frozen_for_all(fd);
}

/* A region that no program can reach has both scopes, too. */
static void a_plain_region_has_both(void **state)
{
	int plain = create_pages(1);

	(void)state;
	assert_ok(try_freeze_with(plain, FOR_PROCESSES));
	assert_frozen_for_processes(plain);
	assert_ok(when_idle(plain));
	assert_frozen_for_all(plain);
	close(plain);
}

static void writers_keep_both_from_it(void **state)
{
	uint8_t *at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(try_freeze_with(fd, FOR_PROCESSES), EBUSY);
	assert_refused(try_freeze(fd), EBUSY);
	at[0] = 1;
	unmap(at, PAGE);
	assert_not_frozen(fd);
	assert_ok(try_freeze_with(fd, FOR_PROCESSES));
}

static void the_last_writer_freezes_for_processes(void **state)
{
	uint8_t *at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(try_freeze_with(fd, FOR_PROCESSES | BPFMMAP_FREEZE_WHEN_IDLE), EINPROGRESS);
	assert_int_equal(info(fd).freeze_pending, 1);
	unmap(at, PAGE);
	assert_frozen_for_processes(fd);
	/* those who have asked have had what they asked for */
	assert_ok(try_freeze(fd));
	assert_frozen_for_all(fd);
}

/* An open file has one request, for what it asked for last. */
static void the_last_request_of_a_file_counts(void **state)
{
	uint8_t *at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_refused(try_freeze_with(fd, FOR_PROCESSES | BPFMMAP_FREEZE_WHEN_IDLE), EINPROGRESS);
	assert_int_equal(info(fd).freeze_pending, 1);
	unmap(at, PAGE);
	assert_frozen_for_processes(fd);
}

/* Of two requests the one for everybody includes the other, while it is there. */
static void the_larger_of_two_requests_comes_true(void **state)
{
	int other = open_id(info(fd).id, 0);
	uint8_t *at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(try_freeze_with(fd, FOR_PROCESSES | BPFMMAP_FREEZE_WHEN_IDLE), EINPROGRESS);
	assert_refused(when_idle(other), EINPROGRESS);
	assert_int_equal(info(fd).freeze_pending, 2);
	unmap(at, PAGE);
	assert_frozen_for_all(fd);
	close(other);
}

static void a_request_that_is_closed_is_as_if_never_made(void **state)
{
	int other = open_id(info(fd).id, 0);
	uint8_t *at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(try_freeze_with(fd, FOR_PROCESSES | BPFMMAP_FREEZE_WHEN_IDLE), EINPROGRESS);
	assert_refused(when_idle(other), EINPROGRESS);
	close(other);
	assert_int_equal(info(fd).freeze_pending, 1);
	unmap(at, PAGE);
	assert_frozen_for_processes(fd);
}

static void kept_requests_have_a_scope(void **state)
{
	uint8_t *at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(when_idle_kept(fd), EINPROGRESS);
	/* one for each user, for the last scope */
	assert_refused(try_freeze_with(fd, FOR_PROCESSES | BPFMMAP_FREEZE_WHEN_IDLE |
				       BPFMMAP_FREEZE_KEEP), EINPROGRESS);
	assert_int_equal(info(fd).freeze_pending, 1);
	unmap(at, PAGE);
	assert_frozen_for_processes(fd);
}

static void what_is_taken_back_is_taken_back(void **state)
{
	uint8_t *at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(try_freeze_with(fd, FOR_PROCESSES | BPFMMAP_FREEZE_WHEN_IDLE), EINPROGRESS);
	assert_ok(cancel(fd));
	assert_refused(cancel(fd), ENOENT);
	unmap(at, PAGE);
	assert_not_frozen(fd);
	/* what is taken back is the request, whatever it was for */
	assert_refused(try_freeze_with(fd, FOR_PROCESSES | BPFMMAP_FREEZE_CANCEL), EINVAL);
}

static void revoking_for_processes(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);

	(void)state;
	at[PAGE] = 7;
	assert_ok(try_freeze_with(fd, FOR_PROCESSES | BPFMMAP_FREEZE_REVOKE));
	assert_int_equal(try_write_byte(at + PAGE), SIGBUS);
	assert_int_equal(info(fd).revoked, 1);
	assert_frozen_for_processes(fd);
	/* with those who were revoked still there */
	assert_ok(try_freeze(fd));
	assert_int_equal(info(fd).revoked, 1);
	assert_frozen_for_all(fd);
	unmap(at, LEN);
	assert_int_equal(info(fd).revoked, 0);
	assert_frozen_for_all(fd);
}

/* One who waits for everybody gets that, though the one who revokes asks for less. */
static void revoking_grants_what_is_pending(void **state)
{
	int other = open_id(info(fd).id, 0);
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(when_idle(other), EINPROGRESS);
	assert_ok(try_freeze_with(fd, FOR_PROCESSES | BPFMMAP_FREEZE_REVOKE));
	assert_frozen_for_all(fd);
	unmap(at, LEN);
	close(other);
}

static void it_takes_the_right_to_freeze(void **state)
{
	int readonly = open_id(info(fd).id, BPFMMAP_F_RDONLY);
	int nofreeze = open_id(info(fd).id, BPFMMAP_F_NOFREEZE);

	(void)state;
	assert_refused(try_freeze_with(readonly, FOR_PROCESSES), EPERM);
	assert_refused(try_freeze_with(nofreeze, FOR_PROCESSES), EPERM);
	assert_ok(try_freeze_with(fd, FOR_PROCESSES));
	assert_refused(try_freeze(readonly), EPERM);
	assert_refused(try_freeze(nofreeze), EPERM);
	assert_frozen_for_processes(fd);
	close(readonly);
	close(nofreeze);
}

/* The same when it was shown to programs: now it takes grace periods. */
static void the_last_writer_does_not_wait(void **state)
{
	uint8_t *at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(when_idle(fd), EINPROGRESS);
	at[0] = 9;
	unmap(at, PAGE);
	/* it is about to be frozen: nobody gets in, nobody takes it back */
	assert_true(try_map(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0) < 0);
	assert_refused(cancel(fd), EPERM);
	wait_for(fd, POLLPRI);
	assert_frozen_for_all(fd);
}

static void when_idle_does_not_wait(void **state)
{
	int ret = when_idle(fd);

	(void)state;
	assert_int_equal(ret, -EINPROGRESS);
	wait_for(fd, POLLPRI);
	assert_frozen_for_all(fd);
}

struct freezer {
	pthread_t thread;
	uint32_t flags;
	int ret;
};

static void *freeze_it(void *arg)
{
	struct freezer *freezer = arg;

	freezer->ret = try_freeze_with(fd, freezer->flags);
	return NULL;
}

/* Whatever way they go: one does it, and to the others it was frozen already. */
static void of_many_at_once_one_freezes(void **state)
{
	struct freezer freezers[16] = {};
	size_t i, done = 0;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(freezers); i++) {
		freezers[i].flags = i % 2 ? BPFMMAP_FREEZE_REVOKE : 0;
		assert_ok(pthread_create(&freezers[i].thread, NULL, freeze_it, &freezers[i]));
	}
	for (i = 0; i < ARRAY_SIZE(freezers); i++) {
		assert_ok(pthread_join(freezers[i].thread, NULL));
		done += !freezers[i].ret;
		if (freezers[i].ret)
			assert_int_equal(freezers[i].ret, -EPERM);
	}
	assert_int_equal(done, 1);
	assert_frozen_for_all(fd);
}

/* For processes one, for everybody one, though all revoke writers that are there. */
static void revoking_in_both_scopes_at_once(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	struct freezer freezers[8] = {};
	size_t i, for_all = 0;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(freezers); i++) {
		freezers[i].flags = BPFMMAP_FREEZE_REVOKE | (i % 2 ? FOR_PROCESSES : 0);
		assert_ok(pthread_create(&freezers[i].thread, NULL, freeze_it, &freezers[i]));
	}
	for (i = 0; i < ARRAY_SIZE(freezers); i++) {
		assert_ok(pthread_join(freezers[i].thread, NULL));
		assert_true(!freezers[i].ret || freezers[i].ret == -EPERM);
		for_all += !(freezers[i].flags & FOR_PROCESSES) && !freezers[i].ret;
	}
	assert_int_equal(for_all, 1);
	assert_frozen_for_all(fd);
	assert_int_equal(try_write_byte(at), SIGBUS);
	unmap(at, LEN);
}

/* The module is not held by what drains once the freeze has returned. */
static void nothing_is_left_of_a_freeze(void **state)
{
	(void)state;
	assert_ok(try_freeze(fd));
	close(fd);
	assert_ok(try_unload());
	assert_ok(try_load(""));
	fd = create_for_programs();
}

#define TEST_SHOWN(name)	{ #name "_shown", name, setup_shown, teardown, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_for_processes_then_for_everybody),
		TEST(the_plain_freeze_is_for_everybody),
		TEST(a_plain_region_has_both),
		TEST(writers_keep_both_from_it),
		TEST(the_last_writer_freezes_for_processes),
		TEST(the_last_request_of_a_file_counts),
		TEST(the_larger_of_two_requests_comes_true),
		TEST(a_request_that_is_closed_is_as_if_never_made),
		TEST(kept_requests_have_a_scope),
		TEST(what_is_taken_back_is_taken_back),
		TEST(revoking_for_processes),
		TEST(revoking_grants_what_is_pending),
		TEST(it_takes_the_right_to_freeze),
		TEST(of_many_at_once_one_freezes),
		TEST(revoking_in_both_scopes_at_once),
		TEST(nothing_is_left_of_a_freeze),
		TEST_SHOWN(first_for_processes_then_for_everybody),
		TEST_SHOWN(the_plain_freeze_is_for_everybody),
		TEST_SHOWN(writers_keep_both_from_it),
		TEST_SHOWN(the_last_writer_freezes_for_processes),
		TEST_SHOWN(the_last_request_of_a_file_counts),
		TEST_SHOWN(what_is_taken_back_is_taken_back),
		TEST_SHOWN(revoking_for_processes),
		TEST_SHOWN(revoking_grants_what_is_pending),
		TEST_SHOWN(the_last_writer_does_not_wait),
		TEST_SHOWN(when_idle_does_not_wait),
		TEST_SHOWN(of_many_at_once_one_freezes),
		TEST_SHOWN(revoking_in_both_scopes_at_once),
		TEST_SHOWN(nothing_is_left_of_a_freeze),
	};

	return RUN_GROUP(tests);
}
