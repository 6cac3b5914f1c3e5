// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/self/mem and ptrace beside faults and munmap: they use the memory of the region and not
 * the pages of the mapping, and must see only what is still mapped.
 */
#include "pages.h"

#include <sys/ptrace.h>

static int fd, mem;
static uint8_t *at;

/* Shared by the test and the process that traces it. */
static struct common {
	unsigned long peeks, pokes;
	bool over;
	char wrong[64];
} *common;

static int setup(void **state)
{
	(void)state;
	fd = create_numbered(OURS, 0);
	mem = open("/proc/self/mem", O_RDWR);
	at = reserve(LEN);
	put(fd, at, LEN, 0);
	common = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(common, MAP_FAILED);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unmap(at, LEN);
	unmap(common, PAGE);
	close(mem);
	settle(fd, OURS);
	return 0;
}

static void map_again(unsigned long round)
{
	if (chunk_in_turn(round) == 0)
		put(fd, at, LEN, 0);
}

static bool touch_it(struct racer *self, unsigned long round)
{
	return touch(self, at, page_in_turn(self, round));
}

static bool unmap_and_map(struct racer *self, unsigned long round)
{
	size_t page = chunk_in_turn(round) * CHUNK_PAGES + any(self, 2) * CHUNK_PAGES / 2;

	if (munmap(at + page * PAGE, CHUNK / 2))
		wrong("munmap: %s", strerror(errno));
	spin(any(self, 2000));
	put(fd, at + page * PAGE, CHUNK / 2, page);
	return true;
}

/* Accesses may cross the border of two pages. */
static bool read_mem(struct racer *self, unsigned long round)
{
	size_t page = page_in_turn(self, round), len = any(self, 2) ? 4 : PAGE;
	static uint8_t buffer[64 * 1024];
	ssize_t got = pread(mem, buffer, len, (uintptr_t)at + page * PAGE);
	uint32_t seen;

	memcpy(&seen, buffer, sizeof(seen));
	if (got > 0 && seen != NUMBER(OURS, page))
		wrong("page %#zx says %#x", page, seen);
	return got > 0;
}

static bool write_mem(struct racer *self, unsigned long round)
{
	size_t page = page_in_turn(self, round), len = any(self, 2) ? 4 : PAGE;
	static uint8_t buffer[64 * 1024];

	/* from the second word of a page to the last one before the first word of another */
	memset(buffer, any(self, 256), len);
	if (len > 4) {
		uint32_t next = NUMBER(OURS, page + 1);

		if (page == LEN / PAGE - 1)
			return true;
		memcpy(buffer + len - 4, &next, sizeof(next));
	}
	return pwrite(mem, buffer, len, (uintptr_t)at + page * PAGE + 4) > 0;
}

static void mem_beside_faults_and_munmap(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = touch_it },
		{ .what = "times a half went and came back", .step = unmap_and_map },
		{ .what = "reads of mem", .step = read_mem },
		{ .what = "writes to mem", .step = write_mem },
	};

	(void)state;
	race(map_again, racers, ARRAY_SIZE(racers));
}

static void say(const char *what)
{
	snprintf(common->wrong, sizeof(common->wrong), "%s: %s", what, strerror(errno));
}

static void peek_and_poke(pid_t pid, unsigned int *seed)
{
	size_t page = rand_r(seed) % (LEN / PAGE);
	uint8_t *there = at + page * PAGE;
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, there, NULL);
	if (errno)
		return;
	common->peeks++;
	if ((uint32_t)word != NUMBER(OURS, page))
		snprintf(common->wrong, sizeof(common->wrong), "page %#zx says %#lx", page, word);
	if (!ptrace(PTRACE_POKEDATA, pid, there + 8, (void *)word))
		common->pokes++;
}

/* Stop one of its threads again and again; the others go on. */
static int trace(pid_t pid)
{
	unsigned int seed = 1, i;
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL)) {
		say("PTRACE_SEIZE");
		return 1;
	}
	while (!__atomic_load_n(&common->over, __ATOMIC_RELAXED)) {
		if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) ||
		    waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) {
			say("PTRACE_INTERRUPT");
			return 1;
		}
		for (i = 0; i < 100; i++)
			peek_and_poke(pid, &seed);
		if (ptrace(PTRACE_CONT, pid, NULL, NULL)) {
			say("PTRACE_CONT");
			return 1;
		}
		usleep(1000);
	}
	return 0;
}

static void ptrace_beside_faults_and_munmap(void **state)
{
	struct racer racers[] = {
		{ .what = "pages touched", .step = touch_it },
		{ .what = "times a half went and came back", .step = unmap_and_map },
	};
	int status;
	pid_t pid;

	(void)state;
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(trace(getppid()));
	assert_true(pid > 0);
	race(map_again, racers, ARRAY_SIZE(racers));
	__atomic_store_n(&common->over, true, __ATOMIC_RELAXED);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	printf("# %lu peeks, %lu pokes\n", common->peeks, common->pokes);
	assert_string_equal(common->wrong, "");
	assert_int_equal(status, 0);
	assert_true(common->peeks > 0);
	assert_true(common->pokes > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mem_beside_faults_and_munmap),
		TEST(ptrace_beside_faults_and_munmap),
	};

	return RUN_GROUP(tests);
}
