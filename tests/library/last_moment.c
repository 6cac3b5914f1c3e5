// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last writer leaves just when the time of freeze_wait() is over
 *
 * The poll() of this program is called instead of that of the C library: it lets the last writer
 * go and then returns that nothing has come, or that a signal has.
 */
#include "library.h"

#include <poll.h>

static struct bpfmmap_region *region;
static struct bpfmmap_map mapping;
static bool leave;	/* the writer leaves while the library polls */
static int error;	/* the errno of poll(); 0: the time is over */

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)timeout;
	assert_int_equal(count, 1);
	assert_int_equal(fds->events, POLLPRI);
	if (leave)
		unmap_region(&mapping);
	fds->revents = 0;
	errno = error;
	return error ? -1 : 0;
}

static int wait_while(bool writer_leaves, int poll_error)
{
	leave = writer_leaves;
	error = poll_error;
	return bpfmmap_region__freeze_wait(region, 1);
}

static int setup(void **state)
{
	(void)state;
	region = make_region(1);
	mapping = map_region(region, true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unmap_region(&mapping);
	bpfmmap_region__close(region);
	return 0;
}

static void the_time_is_up(void **state)
{
	(void)state;
	assert_failed(wait_while(false, 0), ETIMEDOUT);
	assert_int_equal(state_of(region).frozen, 0);
	assert_ok(wait_while(true, 0));
	assert_int_equal(state_of(region).frozen, 1);
}

static void a_signal_comes(void **state)
{
	(void)state;
	assert_failed(wait_while(false, EINTR), EINTR);
	assert_int_equal(state_of(region).frozen, 0);
	assert_ok(wait_while(true, EINTR));
	assert_int_equal(state_of(region).frozen, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_time_is_up, setup, teardown),
		cmocka_unit_test_setup_teardown(a_signal_comes, setup, teardown),
	};

	return RUN_GROUP(tests);
}
