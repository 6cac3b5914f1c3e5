// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups of tests, and what is left of a test that did not come to its end
 *
 * A test that fails, or is skipped, leaves behind what it had at that moment: files, mappings,
 * children, names, mounts, limits. The tests that follow would fail because of that, and so would
 * other programs, because nobody could unload the module. So the next test begins as the first one
 * did, and a group runs in a child: if it has failed, its parent ends what the child has started,
 * and unloads the module.
 *
 * Nothing is cleared up after tests that come to their end: what these leave is a fault of theirs
 * or of the module, and is to be seen.
 */
#include "fixture.h"

#include <dirent.h>
#include <mntent.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>

#define PARAMETERS	"/sys/module/bpfmmap/parameters"
#define MOST_FDS	65536
#define MOST_FAILED	100	/* what an exit status has room for */
#define PATIENCE	100	/* tenths of a second, for a process to end */

static pid_t owner;			/* the process that runs the group */
static const struct CMUnitTest *current;
static bool complete = true;		/* the last test came to its end */
static CMFixtureFunction group_teardown;

/* How things were before the first test. */
static struct {
	bool known;
	bool fds[MOST_FDS];
	mode_t mask, root_mode;
	struct { char name[64], value[64]; } parameters[16];
	size_t nr_parameters;
} before;

static void each_fd(void (*fn)(int fd))
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(dir))
			fn(atoi(entry->d_name));
	if (dir)
		closedir(dir);
}

static void remember_fd(int fd)
{
	if (fd < MOST_FDS)
		before.fds[fd] = true;
}

static void close_new_fd(int fd)
{
	if (fd >= MOST_FDS || !before.fds[fd])
		close(fd);
}

static void remember_parameters(void)
{
	DIR *dir = opendir(PARAMETERS);
	struct dirent *entry;
	char path[512];
	FILE *file;

	while (dir && (entry = readdir(dir)) &&
	       before.nr_parameters < ARRAY_SIZE(before.parameters)) {
		char *name = before.parameters[before.nr_parameters].name;
		char *value = before.parameters[before.nr_parameters].value;

		if (entry->d_name[0] == '.' ||
		    strlen(entry->d_name) >= sizeof(before.parameters->name))
			continue;
		strcpy(name, entry->d_name);
		snprintf(path, sizeof(path), PARAMETERS "/%s", name);
		file = fopen(path, "r");
		if (file && fgets(value, sizeof(before.parameters->value), file))
			before.nr_parameters++;
		if (file)
			fclose(file);
	}
	if (dir)
		closedir(dir);
}

static void remember(void)
{
	struct stat st;

	before.known = true;
	before.mask = umask(0);
	umask(before.mask);
	before.root_mode = stat(BPFMMAP_PUBLISH_DIR, &st) ? 01775 : st.st_mode & 07777;
	each_fd(remember_fd);
	remember_parameters();
}

static void set_parameters_back(void)
{
	size_t i;

	for (i = 0; i < before.nr_parameters; i++)
		set_parameter(before.parameters[i].name, before.parameters[i].value);
}

static unsigned int threads(void)
{
	return proc_number("/proc/self/status", "Threads");
}

static pid_t parent_of(const char *pid)
{
	char path[300];

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	return proc_number(path, "PPid");
}

static void end_children(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0 && parent_of(entry->d_name) == getpid())
			kill(atoi(entry->d_name), SIGKILL);
	if (dir)
		closedir(dir);
}

/* Wait until there is no child any more, but not for ever. */
static void wait_for_children(void)
{
	int tries;

	for (tries = 0; tries < PATIENCE; tries++) {
		pid_t ended = waitpid(-1, NULL, WNOHANG);

		if (ended < 0)
			return;
		if (!ended)
			usleep(100000);
	}
}

/* The number of the file system's device, as maps has it; an empty text if that is not known. */
static const char *device_of_regions(void)
{
	static char device[32];
	struct stat st;
	int fd = try_create(8, 1);

	device[0] = '\0';
	if (fd >= 0 && !fstat(fd, &st))
		snprintf(device, sizeof(device), " %02x:%02x ", major(st.st_dev), minor(st.st_dev));
	if (fd >= 0)
		close(fd);
	return device;
}

static bool unmap_one_region(const char *device)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	bool found = false;
	char line[8192];

	while (maps && !found && fgets(line, sizeof(line), maps))
		found = strstr(line, device) && sscanf(line, "%lx-%lx", &start, &end) == 2;
	if (maps)
		fclose(maps);
	return found && !munmap((void *)start, end - start);
}

static void close_and_unmap(void)
{
	const char *device;

	each_fd(close_new_fd);
	device = device_of_regions();
	while (*device && unmap_one_region(device))
		continue;
}

static bool unmount_one(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *entry;
	bool done = false;

	while (mounts && !done && (entry = getmntent(mounts)))
		done = !strcmp(entry->mnt_type, "bpfmmap") && !umount2(entry->mnt_dir, MNT_DETACH);
	if (mounts)
		endmntent(mounts);
	return done;
}

/* Mounted once, with no names, and its root as it was. */
static void clear_file_system(void)
{
	char options[64];

	while (unmount_one())
		continue;
	if (access("/sys/module/bpfmmap", F_OK))
		try_load_only("");
	if (try_mount(""))
		return;
	snprintf(options, sizeof(options), "uid=0,gid=0,mode=%o", before.root_mode);
	mount("none", BPFMMAP_PUBLISH_DIR, NULL, MS_REMOUNT, options);
	chmod(BPFMMAP_DEVICE, 0660);
	withdraw_all();
}

static void clear_up(void)
{
	const struct itimerval never = { };

	if (seteuid(0) || chdir("/") || setitimer(ITIMER_REAL, &never, NULL))
		printf("# clearing up: %s\n", strerror(errno));
	umask(before.mask);
	end_children();
	wait_for_children();
	if (!access(PARAMETERS, F_OK))
		set_parameters_back();
	/* a thread that is left may use these, and new files get the numbers of closed ones */
	if (threads() == 1)
		close_and_unmap();
	clear_file_system();
}

/* A child in which a test has failed must not go on with the next one. */
static void end_if_not_owner(void)
{
	if (getpid() != owner)
		_exit(126);
}

static int begin_test(void **state)
{
	end_if_not_owner();
	current = *state;
	*state = current->initial_state;
	if (!before.known)
		remember();
	if (!complete)
		clear_up();
	complete = false;
	return current->setup_func ? current->setup_func(state) : 0;
}

static void run_wrapped_test(void **state)
{
	current->test_func(state);
	complete = true;
}

static int end_test(void **state)
{
	const bool came_to_its_end = complete;
	int ret;

	end_if_not_owner();
	complete = false;
	ret = current->teardown_func ? current->teardown_func(state) : 0;
	complete = came_to_its_end && !ret;
	return ret;
}

static int end_group(void **state)
{
	end_if_not_owner();
	if (!complete)
		clear_up();
	return group_teardown ? group_teardown(state) : 0;
}

static int run_wrapped(const struct CMUnitTest *tests, size_t nr, CMFixtureFunction setup)
{
	struct CMUnitTest *wrapped = calloc(nr, sizeof(*wrapped));
	size_t i;
	int failed;

	for (i = 0; i < nr; i++)
		wrapped[i] = (struct CMUnitTest){
			.name = tests[i].name,
			.test_func = run_wrapped_test,
			.setup_func = begin_test,
			.teardown_func = end_test,
			.initial_state = (void *)&tests[i],
		};
	failed = _cmocka_run_group_tests("tests", wrapped, nr, setup, end_group);
	free(wrapped);
	return failed < MOST_FAILED ? failed : MOST_FAILED;
}

/* What the group's process left is gone, and its end may not have been in order. */
static void clear_up_after(pid_t group)
{
	int tries;

	kill(-group, SIGKILL);
	wait_for_children();
	if (access("/sys/module/bpfmmap", F_OK))
		return;
	before.root_mode = 01775;
	clear_file_system();
	while (unmount_one())
		continue;
	for (tries = 0; tries < PATIENCE; tries++) {
		try_unload_other("bpfmmap_bpf");
		if (try_unload_only() != -EWOULDBLOCK)
			break;
		usleep(100000);
	}
}

int run_group(const struct CMUnitTest *tests, size_t nr, CMFixtureFunction setup,
	      CMFixtureFunction teardown)
{
	pid_t pid, ended;
	int status, ret;

	/* what outlives the group's process comes to this one */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		owner = getpid();
		group_teardown = teardown;
		exit(run_wrapped(tests, nr, setup));
	}
	if (pid < 0)
		return 1;
	do {
		ended = waitpid(-1, &status, 0);
	} while (ended != pid && (ended > 0 || errno == EINTR));
	if (ended != pid)
		return 1;
	ret = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	if (ret)
		clear_up_after(pid);
	return ret;
}
