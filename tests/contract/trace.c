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

static int setup(void **state)
{
	(void)state;
	if (access(TRACING "/trace", F_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	if (access(TRACING "/events/bpfmmap/enable", F_OK))
		return 0;
	put(TRACING "/events/bpfmmap/enable", "1");
	put(TRACING "/trace", "\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (!access(TRACING "/events/bpfmmap/enable", F_OK))
		put(TRACING "/events/bpfmmap/enable", "0");
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
	int fd = create(value_size, 100);
	FILE *trace;
	size_t i;

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
	put(TRACING "/events/kmem/enable", "0");
	trace = fopen(TRACING "/trace", "r");
	while (trace && fgets(line, sizeof(line), trace)) {
		if (!taken_by_us(line))
			continue;
		count++;
		/* by whom? */
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
		cmocka_unit_test_setup_teardown(everything_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(an_element_of_a_page_takes_no_memory, setup,
						teardown),
	};

	return RUN_GROUP(tests);
}
