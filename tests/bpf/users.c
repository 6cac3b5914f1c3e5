// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other kernel modules: what the interface gives them, and what holds what. That takes no BPF, so
 * it is the same on all kernels. The modules are tests/bpf/module/user.c and examples/kernel.
 */
#include "fixture.h"

#include <time.h>

#define ENTRIES	1536
#define BYTES	(ENTRIES * 8UL)

static int fd = -1;
static uint64_t *view;

static int try_load_user(const char *name, int region, const char *more)
{
	char parameters[64];

	snprintf(parameters, sizeof(parameters), "region=%u %s", info(region).id, more);
	return try_load_other_with(name, parameters);
}

static int setup(void **state)
{
	(void)state;
	fd = create(8, ENTRIES);
	view = map(fd, BYTES, PROT_READ, 0);
	return try_load_user("user", fd, "");
}

static int teardown(void **state)
{
	(void)state;
	munmap(view, BYTES);
	close(fd);
	return try_unload_other("user");
}

/* What the module's function gives: 0 or -errno. */
static int ask(const char *name, unsigned long long value)
{
	char path[64], text[32];
	int file, ret;

	snprintf(path, sizeof(path), "/sys/module/user/parameters/%s", name);
	file = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(file >= 0);
	snprintf(text, sizeof(text), "%llu", value);
	ret = result(write(file, text, strlen(text)));
	close(file);
	return ret < 0 ? ret : 0;
}

static void a_region_by_fd(void **state)
{
	const int readonly = open_id(info(fd).id, BPFMMAP_F_RDONLY);
	const int writeonly = open_id(info(fd).id, BPFMMAP_F_WRONLY);
	const int other = create(8, 1);
	const int no_region = open("/dev/null", O_RDWR);

	(void)state;
	assert_ok(ask("fd", fd));
	assert_ok(ask("fd_to_write", fd));
	assert_ok(ask("fd", readonly));
	assert_refused(ask("fd_to_write", readonly), EACCES);
	assert_refused(ask("fd", writeonly), EACCES);
	assert_refused(ask("fd_to_write", writeonly), EACCES);
	assert_refused(ask("fd", other), EXDEV);
	assert_refused(ask("fd", no_region), EINVAL);
	assert_refused(ask("fd", 60000), EBADF);
	close(readonly);
	close(writeonly);
	close(other);
	close(no_region);
}

static void there_is_no_such_id(void **state)
{
	(void)state;
	assert_refused(try_load_other_with("sampler", "region=1000000"), ENOENT);
}

static void a_counted_write(void **state)
{
	(void)state;
	assert_ok(ask("counted", 5));
	assert_int_equal(view[0], 5);
	assert_int_equal(info(fd).writers, 0);
	assert_ok(try_freeze(fd));
	assert_refused(ask("counted", 6), EPERM);
	assert_int_equal(view[0], 5);
}

static void a_counted_writer_keeps_it_from_freezing(void **state)
{
	(void)state;
	assert_ok(ask("writes", 1));
	assert_int_equal(info(fd).writers, 1);
	assert_refused(try_freeze(fd), EBUSY);
	assert_refused(try_freeze_with(fd, BPFMMAP_FREEZE_PROCESSES), EBUSY);
	assert_refused(try_freeze_with(fd, BPFMMAP_FREEZE_WHEN_IDLE), EINPROGRESS);
	assert_refused(ask("counted", 6), EBUSY);
	assert_ok(ask("stored", 7));
	assert_int_equal(view[0], 7);
	assert_ok(ask("writes", 0));
	assert_int_equal(info(fd).frozen, 1);
	assert_refused(ask("writes", 1), EPERM);
}

static void a_counted_writer_is_revoked(void **state)
{
	(void)state;
	assert_ok(ask("writes", 1));
	assert_ok(ask("stored", 8));
	assert_ok(try_freeze_with(fd, BPFMMAP_FREEZE_REVOKE));
	assert_int_equal(info(fd).revoked, 1);
	assert_refused(ask("stored", 9), EIO);
	assert_int_equal(view[0], 8);
	assert_ok(ask("writes", 0));
	assert_int_equal(info(fd).revoked, 0);
}

static void a_write_that_is_not_counted(void **state)
{
	(void)state;
	assert_ok(ask("shown", 10));
	assert_int_equal(view[0], 10);
	assert_int_equal(info(fd).writers, 0);
	assert_ok(try_freeze_with(fd, BPFMMAP_FREEZE_PROCESSES));
	assert_ok(ask("shown", 11));
	assert_int_equal(view[0], 11);
	assert_refused(ask("counted", 12), EPERM);
	assert_ok(try_freeze(fd));
	assert_refused(ask("shown", 13), EIO);
	assert_int_equal(view[0], 11);
}

static void slices_have_bounds(void **state)
{
	/* of the last page, too */
	const uint64_t end = info(fd).bytes;
	const uint64_t good[] = { 0, 1, 8, end - 8 };
	const uint64_t bad[] = {
		end, end - 7, end - 1, end + 1, -1ULL, -8ULL, -7ULL, 1ULL << 63, 1ULL << 32,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++)
		assert_ok(ask("offset", good[i]));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_refused(ask("offset", bad[i]), EIO);
}

static int wait_in_the_module(void *arg)
{
	(void)arg;
	return -ask("wait", 0);
}

static void a_module_waits_for_it_to_be_frozen(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (!pid)
		_exit(wait_in_the_module(NULL));
	usleep(100000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_ok(try_freeze_with(fd, BPFMMAP_FREEZE_PROCESSES));
	usleep(100000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_ok(try_freeze(fd));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_ok(ask("wait", 0));
}

static void a_module_holds_the_region(void **state)
{
	const uint32_t id = info(fd).id;

	(void)state;
	munmap(view, BYTES);
	close(fd);
	assert_true(id_exists(id));
	assert_ok(ask("shown", 14));
	assert_refused(try_unload(), EWOULDBLOCK);
	fd = open_id(id, 0);
	view = map(fd, BYTES, PROT_READ, 0);
	assert_int_equal(view[0], 14);
}

/* Last reference, last mount: what is given back is gone, and the module can go. */
static void unloaded_in_either_order(void **state)
{
	const uint32_t id = info(fd).id;

	(void)state;
	munmap(view, BYTES);
	close(fd);
	assert_ok(try_unload_other("user"));
	assert_false(id_exists(id));
	assert_ok(try_unload());
	/* without the one the other does not load */
	assert_refused(try_load_other_with("user", "region=1"), ENOENT);
	assert_ok(try_load(""));
	setup(state);
}

/* What was forgotten is there for good, with the region; until somebody gives it back. */
static void a_reference_that_is_forgotten(void **state)
{
	const int other = create(8, 1);
	const uint32_t id = info(other).id;
	char parameters[64];

	(void)state;
	assert_ok(try_unload_other("user"));
	assert_ok(try_load_user("user", other, "forget=1"));
	assert_ok(try_unload_other("user"));
	close(other);
	assert_true(id_exists(id));
	munmap(view, BYTES);
	close(fd);
	assert_refused(try_unload(), EWOULDBLOCK);

	snprintf(parameters, sizeof(parameters), "region=%u give_back=1", id);
	assert_ok(try_load_other_with("user", parameters));
	assert_ok(try_unload_other("user"));
	assert_false(id_exists(id));
	assert_ok(try_unload());
	assert_ok(try_load(""));
	setup(state);
}

struct sample {
	uint64_t number;
	uint64_t ktime_ns;
	uint64_t load;
};

static long times_refused(void)
{
	FILE *file = fopen("/sys/module/sampler/parameters/refused", "r");
	long times = -1;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld", &times), 1);
	fclose(file);
	return times;
}

/* examples/kernel/sampler.c, as its head says. */
static void the_example_samples(void **state)
{
	const int region = create(sizeof(struct sample), 101);
	volatile struct sample *samples = map(region, PAGE, PROT_READ, 0);
	struct timespec boot;
	uint64_t number;
	int i;

	(void)state;
	assert_ok(try_load_user("sampler", region, "interval_ms=10"));
	for (i = 0; i < 600 && samples[0].number < 20; i++)
		usleep(100000);
	assert_true(samples[0].number >= 20);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	assert_true(samples[1].ktime_ns <= boot.tv_sec * 1000000000ULL + boot.tv_nsec);
	assert_true(samples[2].ktime_ns > samples[1].ktime_ns);
	assert_true(samples[2].load < 2048 * 1000);

	assert_refused(try_unload(), EWOULDBLOCK);
	assert_ok(try_freeze_with(region, BPFMMAP_FREEZE_PROCESSES));
	number = samples[0].number;
	for (i = 0; i < 600 && samples[0].number == number; i++)
		usleep(100000);
	assert_true(samples[0].number > number);
	assert_ok(try_freeze(region));
	number = samples[0].number;
	usleep(300000);
	assert_int_equal(samples[0].number, number);
	assert_true(times_refused() > 0);
	assert_ok(try_unload_other("sampler"));
	munmap((void *)samples, PAGE);
	close(region);
}

static void the_example_wants_room(void **state)
{
	const int region = create(8, 101);

	(void)state;
	assert_refused(try_load_user("sampler", region, ""), EINVAL);
	close(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_region_by_fd),
		TEST(there_is_no_such_id),
		TEST(a_counted_write),
		TEST(a_counted_writer_keeps_it_from_freezing),
		TEST(a_counted_writer_is_revoked),
		TEST(a_write_that_is_not_counted),
		TEST(slices_have_bounds),
		TEST(a_module_waits_for_it_to_be_frozen),
		TEST(a_module_holds_the_region),
		TEST(unloaded_in_either_order),
		TEST(a_reference_that_is_forgotten),
		TEST(the_example_samples),
		TEST(the_example_wants_room),
	};

	return RUN_GROUP(tests);
}
