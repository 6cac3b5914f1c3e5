// SPDX-License-Identifier: GPL-2.0-only
/* Freezes of all kinds: the region is frozen, or writers may go on. */
#include "faults.h"

#include <sys/inotify.h>

#define CHUNK	512UL	/* pages */

static int region;
static size_t pages;
static uint8_t *writer;		/* a writable mapping, or NULL */
static bool has_writer, for_programs;
static uint32_t flags;

static void make_region(void)
{
	struct bpfmmap_create args = create_args(8, pages * PAGE / 8);
	struct bpfmmap_handle_args handle = { .size = sizeof(handle) };

	args.flags = for_programs ? BPFMMAP_F_PROG : 0;
	region = try_create_args(&args);
	assert_true(region >= 0);
	fill(region, 1);
	if (for_programs)
		assert_ok(request(region, BPFMMAP_IOC_HANDLE, &handle));
	writer = NULL;
	if (has_writer) {
		writer = map(region, pages * PAGE, PROT_READ | PROT_WRITE, 0);
		((volatile uint8_t *)writer)[0] = 1;
	}
}

static void unmap_writer(void)
{
	if (writer)
		unmap(writer, pages * PAGE);
	writer = NULL;
}

static void close_region(void)
{
	unmap_writer();
	close(region);
}

/* A freeze that has to wait for the writer has succeeded, too. */
static long freeze_it(void)
{
	long ret = try_freeze_with(region, flags);

	return ret == -EINPROGRESS ? 0 : ret;
}

static uint32_t scope(void)
{
	return flags & BPFMMAP_FREEZE_PROCESSES ? BPFMMAP_FROZEN_FOR_PROCESSES :
						   BPFMMAP_FROZEN_FOR_ALL;
}

static void may_still_write(void)
{
	const uint64_t ones = 0x0101010101010101;

	assert_int_equal(info(region).frozen_for, BPFMMAP_FROZEN_FOR_NOBODY);
	assert_ok(try_update(region, 0, &ones, 0));
}

static void is_frozen(long ret)
{
	const uint64_t twos = 0x0202020202020202;

	assert_int_equal(ret, 0);
	assert_refused(try_update(region, 0, &twos, 0), EPERM);
	assert_true(is_filled(region, 1));
	assert_int_equal(info(region).frozen_for, scope());
}

static bool is_pending(void)
{
	return flags & BPFMMAP_FREEZE_WHEN_IDLE && writer;
}

static void is_pending_then_frozen(long ret)
{
	const uint64_t twos = 0x0202020202020202;

	assert_int_equal(ret, 0);
	if (is_pending()) {
		assert_int_equal(info(region).freeze_pending, 1);
		assert_refused(try_update(region, 0, &twos, 0), EBUSY);
		unmap_writer();
	}
	while (for_programs && info(region).frozen_for != scope())
		usleep(10000);
	is_frozen(ret);
}

static void freeze_with(uint32_t wanted, size_t nr, bool writes)
{
	flags = wanted;
	pages = nr;
	has_writer = writes;
	FAIL_EACH(.before = make_region, .make = freeze_it, .after = is_pending_then_frozen,
		  .failed = may_still_write, .end = close_region, .region = &region,
		  .errors = { EFAULT, wanted & BPFMMAP_FREEZE_KEEP ? ENOMEM : 0 });
}

/* For everybody and for processes; a region for programs waits for these. */
static void freeze_of_all_kinds(uint32_t wanted, size_t nr, bool writes)
{
	for_programs = false;
	freeze_with(wanted, nr, writes);
	freeze_with(wanted | BPFMMAP_FREEZE_PROCESSES, nr, writes);
	for_programs = true;
	freeze_with(wanted, nr, writes);
	freeze_with(wanted | BPFMMAP_FREEZE_PROCESSES, nr, writes);
	for_programs = false;
}

static void now(void **state)
{
	(void)state;
	freeze_of_all_kinds(0, 1, false);
}

static void when_idle_and_it_is(void **state)
{
	(void)state;
	freeze_of_all_kinds(BPFMMAP_FREEZE_WHEN_IDLE, 1, false);
}

static void when_idle_and_it_waits(void **state)
{
	(void)state;
	freeze_of_all_kinds(BPFMMAP_FREEZE_WHEN_IDLE, 1, true);
}

static void when_idle_for_good(void **state)
{
	(void)state;
	freeze_of_all_kinds(BPFMMAP_FREEZE_WHEN_IDLE | BPFMMAP_FREEZE_KEEP, 1, true);
}

static void revoke_of_nobody(void **state)
{
	(void)state;
	freeze_of_all_kinds(BPFMMAP_FREEZE_REVOKE, 1, false);
}

static void revoke_of_pages(void **state)
{
	(void)state;
	freeze_of_all_kinds(BPFMMAP_FREEZE_REVOKE, 40, true);
}

static void revoke_of_chunks(void **state)
{
	(void)state;
	freeze_with(BPFMMAP_FREEZE_REVOKE, CHUNK + 10, true);
}

static void is_frozen_for_both(long ret)
{
	assert_int_equal(ret, 0);
	assert_int_equal(info(region).frozen_for, BPFMMAP_FROZEN_FOR_ALL);
	assert_true(is_filled(region, 1));
}

static void freeze_for_processes_first(void)
{
	make_region();
	assert_ok(try_freeze_with(region, BPFMMAP_FREEZE_PROCESSES));
}

static void is_frozen_for_processes(void)
{
	assert_int_equal(info(region).frozen_for, BPFMMAP_FROZEN_FOR_PROCESSES);
}

static void for_everybody_after_processes(void **state)
{
	(void)state;
	flags = 0;
	pages = 1;
	has_writer = false;
	for_programs = true;
	FAIL_EACH(.before = freeze_for_processes_first, .make = freeze_it,
		  .after = is_frozen_for_both, .failed = is_frozen_for_processes,
		  .end = close_region, .region = &region, .errors = { EFAULT });
	for_programs = false;
}

static void make_pending(void)
{
	make_region();
	assert_refused(try_freeze_with(region, BPFMMAP_FREEZE_WHEN_IDLE |
						(flags & BPFMMAP_FREEZE_KEEP)), EINPROGRESS);
}

static void is_cancelled(long ret)
{
	assert_int_equal(ret, 0);
	assert_int_equal(info(region).freeze_pending, 0);
	may_still_write();
}

static void still_pending(void)
{
	assert_int_equal(info(region).freeze_pending, 1);
}

static void cancel_with(uint32_t wanted)
{
	flags = wanted;
	pages = 1;
	has_writer = true;
	FAIL_EACH(.before = make_pending, .make = freeze_it, .after = is_cancelled,
		  .failed = still_pending, .end = close_region, .region = &region,
		  .errors = { EFAULT });
}

static void cancel_of_a_freeze(void **state)
{
	(void)state;
	cancel_with(BPFMMAP_FREEZE_CANCEL);
	cancel_with(BPFMMAP_FREEZE_CANCEL | BPFMMAP_FREEZE_KEEP);
}

/*
 * Watches
 */

static int watches;

static void make_named_region(void)
{
	make_region();
	assert_ok(try_publish(region, "name"));
}

static void withdraw_and_close(void)
{
	assert_ok(try_withdraw("name"));
	close_region();
}

static long watch_it(void)
{
	return result(inotify_add_watch(watches, path_of("name"), IN_ATTRIB));
}

/* The freeze is told to the watch, or the watch is not there. */
static void is_told(long watch)
{
	uint8_t event[sizeof(struct inotify_event)];

	assert_true(watch > 0);
	assert_ok(try_freeze(region));
	assert_int_equal(read(watches, event, sizeof(event)), sizeof(event));
	assert_ok(inotify_rm_watch(watches, watch));
	assert_int_equal(read(watches, event, sizeof(event)), sizeof(event));
}

static void a_watch_of_a_freeze(void **state)
{
	(void)state;
	pages = 1;
	has_writer = false;
	watches = inotify_init1(IN_CLOEXEC);
	FAIL_EACH(.before = make_named_region, .make = watch_it, .after = is_told,
		  .end = withdraw_and_close, .region = &region, .errors = USUAL_ERRORS);
	close(watches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULTS_TEST(now),
		FAULTS_TEST(when_idle_and_it_is),
		FAULTS_TEST(when_idle_and_it_waits),
		FAULTS_TEST(when_idle_for_good),
		FAULTS_TEST(revoke_of_nobody),
		FAULTS_TEST(revoke_of_pages),
		FAULTS_TEST(revoke_of_chunks),
		FAULTS_TEST(for_everybody_after_processes),
		FAULTS_TEST(cancel_of_a_freeze),
		FAULTS_TEST(a_watch_of_a_freeze),
	};

	return RUN_FAULTS_GROUP(tests);
}
