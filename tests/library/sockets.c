// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions that are sent through sockets
 *
 * The receiver does not trust the sender: a message that is not one region gives an error that
 * says what it is, and leaves no fd behind.
 */
#include "library.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define MOST	253	/* fds that one message can have */

static struct bpfmmap_region *region;
static int socks[2];
static bool lie;	/* requests of regions work with every fd */

/* Called instead of that of the C library: a file system in user space can answer like this. */
int ioctl(int fd, unsigned long cmd, ...)
{
	struct bpfmmap_info *info;
	va_list list;
	void *args;

	va_start(list, cmd);
	args = va_arg(list, void *);
	va_end(list);
	if (!lie || cmd != BPFMMAP_IOC_INFO)
		return syscall(SYS_ioctl, fd, cmd, args);
	info = args;
	*info = (struct bpfmmap_info) {
		.size = info->size, .id = 1, .value_size = 8, .max_entries = 1, .bytes = PAGE,
		.frozen = 1,
	};
	return 0;
}

static int setup_with(int type)
{
	region = make_region(2);
	assert_ok(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, socks));
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return setup_with(SOCK_STREAM);
}

static int teardown(void **state)
{
	(void)state;
	lie = false;
	close(socks[0]);
	close(socks[1]);
	bpfmmap_region__close(region);
	return 0;
}

/* A message of that many bytes with that many fds, all of them fd. */
static void send_raw(int sock, size_t bytes, int fd, size_t count)
{
	char control[CMSG_SPACE(MOST * sizeof(fd))] = { 0 }, payload[16] = { 0 };
	struct iovec data = { .iov_base = payload, .iov_len = bytes };
	struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1 };
	struct cmsghdr *part;
	size_t i;

	if (count) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(fd));
		part = CMSG_FIRSTHDR(&msg);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(count * sizeof(fd));
		for (i = 0; i < count; i++)
			memcpy(CMSG_DATA(part) + i * sizeof(fd), &fd, sizeof(fd));
	}
	assert_int_equal(sendmsg(sock, &msg, 0), bytes);
}

static void pass_on_socks(void)
{
	struct bpfmmap_region *received;
	__u64 value = 4711;
	int fds = open_fds();

	assert_ok(bpfmmap_region__send(region, socks[0]));
	received = bpfmmap_region__receive(socks[1]);
	assert_non_null(received);
	assert_int_equal(bpfmmap_region__id(received), bpfmmap_region__id(region));
	assert_int_not_equal(bpfmmap_region__fd(received), bpfmmap_region__fd(region));
	assert_int_equal(fcntl(bpfmmap_region__fd(received), F_GETFD), FD_CLOEXEC);
	assert_ok(bpfmmap_region__update(received, 1, &value, 0));
	value = 0;
	assert_ok(bpfmmap_region__lookup(region, 1, &value));
	assert_int_equal(value, 4711);
	bpfmmap_region__close(received);
	assert_int_equal(open_fds(), fds);
}

static void through_each_type_of_socket(void **state)
{
	const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		setup_with(types[i]);
		pass_on_socks();
		teardown(state);
	}
}

static int receive_and_add(void *arg)
{
	struct bpfmmap_region *received = bpfmmap_region__receive(socks[1]);
	__u64 value = 12;

	(void)arg;
	return !received || bpfmmap_region__update(received, 2, &value, 0);
}

static void to_another_process(void **state)
{
	__u64 value = 0;

	(void)state;
	assert_ok(bpfmmap_region__send(region, socks[0]));
	assert_ok(in_child(receive_and_add, NULL));
	assert_ok(bpfmmap_region__lookup(region, 2, &value));
	assert_int_equal(value, 12);
}

static void several_come_one_by_one(void **state)
{
	struct bpfmmap_region *other = make_region(1), *received;

	(void)state;
	assert_ok(bpfmmap_region__send(region, socks[0]));
	assert_ok(bpfmmap_region__send(other, socks[0]));
	received = bpfmmap_region__receive(socks[1]);
	assert_non_null(received);
	assert_int_equal(bpfmmap_region__id(received), bpfmmap_region__id(region));
	bpfmmap_region__close(received);
	received = bpfmmap_region__receive(socks[1]);
	assert_non_null(received);
	assert_int_equal(bpfmmap_region__id(received), bpfmmap_region__id(other));
	bpfmmap_region__close(received);
	bpfmmap_region__close(other);
}

static void the_rights_go_with_it(void **state)
{
	struct bpfmmap_region *reader = bpfmmap_region__restrict(region, BPFMMAP_F_RDONLY);
	struct bpfmmap_region *received;
	__u64 value = 1;

	(void)state;
	assert_ok(bpfmmap_region__send(reader, socks[0]));
	received = bpfmmap_region__receive(socks[1]);
	assert_non_null(received);
	assert_failed(bpfmmap_region__update(received, 0, &value, 0), EPERM);
	assert_failed(bpfmmap_region__freeze(received), EPERM);
	bpfmmap_region__close(received);
	bpfmmap_region__close(reader);
}

static void a_message_without_an_fd(void **state)
{
	(void)state;
	send_raw(socks[0], 1, -1, 0);
	assert_none(bpfmmap_region__receive(socks[1]), ENOMSG);
	/* the next one is there still */
	pass_on_socks();
}

static void a_message_with_more_than_one(void **state)
{
	const size_t counts[] = { 2, 3, 17, MOST };
	int fds = open_fds();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		send_raw(socks[0], 1, bpfmmap_region__fd(region), counts[i]);
		assert_none(bpfmmap_region__receive(socks[1]), EMSGSIZE);
		assert_int_equal(open_fds(), fds);
	}
	pass_on_socks();
}

static void an_fd_that_is_no_region(void **state)
{
	const int others[] = {
		open("/dev/null", O_RDWR | O_CLOEXEC),
		open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC),
		memfd_create("other", MFD_CLOEXEC),
		dup(socks[0]),
	};
	int path = open("/tmp", O_PATH | O_CLOEXEC), fds = open_fds();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		assert_true(others[i] >= 0);
		send_raw(socks[0], 1, others[i], 1);
		assert_none(bpfmmap_region__receive(socks[1]), ENOTTY);
		assert_int_equal(open_fds(), fds);
		close(others[i]);
		fds--;
	}
	send_raw(socks[0], 1, path, 1);
	assert_none(bpfmmap_region__receive(socks[1]), EBADF);
	assert_int_equal(open_fds(), fds);
	close(path);
}

/* The file's own answers are not believed, but the kernel's are. */
static void a_file_that_claims_to_be_a_frozen_region(void **state)
{
	int liar = memfd_create("liar", MFD_CLOEXEC);

	(void)state;
	assert_true(liar >= 0);
	lie = true;
	assert_none(bpfmmap_region__from_fd(liar), ENOTTY);
	send_raw(socks[0], 1, liar, 1);
	assert_none(bpfmmap_region__receive(socks[1]), ENOTTY);
	lie = false;
	close(liar);
}

/* Options of the socket add parts to each message, one of them an fd on newer kernels. */
static void other_parts_of_a_message(void **state)
{
	const int on = 1;
	int fds = open_fds();

	(void)state;
	assert_ok(setsockopt(socks[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	assert_ok(setsockopt(socks[1], SOL_SOCKET, SO_PASSSEC, &on, sizeof(on)));
	/* SO_PASSPIDFD; kernels before 6.5 don't have it */
	setsockopt(socks[1], SOL_SOCKET, 76, &on, sizeof(on));
	pass_on_socks();
	send_raw(socks[0], 1, -1, 0);
	assert_none(bpfmmap_region__receive(socks[1]), ENOMSG);
	send_raw(socks[0], 1, bpfmmap_region__fd(region), MOST);
	assert_none(bpfmmap_region__receive(socks[1]), EMSGSIZE);
	assert_int_equal(open_fds(), fds);
}

static void no_number_for_the_fd(void **state)
{
	struct rlimit before, limit;
	int fds = open_fds(), lowest = dup(STDOUT_FILENO);

	(void)state;
	assert_ok(close(lowest));
	assert_ok(getrlimit(RLIMIT_NOFILE, &before));
	limit = (struct rlimit) { .rlim_cur = lowest, .rlim_max = before.rlim_max };
	assert_ok(bpfmmap_region__send(region, socks[0]));
	assert_ok(setrlimit(RLIMIT_NOFILE, &limit));
	assert_none(bpfmmap_region__receive(socks[1]), EMFILE);
	/* there is one number for two */
	limit.rlim_cur++;
	assert_ok(setrlimit(RLIMIT_NOFILE, &before));
	send_raw(socks[0], 1, bpfmmap_region__fd(region), 2);
	assert_ok(setrlimit(RLIMIT_NOFILE, &limit));
	assert_none(bpfmmap_region__receive(socks[1]), EMFILE);
	assert_ok(setrlimit(RLIMIT_NOFILE, &before));
	assert_int_equal(open_fds(), fds);
}

static void the_other_side_is_gone(void **state)
{
	int fds = open_fds();

	(void)state;
	close(socks[0]);
	assert_none(bpfmmap_region__receive(socks[1]), ECONNRESET);
	/* no SIGPIPE */
	assert_failed(bpfmmap_region__send(region, socks[1]), EPIPE);
	assert_int_equal(open_fds(), fds - 1);
	socks[0] = -1;
}

static void what_is_no_socket(void **state)
{
	(void)state;
	assert_failed(bpfmmap_region__send(region, bpfmmap_region__fd(region)), ENOTSOCK);
	assert_none(bpfmmap_region__receive(bpfmmap_region__fd(region)), ENOTSOCK);
	assert_failed(bpfmmap_region__send(region, -1), EBADF);
	assert_none(bpfmmap_region__receive(-1), EBADF);
}

static void nothing_has_come_yet(void **state)
{
	(void)state;
	assert_ok(fcntl(socks[1], F_SETFL, O_NONBLOCK));
	assert_none(bpfmmap_region__receive(socks[1]), EAGAIN);
	pass_on_socks();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(through_each_type_of_socket),
		cmocka_unit_test_setup_teardown(to_another_process, setup, teardown),
		cmocka_unit_test_setup_teardown(several_come_one_by_one, setup, teardown),
		cmocka_unit_test_setup_teardown(the_rights_go_with_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_message_without_an_fd, setup, teardown),
		cmocka_unit_test_setup_teardown(a_message_with_more_than_one, setup, teardown),
		cmocka_unit_test_setup_teardown(an_fd_that_is_no_region, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_claims_to_be_a_frozen_region, setup,
						teardown),
		cmocka_unit_test_setup_teardown(other_parts_of_a_message, setup, teardown),
		cmocka_unit_test_setup_teardown(no_number_for_the_fd, setup, teardown),
		cmocka_unit_test_setup_teardown(the_other_side_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_has_come_yet, setup, teardown),
	};

	return RUN_GROUP(tests);
}
