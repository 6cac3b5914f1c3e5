// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints: each event of a region is traced with its values. The tracepoints of the kernel
 * show which memory the module takes.
 */
#include "fixture.h"

#include <sched.h>
#include <sys/mount.h>

#define TRACING	"/sys/kernel/tracing"
#define LEN	(32 * PAGE)	/* more than mmap maps at once */

static void put(const char *file, const char *text)
{
	int opened = open(file, O_WRONLY | O_TRUNC);

	assert_true(opened >= 0);
	assert_int_equal(write(opened, text, strlen(text)), strlen(text));
	close(opened);
}

/*
 * The tracepoints are switched on once, as the kernel changes its code for that, which an emulator
 * may see half done.
 */
static int load_and_trace(void **state)
{
	int ret = load_module(state);

	if (access(TRACING "/trace", F_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	if (!ret && !access(TRACING "/events/bpfmmap/enable", F_OK))
		put(TRACING "/events/bpfmmap/enable", "1");
	return ret;
}

static int unload_and_stop(void **state)
{
	if (!access(TRACING "/events/bpfmmap/enable", F_OK))
		put(TRACING "/events/bpfmmap/enable", "0");
	return unload_module(state);
}

static int setup(void **state)
{
	(void)state;
	if (!access(TRACING "/trace", F_OK))
		put(TRACING "/trace", "\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (!access(TRACING "/events/kmem/enable", F_OK))
		put(TRACING "/events/kmem/enable", "0");
	return 0;
}

/* True if a line of the trace has that text. */
static bool seen(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static bool seen(const char *format, ...)
{
	char wanted[256];
	va_list args;

	va_start(args, format);
	vsnprintf(wanted, sizeof(wanted), format, args);
	va_end(args);
	return file_has(TRACING "/trace", wanted);
}

static void everything_is_seen(void **state)
{
	struct bpfmmap_create args = create_args(8, LEN / 8);
	int fd;
	unsigned long address;
	uint8_t *at;
	uint32_t id;

	(void)state;
	if (access(TRACING "/events/bpfmmap/enable", F_OK))
		skip_because("this kernel has no tracepoints");
	strcpy(args.name, "t.name");
	fd = try_create_args(&args);
	id = info(fd).id;
	assert_true(seen("bpfmmap_create: id=%u value_size=8 max_entries=%u bytes=%zu name=%s\n",
			 id, args.max_entries, LEN, args.name));

	at = map(fd, LEN, PROT_READ | PROT_WRITE, 0);
	address = (unsigned long)at;
	assert_true(seen("bpfmmap_map: id=%u address=0x%lx bytes=%zu offset=0 writable=1\n",
			 id, address, LEN));
	assert_false(seen("bpfmmap_fault:"));
	at[PAGE] = 1;
	assert_true(seen("bpfmmap_fault: id=%u address=0x%lx pages=", id, address + PAGE));

	assert_refused(try_freeze(fd), EBUSY);
	assert_true(seen("bpfmmap_freeze: id=%u error=%d\n", id, -EBUSY));
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_true(seen("bpfmmap_freeze: id=%u error=%d\n", id, -EINPROGRESS));
	assert_false(seen("bpfmmap_unmap:"));
	assert_false(seen("bpfmmap_freeze: id=%u error=0\n", id));
	unmap(at, LEN);
	assert_true(seen("bpfmmap_unmap: id=%u address=0x%lx bytes=%zu offset=0 writable=1\n",
			 id, address, LEN));
	assert_true(seen("bpfmmap_freeze: id=%u error=0\n", id));

	at = map(fd, PAGE, PROT_READ, PAGE);
	assert_true(seen("bpfmmap_map: id=%u address=0x%lx bytes=%zu offset=%zu writable=0\n",
			 id, (unsigned long)at, PAGE, PAGE));
	unmap(at, PAGE);

	assert_ok(try_publish(fd, "traced"));
	assert_true(seen("bpfmmap_publish: id=%u name=traced\n", id));
	assert_ok(try_withdraw("traced"));
	assert_true(seen("bpfmmap_withdraw: id=%u name=traced\n", id));
	assert_false(seen("bpfmmap_destroy:"));
	close(fd);
	assert_true(seen("bpfmmap_destroy: id=%u bytes=%zu\n", id, LEN));
}

/* Each field of a region, and none for another. */
static void regions_are_seen(void **state)
{
	struct bpfmmap_create args = create_args(12, 3 * PAGE / 16 - 1);
	char name[BPFMMAP_PUBLISH_LEN];
	uint32_t id;
	int fd;

	(void)state;
	if (access(TRACING "/events/bpfmmap/enable", F_OK))
		skip_because("this kernel has no tracepoints");
	memset(args.name, 'n', sizeof(args.name) - 1);
	fd = try_create_args(&args);
	id = info(fd).id;
	assert_true(seen("bpfmmap_create: id=%u value_size=12 max_entries=%u bytes=%zu name=%s\n",
			 id, args.max_entries, 3 * PAGE, args.name));
	memset(name, 'p', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_ok(try_publish(fd, name));
	assert_true(seen("bpfmmap_publish: id=%u name=%s\n", id, name));
	assert_ok(try_withdraw(name));
	assert_true(seen("bpfmmap_withdraw: id=%u name=%s\n", id, name));
	close(fd);
	assert_true(seen("bpfmmap_destroy: id=%u bytes=%zu\n", id, 3 * PAGE));
}

/* The parts of a mapping are seen, also those that a child has and those that were writable. */
static void parts_are_seen(void **state)
{
	int fd = create_pages(8);
	uint32_t id = info(fd).id;
	uint8_t *at;

	(void)state;
	if (access(TRACING "/events/bpfmmap/enable", F_OK))
		skip_because("this kernel has no tracepoints");
	at = map(fd, 5 * PAGE, PROT_READ | PROT_WRITE, 2 * PAGE);
	assert_ok(try_protect(at, 5 * PAGE, PROT_READ));
	put(TRACING "/trace", "\n");
	assert_ok(munmap(at + 2 * PAGE, PAGE));
	/* a split makes a VMA with one of the parts; which one depends on the kernel */
	assert_true(seen("bpfmmap_map: id=%u ", id));
	assert_true(seen("bpfmmap_unmap: id=%u address=0x%lx bytes=%zu offset=%zu writable=1\n", id,
			 (unsigned long)at + 2 * PAGE, PAGE, 4 * PAGE));
	put(TRACING "/trace", "\n");
	assert_int_equal(try_read_byte(at), 0);
	assert_true(seen("bpfmmap_map: id=%u address=0x%lx bytes=%zu offset=%zu writable=1\n", id,
			 (unsigned long)at, 2 * PAGE, 2 * PAGE));
	assert_true(seen("bpfmmap_map: id=%u address=0x%lx bytes=%zu offset=%zu writable=1\n", id,
			 (unsigned long)at + 3 * PAGE, 2 * PAGE, 5 * PAGE));
	unmap(at, 5 * PAGE);
	close(fd);
}

/* Map len bytes at an address that is shift bytes behind a multiple of 2 MiB. */
static uint8_t *map_at(int fd, size_t len, size_t shift)
{
	uint8_t *room = anonymous(len + 4 * MIB);
	uint8_t *at = (uint8_t *)(((uintptr_t)room + 2 * MIB - 1) / (2 * MIB) * (2 * MIB)) + shift;

	assert_ptr_equal(mmap(at, len, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0), at);
	munmap(room, at - room);
	munmap(at + len, room + len + 4 * MIB - (at + len));
	return at;
}

/* A fault at that page of a mapping enters so many pages. */
static void assert_fault(int fd, const uint8_t *at, size_t page, size_t pages)
{
	const uint8_t *address = at + page * PAGE;

	put(TRACING "/trace", "\n");
	(void)*(const volatile uint8_t *)address;
	assert_true(seen("bpfmmap_fault: id=%u address=0x%lx pages=%zu\n", info(fd).id,
			 (unsigned long)address, pages));
}

static void assert_no_fault(const uint8_t *at, size_t page)
{
	put(TRACING "/trace", "\n");
	(void)*(const volatile uint8_t *)(at + page * PAGE);
	assert_false(seen("bpfmmap_fault:"));
}

/* The windows of module/fault.c, cut at the ends of the mapping. */
static void windows_are_seen(void **state)
{
	int fd = create_pages(511);	/* no block of 2 MiB */
	uint8_t *at;

	(void)state;
	if (access(TRACING "/events/bpfmmap/enable", F_OK))
		skip_because("this kernel has no tracepoints");
	if (!(features() & BPFMMAP_FEATURE_FAULT_AROUND) || PAGE != 4096)
		skip_because("a fault is a page here, or pages are larger");
	/* one after the other they double */
	at = map_at(fd, 511 * PAGE, PAGE);
	assert_fault(fd, at, 0, 15);
	assert_no_fault(at, 14);
	assert_fault(fd, at, 15, 16);
	assert_fault(fd, at, 31, 32);
	assert_fault(fd, at, 63, 64);
	assert_fault(fd, at, 127, 128);
	assert_fault(fd, at, 255, 256);
	assert_no_fault(at, 510);
	unmap(at, 511 * PAGE);
	/* in no order they don't */
	at = map_at(fd, 40 * PAGE, 3 * PAGE);
	assert_fault(fd, at, 20, 16);
	assert_fault(fd, at, 37, 11);
	assert_fault(fd, at, 2, 13);
	assert_no_fault(at, 0);
	assert_no_fault(at, 39);
	unmap(at, 40 * PAGE);
	/* mmap itself fills the smallest window, and no more */
	at = map(fd, 16 * PAGE, PROT_READ, 0);
	assert_no_fault(at, 0);
	assert_no_fault(at, 15);
	unmap(at, 16 * PAGE);
	at = map_at(fd, 17 * PAGE, 0);
	assert_fault(fd, at, 0, 16);
	assert_fault(fd, at, 16, 1);
	unmap(at, 17 * PAGE);
	/* nor one that may not be accessed yet */
	at = map(fd, PAGE, PROT_NONE, 0);
	assert_ok(try_protect(at, PAGE, PROT_READ));
	assert_fault(fd, at, 0, 1);
	unmap(at, PAGE);
	close(fd);
	/* a window is a page table at most; no block fits at this address */
	fd = create_pages(2000);
	at = map_at(fd, 2000 * PAGE, PAGE);
	assert_fault(fd, at, 0, 15);
	assert_fault(fd, at, 15, 16);
	assert_fault(fd, at, 31, 32);
	assert_fault(fd, at, 63, 64);
	assert_fault(fd, at, 127, 128);
	assert_fault(fd, at, 255, 256);
	assert_fault(fd, at, 511, 512);
	assert_fault(fd, at, 1023, 512);
	assert_fault(fd, at, 1535, 2000 - 1535);
	unmap(at, 2000 * PAGE);
	close(fd);
}

/* Blocks of 2 MiB, up to 8 by one fault. */
static void blocks_are_seen(void **state)
{
	const size_t block = 512, pages = 20 * block + 5;
	int fd = create_pages(pages);
	uint8_t *at;

	(void)state;
	if (access(TRACING "/events/bpfmmap/enable", F_OK))
		skip_because("this kernel has no tracepoints");
	if (!(features() & BPFMMAP_FEATURE_HUGE))
		skip_because("this kernel has no entries of 2 MiB without references");
	if (info(fd).huge_runs < 20)
		skip_because("there are too few free blocks of 2 MiB");
	at = map_at(fd, pages * PAGE, 0);
	assert_fault(fd, at, 3, block);
	assert_fault(fd, at, block, 2 * block);
	assert_fault(fd, at, 3 * block, 4 * block);
	assert_fault(fd, at, 7 * block, 8 * block);
	/* up to the last block; the pages behind it have a page table */
	assert_fault(fd, at, 15 * block, 5 * block);
	assert_fault(fd, at, 20 * block, 5);
	unmap(at, pages * PAGE);
	/* in no order they don't double, and stop before an entry that is there */
	at = map_at(fd, pages * PAGE, 0);
	assert_fault(fd, at, 3 * block, block);
	assert_fault(fd, at, 0, block);
	assert_fault(fd, at, block, 2 * block);
	unmap(at, pages * PAGE);
	close(fd);
}

/* Each refused or pending freeze, of all kinds. */
static void freezes_are_seen(void **state)
{
	int fd = create_pages(1);
	uint32_t id = info(fd).id;
	uint8_t *at;

	(void)state;
	if (access(TRACING "/events/bpfmmap/enable", F_OK))
		skip_because("this kernel has no tracepoints");
	at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);
	put(TRACING "/trace", "\n");
	assert_refused(when_idle_kept(fd), EINPROGRESS);
	assert_true(seen("bpfmmap_freeze: id=%u error=%d\n", id, -EINPROGRESS));
	assert_false(seen("bpfmmap_freeze: id=%u error=0\n", id));
	assert_ok(try_revoke(fd));
	assert_true(seen("bpfmmap_freeze: id=%u error=0\n", id));
	put(TRACING "/trace", "\n");
	assert_refused(try_revoke(fd), EPERM);
	assert_true(seen("bpfmmap_freeze: id=%u error=%d\n", id, -EPERM));
	put(TRACING "/trace", "\n");
	assert_refused(when_idle_kept(fd), EPERM);
	assert_true(seen("bpfmmap_freeze: id=%u error=%d\n", id, -EPERM));
	put(TRACING "/trace", "\n");
	assert_refused(when_idle(fd), EPERM);
	assert_true(seen("bpfmmap_freeze: id=%u error=%d\n", id, -EPERM));
	put(TRACING "/trace", "\n");
	assert_refused(try_freeze(fd), EPERM);
	assert_true(seen("bpfmmap_freeze: id=%u error=%d\n", id, -EPERM));
	unmap(at, PAGE);
	close(fd);
}

/*
 * True if this process itself took the memory. A line is "comm-pid [cpu] d.h1. time: kmalloc: ..",
 * and a third flag other than "." is of an interrupt that came meanwhile.
 */
static bool taken_by_us(const char *line)
{
	const char *flags = strchr(line, ']');

	return flags && strlen(flags) > 4 && flags[4] == '.' &&
	       (strstr(line, " kmalloc: ") || strstr(line, " kmalloc_node: "));
}

/* Counts how often the kernel takes memory while 100 elements are set and read. */
static unsigned int allocations(uint32_t value_size)
{
	static const char * const events[] = { "kmalloc", "kmalloc_node" };
	uint8_t *value = calloc(1, value_size);
	char path[128], filter[32], line[512];
	unsigned int count = 0, round;
	int fd = create(value_size, 100), switches;
	FILE *trace;
	size_t i;

	/* opened here, as an open takes memory, too */
	switches = open(TRACING "/events/kmem/enable", O_WRONLY);
	assert_true(switches >= 0);
	snprintf(filter, sizeof(filter), "common_pid == %d", getpid());
	/* the first round may leave caches on this CPU */
	for (round = 0; round < 2; round++) {
		for (i = 0; i < ARRAY_SIZE(events) && round; i++) {
			snprintf(path, sizeof(path), TRACING "/events/kmem/%s", events[i]);
			if (access(path, F_OK))
				continue;
			strcat(path, "/filter");
			put(path, filter);
			strcpy(strrchr(path, '/'), "/enable");
			put(path, "1");
		}
		put(TRACING "/trace", "\n");
		for (i = 0; i < 100; i++) {
			assert_ok(try_update(fd, i, value, BPFMMAP_ANY));
			assert_ok(try_lookup(fd, i, value));
		}
	}
	assert_int_equal(write(switches, "0", 1), 1);
	close(switches);
	trace = fopen(TRACING "/trace", "r");
	while (trace && fgets(line, sizeof(line), trace)) {
		if (!taken_by_us(line))
			continue;
		count++;
		/* shows who took it */
		if (value_size <= PAGE)
			print_message("%s", line);
	}
	if (trace)
		fclose(trace);
	close(fd);
	free(value);
	return count;
}

static void an_element_of_a_page_takes_no_memory(void **state)
{
	static const uint32_t sizes[] = { 1, 8, 256, 257, 4000, 4096 };
	cpu_set_t first;
	size_t i;

	(void)state;
	if (access(TRACING "/events/kmem/kmalloc", F_OK))
		skip_because("this kernel has no tracepoints");
	/* because caches belong to a CPU */
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	assert_ok(sched_setaffinity(0, sizeof(first), &first));
	/* a large value does take memory, so the trace can show that */
	assert_true(allocations(100000) >= 100);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		assert_int_equal(allocations(sizes[i]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_is_seen),
		TEST(regions_are_seen),
		TEST(parts_are_seen),
		TEST(windows_are_seen),
		TEST(blocks_are_seen),
		TEST(freezes_are_seen),
		TEST(an_element_of_a_page_takes_no_memory),
	};

	return RUN_GROUP_WITH(tests, load_and_trace, unload_and_stop);
}
