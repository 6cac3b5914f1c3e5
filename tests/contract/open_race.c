// SPDX-License-Identifier: GPL-2.0-only
/*
 * open(2) of a device takes its time: it checks the permissions of a node, and looks for the
 * region of the node's number later. Whoever is let in by one region's node must not end up with
 * another region, that is published meanwhile and not for them.
 *
 * SECONDS_OF_RACE in the environment says for how long that is tried.
 */
#include "published.h"

#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

#define OPENERS	2
#define READERS	1
#define FOR_ALL	"for_all"
#define PRIVATE	"private"

/* Shared with the openers, which are processes. */
struct shared {
	_Atomic bool stop;
	_Atomic unsigned int opened, wrong, strange;
};

static struct shared *shared;

static long seconds_of_race(void)
{
	const char *text = getenv("SECONDS_OF_RACE");

	return text ? strtol(text, NULL, 10) : 8;
}

static int open_until_stopped(void)
{
	char contents[sizeof(PRIVATE)];

	become_nobody();
	while (!shared->stop) {
		int opened = try_open_node(FOR_ALL, O_RDWR);

		if (opened < 0) {
			/* it is on its way in or out */
			if (opened != -ENOENT && opened != -EACCES && opened != -ENXIO)
				shared->strange++;
			continue;
		}
		shared->opened++;
		if (pread(opened, contents, sizeof(contents), 0) != sizeof(contents))
			shared->strange++;
		else if (!strcmp(contents, PRIVATE))
			shared->wrong++;
		else if (strcmp(contents, FOR_ALL))
			shared->strange++;
		close(opened);
	}
	return 0;
}

/* Opening a device waits for a lock that who reads this has for long. */
static int read_devices_until_stopped(void)
{
	char text[4096];

	become_nobody();
	while (!shared->stop) {
		int devices = open("/proc/devices", O_RDONLY);

		while (read(devices, text, sizeof(text)) > 0)
			;
		close(devices);
	}
	return 0;
}

static void publish_with_mode(int region, const char *name, uint32_t mode)
{
	struct bpfmmap_publish args = publish_args(name);

	args.flags = BPFMMAP_PUBLISH_MODE;
	args.mode = mode;
	assert_ok(request(region, BPFMMAP_IOC_PUBLISH, &args));
}

static int region_that_says(const char *text)
{
	int region = create_pages(1);

	assert_int_equal(pwrite(region, text, strlen(text) + 1, 0), strlen(text) + 1);
	return region;
}

static void what_is_private_is_not_opened_by_others(void **state)
{
	int for_all = region_that_says(FOR_ALL), private = region_that_says(PRIVATE);
	const long seconds = seconds_of_race();
	struct timespec start, now;
	unsigned int rounds = 0;
	pid_t pids[OPENERS + READERS];
	size_t i;
	int status;

	(void)state;
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (!pids[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			_exit(i < OPENERS ? open_until_stopped() : read_devices_until_stopped());
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		publish_with_mode(for_all, FOR_ALL, 0666);
		sched_yield();
		assert_ok(try_withdraw(FOR_ALL));
		publish_with_mode(private, PRIVATE, 0600);
		sched_yield();
		assert_ok(try_withdraw(PRIVATE));
		rounds++;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < seconds);
	shared->stop = true;
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	printf("# %u rounds, opened %u times, %u of them the private one\n", rounds,
	       shared->opened, shared->wrong);
	assert_int_equal(shared->wrong, 0);
	assert_int_equal(shared->strange, 0);
	assert_true(rounds > 0);
	assert_true(shared->opened > 0);
	munmap(shared, PAGE);
	close(for_all);
	close(private);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_private_is_not_opened_by_others),
	};

	return RUN_GROUP(tests);
}
