// SPDX-License-Identifier: GPL-2.0-only
/*
 * A freeze when idle that is kept belongs to a user and not to an open file. How many users may
 * ask for one.
 */
#include "fixture.h"

#define PAGES	4UL
#define LEN	(PAGES * PAGE)
#define USERS	64	/* that may have asked at the same time */
#define FIRST	1000	/* the uid of the first user */

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
	go_on_as(0);
	munmap(at, LEN);
	close(fd);
	return 0;
}

static int ask_to_keep_and_be_killed(void *arg)
{
	int other = open_id(info(fd).id, 0);

	(void)arg;
	munmap(at, LEN);
	if (when_idle_kept(other) != -EINPROGRESS)
		return 1;
	raise(SIGKILL);
	return 2;
}

static void kept_it_outlives_its_requester(void **state)
{
	(void)state;
	assert_int_equal(in_child(ask_to_keep_and_be_killed, NULL), 128 + SIGKILL);
	assert_int_equal(info(fd).freeze_pending, 1);
	unmap(at, LEN);
	assert_int_equal(info(fd).frozen, 1);
}

static int nobody_takes_it_back(void *arg)
{
	(void)arg;
	become_nobody();
	if (cancel_kept(fd) != -ENOENT)
		return 1;
	/* a user takes back a request of their own */
	if (when_idle_kept(fd) != -EINPROGRESS)
		return 2;
	return cancel_kept(fd) ? 3 : 0;
}

static int nobody_asks_to_keep(void *arg)
{
	(void)arg;
	become_nobody();
	return when_idle_kept(fd) == -EINPROGRESS ? 0 : 1;
}

static void kept_it_is_the_users_to_cancel(void **state)
{
	(void)state;
	assert_refused(when_idle_kept(fd), EINPROGRESS);
	assert_ok(in_child(nobody_takes_it_back, NULL));
	assert_int_equal(info(fd).freeze_pending, 1);
	assert_ok(cancel_kept(fd));
	/* or CAP_SYS_ADMIN takes it back */
	assert_ok(in_child(nobody_asks_to_keep, NULL));
	assert_int_equal(info(fd).freeze_pending, 1);
	assert_ok(cancel_kept(fd));
	assert_int_equal(info(fd).freeze_pending, 0);
}

static int when_idle_kept_as(uid_t uid)
{
	int ret;

	go_on_as(uid);
	ret = when_idle_kept(fd);
	go_on_as(0);
	return ret;
}

static int cancel_kept_as(uid_t uid)
{
	int ret;

	go_on_as(uid);
	ret = cancel_kept(fd);
	go_on_as(0);
	return ret;
}

static void ask_as_all(void)
{
	int user;

	for (user = 0; user < USERS; user++)
		assert_refused(when_idle_kept_as(FIRST + user), EINPROGRESS);
	assert_int_equal(info(fd).freeze_pending, USERS);
}

/* Root counts like any other user here. */
static void so_many_users_and_no_more(void **state)
{
	(void)state;
	ask_as_all();
	assert_refused(when_idle_kept_as(FIRST + USERS), ENOSPC);
	assert_refused(when_idle_kept(fd), ENOSPC);
	assert_int_equal(info(fd).freeze_pending, USERS);
	/* requests of open files do not count here */
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_ok(cancel(fd));
	/* a user who has no request takes nothing back */
	assert_refused(cancel_kept_as(FIRST + USERS), ENOENT);
	assert_int_equal(info(fd).freeze_pending, USERS);
}

static void who_asks_again_is_no_other(void **state)
{
	int user;

	(void)state;
	for (user = 0; user < USERS; user++) {
		assert_refused(when_idle_kept_as(FIRST + user), EINPROGRESS);
		assert_refused(when_idle_kept_as(FIRST + user), EINPROGRESS);
		assert_int_equal(info(fd).freeze_pending, user + 1);
	}
	/* nor when all places are taken */
	assert_refused(when_idle_kept_as(FIRST), EINPROGRESS);
	assert_refused(when_idle_kept_as(FIRST + USERS - 1), EINPROGRESS);
	assert_int_equal(info(fd).freeze_pending, USERS);
	assert_refused(when_idle_kept_as(FIRST + USERS), ENOSPC);
}

static void who_takes_it_back_makes_room(void **state)
{
	(void)state;
	ask_as_all();
	assert_ok(cancel_kept_as(FIRST + 7));
	assert_refused(cancel_kept_as(FIRST + 7), ENOENT);
	assert_int_equal(info(fd).freeze_pending, USERS - 1);
	assert_refused(when_idle_kept_as(FIRST + USERS), EINPROGRESS);
	assert_refused(when_idle_kept_as(FIRST + 7), ENOSPC);
	/* CAP_SYS_ADMIN takes back the requests of all users */
	assert_ok(cancel_kept(fd));
	assert_int_equal(info(fd).freeze_pending, 0);
	ask_as_all();
}

static void each_region_has_room_of_its_own(void **state)
{
	int other = create_pages(1);
	uint8_t *writable = map(other, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	ask_as_all();
	assert_refused(when_idle_kept(other), EINPROGRESS);
	unmap(writable, PAGE);
	assert_int_equal(info(other).frozen, 1);
	assert_int_equal(info(fd).frozen, 0);
	close(other);
}

static void the_last_one_out_freezes_for_all(void **state)
{
	(void)state;
	ask_as_all();
	unmap(at, LEN);
	assert_int_equal(info(fd).frozen, 1);
	assert_refused(when_idle_kept_as(FIRST), EPERM);
	assert_refused(when_idle_kept_as(FIRST + USERS), EPERM);
	assert_refused(cancel_kept_as(FIRST), EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kept_it_outlives_its_requester),
		TEST(kept_it_is_the_users_to_cancel),
		TEST(so_many_users_and_no_more),
		TEST(who_asks_again_is_no_other),
		TEST(who_takes_it_back_makes_room),
		TEST(each_region_has_room_of_its_own),
		TEST(the_last_one_out_freezes_for_all),
	};

	return RUN_GROUP(tests);
}
