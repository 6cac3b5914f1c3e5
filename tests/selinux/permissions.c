// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which permissions each operation asks for. Each domain no_PERMISSION_t of the policy has all
 * permissions of regions, names and the device but that one; so it can do exactly what does not
 * need it.
 */
#include "selinux.h"
#include "passed_fd.h"

#include <sys/socket.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum {
	OPEN = 1, READ = 2, WRITE = 4, MAP = 8, IOCTL = 16, GETATTR = 32, USE = 64, LINK = 128,
	UNLINK = 256, ADD_NAME = 512, REMOVE_NAME = 1024,
};

static const struct {
	const char *domain;
	int lacks;
} domains[] = {
	{ "all_t", 0 },
	{ "no_open_t", OPEN },
	{ "no_read_t", READ },
	{ "no_write_t", WRITE },
	{ "no_map_t", MAP },
	{ "no_ioctl_t", IOCTL },
	{ "no_getattr_t", GETATTR },
	{ "no_use_t", USE },
	{ "no_link_t", LINK },
	{ "no_unlink_t", UNLINK },
	{ "no_add_name_t", ADD_NAME },
	{ "no_remove_name_t", REMOVE_NAME },
};

static int setup(void **state)
{
	(void)state;
	use_policy("genfs");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	withdraw_all();
	return 0;
}

/* Open "one" and call fn, which returns 0 or -errno. */
static int with_open(int flags, int (*fn)(int fd))
{
	int fd = try_open_name("one", flags), ret;

	if (fd < 0)
		return fd;
	ret = fn(fd);
	close(fd);
	return ret;
}

static int nothing(int fd)
{
	(void)fd;
	return 0;
}

static int open_to_read(void *arg)
{
	(void)arg;
	return with_open(O_RDONLY, nothing);
}

static int open_to_write(void *arg)
{
	(void)arg;
	return with_open(O_WRONLY, nothing);
}

static int read_byte(int fd)
{
	char byte;
	ssize_t ret = result(pread(fd, &byte, 1, 0));

	return ret < 0 ? ret : 0;
}

static int read_file(void *arg)
{
	(void)arg;
	return with_open(O_RDONLY, read_byte);
}

static int write_byte(int fd)
{
	ssize_t ret = result(pwrite(fd, "x", 1, 0));

	return ret < 0 ? ret : 0;
}

static int write_region(void *arg)
{
	(void)arg;
	return with_open(O_WRONLY, write_byte);
}

static int map_to_read(int fd)
{
	return try_map(fd, PAGE, PROT_READ, MAP_SHARED, 0);
}

static int map_reading(void *arg)
{
	(void)arg;
	return with_open(O_RDONLY, map_to_read);
}

static int map_to_write(int fd)
{
	return try_map(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
}

static int map_writing(void *arg)
{
	(void)arg;
	return with_open(O_RDWR, map_to_write);
}

static int ask(int fd)
{
	struct bpfmmap_info args = { .size = sizeof(args) };

	return request(fd, BPFMMAP_IOC_INFO, &args);
}

static int ask_for_info(void *arg)
{
	(void)arg;
	return with_open(O_RDONLY, ask);
}

/* No permission write is asked for, if an fd that may write is there. */
static int update(int fd)
{
	uint64_t value = 1;

	return try_update(fd, 0, &value, 0);
}

static int update_element(void *arg)
{
	(void)arg;
	return with_open(O_RDWR, update);
}

static int get_attributes(void *arg)
{
	struct stat st;

	(void)arg;
	return result(stat(path_of("one"), &st));
}

/* A descriptor that another domain has opened, and that came through a Unix socket. */
static int receive(void *sock)
{
	int fd = try_receive_fd(*(int *)sock), ret;

	/* the message comes without it */
	if (fd == -ENOMSG)
		return -EACCES;
	if (fd < 0)
		return fd;
	ret = read_byte(fd);
	close(fd);
	return ret;
}

static int create_alone(void *arg)
{
	int fd = try_create(8, 1);

	(void)arg;
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* What a domain makes itself, it has open without asking. */
static int create_and_map(void *arg)
{
	int fd = try_create(8, 1), ret;

	(void)arg;
	if (fd < 0)
		return fd;
	ret = try_map(fd, PAGE, PROT_READ, MAP_SHARED, 0);
	close(fd);
	return ret;
}

static int create_and_publish(void *arg)
{
	int fd = try_create(8, 1), ret;

	(void)arg;
	if (fd < 0)
		return fd;
	ret = try_publish(fd, "new");
	close(fd);
	return ret;
}

static int withdraw(void *arg)
{
	(void)arg;
	return try_withdraw("one");
}

static const struct {
	const char *what;
	int (*fn)(void *arg);
	int needs;
} operations[] = {
	{ "open for reading", open_to_read, OPEN | READ },
	{ "open for writing", open_to_write, OPEN | WRITE },
	{ "read", read_file, OPEN | READ },
	{ "write", write_region, OPEN | WRITE },
	{ "map for reading", map_reading, OPEN | READ | MAP },
	{ "map for writing", map_writing, OPEN | READ | WRITE | MAP },
	{ "info", ask_for_info, OPEN | READ | IOCTL },
	{ "update", update_element, OPEN | READ | WRITE | IOCTL },
	{ "stat", get_attributes, GETATTR },
	{ "receive", receive, READ | WRITE | USE },
	/* the permissions of the device: it is opened for reading and writing */
	{ "create", create_alone, OPEN | READ | WRITE | IOCTL },
	{ "create and map", create_and_map, OPEN | READ | WRITE | IOCTL | MAP },
	{ "publish", create_and_publish, OPEN | READ | WRITE | IOCTL | LINK | ADD_NAME },
	{ "withdraw", withdraw, WRITE | UNLINK | REMOVE_NAME },
};

/* Do it in that domain, on a region "one" and with a socket that has a descriptor of it. */
static int do_operation(const char *domain, int (*fn)(void *arg))
{
	int ends[2], fd, ret;

	withdraw_all();
	only_named("one");
	fd = open_name("one", O_RDWR);
	assert_ok(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	assert_ok(try_send_fd(ends[0], fd));
	close(fd);
	ret = try_in_domain(domain, fn, &ends[1]);
	close(ends[0]);
	close(ends[1]);
	return ret;
}

static void each_operation_needs_its_permissions(void **state)
{
	size_t d, o;
	int wrong = 0;

	(void)state;
	assert_ok(try_label_device("device_t"));
	for (d = 0; d < ARRAY_SIZE(domains); d++)
		for (o = 0; o < ARRAY_SIZE(operations); o++) {
			bool refused = operations[o].needs & domains[d].lacks;
			int ret = do_operation(domains[d].domain, operations[o].fn);

			if (ret == (refused ? -EACCES : 0))
				continue;
			printf("# %s in %s: %d\n", operations[o].what, domains[d].domain, ret);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

static int freeze(int fd)
{
	return try_freeze(fd);
}

static int ask_and_freeze(void *arg)
{
	(void)arg;
	/* 1: another one than the freeze */
	return with_open(O_RDWR, ask) || with_open(O_RDWR, update) ? 1 : with_open(O_RDWR, freeze);
}

static int version_and_create(void *arg)
{
	struct bpfmmap_version version = { .size = sizeof(version) };

	(void)arg;
	return control_request(BPFMMAP_IOC_VERSION, &version) ? 1 : create_alone(NULL);
}

static void allowxperm_leaves_single_requests_out(void **state)
{
	(void)state;
	assert_ok(try_label_device("device_t"));
	only_named("one");
	assert_refused(try_in_domain("no_freeze_t", ask_and_freeze, NULL), EACCES);
	assert_ok(try_in_domain("all_t", ask_and_freeze, NULL));
	assert_refused(try_in_domain("no_create_t", version_and_create, NULL), EACCES);
	assert_ok(try_in_domain("all_t", version_and_create, NULL));
}

/* Its open mounts the instance in the kernel, which asks for no permission. */
static void a_confined_domain_may_be_the_first_to_open_the_device(void **state)
{
	(void)state;
	assert_ok(try_label_device("device_t"));
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_ok(try_in_domain("all_t", create_and_map, NULL));
	assert_ok(try_mount(""));
	assert_true(has_label(".", "region_t"));
}

static void the_device_has_a_label_of_its_own(void **state)
{
	(void)state;
	assert_ok(try_label_device("secret_t"));
	assert_refused(try_in_domain("all_t", create_alone, NULL), EACCES);
	assert_ok(create_alone(NULL));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(each_operation_needs_its_permissions),
		TEST(allowxperm_leaves_single_requests_out),
		TEST(a_confined_domain_may_be_the_first_to_open_the_device),
		TEST(the_device_has_a_label_of_its_own),
	};

	return RUN_GROUP(tests);
}
