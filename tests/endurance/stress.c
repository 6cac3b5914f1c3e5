// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stress: processes create, publish, map, store, move, split, fork, rename, freeze, revoke, load
 * BPF programs and are killed, on regions that they share, and the weather changes
 * (lib/weather.c).
 * After each round nothing is left of it; and no cache of the kernel grows from round to round.
 *
 * SECONDS_OF_STRESS in the environment is the time, and SEED chooses what is done.
 */
#include "fixture.h"
#include "slabs.h"
#include "weather.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#define WORKERS		5
#define NAMES		6
#define LEN		(600 * PAGE)	/* a chunk, and single pages behind it */
#define ROUND		3		/* seconds */
#define PROGRAMS	"/extra/bpf.extra/cost.bpf.o"

enum act {
	PUBLISH, MAP, STORE, MOVE, SPLIT, PROTECT, FORK, KILL, RENAME, UNLINK, FREEZE, IDLE, REVOKE,
	UPDATE, PUNCH, PROGRAM, ACTS,
};

static const char *const act_names[] = {
	"publish", "map", "store", "move", "split", "protect", "fork", "kill", "rename", "unlink",
	"freeze", "freeze when idle", "revoke", "update", "punch a hole", "load a program",
};

/* What all processes did, in memory that they share. */
static struct tally {
	unsigned long acts[ACTS], lost, wrong;
	int last_wrong;
	struct weather_tally weather;
} *tally;

static bool programs;			/* bpfmmap_bpf is loaded */
static __thread sigjmp_buf lost;

static void mapping_lost(int signal)
{
	(void)signal;
	siglongjmp(lost, 1);
}

/* Count what was done, or an error that it may not give. */
static bool did(enum act act, int ret, const int *errors)
{
	if (ret >= 0) {
		tally->acts[act]++;
		return true;
	}
	while (*errors && *errors != -ret)
		errors++;
	if (!*errors) {
		tally->wrong++;
		tally->last_wrong = ret - 1000 * act;
	}
	return false;
}

#define DID(act, ret, ...)	did(act, ret, (const int []){ __VA_ARGS__, 0 })

static const char *some_name(uint64_t *seed)
{
	static const char *const names[NAMES] = { "s0", "s1", "s2", "s3", "s4", "s5" };

	return names[random_below(seed, NAMES)];
}

static int open_some(uint64_t *seed)
{
	return try_open_name(some_name(seed), O_RDWR);
}

static void publish(uint64_t *seed)
{
	struct bpfmmap_create create = create_args(8, LEN / 8);
	int fd;

	create.flags = random_below(seed, 2) ? BPFMMAP_F_PROG : 0;
	fd = try_create_args(&create);
	if (DID(PUBLISH, fd, ENOMEM, ENOSPC)) {
		DID(PUBLISH, try_publish(fd, some_name(seed)), EEXIST);
		close(fd);
	}
}

static void store(uint8_t *at, size_t len, uint64_t *seed)
{
	unsigned int i;

	if (sigsetjmp(lost, 1)) {
		tally->lost++;
		return;
	}
	for (i = 0; i < 64; i++)
		at[random_below(seed, len)]++;
	tally->acts[STORE]++;
}

static void move(uint8_t **at)
{
	uint8_t *place = mmap(NULL, LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (place == MAP_FAILED)
		return;
	if (mremap(*at, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) {
		munmap(place, LEN);
		return;
	}
	*at = place;
	tally->acts[MOVE]++;
}

/* A child that stores, and is killed in the middle of it or ends by itself. */
static void have_child(uint8_t *at, uint64_t *seed)
{
	const bool killed = random_below(seed, 2);
	pid_t pid = fork();

	if (!pid) {
		do {
			store(at, LEN, seed);
		} while (killed);
		_exit(0);
	}
	if (pid < 0)
		return;
	if (killed) {
		usleep(random_below(seed, 20000));
		kill(pid, SIGKILL);
	}
	waitpid(pid, NULL, 0);
	tally->acts[killed ? KILL : FORK]++;
}

static void map_some(uint64_t *seed)
{
	int fd = open_some(seed);
	uint8_t *at;

	if (fd < 0)
		return;
	at = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (!DID(MAP, at == MAP_FAILED ? -errno : 0, EPERM, EBUSY))
		return;
	store(at, LEN, seed);
	switch (random_below(seed, 4)) {
	case 0:
		move(&at);
		break;
	case 1:
		munmap(at + LEN / 2, PAGE);
		store(at, LEN / 2, seed);
		tally->acts[SPLIT]++;
		break;
	case 2:
		mprotect(at, LEN / 3 / PAGE * PAGE, PROT_READ);
		DID(PROTECT, result(mprotect(at, LEN, PROT_READ | PROT_WRITE)), EACCES, EPERM,
		    EBUSY);
		break;
	default:
		have_child(at, seed);
	}
	munmap(at, LEN);
}

static void call_some(uint64_t *seed)
{
	uint64_t values[64] = { 0 };
	uint32_t count = ARRAY_SIZE(values);
	int fd = open_some(seed);

	if (fd < 0)
		return;
	if (random_below(seed, 3))
		DID(UPDATE, try_batch(fd, BPFMMAP_IOC_UPDATE_BATCH, random_below(seed, 1000),
				      &count, values), EPERM, EBUSY);
	else
		DID(PUNCH, result(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					    random_below(seed, 100) * 4096, 8192)), EPERM, EBUSY);
	close(fd);
}

static void freeze_some(uint64_t *seed)
{
	int ret, fd = open_some(seed);

	if (fd < 0)
		return;
	switch (random_below(seed, 4)) {
	case 0:
		DID(FREEZE, try_freeze(fd), EBUSY, EPERM);
		break;
	case 1:
		DID(FREEZE, try_freeze_with(fd, BPFMMAP_FREEZE_PROCESSES), EBUSY, EPERM, EINVAL);
		break;
	case 2:
		ret = when_idle(fd);
		DID(IDLE, ret == -EINPROGRESS ? 0 : ret, EBUSY, EPERM);
		usleep(random_below(seed, 3000));
		cancel(fd);
		break;
	default:
		DID(REVOKE, try_revoke(fd), EPERM);
	}
	close(fd);
}

static void rename_some(uint64_t *seed)
{
	char from[64], to[64];

	strcpy(from, path_of(some_name(seed)));
	strcpy(to, path_of(some_name(seed)));
	if (random_below(seed, 3))
		DID(RENAME, result(rename(from, to)), ENOENT);
	else
		DID(UNLINK, result(unlink(from)), ENOENT);
}

static void run_program(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);
	uint8_t packet[64] = { 0 };
	struct bpf_test_run_opts opts = {
		.sz = sizeof(opts), .data_in = packet, .data_size_in = sizeof(packet), .repeat = 2,
	};

	bpf_prog_test_run_opts(bpf_program__fd(program), &opts);
}

/* A program that has the region, runs in it, and goes. */
static void load_program(uint64_t *seed)
{
	struct bpfmmap_handle_args args = { .size = sizeof(args) };
	struct bpf_object *object;
	struct bpf_map *map;
	int fd = open_some(seed);

	if (fd < 0)
		return;
	if (DID(PROGRAM, request(fd, BPFMMAP_IOC_HANDLE, &args), EOPNOTSUPP, EPERM, EACCES,
		EINVAL)) {
		object = bpf_object__open_file(PROGRAMS, NULL);
		bpf_object__for_each_map(map, object)
			if (strstr(bpf_map__name(map), ".rodata"))
				bpf_map__set_initial_value(map, &args.handle, sizeof(args.handle));
		if (DID(PROGRAM, bpf_object__load(object), ENOMEM))
			run_program(object, "cost_slice");
		bpf_object__close(object);
	}
	close(fd);
}

static void work(uint64_t seed, time_t end)
{
	struct sigaction action = { .sa_handler = mapping_lost };

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	while (time(NULL) < end) {
		switch (random_below(&seed, 32)) {
		case 0 ... 5:
			publish(&seed);
			break;
		case 6 ... 16:
			map_some(&seed);
			break;
		case 17 ... 21:
			call_some(&seed);
			break;
		case 22 ... 26:
			freeze_some(&seed);
			break;
		case 27 ... 30:
			rename_some(&seed);
			break;
		default:
			if (programs)
				load_program(&seed);
		}
	}
	_exit(0);
}

static void change_the_weather(uint64_t seed, time_t end)
{
	while (time(NULL) < end) {
		weather_change(&seed, &tally->weather);
		usleep(100000);
	}
	_exit(0);
}

/* What a round left is gone at once, but for what waits for grace periods of RCU. */
static void assert_nothing_is_left(void)
{
	struct statfs st;
	uint32_t id;
	int tries;

	withdraw_all();
	for (tries = 0; tries < 600; tries++) {
		assert_ok(statfs(BPFMMAP_PUBLISH_DIR, &st));
		if (st.f_bfree == st.f_blocks && st.f_ffree == st.f_files)
			break;
		usleep(50000);
	}
	assert_int_equal(st.f_bfree, st.f_blocks);
	assert_int_equal(st.f_ffree, st.f_files);
	assert_refused(try_next_id(0, &id), ENOENT);
}

static void one_round(uint64_t seed)
{
	const time_t end = time(NULL) + ROUND;
	pid_t pids[WORKERS + 1];
	int i, status;

	for (i = 0; i < WORKERS + 1; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (i < WORKERS)
			work(seed + i, end);
		else
			change_the_weather(seed + i, end);
	}
	for (i = 0; i < WORKERS + 1; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	weather_settle();
	assert_nothing_is_left();
}

static void nothing_is_left_and_nothing_grows(void **state)
{
	const uint64_t seed = number_in_environment("SEED", time(NULL));
	const time_t end = time(NULL) + number_in_environment("SECONDS_OF_STRESS", 60);
	struct slabs *slabs = slabs_new();
	unsigned int rounds = 0, act;

	(void)state;
	printf("# SEED=%llu\n", (unsigned long long)seed);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	set_parameter("max_total_bytes", "268435456");
	for (rounds = 0; time(NULL) < end && rounds < MAX_ROUNDS; rounds++) {
		one_round(seed + 100 * rounds);
		try_write_file("/proc/sys/vm/drop_caches", "3");
		if (slabs)
			slabs_count(slabs);
		if (tally->wrong)
			break;
	}
	set_parameter("max_total_bytes", "0");
	printf("@@ show %u rounds of %d s, %lu mappings lost:\n", rounds, ROUND, tally->lost);
	for (act = 0; act < ACTS; act++)
		printf("@@ show %10lu %s\n", tally->acts[act], act_names[act]);
	printf("@@ show (CPU off %lu, memory off %lu and refused %lu,\n", tally->weather.cpus,
	       tally->weather.memory, tally->weather.memory_refused);
	printf("@@ show  huge pages %lu, compacted %lu, dropped %lu)\n", tally->weather.huge_pages,
	       tally->weather.compactions, tally->weather.drops);
	fflush(stdout);
	if (tally->wrong)
		print_error("%s gave error %d\n", act_names[-tally->last_wrong / 1000],
			    -tally->last_wrong % 1000);
	assert_int_equal(tally->wrong, 0);
	for (act = 0; act < ACTS; act++)
		assert_true(tally->acts[act] || (act == PROGRAM && !programs));
	if (!slabs)
		return;
	/* SECONDS_OF_STRESS is too short, or the machine is very slow */
	assert_true(slabs_can_tell(slabs));
	assert_int_equal(slabs_that_grow(slabs), 0);
	slabs_free(slabs);
}

/* Kernels without type information of modules have no functions for BPF programs. */
static int setup_group(void **state)
{
	if (load_module(state))
		return -1;
	programs = !access("/module/bpfmmap_bpf.ko", F_OK);
	return programs ? try_load_other("bpfmmap_bpf") : 0;
}

static int teardown_group(void **state)
{
	return (programs ? try_unload_functions() : 0) ?: unload_module(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_left_and_nothing_grows),
	};

	return RUN_GROUP_WITH(tests, setup_group, teardown_group);
}
