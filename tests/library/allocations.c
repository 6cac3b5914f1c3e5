// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library when its allocations fail, each in turn
 *
 * This program has the functions that allocate memory, which the C library calls too, for example
 * in scandir(). Each call is tried with its first allocation failed, then with its second, until
 * none fails. A call that fails says ENOMEM, leaves no fd, no memory and no region behind, and
 * works when it is tried again.
 */
#include "library.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* The functions behind these: of the C library, or of the sanitizer that this is built with. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define REAL(name)	__interceptor_##name
#else
#define REAL(name)	__libc_##name
#endif

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *old, size_t size);
void REAL(free)(void *memory);

static unsigned int first, now;	/* the number of the one that fails, and of the last one; 0: none */
static bool all_after, fired;
static long live;		/* allocations that have not been freed */

static bool fails(void)
{
	if (!first || ++now < first || (now > first && !all_after))
		return false;
	fired = true;
	errno = ENOMEM;
	return true;
}

static void *counted(void *memory)
{
	live += !!memory;
	return memory;
}

void *malloc(size_t size)
{
	return fails() ? NULL : counted(REAL(malloc)(size));
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : counted(REAL(calloc)(count, size));
}

void *realloc(void *old, size_t size)
{
	if (!old)
		return malloc(size);
	return fails() ? NULL : REAL(realloc)(old, size);
}

void free(void *memory)
{
	live -= !!memory;
	REAL(free)(memory);
}

static struct bpfmmap_region *region;

static int setup(void **state)
{
	(void)state;
	region = make_region(1);
	assert_ok(bpfmmap_region__publish(region, "first", NULL));
	assert_ok(mkdir(BPFMMAP_PUBLISH_DIR "/team", 0755));
	assert_ok(link(BPFMMAP_PUBLISH_DIR "/first", BPFMMAP_PUBLISH_DIR "/team/second"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	first = 0;
	unlink(BPFMMAP_PUBLISH_DIR "/team/second");
	rmdir(BPFMMAP_PUBLISH_DIR "/team");
	unlink(BPFMMAP_PUBLISH_DIR "/first");
	unlink(BPFMMAP_PUBLISH_DIR "/third");
	bpfmmap_region__close(region);
	return 0;
}

static int count_regions(void)
{
	int count = 0;
	__u32 id = 0;

	while (!bpfmmap_next_id(id, &id))
		count++;
	return count;
}

/* Close it, if there is one. Returns 0 or -errno. */
static int closed(struct bpfmmap_region *opened)
{
	int error = opened ? 0 : -errno;

	bpfmmap_region__close(opened);
	return error;
}

static int call_create(void)
{
	return closed(bpfmmap_region__create("new", 8, 512, NULL));
}

static int call_create_with_options(void)
{
	BPFMMAP_OPTS(bpfmmap_create_opts, opts, .flags = BPFMMAP_F_PROG | BPFMMAP_F_POPULATE);

	return closed(bpfmmap_region__create(NULL, 8, 512, &opts));
}

static int call_open_id(void)
{
	return closed(bpfmmap_region__open_id(bpfmmap_region__id(region), NULL));
}

static int call_open_name(void)
{
	return closed(bpfmmap_region__open_name("team/second", NULL));
}

static int call_open_path_without_freeze(void)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts, .flags = BPFMMAP_F_NOFREEZE);

	return closed(bpfmmap_region__open_path(BPFMMAP_PUBLISH_DIR "/first", &opts));
}

/* After an error the fd belongs to the caller. */
static int call_from_fd(void)
{
	int fd = dup(bpfmmap_region__fd(region)), error;
	struct bpfmmap_region *handle = bpfmmap_region__from_fd(fd);

	error = closed(handle);
	if (!handle)
		assert_ok(close(fd));
	return error;
}

static int call_restrict(void)
{
	return closed(bpfmmap_region__restrict(region, BPFMMAP_F_RDONLY));
}

static int call_send_and_receive(void)
{
	int socks[2], error;

	assert_ok(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	assert_ok(bpfmmap_region__send(region, socks[0]));
	error = closed(bpfmmap_region__receive(socks[1]));
	close(socks[0]);
	close(socks[1]);
	return error;
}

static int count_name(const char *name, void *count)
{
	(void)name;
	++*(int *)count;
	return 0;
}

/* A list that there was no memory for must not look like a shorter one. */
static int call_each_published(void)
{
	int count = 0, error = bpfmmap_each_published(count_name, &count);

	if (!error)
		assert_int_equal(count, 2);
	return error;
}

static int call_publish_and_withdraw(void)
{
	BPFMMAP_OPTS(bpfmmap_publish_opts, opts, .flags = BPFMMAP_PUBLISH_MODE, .mode = 0644);
	struct bpfmmap_region *new = bpfmmap_region__create(NULL, 8, 1, NULL);

	if (!new)
		return -errno;
	return bpfmmap_region__publish(new, "third", &opts) ?: closed(new) ?:
	       bpfmmap_withdraw("third");
}

static int call_freeze_in_all_ways(void)
{
	struct bpfmmap_region *new = bpfmmap_region__create(NULL, 8, 1, NULL);

	if (!new)
		return -errno;
	assert_ok(bpfmmap_region__freeze_wait(new, 0));
	assert_ok(bpfmmap_region__wait_frozen(new, 0));
	return closed(new);
}

static int call_what_needs_none(void)
{
	struct bpfmmap_version version = { .size = sizeof(version) };
	struct bpfmmap_info info = { .size = sizeof(info) };
	struct bpfmmap_mapping_entry entry;
	struct bpfmmap_map map;
	__u64 values[2] = {};
	__u32 count = 2, one = 1, id;

	assert_ok(bpfmmap_version(&version));
	assert_ok(bpfmmap_next_id(0, &id));
	assert_ok(bpfmmap_region__info(region, &info));
	assert_ok(bpfmmap_region__mappings(region, &entry, &one));
	assert_ok(bpfmmap_region__map(region, &map, NULL));
	assert_ok(bpfmmap_region__unmap(region, &map));
	assert_ok(bpfmmap_region__update(region, 0, values, 0));
	assert_ok(bpfmmap_region__lookup(region, 0, values));
	assert_ok(bpfmmap_region__update_batch(region, 0, &count, values));
	assert_ok(bpfmmap_region__lookup_batch(region, 0, &count, values));
	assert_false(fired);
	return 0;
}

/* Fail the allocations of the call in turn. Returns how many it had. */
static int fail_in_turn(int (*call)(void), bool and_all_after)
{
	int fds = open_fds(), regions = count_regions(), error, failures = 0;
	long before = live;

	/* what the C library keeps from its first use */
	assert_ok(call());
	before = live;
	for (;; failures++) {
		all_after = and_all_after;
		fired = false;
		now = 0;
		first = failures + 1;
		errno = 0;
		error = call();
		first = 0;
		if (!fired) {
			assert_ok(error);
			return failures;
		}
		assert_int_equal(error, -ENOMEM);
		assert_int_equal(errno, ENOMEM);
		assert_int_equal(live, before);
		assert_int_equal(open_fds(), fds);
		assert_int_equal(count_regions(), regions);
		assert_ok(call());
		assert_int_equal(live, before);
	}
}

static void try(int (*call)(void), int least)
{
	assert_in_range(fail_in_turn(call, false), least, 1000);
	assert_in_range(fail_in_turn(call, true), least, 1000);
}

/* The same with fds: with none left, with one, and so on until there are enough. */
static void no_fd_for_a_list(void **state)
{
	const int lowest = dup(STDOUT_FILENO);
	struct rlimit before, limit;
	int error = -EMFILE, count, left, failures = 0;

	(void)state;
	assert_ok(close(lowest));
	assert_ok(getrlimit(RLIMIT_NOFILE, &before));
	for (left = 0; error; left++) {
		limit = (struct rlimit) { .rlim_cur = lowest + left, .rlim_max = before.rlim_max };
		count = 0;
		assert_ok(setrlimit(RLIMIT_NOFILE, &limit));
		error = bpfmmap_each_published(count_name, &count);
		assert_true(!error || errno == EMFILE);
		assert_ok(setrlimit(RLIMIT_NOFILE, &before));
		assert_true(error == -EMFILE || (!error && count == 2));
		failures += !!error;
	}
	assert_in_range(failures, 2, 10);
}

#define IN_TURN(name, least)					\
static void no_memory_for_##name(void **state)			\
{								\
	(void)state;						\
	try(call_##name, least);				\
}

IN_TURN(create, 1)
IN_TURN(create_with_options, 1)
IN_TURN(open_id, 1)
IN_TURN(open_name, 1)
IN_TURN(open_path_without_freeze, 1)
IN_TURN(from_fd, 1)
IN_TURN(restrict, 1)
IN_TURN(send_and_receive, 1)
IN_TURN(each_published, 4)
IN_TURN(publish_and_withdraw, 1)
IN_TURN(freeze_in_all_ways, 1)
IN_TURN(what_needs_none, 0)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_memory_for_create),
		TEST(no_memory_for_create_with_options),
		TEST(no_memory_for_open_id),
		TEST(no_memory_for_open_name),
		TEST(no_memory_for_open_path_without_freeze),
		TEST(no_memory_for_from_fd),
		TEST(no_memory_for_restrict),
		TEST(no_memory_for_send_and_receive),
		TEST(no_memory_for_each_published),
		TEST(no_memory_for_publish_and_withdraw),
		TEST(no_memory_for_freeze_in_all_ways),
		TEST(no_memory_for_what_needs_none),
		TEST(no_fd_for_a_list),
	};

	return RUN_GROUP(tests);
}
