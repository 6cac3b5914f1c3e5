// SPDX-License-Identifier: GPL-2.0-only
/* See faults.h. */
#include "faults.h"

#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#define DEBUGFS		"/sys/kernel/debug"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

/* of the module fail_nth */
#define DEVICE		"/dev/fail_nth"
#define FAIL_NTH_ARM	_IO(0xBC, 0)
#define FAIL_NTH_DISARM	_IO(0xBC, 1)

#define MOST		20000	/* calls; none has so many allocations */
#define PATIENCE	500	/* times 20 ms, for what is freed after grace periods */
#define MOST_BYTES	MIB	/* of a region, that are compared */

/* What a call that failed must leave as it was. */
struct seen {
	long fds;		/* open files of this process */
	long mappings;		/* of regions, in this process */
	long names;		/* and directories; -1: nothing is mounted */
	long long regions;	/* counted against the limits; -1: nothing is mounted */
	long long pages;
	/* of one region */
	struct bpfmmap_info info;
	uint32_t mode, uid, gid, links;
	uint64_t sum;		/* of its bytes */
};

static long nr_names;
static int fail_nth;

static bool has_fault_injection(void)
{
	static int answer = -1;

	if (answer < 0)
		answer = !access(FAIL_NTH, W_OK);
	return answer;
}

static int count_name(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)path;
	(void)st;
	(void)type;
	nr_names += !!at->level;
	return 0;
}

static long count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	long nr = 0;

	assert_non_null(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

static long count_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	long nr = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		nr += !!strstr(line, "bpfmmap");
	fclose(maps);
	return nr;
}

static uint64_t sum_of(int region, size_t bytes)
{
	static uint64_t words[MOST_BYTES / sizeof(uint64_t)];
	uint64_t sum = 0;
	ssize_t len;
	size_t i;

	memset(words, 0, sizeof(words));
	len = pread(region, words, bytes < sizeof(words) ? bytes : sizeof(words), 0);
	for (i = 0; len > 0 && i < len / sizeof(uint64_t); i++)
		sum = sum * 31 + words[i];
	return sum;
}

static void look_at(struct seen *seen, int region)
{
	struct stat st;

	assert_ok(fstat(region, &st));
	seen->mode = st.st_mode;
	seen->uid = st.st_uid;
	seen->gid = st.st_gid;
	seen->links = st.st_nlink;
	seen->info = info(region);
	seen->info.wakes = 0;
	seen->sum = sum_of(region, st.st_size);
}

static struct seen look(const int *region)
{
	struct seen seen;
	struct statfs st;

	memset(&seen, 0, sizeof(seen));
	seen.fds = count_fds();
	seen.mappings = count_mappings();
	seen.names = -1;
	seen.regions = -1;
	seen.pages = -1;
	if (!statfs(BPFMMAP_PUBLISH_DIR, &st) && st.f_type == BPFMMAP_FS_MAGIC) {
		nr_names = 0;
		assert_ok(nftw(BPFMMAP_PUBLISH_DIR, count_name, 16, FTW_PHYS));
		seen.names = nr_names;
		seen.regions = st.f_files - st.f_ffree;
		seen.pages = st.f_blocks - st.f_bfree;
	}
	if (region)
		look_at(&seen, *region);
	return seen;
}

/* The name of what differs, or NULL. */
static const char *difference(const struct seen *a, const struct seen *b)
{
	if (a->fds != b->fds)
		return "number of open files";
	if (a->mappings != b->mappings)
		return "number of mappings in maps";
	if (a->names != b->names)
		return "number of names";
	if (a->regions != b->regions)
		return "number of regions";
	if (a->pages != b->pages)
		return "number of pages";
	if (memcmp(&a->info, &b->info, sizeof(a->info)))
		return "state of the region";
	if (a->mode != b->mode || a->uid != b->uid || a->gid != b->gid)
		return "owner or mode of the file";
	if (a->links != b->links)
		return "number of links";
	if (a->sum != b->sum)
		return "content of the region";
	return NULL;
}

/* Memory of regions for programs is counted until grace periods have passed. */
static const char *still_different(const struct seen *before, const int *region)
{
	const char *what;
	int tries;

	for (tries = 0; tries < PATIENCE; tries++) {
		struct seen now = look(region);

		what = difference(before, &now);
		if (!what)
			return NULL;
		usleep(20000);
	}
	return what;
}

static void arm_kernel(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	assert_int_equal(write(fail_nth, text, len), len);
}

/* Returns true if the nth has failed. */
static bool disarm_kernel(void)
{
	char left[16] = "";
	/* this copies to the user, and so counts, too: with EFAULT it was the nth itself */
	const ssize_t len = pread(fail_nth, left, sizeof(left) - 1, 0);
	const bool fired = len > 0 && !strcmp(left, "0\n");

	while (pwrite(fail_nth, "0", 1, 0) != 1)
		assert_int_equal(errno, EFAULT);
	return fired;
}

/* Make the call with its nth allocation failing; *fired: it came so far. */
static long make_with(unsigned int nth, long (*make)(void), bool *fired)
{
	long ret;

	fail_nth = open(has_fault_injection() ? FAIL_NTH : DEVICE, O_RDWR | O_CLOEXEC);
	assert_true(fail_nth >= 0);
	if (has_fault_injection()) {
		arm_kernel(nth);
		ret = make();
		*fired = disarm_kernel();
	} else {
		assert_ok(ioctl(fail_nth, FAIL_NTH_ARM, nth));
		ret = make();
		*fired = !ioctl(fail_nth, FAIL_NTH_DISARM);
	}
	close(fail_nth);
	return ret;
}

static bool may_give(const struct call *call, long ret)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(call->errors) && call->errors[i]; i++)
		if (ret == -call->errors[i])
			return true;
	return false;
}

static bool test_has_failed;

/* Say why in a comment of the report, which the runner shows. */
#define fail_because(...)			\
	do {					\
		printf("# " __VA_ARGS__);	\
		printf("\n");			\
		test_has_failed = true;		\
		fail();				\
	} while (0)

static void run(void (*fn)(void))
{
	if (fn)
		fn();
}

/*
 * A call that splits a mapping at two places may have done the first of that. What it has split
 * counts, and all of it can be written.
 */
static void allow_splits(struct seen *before, const struct seen *now)
{
	const long more = now->mappings - before->mappings;

	if (more < 0)
		return;
	before->mappings += more;
	before->info.mappings += more;
	before->info.writers += more;
}

/* Returns true if something failed in the call. */
static bool try_one(const struct call *call, unsigned int nth)
{
	struct seen before, now;
	const char *what;
	bool fired;
	char *why;
	long ret;

	before = look(call->region);
	ret = make_with(nth, call->make, &fired);
	if (ret < 0) {
		why = strerror(-ret);
		if (!fired)
			fail_because("try %u gave %s, and nothing has failed in it", nth, why);
		if (!may_give(call, ret))
			fail_because("try %u gave %s, which is not documented", nth, why);
		now = look(call->region);
		if (call->stores)
			before.sum = now.sum;
		if (call->splits)
			allow_splits(&before, &now);
		what = still_different(&before, call->region);
		if (what)
			fail_because("try %u gave %s, but the %s has changed", nth, why, what);
		run(call->failed);
		ret = call->make();
		if (ret < 0)
			fail_because("the call after try %u gave %s", nth, strerror(-ret));
	}
	if (call->after)
		call->after(ret);
	return fired;
}

void fail_each(const struct call *call)
{
	const struct seen first = look(NULL);
	unsigned int nth = 0;
	const char *what;
	bool fired;

	do {
		run(call->before);
		fired = try_one(call, ++nth);
		run(call->end);
		what = still_different(&first, NULL);
		if (what)
			fail_because("after try %u the %s is another", nth, what);
		assert_true(nth < MOST);
	} while (fired);
	printf("# %u failures\n", nth - 1);
	if (nth == 1)
		fail_because("nothing in this call can fail");
}

static void write_switch(const char *folder, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUGFS "/%s/%s", folder, name);
	write_file(path, value);
}

/* All allocations count, also those that may sleep, and none is reported. */
static int switch_on(void **state)
{
	if (!has_fault_injection())
		return load_module(state);
	write_switch("failslab", "ignore-gfp-wait", "N");
	write_switch("failslab", "verbose", "0");
	write_switch("fail_page_alloc", "ignore-gfp-wait", "N");
	write_switch("fail_page_alloc", "ignore-gfp-highmem", "N");
	write_switch("fail_page_alloc", "min-order", "0");
	write_switch("fail_page_alloc", "verbose", "0");
	write_switch("fail_usercopy", "verbose", "0");
	return load_module(state);
}

/* Where a function of the kernel begins and ends, by the list of its symbols, which is sorted. */
static void find_function(const char *name, unsigned long *start, unsigned long *end)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512], type, symbol[256];
	unsigned long at;

	*start = 0;
	*end = 0;
	assert_non_null(file);
	while (!*end && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx %c %255s", &at, &type, symbol) != 3)
			continue;
		if (*start && at > *start)
			*end = at;
		else if (!strcmp(symbol, name))
			*start = at;
	}
	fclose(file);
	if (!*end)
		fail_because("the kernel has no function %s", name);
}

static void write_number(const char *folder, const char *name, unsigned long number)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(text, sizeof(text), "%lu", number);
	write_file(path, text);
}

void fail_only_in(const char *function)
{
	static const char * const folders[] = {
		DEBUGFS "/failslab", DEBUGFS "/fail_page_alloc", DEBUGFS "/fail_usercopy",
	};
	unsigned long start = 0, end = 0;
	size_t i;

	if (function)
		find_function(function, &start, &end);
	if (!has_fault_injection()) {
		write_number("/sys/module/fail_nth/parameters", "require_start", start);
		write_number("/sys/module/fail_nth/parameters", "require_end", end);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(folders); i++) {
		write_number(folders[i], "require-start", start);
		write_number(folders[i], "require-end", function ? end : ULONG_MAX);
	}
}

int set_low_limits(void **state)
{
	(void)state;
	test_has_failed = false;
	set_parameter("max_regions", "4");
	set_parameter("max_total_bytes", "33554432");
	set_parameter("max_published", "5");
	return 0;
}

int load_again(void **state)
{
	/* group.c clears up what it has left */
	if (test_has_failed)
		return 0;
	return unload_module(state) ?: load_module(state);
}

static void leave_out(void **state)
{
	(void)state;
	skip_because("this kernel has no fault injection and no kprobes");
}

int run_faults_group(const struct CMUnitTest *tests, size_t nr)
{
	struct CMUnitTest *left_out;
	size_t i;

	if (has_fault_injection() || !try_load_other("fail_nth"))
		return run_group(tests, nr, switch_on, unload_module);
	left_out = calloc(nr, sizeof(*left_out));
	for (i = 0; i < nr; i++)
		left_out[i] = (struct CMUnitTest){ .name = tests[i].name, .test_func = leave_out };
	return run_group(left_out, nr, load_module, unload_module);
}

int open_control(void)
{
	int fd = open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

void fill(int region, uint8_t byte)
{
	const size_t bytes = info(region).bytes;
	uint8_t *at = map(region, bytes, PROT_READ | PROT_WRITE, 0);

	memset(at, byte, bytes);
	unmap(at, bytes);
}

bool is_filled(int region, uint8_t byte)
{
	const size_t bytes = info(region).bytes;
	uint8_t *at = map(region, bytes, PROT_READ, 0);
	bool same = all(at, bytes, byte);

	unmap(at, bytes);
	return same;
}

int create_filled(size_t pages)
{
	int region = create_pages(pages);

	fill(region, 1);
	return region;
}
