// SPDX-License-Identifier: GPL-2.0-only
/* Limits: the parameters of the module, and the memory cgroup of the creator. */
#include "fixture.h"

#include <sys/stat.h>

#define GROUP	"/sys/fs/cgroup/limits"

static void set_limits(const char *region_bytes, const char *total_bytes, const char *regions)
{
	set_parameter("max_region_bytes", region_bytes);
	set_parameter("max_total_bytes", total_bytes);
	set_parameter("max_regions", regions);
}

static int setup(void **state)
{
	(void)state;
	set_limits("0", "0", "0");
	return 0;
}

static int teardown(void **state)
{
	return setup(state);
}

static void bytes_of_a_region(void **state)
{
	int fd;

	(void)state;
	set_limits("65536", "0", "0");
	assert_refused(try_create(8, 65536 / 8 + 1), E2BIG);
	assert_refused(try_create(65536 * 4, 1), E2BIG);
	fd = create(8, 65536 / 8);
	close(fd);
	/* whole pages count */
	set_limits("65535", "0", "0");
	assert_refused(try_create(8, 65536 / 8), E2BIG);
	assert_refused(try_create(8, 65528 / 8), E2BIG);
	close(create(8, (65536 - PAGE) / 8));
}

static void bytes_of_all_regions(void **state)
{
	int a, b;

	(void)state;
	set_limits("0", "65536", "0");
	a = create(8, 65536 / 16);
	b = create(8, 65536 / 16);
	assert_refused(try_create(1, 1), ENOSPC);
	close(a);
	a = create(8, 65536 / 16);
	close(a);
	close(b);
	/* all bytes are given back, also after a create that failed */
	close(create(8, 65536 / 8));
	assert_refused(try_create(8, 65536 / 8 + 1), ENOSPC);
	close(create(8, 65536 / 8));
}

static void number_of_regions(void **state)
{
	int fds[5];
	size_t i;

	(void)state;
	set_limits("0", "0", "5");
	for (i = 0; i < 5; i++)
		fds[i] = create(8, 1);
	assert_refused(try_create(8, 1), ENOSPC);
	/* another fd of a region is not another region */
	close(open_id(info(fds[0]).id, 0));
	close(fds[0]);
	fds[0] = create(8, 1);
	assert_refused(try_create(8, 1), ENOSPC);
	for (i = 0; i < 5; i++)
		close(fds[i]);
}

static const char *one_page(void)
{
	static char text[16];

	snprintf(text, sizeof(text), "%zu", PAGE);
	return text;
}

/* A limit that is lower than the present use takes nothing away. */
static void lowered_limits_keep_what_is_there(void **state)
{
	int a = create_pages(10), b = create_pages(10);

	(void)state;
	set_limits(one_page(), one_page(), "1");
	assert_refused(try_create(8, 1), ENOSPC);
	assert_ok(try_map(a, 10 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0));
	close(a);
	assert_refused(try_create(8, 1), ENOSPC);
	close(b);
	close(create(8, 1));
}

static void errors_for_size_come_first(void **state)
{
	(void)state;
	set_limits(one_page(), one_page(), "0");
	assert_refused(try_create(0, 1), EINVAL);
	assert_refused(try_create(8, PAGE / 8 + 1), E2BIG);	/* and not ENOSPC */
}

static void parameters_can_be_given_at_load(void **state)
{
	char parameters[64];

	(void)state;
	snprintf(parameters, sizeof(parameters), "max_region_bytes=%zu max_regions=1", PAGE);
	assert_ok(try_unload());
	assert_ok(try_load(parameters));
	assert_refused(try_create(8, PAGE / 8 + 1), E2BIG);
	assert_ok(try_unload());
	assert_int_not_equal(try_load("max_region_bytes=many"), 0);
	assert_ok(try_load(""));
}

static void parameters_are_for_root_to_write(void **state)
{
	static const char *const names[] = { "max_region_bytes", "max_total_bytes", "max_regions" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		char path[128];
		struct stat st;

		snprintf(path, sizeof(path), "/sys/module/bpfmmap/parameters/%s", names[i]);
		assert_ok(stat(path, &st));
		assert_int_equal(st.st_mode & 0777, 0644);
	}
}

/*
 * The memory cgroup
 */

static long long read_number(const char *path)
{
	long long number = -1;
	FILE *file = fopen(path, "r");

	if (!file)
		return -1;
	if (fscanf(file, "%lld", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

static long long oom_kills(void)
{
	long long number = -1;
	char line[64];
	FILE *file = fopen(GROUP "/memory.events", "r");

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		sscanf(line, "oom_kill %lld", &number);
	fclose(file);
	return number;
}

static int enter_group(void)
{
	int fd = open(GROUP "/cgroup.procs", O_WRONLY);

	return fd < 0 || write(fd, "0", 1) != 1;
}

static int create_and_measure(void *arg)
{
	long long before, with, after;
	int fd;

	(void)arg;
	if (enter_group())
		return 1;
	before = read_number(GROUP "/memory.current");
	fd = try_create(8, 16 * MIB / 8);
	if (fd < 0)
		return 2;
	with = read_number(GROUP "/memory.current");
	close(fd);
	after = read_number(GROUP "/memory.current");
	/* up to 64 pages of that were charged before, for the CPU */
	if (with < (long long)(16 * MIB) || with - before > (long long)(17 * MIB))
		return 3;
	return after - before < (long long)MIB ? 0 : 4;
}

#define ROUNDS	400

/* A leak of a page a round would be 1.6 MiB; CPUs cache far less. */
static int create_often_and_measure(void *arg)
{
	long long before;
	int round;

	(void)arg;
	if (enter_group())
		return 1;
	close(try_create(8, 600 * PAGE / 8));
	before = read_number(GROUP "/memory.current");
	for (round = 0; round < ROUNDS; round++) {
		int fd = try_create(8, 600 * PAGE / 8);
		uint8_t *at = mmap(NULL, 600 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		if (at == MAP_FAILED)
			return 2;
		at[0] = 1;
		at[599 * PAGE] = 1;
		munmap(at, 600 * PAGE);
		close(fd);
	}
	return read_number(GROUP "/memory.current") - before < (long long)MIB ? 0 : 3;
}

static int create_too_much(void *arg)
{
	int round;

	(void)arg;
	if (enter_group())
		return 1;
	for (round = 0; round < 5; round++)
		if (try_create(8, 64 * MIB / 8) != -ENOMEM)
			return 2;
	return try_create(8, MIB / 8) >= 0 ? 0 : 3;
}

static int make_group(void)
{
	/* a test that has failed may have left it */
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		return -errno;
	return access(GROUP "/memory.max", F_OK) ? -errno : 0;
}

static void memory_is_the_creators(void **state)
{
	(void)state;
	if (make_group())
		skip_because("this kernel has no memory cgroups");
	assert_ok(in_child(create_and_measure, NULL));
	assert_ok(rmdir(GROUP));
}

static void all_of_it_comes_back(void **state)
{
	(void)state;
	if (make_group())
		skip_because("this kernel has no memory cgroups");
	assert_ok(in_child(create_often_and_measure, NULL));
	assert_ok(rmdir(GROUP));
}

static void over_the_cgroups_limit_nobody_dies(void **state)
{
	(void)state;
	if (make_group())
		skip_because("this kernel has no memory cgroups");
	write_file(GROUP "/memory.max", "33554432");
	assert_ok(in_child(create_too_much, NULL));
	assert_int_equal(oom_kills(), 0);
	assert_ok(rmdir(GROUP));
}

/*
 * The group is filled page by page. When it has no room for the 64 KiB that an update needs, there
 * is still some room for the process.
 */
static int update_in_a_full_group(void *arg)
{
	static uint8_t value[200 * 1024];
	int region = *(int *)arg, one = 0, batch = 0, tries;
	uint32_t count;

	if (enter_group())
		return 1;
	memset(value, 2, sizeof(value));
	if (try_create(8, 30 * MIB / 8) < 0)
		return 2;
	for (tries = 0; tries < 1000 && !(one && batch); tries++) {
		one = try_update(region, 0, value, 0);
		count = 1;
		batch = try_batch(region, BPFMMAP_IOC_UPDATE_BATCH, 1, &count, value);
		if (count != !batch)
			return 3;
		if (!(one && batch) && try_create(8, 1) < 0)
			return 4;
	}
	return one == -ENOMEM && batch == -ENOMEM ? 0 : 5;
}

static void an_update_that_finds_no_memory(void **state)
{
	const uint32_t size = 200 * KIB;
	int fd = create(size, 3);
	uint8_t *at = map(fd, info(fd).bytes, PROT_READ, 0);

	(void)state;
	if (make_group())
		skip_because("this kernel has no memory cgroups");
	write_file(GROUP "/memory.max", "33554432");
	assert_ok(in_child(update_in_a_full_group, &fd));
	assert_int_equal(oom_kills(), 0);
	/* values were set as long as there was memory, and never in part */
	assert_true(all(at, 2 * size, 2));
	assert_true(all(at + 2 * size, info(fd).bytes - 2 * size, 0));
	assert_ok(rmdir(GROUP));
	unmap(at, info(fd).bytes);
	assert_ok(try_freeze(fd));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_of_a_region),
		TEST(bytes_of_all_regions),
		TEST(number_of_regions),
		TEST(lowered_limits_keep_what_is_there),
		TEST(errors_for_size_come_first),
		TEST(parameters_can_be_given_at_load),
		TEST(parameters_are_for_root_to_write),
		TEST(memory_is_the_creators),
		TEST(all_of_it_comes_back),
		TEST(over_the_cgroups_limit_nobody_dies),
		TEST(an_update_that_finds_no_memory),
	};

	return RUN_GROUP(tests);
}
