// SPDX-License-Identifier: GPL-2.0-only
/*
 * See play.h.
 *
 * After the process has ended, nothing of the case may be left: no region, no reference to the
 * module, and no message of the kernel that says that something is wrong.
 */
#include "fixture.h"
#include "check.h"
#include "cover.h"
#include "operation.h"
#include "play.h"
#include "world.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>

#define PATIENCE	10	/* seconds, until memory that is freed late is free */
#define USER		1000
#define CASES_OF_PLAYER	16

/* What the fuzzer sets for each case. */
static const struct { const char *name, *value; } parameters[] = {
	{ "max_region_bytes", "8388608" }, { "max_total_bytes", "67108864" },
	{ "max_regions", "64" }, { "max_published", "32" },
};

static int kernel_log, root, refcnt;

/* What is in use; before: .. if nothing of a case is left. */
static struct in_use { long regions, pages, references; } before;

static unsigned int seconds;		/* that a case has */

/* Progress of a case, shared with its process. */
static struct played *progress;

/* Of all cases, by kinds; shared, too. */
static struct tally { unsigned long done, refused; } *tallies;

/* The process that plays, in memory that is shared with it. */
static struct {
	sem_t go, done;
	unsigned int played;
	struct test_case what;
} *player;
static pid_t player_pid;		/* 0: there is none */

/* The call that the second thread makes. */
static struct {
	pthread_t thread;
	bool started;
	sem_t go, done;
	const struct call *call;
	long ret;
} beside;

static __thread int fail_nth = -1;

static void set_nth(unsigned int nth)
{
	char text[8];
	int len = snprintf(text, sizeof(text), "%u", nth), tries;

	/* this write may be what fails */
	for (tries = 0; fail_nth >= 0 && tries < 4; tries++)
		if (pwrite(fail_nth, text, len, 0) == len)
			break;
}

/* For this thread alone; the C library would change all of them. */
static void become(unsigned int uid)
{
	syscall(SYS_setresuid, -1, uid, -1);
}

static long call_it(const struct call *call)
{
	long ret;

	if (call->how & HOW_USER)
		become(USER);
	if (call->nth)
		set_nth(call->nth);
	ret = operation_of(call->kind)->run(call->args);
	if (call->nth)
		set_nth(0);
	if (call->how & HOW_USER)
		become(0);
	return ret;
}

static void open_fail_nth(void)
{
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
}

static long call_in_child(const struct call *call)
{
	pid_t pid = fork();

	if (!pid) {
		world.is_child = true;
		alarm(seconds);
		open_fail_nth();
		cover_begin(LANE_CHILD);
		shared->child_result = call_it(call);
		_exit(0);
	}
	if (pid < 0)
		return -errno;
	waitpid(pid, NULL, 0);
	if (*shared->broken)
		_exit(1);
	return shared->child_result;
}

static long make_call(const struct call *call)
{
	shared->child_result = -EINTR;
	return call->how & HOW_CHILD ? call_in_child(call) : call_it(call);
}

static void *second_thread(void *unused)
{
	cpu_set_t other;

	(void)unused;
	CPU_ZERO(&other);
	CPU_SET(1, &other);
	sched_setaffinity(0, sizeof(other), &other);
	open_fail_nth();
	cover_begin(LANE_BESIDE);
	for (;;) {
		while (sem_wait(&beside.go))
			continue;
		beside.ret = call_it(beside.call);
		sem_post(&beside.done);
	}
	return NULL;
}

static bool start_beside(const struct call *call)
{
	if (!beside.started) {
		sem_init(&beside.go, 0, 0);
		sem_init(&beside.done, 0, 0);
		if (pthread_create(&beside.thread, NULL, second_thread, NULL))
			return false;
		beside.started = true;
	}
	beside.call = call;
	sem_post(&beside.go);
	return true;
}

/* Count features up to the call at that number. */
static void take(unsigned int at)
{
	unsigned int new = cover_take();

	progress->new_features += new;
	if (new)
		progress->last_new = at;
	shared->done = at;
}

static void result_of(const struct call *call, long ret, unsigned int at)
{
	unsigned int new = cover_result(call->kind, ret);

	if (ret < 0) {
		tallies[call->kind].refused++;
		progress->refused++;
	} else {
		tallies[call->kind].done++;
	}
	progress->new_features += new;
	if (new)
		progress->last_new = at;
}

/* Make the call at that number, or with it the next one. Returns the number of the one after. */
static unsigned int step(const struct test_case *what, unsigned int at)
{
	const struct call *first = &what->calls[at], *second = NULL;
	long ret, second_ret = 0;

	cover_forget();
	world.alone = true;
	if (first->how & HOW_BESIDE && at + 1 < what->nr) {
		second = first + 1;
		world.alone = false;
		if (!start_beside(first))
			return what->nr;
		second_ret = make_call(second);
		while (sem_wait(&beside.done))
			continue;
		ret = beside.ret;
		at++;
	} else {
		ret = make_call(first);
	}
	take(++at);
	result_of(first, ret, at);
	if (second)
		result_of(second, second_ret, at);
	check_call(first, ret, second, second_ret);
	return at;
}

static void run_calls(const struct test_case *what)
{
	unsigned int at = 0;

	alarm(seconds);
	world_begin();
	check_begin();
	while (at < what->nr)
		at = step(what, at);
	world.alone = true;
	check_end();
	alarm(0);
}

/* A process that plays cases, until one has spoiled it. */
static void run_player(void)
{
	setpgid(0, 0);
	world_start();
	open_fail_nth();
	cover_begin(LANE_MAIN);
	for (;;) {
		while (sem_wait(&player->go))
			continue;
		run_calls(&player->what);
		/* some cases end with all that they have */
		if (world.spoiled || !(++player->played % CASES_OF_PLAYER))
			_exit(0);
		world_end();
		sem_post(&player->done);
	}
}

/* Those who are left, as children that sleep, or those whose parent was ended. */
static void end_all(pid_t group)
{
	kill(-group, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

static void set_parameters(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parameters); i++)
		set_parameter(parameters[i].name, parameters[i].value);
}

static void clear_up(unsigned int dirty)
{
	if (dirty & DIRTY_PARAMETERS)
		set_parameters();
	if (dirty & (DIRTY_MOUNTS | DIRTY_NAMES)) {
		while (!umount2(SECOND_MOUNT, MNT_DETACH))
			continue;
		unlink(SECOND_MOUNT "/a");
		rmdir(SECOND_MOUNT "/a");
		unlink("/tmp/fuzz");
		rmdir("/tmp/fuzz");
		mkdir(SECOND_MOUNT, 0755);
	}
	if (dirty & DIRTY_MOUNTS)
		mount("none", BPFMMAP_PUBLISH_DIR, NULL, MS_REMOUNT, "uid=0,gid=0,mode=1777");
	if (dirty & DIRTY_NAMES)
		withdraw_all();
}

static struct in_use count_in_use(void)
{
	struct in_use now = { };
	char text[16] = "";
	struct statfs st;

	if (pread(refcnt, text, sizeof(text) - 1, 0) > 0)
		now.references = atol(text);
	if (!fstatfs(root, &st)) {
		now.regions = st.f_files - st.f_ffree;
		now.pages = st.f_blocks - st.f_bfree;
	}
	return now;
}

/* What of a case is left, as text; NULL if it is nothing. */
static const char *left(void)
{
	static char text[128];
	const struct in_use now = count_in_use();

	if (now.regions == before.regions && now.pages == before.pages &&
	    now.references == before.references)
		return NULL;
	snprintf(text, sizeof(text), "%ld regions, %ld pages, %ld references to the module",
		 now.regions - before.regions, now.pages - before.pages,
		 now.references - before.references);
	return text;
}

/* Regions for BPF programs are freed after a grace period. */
static const char *left_for_long(void)
{
	const time_t start = time(NULL);
	const char *text = left();

	while (text && time(NULL) <= start + PATIENCE) {
		usleep(1000);
		text = left();
	}
	/* it is not of the next case */
	if (text)
		before = count_in_use();
	return text;
}

/* The words of messages that make a guest fail (COMPLAINTS in scripts/guest/vm). */
static bool is_complaint(const char *message)
{
	static const char * const words[] = {
		"WARNING:", "BUG:", "Oops", "KASAN", "KCSAN", "KFENCE", "UBSAN",
		"general protection fault", "Unable to handle", "Bad page", "Bad rss", "bad pmd",
		"bad pte", "refcount_t", "Busy inodes", "lock held", "locking dependency",
		"recursive locking", "inconsistent lock", "suspicious RCU", "bad unlock balance",
		"sleeping function", "scheduling while atomic", "soft lockup", "blocked for more",
		"detected stall", "page allocation failure", "corruption",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(message, words[i]))
			return true;
	return false;
}

/* Read what is new in the kernel's log. */
static void read_log(void)
{
	char message[1024], *text;
	long len;

	while ((len = read(kernel_log, message, sizeof(message) - 1)) > 0 ||
	       (len < 0 && errno == EPIPE)) {
		if (len < 0)
			continue;
		message[len] = '\0';
		text = strchr(message, ';');
		text = text ? text + 1 : message;
		text[strcspn(text, "\n")] = '\0';
		if (is_complaint(text) && !*shared->broken)
			snprintf(shared->broken, sizeof(shared->broken), "kernel: %.400s", text);
	}
}

static bool only_slow(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
}

static void start_player(void)
{
	fflush(stdout);
	player_pid = fork();
	assert_true(player_pid >= 0);
	if (!player_pid)
		run_player();
}

/* Let it play a case. Returns the status of the process if it has ended, or 0. */
static int let_play(const struct test_case *what)
{
	struct timespec soon;
	int status = 0;

	player->what = *what;
	if (!player_pid)
		start_player();
	sem_post(&player->go);
	for (;;) {
		clock_gettime(CLOCK_REALTIME, &soon);
		soon.tv_nsec += 20000000;
		soon.tv_sec += soon.tv_nsec / 1000000000;
		soon.tv_nsec %= 1000000000;
		if (!sem_timedwait(&player->done, &soon))
			return 0;
		if (waitpid(player_pid, &status, WNOHANG) == player_pid)
			break;
	}
	end_all(player_pid);
	player_pid = 0;
	return status;
}

static void end_player(void)
{
	if (player_pid)
		kill(player_pid, SIGKILL);
	if (player_pid)
		end_all(player_pid);
	player_pid = 0;
}

struct played play(const struct test_case *what)
{
	const char *rest;
	int status;

	*progress = (struct played){ };
	memset(shared, 0, sizeof(*shared));
	cover_begin_case();
	status = let_play(what);
	clear_up(shared->dirty);
	read_log();
	rest = left_for_long();
	if (!*shared->broken && status && !only_slow(status))
		snprintf(shared->broken, sizeof(shared->broken),
			 "end: the process ended with status %#x at call %u", status,
			 shared->done + 1);
	if (!*shared->broken && rest)
		snprintf(shared->broken, sizeof(shared->broken), "left: %s", rest);
	if (*shared->broken)
		progress->verdict = BROKE_PROMISE;
	else if (status)
		progress->verdict = TIMED_OUT;
	return *progress;
}

/* Allocations of the module fail, and none of the programs' other calls. */
static void prepare_failing(void)
{
	static const char * const kinds[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
	static const struct { const char *name, *value; } settings[] = {
		{ "ignore-gfp-wait", "N" }, { "ignore-gfp-highmem", "N" }, { "min-order", "0" },
		{ "verbose", "0" }, { "stacktrace-depth", "64" },
	};
	unsigned long start = 0, size = 0;
	char path[128], text[32], line[256];
	FILE *file = fopen("/sys/module/bpfmmap/sections/.text", "r");
	size_t i, k;

	if (file && fscanf(file, "%lx", &start) != 1)
		start = 0;
	if (file)
		fclose(file);
	file = fopen("/proc/modules", "r");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "bpfmmap ", 8))
			sscanf(line, "%*s %lu", &size);
	if (file)
		fclose(file);
	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (i = 0; i < ARRAY_SIZE(settings); i++) {
			snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", kinds[k],
				 settings[i].name);
			try_write_file(path, settings[i].value);
		}
		snprintf(text, sizeof(text), "%#lx", start);
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/require-start", kinds[k]);
		try_write_file(path, text);
		snprintf(text, sizeof(text), "%#lx", start + size);
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/require-end", kinds[k]);
		try_write_file(path, text);
	}
}

static void *shared_memory(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(at, MAP_FAILED);
	return at;
}

void play_prepare(void)
{
	world_prepare();
	cover_prepare();
	progress = shared_memory(sizeof(*progress));
	player = shared_memory(sizeof(*player));
	sem_init(&player->go, 1, 0);
	sem_init(&player->done, 1, 0);
	tallies = shared_memory(nr_operations() * sizeof(*tallies));
	seconds = 20;
	/* the second thread has the other CPU; what runs on one needs no interrupts of the other */
	stay_on_cpu(0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	assert_ok(chmod(BPFMMAP_DEVICE, 0666));
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01777));
	mkdir(SECOND_MOUNT, 0755);
	set_parameters();
	prepare_failing();
	kernel_log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(kernel_log >= 0);
	lseek(kernel_log, 0, SEEK_END);
	root = open(BPFMMAP_PUBLISH_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	refcnt = open("/sys/module/bpfmmap/refcnt", O_RDONLY | O_CLOEXEC);
	assert_true(refcnt >= 0);
	before = count_in_use();
}

void play_finish(void)
{
	unsigned int i;

	for (i = 0; i < nr_operations(); i++)
		printf("# %-12s %8lu done %8lu refused\n", operation_of(i)->name, tallies[i].done,
		       tallies[i].refused);
	end_player();
	close(kernel_log);
	close(root);
	close(refcnt);
}
