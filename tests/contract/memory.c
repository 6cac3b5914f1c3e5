// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that the module asks for: all of it is charged to the memory cgroup of who causes it,
 * and the pages of a region are zeroed. The tracepoints of the kernel show each request with its
 * flags. A buffer that outlives an update is the exception (see trace.c).
 */
#include "fixture.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define TRACING	"/sys/kernel/tracing"

static const char * const events[] = {
	"kmalloc", "kmalloc_node", "kmem_cache_alloc", "kmem_cache_alloc_node", "mm_page_alloc",
};

/*
 * The tracepoints are switched on once, as the kernel changes its code for that, which an emulator
 * may see half done. Until a test begins nothing is recorded.
 */
static int load_and_trace(void **state)
{
	char path[128], filter[64];
	size_t i;

	if (access(TRACING "/trace", F_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	if (!access(TRACING "/tracing_on", F_OK))
		write_file(TRACING "/tracing_on", "0");
	snprintf(filter, sizeof(filter), "common_pid == %d", getpid());
	for (i = 0; i < ARRAY_SIZE(events); i++) {
		snprintf(path, sizeof(path), TRACING "/events/kmem/%s/filter", events[i]);
		if (access(path, F_OK))
			continue;
		write_file(path, filter);
		strcpy(strrchr(path, '/'), "/enable");
		write_file(path, "1");
	}
	return load_module(state);
}

static int unload_and_stop(void **state)
{
	if (!access(TRACING "/events/kmem/enable", F_OK)) {
		write_file(TRACING "/events/kmem/enable", "0");
		write_file(TRACING "/tracing_on", "1");
	}
	return unload_module(state);
}

static int setup(void **state)
{
	(void)state;
	return 0;
}

static int teardown(void **state)
{
	if (!access(TRACING "/tracing_on", F_OK))
		write_file(TRACING "/tracing_on", "0");
	return withdraw_names(state);
}

static void begin_trace(void)
{
	if (access(TRACING "/events/kmem/kmalloc", F_OK))
		skip_because("this kernel has no tracepoints");
	/* opened so, it becomes empty */
	close(open(TRACING "/trace", O_WRONLY | O_TRUNC));
	write_file(TRACING "/tracing_on", "1");
}

static void end_trace(void)
{
	write_file(TRACING "/tracing_on", "0");
}

/* A line is "comm-pid [cpu] d.h1. time: kmalloc: ..", and the third flag is "." in a task. */
static bool by_a_task(const char *line)
{
	const char *flags = strchr(line, ']');

	return flags && strlen(flags) > 4 && flags[4] == '.';
}

/*
 * Before 6.1 a line says only with which flags the memory was asked for, and nothing of a cache
 * for which all is charged.
 */
static bool is_known(const char *line)
{
	return strstr(line, " kmalloc") || strstr(line, "accounted=");
}

static bool is_charged(const char *line)
{
	return strstr(line, "ACCOUNT") || strstr(line, "accounted=true");
}

/* Counts requests by call sites with a text, for instance the name of a function. */
static unsigned int requests(const char *text, bool only_charged)
{
	FILE *trace = fopen(TRACING "/trace", "r");
	unsigned int count = 0;
	char line[512], *site, *end;

	assert_non_null(trace);
	while (fgets(line, sizeof(line), trace)) {
		bool charged = is_charged(line);

		site = strstr(line, "call_site=");
		end = site ? strstr(site, " ptr=") : NULL;
		if (!end || !by_a_task(line) || !is_known(line))
			continue;
		*end = '\0';
		/* the options of a mount are freed when it is done */
		if (!strstr(site, text) || strstr(site, "fs_init_context"))
			continue;
		count += charged || !only_charged;
		if (!charged)
			print_message("not charged: %s\n", line);
	}
	fclose(trace);
	return count;
}

/* There are at least so many requests by such call sites, and all are charged. */
static void assert_charged(const char *text, unsigned int at_least)
{
	const unsigned int charged = requests(text, true);

	assert_in_range(charged, at_least, 1000);
	assert_int_equal(requests(text, false), charged);
}

/* Counts pieces of an order that were taken for a region: charged, zeroed, and given up early. */
static unsigned int pieces_taken(unsigned int order)
{
	FILE *trace = fopen(TRACING "/trace", "r");
	unsigned int count = 0;
	char line[512], wanted[32];

	assert_non_null(trace);
	snprintf(wanted, sizeof(wanted), " order=%u ", order);
	while (fgets(line, sizeof(line), trace))
		count += strstr(line, "mm_page_alloc: ") && strstr(line, wanted) &&
			 strstr(line, "ACCOUNT") && strstr(line, "__GFP_ZERO") &&
			 strstr(line, order ? "__GFP_NORETRY" : "__GFP_RETRY_MAYFAIL");
	fclose(trace);
	return count;
}

static void regions(void **state)
{
	int fd;

	(void)state;
	begin_trace();
	fd = create_pages(1);
	end_trace();
	/* the struct of the open file */
	assert_charged(" [bpfmmap]", 1);
	/* some kernels name this for the array of pointers to pages */
	assert_charged("kvmalloc", 0);
	close(fd);
}

/* The pages of a region: one, a run of a few, and a block of 2 MiB with a page behind it. */
static void pages(void **state)
{
	static const struct {
		size_t pages;
		unsigned int order;
	} cases[] = { { 1, 0 }, { 8, 3 }, { 513, 0 }, { 513, 9 } };
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		begin_trace();
		fd = create_pages(cases[i].pages);
		end_trace();
		assert_int_equal(pieces_taken(cases[i].order), 1);
		close(fd);
	}
}

/* A region of any size takes as many pages as it has, in whatever pieces, and no more. */
static void no_page_too_many(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 5, 9, 17, 100, 255, 511, 512, 513, 1027, 1535 };
	unsigned int order, taken;
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		begin_trace();
		fd = create_pages(sizes[i]);
		end_trace();
		for (order = 0, taken = 0; order <= 9; order++)
			taken += pieces_taken(order) << order;
		assert_int_equal(taken, sizes[i]);
		close(fd);
	}
}

static void mappings(void **state)
{
	struct bpfmmap_mapping_entry entries[4];
	struct bpfmmap_mappings args = {
		.size = sizeof(args), .count = ARRAY_SIZE(entries), .entries = (uintptr_t)entries,
	};
	int fd = create_pages(2);
	uint8_t *at;

	(void)state;
	begin_trace();
	at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);
	assert_ok(request(fd, BPFMMAP_IOC_MAPPINGS, &args));
	end_trace();
	assert_int_equal(args.count, 1);
	/* the struct of the mapping, and the buffer for the list */
	assert_charged(" [bpfmmap]", 2);
	unmap(at, PAGE);
	close(fd);
}

static void requests_that_stay(void **state)
{
	int fd = create_pages(1);
	uint8_t *at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);

	(void)state;
	begin_trace();
	assert_refused(when_idle_kept(fd), EINPROGRESS);
	end_trace();
	assert_charged("bpfmmap_freeze_when_idle_kept", 1);
	assert_ok(cancel_kept(fd));
	unmap(at, PAGE);
	close(fd);
}

static void names_and_attributes(void **state)
{
	int fd = create_pages(1), opened;

	(void)state;
	begin_trace();
	assert_ok(try_publish(fd, "charged"));
	opened = open_name("charged", O_RDWR);
	assert_ok(fsetxattr(opened, "user.some", "thing", 5, 0));
	end_trace();
	/* the user whose names are counted, the open file, the attribute */
	assert_charged(" [bpfmmap]", 3);
	close(opened);
	close(fd);
	assert_ok(try_withdraw("charged"));
}

static void views_of_programs(void **state)
{
	struct bpfmmap_create args = create_args(8, 8);
	int fd;

	(void)state;
	args.flags = BPFMMAP_F_PROG;
	/* the module with the functions for programs is looked for once */
	close(try_create_args(&args));
	begin_trace();
	fd = try_create_args(&args);
	end_trace();
	assert_true(fd >= 0);
	assert_charged("bpfmmap_share_reserve", 1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(regions),
		TEST(pages),
		TEST(no_page_too_many),
		TEST(mappings),
		TEST(requests_that_stay),
		TEST(names_and_attributes),
		TEST(views_of_programs),
	};

	return RUN_GROUP_WITH(tests, load_and_trace, unload_and_stop);
}
