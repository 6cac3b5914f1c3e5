// SPDX-License-Identifier: GPL-2.0-only
/* Weaker fds: what is refused for them, and that no call brings the rights back. */
#include "fixture.h"
#include "passed_fd.h"

#include <sys/socket.h>
#include <sys/stat.h>

#define LEN	(2 * PAGE)

static int fd = -1;

static int setup(void **state)
{
	(void)state;
	fd = create_pages(2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	return 0;
}

static void assert_can_not_write(int region)
{
	uint32_t one = 1;
	uint64_t value = 1;

	assert_refused(try_map(region, PAGE, PROT_WRITE, MAP_SHARED, 0), EACCES);
	assert_refused(try_map(region, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EACCES);
	assert_refused(try_update(region, 0, &value, 0), EPERM);
	assert_refused(try_batch(region, BPFMMAP_IOC_UPDATE_BATCH, 0, &one, &value), EPERM);
	assert_refused(result(pwrite(region, &value, 8, 0)), EBADF);
	assert_refused(result(write(region, &value, 8)), EBADF);
}

static void assert_can_not_freeze(int region)
{
	assert_refused(try_freeze(region), EPERM);
	assert_refused(when_idle(region), EPERM);
	assert_refused(when_idle_kept(region), EPERM);
	assert_refused(cancel(region), EPERM);
	/* by its name, somebody could open it and freeze it */
	assert_refused(try_publish(region, "rights"), EPERM);
}

static void one_that_can_not_write(void **state)
{
	int weaker = restrict_fd(fd, BPFMMAP_F_RDONLY);
	uint64_t value = 7, *at;

	(void)state;
	assert_int_equal(info(weaker).fd_flags, BPFMMAP_F_RDONLY);
	assert_can_not_write(weaker);
	assert_can_not_freeze(weaker);
	at = map(weaker, LEN, PROT_READ, 0);
	assert_refused(try_protect(at, LEN, PROT_READ | PROT_WRITE), EACCES);
	assert_ok(try_update(fd, 0, &value, 0));
	value = 0;
	assert_ok(try_lookup(weaker, 0, &value));
	assert_int_equal(value, 7);
	assert_int_equal(at[0], 7);
	unmap(at, LEN);
	close(weaker);
}

static void one_that_can_not_freeze(void **state)
{
	int weaker = restrict_fd(fd, BPFMMAP_F_NOFREEZE);
	uint64_t value = 7;
	uint8_t *at;

	(void)state;
	assert_int_equal(info(weaker).fd_flags, BPFMMAP_F_NOFREEZE);
	assert_can_not_freeze(weaker);
	assert_ok(try_update(weaker, 0, &value, 0));
	assert_int_equal(pwrite(weaker, &value, 8, 8), 8);
	at = map(weaker, LEN, PROT_READ | PROT_WRITE, 0);
	at[PAGE] = 1;
	/* it can delay a freeze, and nothing else */
	assert_refused(try_freeze(fd), EBUSY);
	unmap(at, LEN);
	assert_ok(try_freeze(fd));
	assert_refused(try_update(weaker, 0, &value, 0), EPERM);
	close(weaker);
}

static void one_that_can_not_read(void **state)
{
	int weaker = restrict_fd(fd, BPFMMAP_F_WRONLY);
	uint64_t value = 7;

	(void)state;
	assert_int_equal(info(weaker).fd_flags, BPFMMAP_F_WRONLY);
	assert_refused(try_lookup(weaker, 0, &value), EPERM);
	assert_refused(result(pread(weaker, &value, 8, 0)), EBADF);
	assert_refused(try_map(weaker, PAGE, PROT_READ, MAP_SHARED, 0), EACCES);
	assert_ok(try_update(weaker, 0, &value, 0));
	assert_refused(try_publish(weaker, "rights"), EPERM);
	close(weaker);
}

static void with_no_flags_it_is_the_same(void **state)
{
	int same = restrict_fd(fd, 0);

	(void)state;
	assert_int_equal(info(same).fd_flags, 0);
	assert_int_equal(info(same).id, info(fd).id);
	assert_int_equal(fcntl(same, F_GETFD), FD_CLOEXEC);
	close(fd);
	assert_ok(try_freeze(same));
	fd = same;
}

static void rights_only_go(void **state)
{
	static const uint32_t flags[] = {
		0, BPFMMAP_F_RDONLY, BPFMMAP_F_WRONLY, BPFMMAP_F_NOFREEZE,
		BPFMMAP_F_RDONLY | BPFMMAP_F_NOFREEZE, BPFMMAP_F_WRONLY | BPFMMAP_F_NOFREEZE,
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		int weaker = restrict_fd(fd, flags[i]);

		for (j = 0; j < ARRAY_SIZE(flags); j++) {
			const uint32_t neither = BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY;
			uint32_t both = flags[i] | flags[j];
			int weakest = try_restrict(weaker, flags[j]);

			if ((both & neither) == neither) {
				assert_refused(weakest, EINVAL);
				continue;
			}
			assert_true(weakest >= 0);
			assert_int_equal(info(weakest).fd_flags, both);
			close(weakest);
		}
		close(weaker);
	}
}

static void unknown_flags_are_invalid(void **state)
{
	const uint32_t known = BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY | BPFMMAP_F_NOFREEZE;
	unsigned int bit;

	(void)state;
	for (bit = 0; bit < 32; bit++)
		if (!((1U << bit) & known))
			assert_refused(try_restrict(fd, 1U << bit), EINVAL);
	assert_refused(try_restrict(fd, BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY), EINVAL);
}

/* All ways to make another fd of an fd, tried with a weak one. */
static void nothing_brings_them_back(void **state)
{
	int weaker = restrict_fd(fd, BPFMMAP_F_RDONLY | BPFMMAP_F_NOFREEZE);
	int duplicate;
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", weaker);
	assert_refused(result(open(path, O_RDWR)), ENXIO);
	assert_refused(result(open(path, O_RDONLY)), ENXIO);
	/* nor does the mode of its inode help */
	chmod(path, 0777);
	assert_refused(result(open(path, O_RDWR)), ENXIO);

	duplicate = dup(weaker);
	assert_can_not_write(duplicate);
	assert_can_not_freeze(duplicate);
	close(duplicate);
	fcntl(weaker, F_SETFL, O_RDWR | O_APPEND);
	assert_int_equal(info(weaker).fd_flags, BPFMMAP_F_RDONLY | BPFMMAP_F_NOFREEZE);
	assert_can_not_write(weaker);
	assert_can_not_freeze(weaker);
	close(weaker);
}

/* A process without rights, which has only a weak fd. */
static int try_what_it_can(void *arg)
{
	int *sockets = arg, received;
	struct bpfmmap_freeze freeze = { .size = sizeof(freeze) };
	uint64_t value = 1;

	received = try_receive_fd(sockets[1]);
	if (received < 0)
		return 1;
	become_nobody();
	if (try_lookup(received, 0, &value) || value != 99)
		return 2;
	if (try_update(received, 0, &value, 0) != -EPERM)
		return 3;
	if (request(received, BPFMMAP_IOC_FREEZE, &freeze) != -EPERM)
		return 4;
	if (try_restrict(received, 0) < 0 || info(try_restrict(received, 0)).fd_flags == 0)
		return 5;
	/* to open it by its id takes privileges, or at least the device */
	return try_open_id(info(received).id, 0) == -EACCES ? 0 : 6;
}

static void handed_to_somebody_less_trusted(void **state)
{
	int sockets[2], status, weaker = restrict_fd(fd, BPFMMAP_F_RDONLY);
	uint64_t value = 99;
	pid_t pid;

	(void)state;
	assert_ok(try_update(fd, 0, &value, 0));
	assert_ok(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	pid = fork();
	if (!pid) {
		close(fd);
		close(weaker);
		_exit(try_what_it_can(sockets));
	}
	assert_ok(try_send_fd(sockets[0], weaker));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(sockets[0]);
	close(sockets[1]);
	close(weaker);
}

static void opened_by_id_it_may_be_weak_too(void **state)
{
	int weaker = open_id(info(fd).id, BPFMMAP_F_NOFREEZE);

	(void)state;
	assert_int_equal(info(weaker).fd_flags, BPFMMAP_F_NOFREEZE);
	assert_can_not_freeze(weaker);
	close(weaker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_can_not_write),
		TEST(one_that_can_not_freeze),
		TEST(one_that_can_not_read),
		TEST(with_no_flags_it_is_the_same),
		TEST(rights_only_go),
		TEST(unknown_flags_are_invalid),
		TEST(nothing_brings_them_back),
		TEST(handed_to_somebody_less_trusted),
		TEST(opened_by_id_it_may_be_weak_too),
	};

	return RUN_GROUP(tests);
}
