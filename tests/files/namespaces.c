// SPDX-License-Identifier: GPL-2.0-only
/* User namespaces and containers: what they see, and that there is one instance for all. */
#include "files.h"

#include <dirent.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

static int setup(void **state)
{
	(void)state;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01775));
	assert_ok(chmod(BPFMMAP_DEVICE, 0660));
	withdraw_all();
	return 0;
}

/* Become uid 1000, and root in a user namespace. */
static int enter(void *arg)
{
	int (*fn)(void) = *(int (**)(void))arg;

	if (setgroups(0, NULL) || setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		return 127;
	return enter_user_namespace(1000) ? 126 : fn();
}

static int in_user_namespace(int (*fn)(void))
{
	return in_child(enter, &fn);
}

static int create_and_hold(void)
{
	int fd = try_create(8, 1);

	return fd >= 0 ? 0 : 1;
}

/* The kernel mounts the file system for it. That must not give it to the user namespace. */
static void the_first_who_opens_the_device_may_be_in_a_user_namespace(void **state)
{
	(void)state;
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_ok(chmod(BPFMMAP_DEVICE, 0666));
	assert_ok(in_user_namespace(create_and_hold));
	assert_ok(try_mount(""));
	assert_int_equal(stat_of(".").st_uid, 0);
	assert_ok(try_mkdir("dir", 0700));
}

static int hold_pipe[2];

static int hold_until_told(void)
{
	char byte;

	if (try_create(8, 1) < 0 || write(hold_pipe[1], "x", 1) != 1)
		return 1;
	/* the parent closes the other end */
	close(hold_pipe[1]);
	return read(hold_pipe[0], &byte, 1) < 0;
}

/* The same while that process is still there and has the only mount. */
static void and_others_mount_it_meanwhile(void **state)
{
	int status, more[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_ok(chmod(BPFMMAP_DEVICE, 0666));
	assert_ok(pipe(hold_pipe));
	assert_ok(pipe(more));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		int (*fn)(void) = hold_until_told;

		/* one pipe to tell the parent, and one to wait for its end */
		close(more[1]);
		hold_pipe[0] = more[0];
		_exit(enter(&fn));
	}
	close(more[0]);
	close(hold_pipe[1]);
	assert_int_equal(read(hold_pipe[0], &byte, 1), 1);
	assert_ok(try_mount(""));
	assert_int_equal(stat_of(".").st_uid, 0);
	assert_ok(try_mkdir("dir", 0700));
	close(more[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(hold_pipe[0]);
}

static int publish_inside(void)
{
	struct bpfmmap_publish args = publish_args("inside");
	int fd = try_create(8, 1);
	struct stat st;

	args.flags = BPFMMAP_PUBLISH_UID | BPFMMAP_PUBLISH_GID;
	/* id 5 is not mapped; id 0 is, and is 1000 outside */
	args.uid = 5;
	if (request(fd, BPFMMAP_IOC_PUBLISH, &args) != -EINVAL)
		return 1;
	args.uid = 0;
	args.gid = 5;
	if (request(fd, BPFMMAP_IOC_PUBLISH, &args) != -EINVAL)
		return 2;
	args.gid = 0;
	if (request(fd, BPFMMAP_IOC_PUBLISH, &args))
		return 3;
	if (stat(path_of("inside"), &st) || st.st_uid || st.st_gid)
		return 4;
	/* root in the namespace has no rights on files of others */
	if (try_open_name("roots", O_RDONLY) != -EACCES || try_withdraw("roots") != -EPERM)
		return 5;
	if (chown(path_of("roots"), 0, 0) != -1 || chmod(path_of("inside"), 0640))
		return 6;
	return 0;
}

static void published_inside_it_belongs_to_the_user_outside(void **state)
{
	(void)state;
	assert_ok(chmod(BPFMMAP_PUBLISH_DIR, 01777));
	assert_ok(chmod(BPFMMAP_DEVICE, 0666));
	only_named("roots", 0600);
	assert_ok(in_user_namespace(publish_inside));
	assert_int_equal(stat_of("inside").st_uid, 1000);
	assert_int_equal(stat_of("inside").st_gid, 1000);
	assert_int_equal(stat_of("inside").st_mode & 0777, 0640);
}

static int mount_inside(void)
{
	if (unshare(CLONE_NEWNS))
		return 1;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return 2;
	if (mount("bpfmmap", "/tmp", "bpfmmap", 0, "") != -1 || errno != EPERM)
		return 3;
	/* nor can it change the options of the mount */
	if (mount(NULL, BPFMMAP_PUBLISH_DIR, NULL, MS_REMOUNT, "mode=1777") != -1 || errno != EPERM)
		return 4;
	return 0;
}

static void nobody_mounts_it_in_a_user_namespace(void **state)
{
	(void)state;
	assert_ok(in_user_namespace(mount_inside));
	assert_int_equal(stat_of(".").st_mode & 07777, 01775);
}

static unsigned int visible(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	unsigned int nr = 0;

	while (dir && (entry = readdir(dir)))
		nr += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return nr;
}

/* A container: one directory of the file system is mounted at /data, and nothing else of it. */
static bool enter_container(void)
{
	return !unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS) &&
	       !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount(path_of("container"), "/tmp/inside/data", NULL, MS_BIND, NULL) &&
	       !chroot("/tmp/inside") && !chdir("/");
}

static int live_in_container(void *arg)
{
	int fd = open("/data/given", O_RDWR);
	char *at;

	(void)arg;
	if (getpid() != 1)
		return 2;
	if (fd < 0 || open("/data/others", O_RDONLY) >= 0 || errno != EACCES)
		return 3;
	at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED || strcmp(at, "for the container"))
		return 4;
	at[0] = 'F';
	if (visible("/data") != 2 || visible("/data/../..") != 1)
		return 5;
	if (mount("bpfmmap", "/data", "bpfmmap", 0, "") != -1 || errno != EPERM)
		return 6;
	if (strcmp(info(fd).published, "given"))
		return 7;
	/* it owns what it makes in its directory */
	return mkdir("/data/made", 0700) ? 8 : 0;
}

static int start_container(void)
{
	return enter_container() ? in_child(live_in_container, NULL) : 1;
}

static void a_container_sees_the_directory_that_it_is_given(void **state)
{
	int fd;
	char back[8] = "";
	uint32_t id;

	(void)state;
	mkdir("/tmp/inside", 0755);
	mkdir("/tmp/inside/data", 0755);
	assert_ok(try_mkdir("container", 0700));
	assert_ok(chown(path_of("container"), 1000, 1000));
	only_named("elsewhere", 0666);
	id = only_named("given", 0600);
	assert_ok(chown(path_of("given"), 1000, 1000));
	fd = open_name("given", O_RDWR);
	assert_int_equal(pwrite(fd, "for the container", 18, 0), 18);
	assert_ok(try_rename("given", "container/given", 0));
	only_named("others", 0600);
	assert_ok(try_rename("others", "container/others", 0));
	assert_ok(in_user_namespace(start_container));
	assert_int_equal(pread(fd, back, 3, 0), 3);
	assert_string_equal(back, "For");
	assert_int_equal(id_of("container/given"), id);
	assert_int_equal(stat_of("container/made").st_uid, 1000);
	close(fd);
}

static int look_as_nobody(void *arg)
{
	(void)arg;
	become_nobody();
	if (open("/data/given", O_RDONLY) < 0)
		return 2;
	if (open("/data/given", O_RDWR) >= 0 || errno != EACCES)
		return 3;
	if (visible("/data") != 1 || unlink("/data/given") != -1 || errno != EACCES)
		return 4;
	return mkdir("/data/x", 0700) == -1 && errno == EACCES ? 0 : 5;
}

/* This container has no user namespace. */
static int start_container_of_nobody(void *arg)
{
	(void)arg;
	return enter_container() ? in_child(look_as_nobody, NULL) : 1;
}

static void nobody_in_a_container_reads_and_changes_nothing(void **state)
{
	(void)state;
	mkdir("/tmp/inside", 0755);
	mkdir("/tmp/inside/data", 0755);
	assert_ok(try_mkdir("container", 0755));
	only_named("given", 0644);
	assert_ok(try_rename("given", "container/given", 0));
	assert_ok(in_child(start_container_of_nobody, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_who_opens_the_device_may_be_in_a_user_namespace),
		TEST(and_others_mount_it_meanwhile),
		TEST(published_inside_it_belongs_to_the_user_outside),
		TEST(nobody_mounts_it_in_a_user_namespace),
		TEST(a_container_sees_the_directory_that_it_is_given),
		TEST(nobody_in_a_container_reads_and_changes_nothing),
	};

	return RUN_GROUP(tests);
}
