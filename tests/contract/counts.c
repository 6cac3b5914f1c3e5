// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lifetime and counts: a region lives as long as one of its mappings or fds, and the numbers of
 * mappings and of writers are exact after each change.
 *
 * Most tests change a writable mapping, which counts twice (as a mapping and as a writer), and a
 * read-only one, which counts once. Then they compare the numbers with the expected ones.
 */
#include "fixture.h"
#include "passed_fd.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define PAGES	8UL
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
	struct bpfmmap_info last = info(fd);

	(void)state;
	close(fd);
	/* each test gives back all mappings, and the region goes with its last fd */
	return last.mappings || last.writers || id_exists(last.id);
}

static void assert_counts(uint64_t mappings, uint64_t writers)
{
	struct bpfmmap_info now = info(fd);

	assert_int_equal(now.mappings, mappings);
	assert_int_equal(now.writers, writers);
}

static void each_mmap_counts(void **state)
{
	uint8_t *a, *b, *c;

	(void)state;
	assert_counts(0, 0);
	a = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	assert_counts(1, 1);
	b = map(fd, LEN, PROT_READ, 0);
	assert_counts(2, 1);
	c = map(fd, PAGE, PROT_WRITE, 0);
	assert_counts(3, 2);
	unmap(a, LEN);
	assert_counts(2, 1);
	unmap(c, PAGE);
	assert_counts(1, 0);
	unmap(b, LEN);
	assert_counts(0, 0);
}

static void refused_mmaps_do_not_count(void **state)
{
	(void)state;
	assert_refused(try_map(fd, LEN + PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EINVAL);
	assert_refused(try_map(fd, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0), EINVAL);
	assert_refused(try_map(fd, LEN, PROT_WRITE | PROT_EXEC, MAP_SHARED, 0), EPERM);
	assert_counts(0, 0);
}

/* A mapping that may become writable again counts as writable, whatever its protection is now. */
static void protection_does_not_change_the_counts(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_ok(try_protect(at, LEN, PROT_READ));
	assert_counts(1, 1);
	assert_ok(try_protect(at, LEN, PROT_NONE));
	assert_counts(1, 1);
	assert_refused(try_freeze(fd), EBUSY);
	/* a part with another protection is a mapping of its own */
	assert_ok(try_protect(at + PAGE, PAGE, PROT_READ));
	assert_counts(3, 3);
	unmap(at, LEN);
	assert_counts(0, 0);
}

static void partial_munmap_splits(void **state)
{
	uint8_t *rw = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	uint8_t *ro = map(fd, LEN, PROT_READ, 0);

	(void)state;
	unmap(rw, PAGE);			/* the head */
	assert_counts(2, 1);
	unmap(rw + LEN - PAGE, PAGE);		/* the tail */
	assert_counts(2, 1);
	unmap(rw + 3 * PAGE, PAGE);		/* the middle: two parts */
	assert_counts(3, 2);
	unmap(ro + 3 * PAGE, PAGE);
	assert_counts(4, 2);
	rw[2 * PAGE] = 1;			/* the rest is unchanged */
	rw[4 * PAGE] = 2;
	assert_int_equal(ro[2 * PAGE], 1);
	assert_int_equal(ro[4 * PAGE], 2);
	unmap(rw, LEN);				/* both parts and the holes */
	assert_counts(2, 0);
	unmap(ro, LEN);
	assert_counts(0, 0);
}

/* madvise() splits a mapping: each boundary makes one more mapping. */
static void advice_splits(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_ok(madvise(at + PAGE, PAGE, MADV_DONTFORK));
	assert_counts(3, 3);
	unmap(at, LEN);
	assert_counts(0, 0);
}

static void moving_keeps_the_counts(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	uint8_t *place = mmap(NULL, 2 * LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	at[PAGE] = 7;
	assert_ptr_equal(mremap(at, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, place), place);
	assert_counts(1, 1);
	assert_int_equal(place[PAGE], 7);
	place[2 * PAGE] = 8;		/* a page that was not there before the move */

	/* a part of it moves: one mapping stays, and one moves */
	assert_ptr_equal(mremap(place, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place + LEN),
			 place + LEN);
	assert_counts(2, 2);
	/* shrinking */
	assert_ptr_equal(mremap(place + PAGE, LEN - PAGE, PAGE, 0), place + PAGE);
	assert_counts(2, 2);
	assert_int_equal(place[PAGE], 7);
	unmap(place, 2 * LEN);
	assert_counts(0, 0);
}

static int try_remap(void *at, size_t old, size_t new, int flags)
{
	return mremap(at, old, new, flags) == MAP_FAILED ? -errno : 0;
}

static void mappings_do_not_grow(void **state)
{
	uint8_t *at = map(fd, 2 * PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(try_remap(at, 2 * PAGE, 3 * PAGE, 0), EFAULT);
	assert_refused(try_remap(at, 2 * PAGE, LEN, MREMAP_MAYMOVE), EFAULT);
	/* a move does not double the counts either */
	assert_refused(try_remap(at, 0, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
	assert_refused(try_remap(at, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP),
		       EINVAL);
	assert_counts(1, 1);
	unmap(at, 2 * PAGE);
}

static void mapping_over_it_unmaps(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);

	(void)state;
	/* another mapping over the middle */
	assert_ptr_equal(mmap(at + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			      -1, 0), at + PAGE);
	assert_counts(2, 2);
	/* itself over a part of itself, read-only */
	assert_ptr_equal(mmap(at + 4 * PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0),
			 at + 4 * PAGE);
	assert_counts(4, 3);
	/* itself over all of it */
	assert_ptr_equal(mmap(at, LEN, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0), at);
	assert_counts(1, 0);
	unmap(at, LEN);
	assert_counts(0, 0);
}

/* A mapping that is refused leaves the one at its address alone. */
static void a_refused_mapping_over_it_does_not_count(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ, 0);

	(void)state;
	assert_ok(try_freeze(fd));
	assert_ptr_equal(mmap(at, LEN, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0),
			 MAP_FAILED);
	assert_int_equal(errno, EPERM);
	assert_int_equal(info(fd).writers, 0);
	munmap(at, LEN);
}

/* For children: the number says which expectation was wrong. */
struct expected {
	int ready[2];
	uint64_t mappings, writers;
};

static int child_sees_its_copies(void *arg)
{
	struct expected *expected = arg;
	struct bpfmmap_info now = { .size = sizeof(now) };

	if (request(fd, BPFMMAP_IOC_INFO, &now))
		return 1;
	return now.mappings == expected->mappings && now.writers == expected->writers ? 0 : 2;
}

static void fork_copies_and_exit_takes_back(void **state)
{
	uint8_t *rw = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	uint8_t *ro = map(fd, LEN, PROT_READ, 0);
	struct expected expected = { .mappings = 4, .writers = 2 };

	(void)state;
	rw[0] = 1;
	assert_ok(in_child(child_sees_its_copies, &expected));
	assert_counts(2, 1);
	unmap(rw, LEN);
	expected = (struct expected){ .mappings = 2, .writers = 0 };
	assert_ok(in_child(child_sees_its_copies, &expected));
	unmap(ro, LEN);
	assert_counts(0, 0);
}

static void a_mapping_that_does_not_fork(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	struct expected expected = { .mappings = 1, .writers = 1 };

	(void)state;
	assert_ok(madvise(at, LEN, MADV_DONTFORK));
	assert_ok(in_child(child_sees_its_copies, &expected));
	unmap(at, LEN);
}

static int wait_for_parent(void *arg)
{
	struct expected *expected = arg;
	char byte;

	close(expected->ready[1]);
	return read(expected->ready[0], &byte, 1) == 0 ? 0 : 1;
}

static int die(void *arg)
{
	(void)arg;
	raise(SIGKILL);
	return 1;
}

/* The child's copy alone keeps the region from being frozen, until the child ends. */
static void a_child_that_has_it_is_a_writer(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	struct expected expected;
	int status;
	pid_t pid;

	(void)state;
	assert_ok(pipe(expected.ready));
	pid = fork();
	if (!pid)
		_exit(wait_for_parent(&expected));
	unmap(at, LEN);
	assert_counts(1, 1);
	assert_refused(try_freeze(fd), EBUSY);
	close(expected.ready[0]);
	close(expected.ready[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_counts(0, 0);
	assert_ok(try_freeze(fd));
}

static void a_killed_child_takes_back(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_int_equal(in_child(die, NULL), 128 + SIGKILL);
	assert_counts(1, 1);
	unmap(at, LEN);
}

static int exec_true(void *arg)
{
	(void)arg;
	execl("/bin/busybox", "true", NULL);
	return 1;
}

static void exec_takes_back(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	int keep = dup(fd);	/* the fd stays open over exec */

	(void)state;
	assert_ok(in_child(exec_true, NULL));
	assert_counts(1, 1);
	close(keep);
	unmap(at, LEN);
	assert_counts(0, 0);
}

static int hold_across_exec(void *arg)
{
	struct expected *expected = arg;

	dup2(expected->ready[0], 0);
	close(expected->ready[1]);
	close(expected->ready[0]);
	execl("/bin/busybox", "cat", NULL);
	return 1;
}

/* After exec the child has no mapping any more, though it is still running. */
static void a_child_after_exec_is_no_writer(void **state)
{
	uint8_t *at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	struct expected expected;
	int status, tries;
	pid_t pid;

	(void)state;
	assert_ok(pipe2(expected.ready, O_CLOEXEC));
	pid = fork();
	if (!pid)
		_exit(hold_across_exec(&expected));
	unmap(at, LEN);
	for (tries = 0; info(fd).writers && tries < 1000; tries++)
		usleep(10000);
	assert_counts(0, 0);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	close(expected.ready[0]);
	close(expected.ready[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void the_region_outlives_its_fds(void **state)
{
	int own = create_pages(PAGES);
	uint32_t id = info(own).id;
	uint8_t *at = map(own, LEN, PROT_READ | PROT_WRITE, 0);
	int again;

	(void)state;
	at[0] = 5;
	close(own);
	assert_true(id_exists(id));
	at[PAGE] = 6;			/* faults still find their pages */
	again = open_id(id, 0);
	unmap(at, LEN);
	assert_true(id_exists(id));
	at = map(again, LEN, PROT_READ, 0);
	assert_int_equal(at[0], 5);
	assert_int_equal(at[PAGE], 6);
	close(again);
	assert_true(id_exists(id));
	/* the last part of the last mapping */
	unmap(at, LEN - PAGE);
	assert_true(id_exists(id));
	unmap(at + LEN - PAGE, PAGE);
	assert_false(id_exists(id));
}

static void duplicates_are_one_file(void **state)
{
	int own = create_pages(1);
	uint32_t id = info(own).id;
	int copy = dup(own);

	(void)state;
	close(own);
	assert_true(id_exists(id));
	assert_ok(try_map(copy, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0));
	close(copy);
	assert_false(id_exists(id));
}

static void an_fd_in_a_message_holds_the_region(void **state)
{
	int own = create_pages(1), sockets[2];
	uint32_t id = info(own).id;

	(void)state;
	assert_ok(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	assert_ok(try_send_fd(sockets[0], own));
	close(own);
	assert_true(id_exists(id));

	own = try_receive_fd(sockets[1]);
	assert_int_equal(info(own).id, id);
	close(own);
	assert_false(id_exists(id));
	close(sockets[0]);
	close(sockets[1]);
}

#define CHURNERS	4
#define ROUNDS		300

static void *churn(void *arg)
{
	unsigned int seed = (uintptr_t)arg, i;

	for (i = 0; i < ROUNDS; i++) {
		int prot = rand_r(&seed) & 1 ? PROT_READ : PROT_READ | PROT_WRITE;
		uint8_t *at = mmap(NULL, LEN, prot, MAP_SHARED, fd, 0);
		size_t page = rand_r(&seed) % PAGES;

		if (at == MAP_FAILED)
			return "mmap";
		(void)*(volatile uint8_t *)(at + page * PAGE);
		munmap(at + page * PAGE, PAGE);
		if (i % 64 == 0 && !fork())
			_exit(0);
		/*
		 * the hole is not unmapped, because another thread may have a mapping there by now
		 */
		munmap(at, page * PAGE);
		munmap(at + (page + 1) * PAGE, LEN - (page + 1) * PAGE);
	}
	return NULL;
}

/* Threads map, split, fork and unmap in one address space: in the end the counts are zero. */
static void counts_survive_a_crowd(void **state)
{
	pthread_t threads[CHURNERS];
	size_t i;

	(void)state;
	for (i = 0; i < CHURNERS; i++)
		assert_ok(pthread_create(&threads[i], NULL, churn, (void *)(i + 1)));
	for (i = 0; i < CHURNERS; i++) {
		void *failure;

		pthread_join(threads[i], &failure);
		assert_null(failure);
	}
	while (wait(NULL) > 0)
		;
	assert_counts(0, 0);
	assert_ok(try_freeze(fd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_mmap_counts),
		TEST(refused_mmaps_do_not_count),
		TEST(protection_does_not_change_the_counts),
		TEST(partial_munmap_splits),
		TEST(advice_splits),
		TEST(moving_keeps_the_counts),
		TEST(mappings_do_not_grow),
		TEST(mapping_over_it_unmaps),
		TEST(a_refused_mapping_over_it_does_not_count),
		TEST(fork_copies_and_exit_takes_back),
		TEST(a_mapping_that_does_not_fork),
		TEST(a_child_that_has_it_is_a_writer),
		TEST(a_killed_child_takes_back),
		TEST(exec_takes_back),
		TEST(a_child_after_exec_is_no_writer),
		TEST(the_region_outlives_its_fds),
		TEST(duplicates_are_one_file),
		TEST(an_fd_in_a_message_holds_the_region),
		TEST(counts_survive_a_crowd),
	};

	return RUN_GROUP(tests);
}
