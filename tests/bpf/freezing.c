// SPDX-License-Identifier: GPL-2.0-only
/*
 * A freeze while programs write. A sleepable program that has its part and waits for a page of
 * ours is the longest way that a program can hold one up.
 */
#include "held_page.h"
#include "programs.h"

#include <poll.h>
#include <sys/mman.h>

#define ENTRIES		1536
#define BYTES		(ENTRIES * 8UL)
#define PLACE		100	/* of what is written late */
#define AT_ONCE_MS	2000	/* no program is waited for, though the machine may be slow */
#define A_WHILE_US	300000

static struct bpf_object *object;
static int fd = -1;
static uint64_t *view;		/* to read */
static struct held_page held;
static struct running late;

static int setup(void **state)
{
	(void)state;
	object = load_programs("access", 0, PROGRAMS("store", "store_by_write", "load",
						     "store_late", "load_late"));
	fd = create_for_programs(BPFMMAP_F_PROG, 8, ENTRIES);
	view = map(fd, BYTES, PROT_READ, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	bpf_object__close(object);
	munmap(view, BYTES);
	close(fd);
	return 0;
}

static int store(uint64_t value)
{
	const struct program_args args = { .handle = handle_of(fd), .value = value };

	return run_program(object, "store", &args);
}

/* It has its part when this returns. */
static void start_late(const char *name)
{
	assert_true(hold_page(&held));
	late.args = (struct program_args){
		.handle = handle_of(fd), .offset = PLACE * 8, .user = (uintptr_t)held.page,
	};
	start_program(&late, object, name);
	assert_true(wait_for_toucher(&held));
}

/* Each byte of what it writes is this one. */
static int let_it_go_on(uint8_t byte)
{
	int ret;

	assert_true(release_page(&held, byte));
	ret = join_program(&late);
	munmap(held.page, PAGE);
	return ret;
}

struct freezer {
	pthread_t thread;
	uint32_t flags;
	volatile bool done;
	uint64_t seen;
	int ret;
};

static void *freeze_it(void *arg)
{
	struct freezer *freezer = arg;

	freezer->ret = try_freeze_with(fd, freezer->flags);
	freezer->seen = ((volatile uint64_t *)view)[PLACE];
	freezer->done = true;
	return NULL;
}

static void start_freeze(struct freezer *freezer, uint32_t flags)
{
	*freezer = (struct freezer){ .flags = flags };
	assert_ok(pthread_create(&freezer->thread, NULL, freeze_it, freezer));
}

static int join_freeze(struct freezer *freezer)
{
	assert_ok(pthread_join(freezer->thread, NULL));
	return freezer->ret;
}

static void programs_lose_what_they_could(void **state)
{
	const struct program_args args = { .handle = handle_of(fd), .value = 2 };

	(void)state;
	assert_ok(store(1));
	assert_ok(try_freeze(fd));
	assert_int_equal(store(2), GOT_NULL);
	assert_refused(run_program(object, "store_by_write", &args), EPERM);
	assert_int_equal(run_program(object, "load", &args), 1);
	assert_int_equal(view[0], 1);
}

static void for_processes_they_keep_it(void **state)
{
	(void)state;
	assert_ok(try_freeze_with(fd, BPFMMAP_FREEZE_PROCESSES));
	assert_ok(store(3));
	assert_int_equal(view[0], 3);
	assert_ok(try_freeze(fd));
	assert_int_equal(store(4), GOT_NULL);
	assert_int_equal(view[0], 3);
}

static void for_processes_nobody_is_waited_for(void **state)
{
	double start;

	(void)state;
	start_late("store_late");
	start = now_ms();
	assert_ok(try_freeze_with(fd, BPFMMAP_FREEZE_PROCESSES));
	assert_true(now_ms() - start < AT_ONCE_MS);
	assert_ok(let_it_go_on(0x11));
	assert_int_equal(view[PLACE], 0x1111111111111111);
}

static void it_waits_for_a_program_that_has_its_part(void **state)
{
	struct freezer first, second;
	double start;
	uint64_t value = 1;

	(void)state;
	start_late("store_late");
	start_freeze(&first, 0);
	usleep(A_WHILE_US);
	assert_false(first.done);

	/* nobody gets in meanwhile, and nobody waits but who freezes */
	start = now_ms();
	assert_int_equal(store(9), GOT_NULL);
	assert_refused(try_map(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EBUSY);
	assert_ok(try_map(fd, PAGE, PROT_READ, MAP_SHARED, 0));
	assert_refused(try_update(fd, 0, &value, 0), EBUSY);
	assert_refused(try_freeze_with(fd, BPFMMAP_FREEZE_CANCEL), EPERM);
	assert_int_equal(info(fd).frozen, 0);
	assert_true(now_ms() - start < AT_ONCE_MS);
	start_freeze(&second, BPFMMAP_FREEZE_REVOKE);
	usleep(A_WHILE_US);
	assert_false(second.done);

	assert_ok(let_it_go_on(0x22));
	assert_ok(join_freeze(&first));
	assert_int_equal(first.seen, 0x2222222222222222);
	assert_refused(join_freeze(&second), EPERM);
	assert_int_equal(view[0], 0);
	assert_int_equal(info(fd).frozen, 1);
}

/* One who reads needs no waiting for, but nobody knows that of a program. */
static void it_waits_for_readers_too(void **state)
{
	struct freezer freezer;

	(void)state;
	start_late("load_late");
	start_freeze(&freezer, 0);
	usleep(A_WHILE_US);
	assert_false(freezer.done);
	assert_ok(let_it_go_on(0));
	assert_ok(join_freeze(&freezer));
}

/* Writers lose their mappings at once, and programs as soon as they are through. */
static void revoking_waits_for_programs_alone(void **state)
{
	uint8_t *writable = map(fd, BYTES, PROT_READ | PROT_WRITE, 0);
	struct freezer freezer;
	double end;

	(void)state;
	start_late("store_late");
	start_freeze(&freezer, BPFMMAP_FREEZE_REVOKE);
	for (end = now_ms() + 60000; try_write_byte(writable) != SIGBUS && now_ms() < end;)
		usleep(1000);
	assert_int_equal(try_write_byte(writable), SIGBUS);
	assert_false(freezer.done);
	assert_ok(let_it_go_on(0x33));
	assert_ok(join_freeze(&freezer));
	assert_int_equal(freezer.seen, 0x3333333333333333);
	unmap(writable, BYTES);
}

/*
 * The last writer's munmap is in the process whose page the program waits for: it would hang if
 * it waited for the program.
 */
static void the_last_writer_does_not_wait(void **state)
{
	uint8_t *writable = map(fd, BYTES, PROT_READ | PROT_WRITE, 0);
	struct pollfd frozen = { .fd = fd, .events = POLLPRI };
	double start;

	(void)state;
	assert_refused(try_freeze_with(fd, BPFMMAP_FREEZE_WHEN_IDLE), EINPROGRESS);
	/* while that is pending programs write on, as writers do */
	assert_ok(store(6));
	start_late("store_late");
	start = now_ms();
	unmap(writable, BYTES);
	assert_true(now_ms() - start < AT_ONCE_MS);
	assert_int_equal(poll(&frozen, 1, A_WHILE_US / 1000), 0);
	assert_int_equal(store(7), GOT_NULL);
	assert_refused(try_freeze_with(fd, BPFMMAP_FREEZE_CANCEL), EPERM);
	assert_ok(let_it_go_on(0x44));
	assert_int_equal(poll(&frozen, 1, 60000), 1);
	assert_int_equal(view[PLACE], 0x4444444444444444);
	assert_int_equal(view[0], 6);
	assert_int_equal(info(fd).frozen, 1);
}

static void what_is_taken_back_revokes_nothing(void **state)
{
	uint8_t *writable = map(fd, BYTES, PROT_READ | PROT_WRITE, 0);

	(void)state;
	assert_refused(try_freeze_with(fd, BPFMMAP_FREEZE_WHEN_IDLE), EINPROGRESS);
	assert_ok(try_freeze_with(fd, BPFMMAP_FREEZE_CANCEL));
	assert_ok(store(8));
	unmap(writable, BYTES);
	assert_ok(store(9));
	assert_int_equal(info(fd).frozen, 0);
}

/* The one who waits can be killed, and it freezes all the same. */
static void who_waits_can_be_killed(void **state)
{
	struct pollfd frozen = { .fd = fd, .events = POLLPRI };
	double start;
	int status;
	pid_t pid;

	(void)state;
	start_late("store_late");
	pid = fork();
	if (!pid) {
		try_freeze(fd);
		_exit(0);
	}
	usleep(A_WHILE_US);
	kill(pid, SIGKILL);
	start = now_ms();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_true(now_ms() - start < AT_ONCE_MS);
	assert_int_equal(store(1), GOT_NULL);
	assert_ok(let_it_go_on(0x55));
	assert_int_equal(poll(&frozen, 1, 60000), 1);
	assert_int_equal(info(fd).frozen, 1);
}

/* Close does not wait either, and the memory is there until the program is through. */
static void memory_outlives_the_region(void **state)
{
	const int other = create_for_programs(BPFMMAP_F_PROG, 8, ENTRIES);
	double start;
	int i;

	(void)state;
	munmap(view, BYTES);
	start_late("store_late");
	start = now_ms();
	close(fd);
	assert_true(now_ms() - start < AT_ONCE_MS);
	fd = other;
	/* whatever takes memory now does not get that */
	for (i = 0; i < 100; i++)
		close(create_pages(3));
	usleep(A_WHILE_US);
	assert_ok(let_it_go_on(0x66));
	view = map(fd, BYTES, PROT_READ, 0);
	assert_true(all(view, BYTES, 0));
}

/* A region that is closed while it drains. */
static void closed_before_it_is_frozen(void **state)
{
	(void)state;
	munmap(view, BYTES);
	start_late("store_late");
	assert_refused(try_freeze_with(fd, BPFMMAP_FREEZE_WHEN_IDLE), EINPROGRESS);
	close(fd);
	assert_ok(let_it_go_on(0x77));
	fd = create_for_programs(BPFMMAP_F_PROG, 8, ENTRIES);
	view = map(fd, BYTES, PROT_READ, 0);
}

/* A program that sleeps holds up what waits to be freed: creates wait, too, and can be ended. */
static void a_stuck_program_bounds_the_backlog(void **state)
{
	struct bpfmmap_create args = create_args(8, 4 * MIB / 8);
	int status, region;
	pid_t pid;

	(void)state;
	args.flags = BPFMMAP_F_PROG;
	start_late("store_late");
	pid = fork();
	if (!pid) {
		int i;

		for (i = 0; i < 1000; i++) {
			region = try_create_args(&args);
			if (region < 0)
				_exit(2);
			close(region);
		}
		_exit(1);
	}
	/* far longer than 1000 creates take */
	usleep(10 * A_WHILE_US);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	/* regions that no program reaches are not among them */
	close(create_pages(3));
	assert_ok(let_it_go_on(0));
	region = try_create_args(&args);
	assert_true(region >= 0);
	close(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(programs_lose_what_they_could),
		TEST(for_processes_they_keep_it),
		TEST(for_processes_nobody_is_waited_for),
		TEST(it_waits_for_a_program_that_has_its_part),
		TEST(it_waits_for_readers_too),
		TEST(revoking_waits_for_programs_alone),
		TEST(the_last_writer_does_not_wait),
		TEST(what_is_taken_back_revokes_nothing),
		TEST(who_waits_can_be_killed),
		TEST(memory_outlives_the_region),
		TEST(closed_before_it_is_frozen),
		TEST(a_stuck_program_bounds_the_backlog),
	};

	return run_bpf_group(tests, ARRAY_SIZE(tests));
}
