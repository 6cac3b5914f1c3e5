// SPDX-License-Identifier: GPL-2.0-only
/* The file of a published region: its owner and mode, and who may open it. */
#include "fixture.h"

#include <sys/stat.h>

#define BYTES	(3 * PAGE)

static int fd = -1;

static int setup(void **state)
{
	(void)state;
	fd = create_pages(3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	withdraw_all();
	close(fd);
	return 0;
}

static void its_file_is_the_publishers_own(void **state)
{
	struct stat st;

	(void)state;
	assert_ok(try_publish(fd, "mine"));
	assert_ok(stat(path_of("mine"), &st));
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(st.st_gid, 0);
	assert_ok(try_withdraw("mine"));
	assert_int_equal(stat(path_of("mine"), &st), -1);
	assert_int_equal(errno, ENOENT);
}

static void owner_and_mode_are_as_asked_for(void **state)
{
	struct bpfmmap_publish args = publish_args("theirs");
	struct stat st;

	(void)state;
	args.flags = BPFMMAP_PUBLISH_UID | BPFMMAP_PUBLISH_GID | BPFMMAP_PUBLISH_MODE;
	args.uid = 1234;
	args.gid = 4321;
	args.mode = 0464;
	assert_ok(request(fd, BPFMMAP_IOC_PUBLISH, &args));
	assert_ok(stat(path_of("theirs"), &st));
	assert_int_equal(st.st_mode & 07777, 0464);
	assert_int_equal(st.st_uid, 1234);
	assert_int_equal(st.st_gid, 4321);
}

static void fields_without_their_flag_do_not_count(void **state)
{
	struct bpfmmap_publish args = publish_args("plain");
	struct stat st;

	(void)state;
	args.uid = 1234;
	args.gid = 4321;
	args.mode = 07777;
	assert_ok(request(fd, BPFMMAP_IOC_PUBLISH, &args));
	assert_ok(stat(path_of("plain"), &st));
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(st.st_gid, 0);
}

static void modes_go_up_to_0666(void **state)
{
	struct bpfmmap_publish args = publish_args("modes");
	unsigned int bit;

	(void)state;
	args.flags = BPFMMAP_PUBLISH_MODE;
	for (bit = 0; bit < 32; bit++) {
		args.mode = 1U << bit;
		if (args.mode & 0666) {
			assert_ok(request(fd, BPFMMAP_IOC_PUBLISH, &args));
			assert_ok(try_withdraw("modes"));
		} else {
			assert_refused(request(fd, BPFMMAP_IOC_PUBLISH, &args), EINVAL);
		}
	}
}

static int mode_of_nobody(void *arg)
{
	struct stat st;

	become_nobody();
	if (stat(path_of(arg), &st) || st.st_mode != S_IFREG)
		return 1;
	if (try_open_name(arg, O_RDONLY) != -EACCES || try_open_name(arg, O_WRONLY) != -EACCES)
		return 2;
	return try_open_name(arg, O_RDWR) == -EACCES ? 0 : 3;
}

/* Mode 0 is not the same as no mode, which gives 0600. */
static void mode_0_is_for_nobody_but_root(void **state)
{
	static const uid_t owners[] = { 0, 65534 };
	struct bpfmmap_publish args = publish_args("closed");
	struct stat st;
	size_t i;

	(void)state;
	args.flags = BPFMMAP_PUBLISH_MODE | BPFMMAP_PUBLISH_UID;
	for (i = 0; i < ARRAY_SIZE(owners); i++) {
		args.uid = owners[i];
		assert_ok(request(fd, BPFMMAP_IOC_PUBLISH, &args));
		assert_ok(stat(path_of("closed"), &st));
		assert_int_equal(st.st_mode, S_IFREG);
		assert_int_equal(st.st_uid, owners[i]);
		assert_ok(in_child(mode_of_nobody, "closed"));
		close(open_name("closed", O_RDWR));
		assert_ok(try_withdraw("closed"));
	}
}

static void opened_read_only(void **state)
{
	uint64_t value = 1;
	int readonly;
	uint8_t *at;

	(void)state;
	assert_ok(try_publish(fd, "ro"));
	readonly = open_name("ro", O_RDONLY);
	assert_int_equal(info(readonly).fd_flags, BPFMMAP_F_RDONLY);
	assert_refused(try_map(readonly, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EACCES);
	at = map(readonly, BYTES, PROT_READ, 0);
	assert_refused(try_protect(at, PAGE, PROT_READ | PROT_WRITE), EACCES);
	assert_refused(try_update(readonly, 0, &value, 0), EPERM);
	assert_refused(try_freeze(readonly), EPERM);
	assert_refused(result(write(readonly, &value, 8)), EBADF);
	assert_refused(try_publish(readonly, "more"), EPERM);
	assert_int_equal(at[BYTES - 1], 0);
	unmap(at, BYTES);
	close(readonly);
}

static void opened_write_only(void **state)
{
	uint64_t value = 1;
	int writeonly;

	(void)state;
	assert_ok(try_publish(fd, "wo"));
	writeonly = open_name("wo", O_WRONLY);
	assert_int_equal(info(writeonly).fd_flags, BPFMMAP_F_WRONLY);
	assert_refused(try_map(writeonly, PAGE, PROT_WRITE, MAP_SHARED, 0), EACCES);
	assert_refused(try_lookup(writeonly, 0, &value), EPERM);
	assert_ok(try_update(writeonly, 0, &value, 0));
	assert_refused(result(read(writeonly, &value, 8)), EBADF);
	close(writeonly);
}

static int read_as_nobody(void *arg)
{
	const char *name = arg;
	int opened;
	char *at;

	become_nobody();
	if (try_open_name(name, O_RDWR) != -EACCES)
		return 1;
	opened = try_open_name(name, O_RDONLY);
	if (opened < 0)
		return 2;
	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, opened, 0);
	if (at == MAP_FAILED || memcmp(at, "for all", 7))
		return 3;
	/* nor by /proc/self/fd */
	if (open("/proc/self/fd/3", O_RDWR) >= 0)
		return 4;
	return mprotect(at, PAGE, PROT_READ | PROT_WRITE) ? 0 : 5;
}

static int refused_as_nobody(void *arg)
{
	become_nobody();
	return try_open_name(arg, O_RDONLY) == -EACCES ? 0 : 1;
}

static void readers_need_no_privileges(void **state)
{
	struct bpfmmap_publish args = publish_args("for_all");

	(void)state;
	assert_int_equal(pwrite(fd, "for all", 7, 0), 7);
	assert_ok(try_publish(fd, "for_root"));
	assert_ok(in_child(refused_as_nobody, "for_root"));
	assert_ok(try_withdraw("for_root"));
	args.flags = BPFMMAP_PUBLISH_MODE;
	args.mode = 0644;
	assert_ok(request(fd, BPFMMAP_IOC_PUBLISH, &args));
	assert_ok(in_child(read_as_nobody, "for_all"));
}

static int read_by_acl(void *arg)
{
	become_nobody();
	if (try_open_name(arg, O_RDWR) != -EACCES)
		return 1;
	return try_open_name(arg, O_RDONLY) >= 0 ? 0 : 2;
}

static void acls_let_readers_in(void **state)
{
	(void)state;
	assert_ok(try_publish(fd, "by_acl"));
	assert_ok(in_child(refused_as_nobody, "by_acl"));
	if (let_user_in(path_of("by_acl"), 65534, 4))
		skip_because("this kernel has no ACLs: %s", strerror(errno));
	assert_ok(in_child(read_by_acl, "by_acl"));
}

static void maps_has_the_path(void **state)
{
	int opened;
	uint8_t *at;

	(void)state;
	assert_ok(try_publish(fd, "in_maps"));
	opened = open_name("in_maps", O_RDONLY);
	at = map(opened, PAGE, PROT_READ, 0);
	assert_true(file_has("/proc/self/maps", BPFMMAP_PUBLISH_DIR "/in_maps\n"));
	unmap(at, PAGE);
	close(opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_file_is_the_publishers_own),
		TEST(owner_and_mode_are_as_asked_for),
		TEST(fields_without_their_flag_do_not_count),
		TEST(modes_go_up_to_0666),
		TEST(mode_0_is_for_nobody_but_root),
		TEST(opened_read_only),
		TEST(opened_write_only),
		TEST(readers_need_no_privileges),
		TEST(acls_let_readers_in),
		TEST(maps_has_the_path),
	};

	return RUN_GROUP(tests);
}
