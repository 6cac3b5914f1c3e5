// SPDX-License-Identifier: GPL-2.0-only
/* Tracepoints: what happens to a region is seen, with what was done to it. */
#include "harness.h"

#include <sys/mount.h>

#define TRACING	"/sys/kernel/tracing"
#define LEN	(2 * PAGE)

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
	return 0;
}

/* Is there a line with all of "EVENT: REST"? */
static bool seen(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static bool seen(const char *format, ...)
{
	char wanted[256], line[512];
	bool found = false;
	va_list args;
	FILE *trace;

	va_start(args, format);
	vsnprintf(wanted, sizeof(wanted), format, args);
	va_end(args);
	trace = fopen(TRACING "/trace", "r");
	while (trace && fgets(line, sizeof(line), trace))
		found |= !!strstr(line, wanted);
	if (trace)
		fclose(trace);
	return found;
}

static void everything_is_seen(void **state)
{
	struct bpfmmap_publish publish = { .size = sizeof(publish), .name = "traced" };
	struct bpfmmap_withdraw withdraw = { .size = sizeof(withdraw), .name = "traced" };
	struct bpfmmap_create args = create_args(8, LEN / 8);
	struct bpfmmap_freeze freeze = { .size = sizeof(freeze) };
	int fd, control = open(BPFMMAP_DEVICE, O_RDWR);
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
	freeze.flags = BPFMMAP_FREEZE_WHEN_IDLE;
	assert_refused(request(fd, BPFMMAP_IOC_FREEZE, &freeze), EINPROGRESS);
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

	assert_ok(request(fd, BPFMMAP_IOC_PUBLISH, &publish));
	assert_true(seen("bpfmmap_publish: id=%u name=traced\n", id));
	assert_ok(request(control, BPFMMAP_IOC_WITHDRAW, &withdraw));
	assert_true(seen("bpfmmap_withdraw: id=%u name=traced\n", id));
	assert_false(seen("bpfmmap_destroy:"));
	close(fd);
	assert_true(seen("bpfmmap_destroy: id=%u bytes=%zu\n", id, LEN));
	close(control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everything_is_seen, setup, teardown),
	};

	return RUN_GROUP(tests);
}
