// SPDX-License-Identifier: GPL-2.0-only
/* The device of a published region: its owner and mode, who may open it, and its state. */
#include "published.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

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

static void its_device_is_the_publishers_own(void **state)
{
	struct stat st;

	(void)state;
	assert_ok(try_publish(fd, "mine"));
	assert_ok(stat(node("mine"), &st));
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(st.st_gid, 0);
	assert_ok(try_withdraw("mine"));
	assert_int_equal(stat(node("mine"), &st), -1);
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
	assert_ok(stat(node("theirs"), &st));
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
	assert_ok(stat(node("plain"), &st));
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
	if (stat(node(arg), &st) || st.st_mode != S_IFCHR)
		return 1;
	if (try_open_node(arg, O_RDONLY) != -EACCES || try_open_node(arg, O_WRONLY) != -EACCES)
		return 2;
	return try_open_node(arg, O_RDWR) == -EACCES ? 0 : 3;
}

/* Not as if no mode was given, which is 0600. */
static void mode_0_is_for_nobody_but_root(void **state)
{
	struct bpfmmap_publish args = publish_args("closed");
	uid_t owner;
	struct stat st;

	(void)state;
	for (owner = 0; owner < 65535; owner += 65534) {
		args.flags = BPFMMAP_PUBLISH_MODE | BPFMMAP_PUBLISH_UID;
		args.uid = owner;
		assert_ok(request(fd, BPFMMAP_IOC_PUBLISH, &args));
		assert_ok(stat(node("closed"), &st));
		assert_int_equal(st.st_mode, S_IFCHR);
		assert_int_equal(st.st_uid, owner);
		assert_ok(in_child(mode_of_nobody, "closed"));
		close(open_node("closed", O_RDWR));
		assert_ok(try_withdraw("closed"));
	}
}

#define STALE	"/dev/stale"

/* By what may a device that there is no more still be reached? Each makes STALE, or none. */
static int by_its_number(const char *path)
{
	struct stat st;

	return stat(path, &st) ?: mknod(STALE, S_IFCHR | 0600, st.st_rdev);
}

static int by_another_link(const char *path)
{
	return link(path, STALE);
}

static int by_a_bind_mount(const char *path)
{
	close(open(STALE, O_CREAT, 0600));
	return mount(path, STALE, NULL, MS_BIND, NULL);
}

static int path_fd = -1;

static int by_an_open_path(const char *path)
{
	char in_proc[32];

	path_fd = open(path, O_PATH);
	snprintf(in_proc, sizeof(in_proc), "/proc/self/fd/%d", path_fd);
	return symlink(in_proc, STALE);
}

/* None of them is ever a way to another region, that is published next. */
static void a_node_of_what_was_withdrawn(void **state)
{
	static int (*const ways[])(const char *path) = {
		by_its_number, by_another_link, by_a_bind_mount, by_an_open_path,
	};
	int another = create_pages(1), opened;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		assert_ok(try_publish(fd, "gone"));
		assert_ok(ways[i](node("gone")));
		opened = open(STALE, O_RDWR);
		assert_int_equal(info(opened).id, info(fd).id);
		close(opened);
		assert_ok(try_withdraw("gone"));
		assert_refused(result(open(STALE, O_RDWR)), ENXIO);
		assert_ok(try_publish(another, "another"));
		assert_refused(result(open(STALE, O_RDWR)), ENXIO);
		close(open_node("another", O_RDWR));
		assert_ok(try_withdraw("another"));
		umount(STALE);
		unlink(STALE);
	}
	close(path_fd);
	close(another);
}

static void opened_read_only(void **state)
{
	uint64_t value = 1;
	int readonly;
	uint8_t *at;

	(void)state;
	assert_ok(try_publish(fd, "ro"));
	readonly = open_node("ro", O_RDONLY);
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
	writeonly = open_node("wo", O_WRONLY);
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
	if (try_open_node(name, O_RDWR) != -EACCES)
		return 1;
	opened = try_open_node(name, O_RDONLY);
	if (opened < 0)
		return 2;
	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, opened, 0);
	if (at == MAP_FAILED || memcmp(at, "for all", 7))
		return 3;
	/* by no detour: not by its fd, and not by its number */
	if (open("/proc/self/fd/3", O_RDWR) >= 0)
		return 4;
	return mprotect(at, PAGE, PROT_READ | PROT_WRITE) ? 0 : 5;
}

static int refused_as_nobody(void *arg)
{
	become_nobody();
	return try_open_node(arg, O_RDONLY) == -EACCES ? 0 : 1;
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

/* What setfacl writes: the owner rw, uid 65534 r, nobody else. */
static bool let_nobody_read(const char *path)
{
	static const struct { uint16_t tag, perm; uint32_t id; } entries[] = {
		{ 0x01, 6, -1 }, { 0x02, 4, 65534 }, { 0x04, 0, -1 },
		{ 0x10, 4, -1 }, { 0x20, 0, -1 },
	};
	const uint32_t version = 2;
	uint8_t acl[sizeof(version) + sizeof(entries)];

	memcpy(acl, &version, sizeof(version));
	memcpy(acl + sizeof(version), entries, sizeof(entries));
	return !setxattr(path, "system.posix_acl_access", acl, sizeof(acl), 0);
}

static int read_by_acl(void *arg)
{
	become_nobody();
	if (try_open_node(arg, O_RDWR) != -EACCES)
		return 1;
	return try_open_node(arg, O_RDONLY) >= 0 ? 0 : 2;
}

static void acls_let_readers_in(void **state)
{
	(void)state;
	assert_ok(try_publish(fd, "by_acl"));
	assert_ok(in_child(refused_as_nobody, "by_acl"));
	if (!let_nobody_read(node("by_acl")))
		skip_because("this kernel has no ACLs in /dev: %s", strerror(errno));
	assert_ok(in_child(read_by_acl, "by_acl"));
}

static void its_state_is_in_sysfs(void **state)
{
	struct bpfmmap_create args = create_args(12, 1000);
	int region = try_create_args(&args);
	uint8_t *rw, *ro;

	(void)state;
	assert_ok(try_publish(region, "state"));
	assert_int_equal(attribute("state", "id"), info(region).id);
	assert_int_equal(attribute("state", "value_size"), 12);
	assert_int_equal(attribute("state", "max_entries"), 1000);
	assert_int_equal(attribute("state", "bytes"), info(region).bytes);
	assert_int_equal(attribute("state", "frozen"), 0);
	assert_int_equal(attribute("state", "writers"), 0);
	assert_int_equal(attribute("state", "mappings"), 0);
	rw = map(region, PAGE, PROT_READ | PROT_WRITE, 0);
	ro = map(region, PAGE, PROT_READ, 0);
	assert_int_equal(attribute("state", "writers"), 1);
	assert_int_equal(attribute("state", "mappings"), 2);
	unmap(rw, PAGE);
	unmap(ro, PAGE);
	assert_ok(try_freeze(region));
	assert_int_equal(attribute("state", "frozen"), 1);
	close(region);
	assert_int_equal(attribute("state", "frozen"), 1);
	assert_ok(try_withdraw("state"));
	assert_int_equal(attribute("state", "id"), -1);
}

static void maps_has_the_path(void **state)
{
	char line[256];
	bool found = false;
	int opened;
	uint8_t *at;
	FILE *maps;

	(void)state;
	assert_ok(try_publish(fd, "in_maps"));
	opened = open_node("in_maps", O_RDONLY);
	at = map(opened, PAGE, PROT_READ, 0);
	maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), maps))
		found |= !!strstr(line, BPFMMAP_PUBLISH_DIR "/in_maps\n");
	fclose(maps);
	assert_true(found);
	unmap(at, PAGE);
	close(opened);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_device_is_the_publishers_own),
		TEST(owner_and_mode_are_as_asked_for),
		TEST(fields_without_their_flag_do_not_count),
		TEST(modes_go_up_to_0666),
		TEST(mode_0_is_for_nobody_but_root),
		TEST(a_node_of_what_was_withdrawn),
		TEST(opened_read_only),
		TEST(opened_write_only),
		TEST(readers_need_no_privileges),
		TEST(acls_let_readers_in),
		TEST(its_state_is_in_sysfs),
		TEST(maps_has_the_path),
	};

	return RUN_GROUP(tests);
}
