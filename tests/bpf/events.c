// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that are attached and run by themselves: each event is counted, until the region is
 * frozen, and not one byte changes after that.
 */
#include "programs.h"

#include <net/if.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#define ENTRIES	4096
#define BYTES	(ENTRIES * 8UL)
#define CALLS	2000
#define PACKETS	600	/* places that programs count at: see programs/events.bpf.c */
#define BY_TP	601
#define TICKS	602
#define MANY	512	/* programs at once; BPF_PROGRAMS= may say fewer */

static int fd = -1;
static volatile uint64_t *view;

static int setup(void **state)
{
	(void)state;
	fd = create_for_programs(BPFMMAP_F_PROG, 8, ENTRIES);
	view = map(fd, BYTES, PROT_READ, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	munmap((void *)view, BYTES);
	close(fd);
	return 0;
}

static struct bpf_link *attach(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);
	struct bpf_link *link;

	assert_non_null(program);
	if (!strcmp(name, "count_packets"))
		link = bpf_program__attach_xdp(program, if_nametoindex("lo"));
	else
		link = bpf_program__attach(program);
	assert_non_null(link);
	return link;
}

static void call(int times)
{
	while (times--)
		syscall(SYS_getpgid, 0);
}

static void send_packets(int times)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int socket_fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(socket_fd >= 0);
	while (times--)
		sendto(socket_fd, "x", 1, 0, (void *)&to, sizeof(to));
	close(socket_fd);
}

static void *call_many(void *arg)
{
	stay_on_cpu((intptr_t)arg);
	call(CALLS);
	return NULL;
}

/* The first page and all behind it, as a number that any change changes. */
static uint64_t fingerprint(void)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < ENTRIES; i++)
		sum = sum * 31 + view[i];
	return sum;
}

static uint64_t refused_in(struct bpf_object *object)
{
	struct bpf_map *map;
	uint32_t key = 0;
	uint64_t value[8] = { 0 };

	bpf_object__for_each_map(map, object)
		if (strstr(bpf_map__name(map), ".bss"))
			assert_ok(bpf_map_lookup_elem(bpf_map__fd(map), &key, value));
	return value[0];
}

static void no_event_is_lost(void **state)
{
	struct bpf_object *object = load_programs("events", handle_of(fd), PROGRAMS("count_calls"));
	struct bpf_link *link = attach(object, "count_calls");
	pthread_t threads[2];
	uint64_t before = view[SYS_getpgid];
	intptr_t i;

	(void)state;
	call(CALLS);
	assert_int_equal(view[SYS_getpgid] - before, CALLS);
	before = view[SYS_getpgid];
	for (i = 0; i < 2; i++)
		assert_ok(pthread_create(&threads[i], NULL, call_many, (void *)i));
	for (i = 0; i < 2; i++)
		assert_ok(pthread_join(threads[i], NULL));
	assert_int_equal(view[SYS_getpgid] - before, 2 * CALLS);
	bpf_link__destroy(link);
	bpf_object__close(object);
}

static void packets_are_counted(void **state)
{
	struct bpf_object *object = load_programs("events", handle_of(fd),
						  PROGRAMS("count_packets"));
	struct bpf_link *link = attach(object, "count_packets");
	uint64_t before = view[PACKETS];

	(void)state;
	send_packets(10);
	assert_true(view[PACKETS] - before >= 10);
	bpf_link__destroy(link);
	bpf_object__close(object);
}

static void a_tracepoint_counts(void **state)
{
	struct bpf_object *object;
	struct bpf_link *link;

	(void)state;
	if (!kernel_has_one_hook())
		skip_because("tracepoint programs call functions of modules from 6.2 on");
	object = load_programs("events", handle_of(fd), PROGRAMS("count_by_tracepoint"));
	link = attach(object, "count_by_tracepoint");
	call(CALLS);
	assert_true(view[BY_TP] >= CALLS);
	bpf_link__destroy(link);
	bpf_object__close(object);
}

/* Frozen while it runs: programs that stay attached get NULL from then on. */
static void a_freeze_stops_those_that_stay(void **state)
{
	struct bpf_object *object = load_programs("events", handle_of(fd),
						  PROGRAMS("count_calls", "count_packets"));
	struct bpf_link *calls = attach(object, "count_calls");
	struct bpf_link *packets = attach(object, "count_packets");
	uint64_t frozen;

	(void)state;
	call(CALLS);
	send_packets(10);
	assert_ok(try_freeze(fd));
	frozen = fingerprint();
	assert_true(view[SYS_getpgid] >= CALLS);
	call(10 * CALLS);
	send_packets(100);
	assert_int_equal(fingerprint(), frozen);
	assert_true(refused_in(object) >= 10 * CALLS);
	bpf_link__destroy(calls);
	bpf_link__destroy(packets);
	bpf_object__close(object);
}

static void a_freeze_for_processes_stops_none(void **state)
{
	struct bpf_object *object = load_programs("events", handle_of(fd), PROGRAMS("count_calls"));
	struct bpf_link *link = attach(object, "count_calls");
	uint64_t before;

	(void)state;
	assert_ok(try_freeze_with(fd, BPFMMAP_FREEZE_PROCESSES));
	before = view[SYS_getpgid];
	call(CALLS);
	assert_int_equal(view[SYS_getpgid] - before, CALLS);
	assert_int_equal(refused_in(object), 0);
	assert_ok(try_freeze(fd));
	before = fingerprint();
	call(CALLS);
	assert_int_equal(fingerprint(), before);
	bpf_link__destroy(link);
	bpf_object__close(object);
}

/* Newer kernels allocate timers by kmalloc_nolock(), which fails on a PC without cmpxchg16b. */
static bool lacks_cmpxchg16b(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[8192];
	bool lacks = false;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, "flags\t", 6))
			lacks = !strstr(line, " cx16");
	fclose(file);
	return lacks;
}

static void a_timer_is_stopped(void **state)
{
	struct bpf_object *object = try_load_programs("events", handle_of(fd),
						      PROGRAMS("start_timer"));
	uint8_t packet[64] = { 0 };
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts), .data_in = packet, .data_size_in = sizeof(packet),
	};
	uint64_t frozen;
	int i;

	(void)state;
	/* EOPNOTSUPP, and EACCES on 6.1 */
	if (!object && strstr(refusal(), "PREEMPT_RT"))
		skip_because("a kernel with PREEMPT_RT refuses timers of BPF programs");
	assert_non_null(object);
	assert_ok(bpf_prog_test_run_opts(program_fd(object, "start_timer"), &opts));
	if (opts.retval == 3 && lacks_cmpxchg16b()) {
		bpf_object__close(object);
		skip_because("timers of BPF programs need cmpxchg16b, which this CPU lacks");
	}
	assert_int_equal(opts.retval, 0);
	for (i = 0; i < 600 && view[TICKS] < 5; i++)
		usleep(100000);
	assert_true(view[TICKS] >= 5);
	assert_ok(try_freeze(fd));
	frozen = fingerprint();
	usleep(300000);
	assert_int_equal(fingerprint(), frozen);
	assert_true(refused_in(object) > 0);
	bpf_object__close(object);
}

/* Many programs at once, each with a place of its own. */
static void many_programs(void **state)
{
	const intptr_t many = number_in_environment("BPF_PROGRAMS", MANY);
	static struct bpf_object *objects[MANY];
	static struct bpf_link *links[MANY];
	pthread_t threads[2];
	uint64_t frozen;
	intptr_t i;

	(void)state;
	for (i = 0; i < many; i++) {
		objects[i] = load_programs_at("events", handle_of(fd), 1000 + i,
					      PROGRAMS("count_here"));
		links[i] = attach(objects[i], "count_here");
	}
	call(10);
	for (i = 0; i < many; i++)
		assert_true(view[1000 + i] >= 10);
	for (i = 0; i < 2; i++)
		assert_ok(pthread_create(&threads[i], NULL, call_many, (void *)i));
	assert_ok(try_freeze(fd));
	frozen = fingerprint();
	for (i = 0; i < 2; i++)
		assert_ok(pthread_join(threads[i], NULL));
	call(10);
	assert_int_equal(fingerprint(), frozen);
	for (i = 0; i < many; i++) {
		assert_true(refused_in(objects[i]) >= 10);
		bpf_link__destroy(links[i]);
	}
	for (i = 0; i < many; i++)
		bpf_object__close(objects[i]);
}

/* Regions come and go while a program looks for them all the time. */
static void under_load(void **state)
{
	struct bpf_object *object;
	struct bpf_link *link;
	pthread_t threads[2];
	intptr_t i;
	int region;

	(void)state;
	for (i = 0; i < 20; i++) {
		intptr_t j;

		region = create_for_programs(BPFMMAP_F_PROG, 8, ENTRIES);
		object = load_programs("events", handle_of(region), PROGRAMS("count_calls"));
		link = attach(object, "count_calls");
		for (j = 0; j < 2; j++)
			assert_ok(pthread_create(&threads[j], NULL, call_many, (void *)j));
		if (i % 2)
			assert_ok(try_freeze(region));
		close(region);
		close(create_pages(8));
		for (j = 0; j < 2; j++)
			assert_ok(pthread_join(threads[j], NULL));
		assert_true(refused_in(object) > 0);
		bpf_link__destroy(link);
		bpf_object__close(object);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_event_is_lost),
		TEST(packets_are_counted),
		TEST(a_tracepoint_counts),
		TEST(a_freeze_stops_those_that_stay),
		TEST(a_freeze_for_processes_stops_none),
		TEST(a_timer_is_stopped),
		TEST(many_programs),
		TEST(under_load),
	};

	return run_bpf_group(tests, ARRAY_SIZE(tests));
}
