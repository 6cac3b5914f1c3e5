// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads and unloads beside traffic: processes create, map, mount and look at sysfs and /proc
 * without end. An unload that is refused, as the module is in use, changes nothing; one that works
 * leaves nothing of the module; and the next load finds all as it was at the first.
 *
 * LOADS in the environment says how many.
 */
#include "fixture.h"

#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define PROCESSES	4

static struct tally {
	atomic_bool stop;
	atomic_ulong regions, mounts, looks, gone;
	atomic_int wrong;
} *tally;

/* Errors of a module that is not there, or not yet, or that is on its way out. */
static bool is_gone(int error)
{
	return error == -ENOENT || error == -ENXIO || error == -ENODEV;
}

static void use_regions(void)
{
	uint64_t value = 1;
	uint8_t *at;
	int fd = try_create(8, 512);

	if (fd < 0) {
		if (is_gone(fd))
			tally->gone++;
		else
			tally->wrong = fd;
		return;
	}
	at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		tally->wrong = -errno;
	} else {
		at[8] = 7;
		if (try_lookup(fd, 1, &value) || value != 7)
			tally->wrong = -EIO;
		munmap(at, PAGE);
	}
	close(fd);
	tally->regions++;
}

static void use_mounts(void)
{
	int ret = result(mount("none", "/tmp/mounted", "bpfmmap", 0, NULL));

	if (ret) {
		if (is_gone(ret))
			tally->gone++;
		else
			tally->wrong = ret;
		return;
	}
	if (umount2("/tmp/mounted", 0))
		tally->wrong = -errno;
	tally->mounts++;
}

static void look_at(const char *path)
{
	char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	while (read(fd, text, sizeof(text)) > 0)
		continue;
	close(fd);
	tally->looks++;
}

static void look_around(void)
{
	DIR *dir = opendir("/sys/module/bpfmmap/parameters");
	struct dirent *entry;
	char path[512];

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/module/bpfmmap/parameters/%s", entry->d_name);
		look_at(path);
	}
	if (dir)
		closedir(dir);
	look_at("/proc/modules");
	look_at("/proc/filesystems");
	look_at("/proc/misc");
	look_at("/proc/slabinfo");
}

static void traffic(unsigned int number)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!tally->stop) {
		switch (number % 3) {
		case 0:
			use_regions();
			break;
		case 1:
			use_mounts();
			break;
		default:
			look_around();
		}
		/* there are moments in which nobody uses it */
		usleep(number * 500);
	}
	_exit(0);
}

static bool has_node(void)
{
	return !access(BPFMMAP_DEVICE, F_OK) || !access("/sys/module/bpfmmap", F_OK);
}

static void each_load_is_as_the_first(void **state)
{
	const unsigned long wanted = number_in_environment("LOADS", 100);
	unsigned long loads = 0, refused = 0;
	pid_t pids[PROCESSES];
	unsigned int i;
	int ret;

	(void)state;
	tally = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mkdir("/tmp/mounted", 0755);
	assert_ok(try_unload());
	assert_ok(try_load_only(""));
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (!pids[i])
			traffic(i);
	}
	while (loads < wanted && !tally->wrong) {
		ret = try_unload_only();
		if (ret) {
			assert_int_equal(ret, -EWOULDBLOCK);
			refused++;
			usleep(200);
			continue;
		}
		assert_false(has_node());
		assert_ok(try_load_only(""));
		loads++;
	}
	tally->stop = true;
	for (i = 0; i < PROCESSES; i++)
		waitpid(pids[i], NULL, 0);
	printf("@@ show %lu loads, %lu unloads refused\n", loads, refused);
	printf("@@ show (%lu regions, %lu mounts, %lu looks, %lu times gone)\n", tally->regions,
	       tally->mounts, tally->looks, tally->gone);
	if (tally->wrong)
		print_error("error %d\n", -tally->wrong);
	assert_int_equal(tally->wrong, 0);
	assert_true(tally->regions && tally->mounts && tally->looks && tally->gone);
	assert_ok(try_unload_only());
	assert_ok(try_load(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_load_is_as_the_first),
	};

	return RUN_GROUP(tests);
}
