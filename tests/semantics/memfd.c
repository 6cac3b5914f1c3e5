// SPDX-License-Identifier: GPL-2.0-only
/* What a sealed memfd does in the place of a frozen array. */
#include "answer.h"
#include "held_page.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <sys/uio.h>

static int memfd = -1;

static int setup_memfd(void **state)
{
	(void)state;
	memfd = memfd_create("semantics", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return memfd < 0 || ftruncate(memfd, LEN);
}

static int teardown_memfd(void **state)
{
	(void)state;
	close(memfd);
	return 0;
}

static int seal(int seals)
{
	return fcntl(memfd, F_ADD_SEALS, seals) ? -errno : 0;
}

/* The first byte, as read(2) gives it. */
static uint8_t first_byte(void)
{
	uint8_t byte;

	assert_int_equal(pread(memfd, &byte, 1, 0), 1);
	return byte;
}

static void with_writable(void **state)
{
	uint8_t *at = writable(memfd);
	int ret = seal(F_SEAL_WRITE);

	(void)state;
	unmap(at, LEN);
	always("memfd: F_SEAL_WRITE with a writable mapping, and again after munmap",
	       in_turn(word(ret), word(seal(F_SEAL_WRITE))), "EBUSY, then works");
}

static void future_with_writable(void **state)
{
	uint8_t *at = writable(memfd);
	int ret = seal(F_SEAL_FUTURE_WRITE);

	(void)state;
	*at = 7;
	always("memfd: F_SEAL_FUTURE_WRITE with a writable mapping, and a store to it",
	       in_turn(word(ret), first_byte() == 7 ? "bytes change" : "no change"),
	       "works, then bytes change");
	unmap(at, LEN);
}

static void future_then_write(void **state)
{
	(void)state;
	assert_ok(seal(F_SEAL_FUTURE_WRITE));
	always("memfd: write(2) after F_SEAL_FUTURE_WRITE", word(result(write(memfd, "", 1))),
	       "EPERM");
}

static void then_map(void **state)
{
	(void)state;
	assert_ok(seal(F_SEAL_WRITE));
	answer("memfd: mmap with PROT_READ and MAP_SHARED after F_SEAL_WRITE",
	       mmap_word(memfd, LEN, PROT_READ, MAP_SHARED, 0));
}

static void then_punch(void **state)
{
	(void)state;
	assert_ok(seal(F_SEAL_WRITE));
	always("memfd: a hole punched after F_SEAL_WRITE",
	       word(result(fallocate(memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE))),
	       "EPERM");
}

static void without_seals(void **state)
{
	(void)state;
	close(memfd);
	memfd = memfd_create("semantics", MFD_CLOEXEC);
	assert_true(memfd >= 0);
	always("memfd: F_SEAL_WRITE of one that was created without MFD_ALLOW_SEALING",
	       word(seal(F_SEAL_WRITE)), "EPERM");
}

static struct held_page held;

static void *write_from_held(void *arg)
{
	struct iovec from = { held.page, 8 }, to = { arg, 8 };

	return (void *)result(process_vm_writev(getpid(), &from, 1, &to, 1, 0));
}

/* Seal while a system call of another thread, which began before, has a page to store to. */
static const char *while_pinned(int seals)
{
	uint8_t *at = writable(memfd);
	pthread_t thread;
	void *written;
	int ret;

	*at = 1;
	assert_true(hold_page(&held));
	assert_ok(pthread_create(&thread, NULL, write_from_held, at));
	assert_true(wait_for_toucher(&held));
	unmap(at, LEN);
	ret = seal(seals);
	assert_true(release_page(&held, 7));
	assert_ok(pthread_join(thread, &written));
	let_go_of_page(&held);
	if (ret)
		return word(ret);
	return first_byte() == 7 ? "works, then bytes change" : "works";
}

static void write_while_pinned(void **state)
{
	(void)state;
	answer("memfd: F_SEAL_WRITE while process_vm_writev has pinned a page, not mapped any more",
	       while_pinned(F_SEAL_WRITE));
}

static void future_while_pinned(void **state)
{
	(void)state;
	answer("memfd: F_SEAL_FUTURE_WRITE while process_vm_writev has pinned such a page",
	       while_pinned(F_SEAL_FUTURE_WRITE));
}

#define MEMFD(name) cmocka_unit_test_setup_teardown(name, setup_memfd, teardown_memfd)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MEMFD(with_writable),
		MEMFD(write_while_pinned),
		MEMFD(future_with_writable),
		MEMFD(future_while_pinned),
		MEMFD(future_then_write),
		MEMFD(then_map),
		MEMFD(then_punch),
		MEMFD(without_seals),
	};

	return RUN_GROUP(tests);
}
