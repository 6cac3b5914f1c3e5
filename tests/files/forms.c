// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways to a region other than open(2) by its path: fds of O_PATH, /proc/PID/fd, chroots and
 * handles. (race.c has them in a race.) Each leads to the inode that it was made of, checks the
 * permissions of that inode, and keeps the module.
 */
#include "files.h"

#include <sys/mount.h>

static int try_reopen(int fd, int flags)
{
	return result(open(path_of_fd(fd), flags | O_CLOEXEC));
}

static uint32_t id_of_fd(int fd)
{
	return stat_of_fd(fd).st_ino;
}

static void an_fd_of_o_path_stays_with_what_it_found(void **state)
{
	uint32_t first = only_named("one", 0600), second;
	int found = open_name("one", O_PATH), fd;

	(void)state;
	assert_ok(try_rename("one", "away", 0));
	second = only_named("one", 0600);
	assert_int_not_equal(first, second);
	fd = try_reopen(found, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(info(fd).id, first);
	close(fd);
	/* also after the name is gone and another region has it */
	assert_ok(try_withdraw("away"));
	assert_true(id_exists(first));
	fd = try_reopen(found, O_RDONLY);
	assert_int_equal(info(fd).id, first);
	close(fd);
	close(found);
	assert_false(id_exists(first));
}

static int reopen_as_user(void *arg)
{
	return try_reopen(*(int *)arg, O_RDONLY) == -EACCES ? 0 : 1;
}

static void it_asks_for_the_permissions_of_that(void **state)
{
	int found, opened;

	(void)state;
	only_named("one", 0600);
	found = open_name("one", O_PATH);
	opened = open_name("one", O_RDWR);
	assert_ok(try_withdraw("one"));
	only_named("one", 0666);
	assert_ok(as_user(1000, reopen_as_user, &found));
	assert_ok(as_user(1000, reopen_as_user, &opened));
	assert_ok(fchmod(opened, 0604));
	assert_int_equal(as_user(1000, reopen_as_user, &found), 1);
	close(found);
	close(opened);
}

#define STALE	"/tmp/stale"

/* Each makes a way, STALE, to the region that has the name "gone". */
static int by_another_link(void)
{
	return try_link("gone", "link") ?: result(symlink(path_of("link"), STALE));
}

static int by_a_bind_mount(void)
{
	close(open(STALE, O_CREAT, 0600));
	return result(mount(path_of("gone"), STALE, NULL, MS_BIND, NULL));
}

static int found_by_path = -1;

static int by_an_open_path(void)
{
	found_by_path = open_name("gone", O_PATH);
	return result(symlink(path_of_fd(found_by_path), STALE));
}

static int stale_is_refused(void *arg)
{
	(void)arg;
	return open(STALE, O_RDONLY) < 0 && errno == EACCES ? 0 : 1;
}

static void assert_stale_leads_to(uint32_t id)
{
	int opened = result(open(STALE, O_RDWR));

	assert_true(opened >= 0);
	assert_int_equal(info(opened).id, id);
	close(opened);
	assert_ok(as_user(1000, stale_is_refused, NULL));
}

/* A private region loses the name, and a region for all gets it next. */
static void no_way_leads_to_what_is_published_next(void **state)
{
	static int (*const ways[])(void) = { by_another_link, by_a_bind_mount, by_an_open_path };
	int private = create_pages(1), for_all = create_pages(1);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		assert_ok(try_publish_mode(private, "gone", 0600));
		assert_ok(ways[i]());
		assert_stale_leads_to(info(private).id);
		assert_ok(try_withdraw("gone"));
		assert_stale_leads_to(info(private).id);
		assert_ok(try_publish_mode(for_all, "gone", 0666));
		assert_stale_leads_to(info(private).id);
		umount(STALE);
		assert_ok(unlink(STALE));
		withdraw_all();
	}
	close(found_by_path);
	close(private);
	close(for_all);
}

static void assert_not_reopened(int fd)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	size_t i;
	int found;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		assert_refused(try_reopen(fd, modes[i]), ENXIO);
	found = try_reopen(fd, O_PATH);
	assert_true(found >= 0);
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		assert_refused(try_reopen(found, modes[i]), ENXIO);
	close(found);
}

static int reopen_given(void *arg)
{
	return try_reopen(*(int *)arg, O_RDONLY) == -ENXIO ? 0 : 1;
}

/* Otherwise restrict could be undone, and a guessed number of an fd would be enough. */
static void fds_without_a_name_are_not_opened_again(void **state)
{
	int fds[4];
	size_t i;

	(void)state;
	fds[0] = create_pages(1);
	fds[1] = try_restrict(fds[0], BPFMMAP_F_RDONLY);
	fds[2] = try_restrict(fds[0], BPFMMAP_F_NOFREEZE);
	fds[3] = open_id(info(fds[0]).id, 0);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		assert_not_reopened(fds[i]);
	/* a name of the region does not change that */
	assert_ok(try_publish_mode(fds[0], "one", 0666));
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		assert_not_reopened(fds[i]);
		assert_ok(in_child(reopen_given, &fds[i]));
	}
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

static void a_restricted_fd_of_one_with_a_name_neither(void **state)
{
	int opened, restricted;

	(void)state;
	only_named("one", 0666);
	opened = open_name("one", O_RDWR);
	restricted = try_restrict(opened, BPFMMAP_F_RDONLY);
	assert_not_reopened(restricted);
	close(opened);
	close(restricted);
}

static int look_out_of_chroot(void *arg)
{
	const uint32_t *ids = arg;
	int fd, up;

	if (chroot(path_of("jail")) || chdir("/"))
		return 1;
	become_nobody();
	fd = open("/inside", O_RDWR);
	if (fd < 0 || id_of_fd(fd) != ids[0])
		return 2;
	/* .. ends there */
	up = open("/../outside", O_RDONLY);
	if (up >= 0 || errno != ENOENT)
		return 3;
	if (open("/private", O_RDONLY) >= 0 || errno != EACCES)
		return 4;
	return 0;
}

static void a_chroot_into_one_of_its_directories(void **state)
{
	uint32_t ids[1];

	(void)state;
	assert_ok(try_mkdir("jail", 0755));
	only_named("outside", 0666);
	ids[0] = only_named("inside", 0666);
	only_named("private", 0600);
	assert_ok(try_rename("inside", "jail/inside", 0));
	assert_ok(try_rename("private", "jail/private", 0));
	assert_ok(in_child(look_out_of_chroot, ids));
}

struct handle {
	struct file_handle head;
	unsigned char bytes[MAX_HANDLE_SZ];
};

static void there_are_no_handles(void **state)
{
	struct handle handle = { .head = { .handle_bytes = MAX_HANDLE_SZ } };
	int mount, dir = open_directory("."), unnamed = create_pages(1);
	int ret;

	(void)state;
	only_named("one", 0600);
	assert_refused(result(name_to_handle_at(AT_FDCWD, path_of("one"), &handle.head, &mount, 0)),
		       EOPNOTSUPP);
	handle.head.handle_bytes = MAX_HANDLE_SZ;
	assert_refused(result(name_to_handle_at(unnamed, "", &handle.head, &mount, AT_EMPTY_PATH)),
		       EOPNOTSUPP);
	/* a handle that is made up of number and generation, like FILEID_INO32_GEN */
	handle.head.handle_type = 1;
	handle.head.handle_bytes = 8;
	memset(handle.bytes, 0, 8);
	handle.bytes[0] = info(unnamed).id;
	ret = result(open_by_handle_at(dir, &handle.head, O_RDWR));
	assert_true(ret == -ESTALE || ret == -EOPNOTSUPP);
	close(dir);
	close(unnamed);
}

static void whatever_is_left_of_it_keeps_the_module(void **state)
{
	uint8_t *at;
	int fd;

	(void)state;
	/* an fd of O_PATH; then an fd from create, a mapping, and a working directory */
	only_named("one", 0600);
	fd = open_name("one", O_PATH);
	assert_ok(try_withdraw("one"));
	assert_refused(result(umount2(BPFMMAP_PUBLISH_DIR, 0)), EBUSY);
	assert_refused(try_unload_only(), EWOULDBLOCK);
	close(fd);

	fd = create_pages(1);
	at = map(fd, PAGE, PROT_READ, 0);
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_refused(try_unload_only(), EWOULDBLOCK);
	close(fd);
	assert_refused(try_unload_only(), EWOULDBLOCK);
	unmap(at, PAGE);
	assert_ok(try_unload_only());
	assert_ok(try_load(""));

	assert_ok(chdir(BPFMMAP_PUBLISH_DIR));
	assert_refused(result(umount2(BPFMMAP_PUBLISH_DIR, 0)), EBUSY);
	/* unmounted, but still the working directory */
	assert_ok(umount2(BPFMMAP_PUBLISH_DIR, MNT_DETACH));
	assert_refused(try_unload_only(), EWOULDBLOCK);
	assert_ok(chdir("/"));
	assert_ok(try_unload_only());
	assert_ok(try_load(""));
}

static void an_id_is_not_given_again_soon(void **state)
{
	uint32_t id = 0;
	int i, fd;

	(void)state;
	for (i = 0; i < 1000; i++) {
		fd = create(8, 1);
		assert_true(info(fd).id > id);
		id = info(fd).id;
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NAMES_TEST(an_fd_of_o_path_stays_with_what_it_found),
		NAMES_TEST(it_asks_for_the_permissions_of_that),
		NAMES_TEST(no_way_leads_to_what_is_published_next),
		NAMES_TEST(fds_without_a_name_are_not_opened_again),
		NAMES_TEST(a_restricted_fd_of_one_with_a_name_neither),
		NAMES_TEST(a_chroot_into_one_of_its_directories),
		NAMES_TEST(there_are_no_handles),
		NAMES_TEST(whatever_is_left_of_it_keeps_the_module),
		NAMES_TEST(an_id_is_not_given_again_soon),
	};

	return RUN_GROUP(tests);
}
