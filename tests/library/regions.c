// SPDX-License-Identifier: GPL-2.0-only
/* Regions: create, open, hand on and close, and what they tell of themselves. */
#include "library.h"

#include <sys/socket.h>

static void versions(void **state)
{
	struct bpfmmap_version version = { .size = sizeof(version) };

	(void)state;
	assert_ok(bpfmmap_version(&version));
	assert_int_equal(version.version, BPFMMAP_VERSION);
	assert_true(version.features & BPFMMAP_FEATURE_BATCH);
	assert_true(strlen(bpfmmap_version_string()) >= strlen("0.0.0"));
	version.size = 1;
	assert_failed(bpfmmap_version(&version), EINVAL);
	assert_failed(bpfmmap_version(NULL), EFAULT);
}

static void create_makes_what_was_asked_for(void **state)
{
	struct bpfmmap_region *region;

	(void)state;
	region = bpfmmap_region__create("a_name.15.chars", 12, 1000, NULL);
	assert_non_null(region);
	assert_string_equal(bpfmmap_region__name(region), "a_name.15.chars");
	assert_int_equal(bpfmmap_region__value_size(region), 12);
	assert_int_equal(bpfmmap_region__stride(region), 16);
	assert_int_equal(bpfmmap_region__max_entries(region), 1000);
	assert_int_equal(bpfmmap_region__bytes(region), (16000 + PAGE - 1) / PAGE * PAGE);
	assert_true(bpfmmap_region__id(region) > 0);
	assert_int_equal(fcntl(bpfmmap_region__fd(region), F_GETFD), FD_CLOEXEC);
	assert_int_equal(state_of(region).id, bpfmmap_region__id(region));
	assert_int_equal(state_of(region).numa_node, -1);
	bpfmmap_region__close(region);
}

static void create_without_a_name(void **state)
{
	struct bpfmmap_region *region = bpfmmap_region__create(NULL, 8, 1, NULL);

	(void)state;
	assert_non_null(region);
	assert_string_equal(bpfmmap_region__name(region), "");
	bpfmmap_region__close(region);
}

static void create_with_options(void **state)
{
	BPFMMAP_OPTS(bpfmmap_create_opts, node, .flags = BPFMMAP_F_NUMA_NODE, .numa_node = 0);
	BPFMMAP_OPTS(bpfmmap_create_opts, readonly, .flags = BPFMMAP_F_RDONLY);
	struct bpfmmap_region *region;
	__u64 value = 1;

	(void)state;
	region = bpfmmap_region__create("node", 8, 1, &node);
	assert_non_null(region);
	assert_int_equal(state_of(region).numa_node, 0);
	bpfmmap_region__close(region);

	region = bpfmmap_region__create("readonly", 8, 1, &readonly);
	assert_non_null(region);
	assert_failed(bpfmmap_region__update(region, 0, &value, 0), EPERM);
	bpfmmap_region__close(region);
}

static void create_says_why_not(void **state)
{
	BPFMMAP_OPTS(bpfmmap_create_opts, unknown, .flags = 1U << 31);
	BPFMMAP_OPTS(bpfmmap_create_opts, neither,
		     .flags = BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY);
	BPFMMAP_OPTS(bpfmmap_create_opts, node, .flags = BPFMMAP_F_NUMA_NODE, .numa_node = 4711);
	int before = open_fds();

	(void)state;
	assert_none(bpfmmap_region__create("x", 0, 1, NULL), EINVAL);
	assert_none(bpfmmap_region__create("x", 8, 0, NULL), EINVAL);
	assert_none(bpfmmap_region__create("not/this", 8, 1, NULL), EINVAL);
	assert_none(bpfmmap_region__create("sixteen_in_total", 8, 1, NULL), ENAMETOOLONG);
	assert_none(bpfmmap_region__create("x", 8, 1, &unknown), EINVAL);
	assert_none(bpfmmap_region__create("x", 8, 1, &neither), EINVAL);
	assert_none(bpfmmap_region__create("x", 8, 1, &node), EINVAL);
	assert_none(bpfmmap_region__create("x", 1U << 31, 1, NULL), E2BIG);
	set_parameter("max_region_bytes", "65536");
	assert_none(bpfmmap_region__create("x", 8, 8193, NULL), E2BIG);
	set_parameter("max_region_bytes", "0");
	assert_int_equal(open_fds(), before);
}

static int create_as_nobody(void *arg)
{
	(void)arg;
	become_nobody();
	return bpfmmap_region__create("x", 8, 1, NULL) || errno != EACCES;
}

static void who_may_not_open_the_device_gets_eacces(void **state)
{
	(void)state;
	assert_ok(in_child(create_as_nobody, NULL));
}

static void without_the_module_there_is_nothing(void **state)
{
	struct bpfmmap_version version = { .size = sizeof(version) };
	__u32 id = 99;

	(void)state;
	assert_ok(try_unload());
	assert_failed(bpfmmap_version(&version), ENOENT);
	assert_none(bpfmmap_region__create("x", 8, 1, NULL), ENOENT);
	assert_none(bpfmmap_region__open_id(1, NULL), ENOENT);
	assert_none(bpfmmap_region__open_name("x", NULL), ENOENT);
	assert_failed(bpfmmap_next_id(0, &id), ENOENT);
	assert_int_equal(id, 99);
	assert_failed(bpfmmap_withdraw("x"), ENOENT);
	assert_ok(try_load(""));
}

static void open_by_id(void **state)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, readonly, .flags = BPFMMAP_F_RDONLY);
	BPFMMAP_OPTS(bpfmmap_open_opts, nofreeze, .flags = BPFMMAP_F_NOFREEZE);
	BPFMMAP_OPTS(bpfmmap_open_opts, unknown, .flags = 1U << 31);
	struct bpfmmap_region *region = make_region(1), *other;
	__u64 value = 5;
	__u32 id = bpfmmap_region__id(region);

	(void)state;
	other = bpfmmap_region__open_id(id, NULL);
	assert_non_null(other);
	assert_int_equal(bpfmmap_region__id(other), id);
	assert_ok(bpfmmap_region__update(other, 0, &value, 0));
	bpfmmap_region__close(other);

	other = bpfmmap_region__open_id(id, &readonly);
	assert_non_null(other);
	assert_failed(bpfmmap_region__update(other, 0, &value, 0), EPERM);
	bpfmmap_region__close(other);

	other = bpfmmap_region__open_id(id, &nofreeze);
	assert_non_null(other);
	assert_ok(bpfmmap_region__update(other, 0, &value, 0));
	assert_failed(bpfmmap_region__freeze(other), EPERM);
	bpfmmap_region__close(other);

	assert_none(bpfmmap_region__open_id(id, &unknown), EINVAL);
	bpfmmap_region__close(region);
	assert_none(bpfmmap_region__open_id(id, NULL), ENOENT);
}

static void ids_in_order(void **state)
{
	struct bpfmmap_region *one = make_region(1), *two = make_region(1);
	__u32 id;

	(void)state;
	assert_ok(bpfmmap_next_id(0, &id));
	assert_int_equal(id, bpfmmap_region__id(one));
	assert_ok(bpfmmap_next_id(id, &id));
	assert_int_equal(id, bpfmmap_region__id(two));
	assert_failed(bpfmmap_next_id(id, &id), ENOENT);
	assert_int_equal(id, bpfmmap_region__id(two));
	assert_failed(bpfmmap_next_id(INT32_MAX, &id), EINVAL);
	bpfmmap_region__close(one);
	bpfmmap_region__close(two);
}

static void open_by_path(void **state)
{
	int before = open_fds();

	(void)state;
	assert_none(bpfmmap_region__open_path("/dev/null", NULL), ENOTTY);
	assert_none(bpfmmap_region__open_path(BPFMMAP_DEVICE, NULL), ENOTTY);
	assert_none(bpfmmap_region__open_path("/dev/nothing", NULL), ENOENT);
	assert_none(bpfmmap_region__open_path("/dev", NULL), EISDIR);
	assert_int_equal(open_fds(), before);
}

static void from_an_fd(void **state)
{
	struct bpfmmap_region *region;
	int fd = create(8, 100);

	(void)state;
	region = bpfmmap_region__from_fd(fd);
	assert_non_null(region);
	assert_int_equal(bpfmmap_region__fd(region), fd);
	assert_int_equal(bpfmmap_region__max_entries(region), 100);
	bpfmmap_region__close(region);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void not_from_any_fd(void **state)
{
	int fds[] = {
		open("/dev/null", O_RDWR | O_CLOEXEC),
		open("/dev/zero", O_RDWR | O_CLOEXEC),
		open("/proc/self/maps", O_RDONLY | O_CLOEXEC),
		open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC),
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
	};
	int path = open("/tmp", O_PATH | O_CLOEXEC);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		assert_true(fds[i] >= 0);
		assert_none(bpfmmap_region__from_fd(fds[i]), ENOTTY);
		/* the fd still belongs to the caller */
		assert_ok(close(fds[i]));
	}
	assert_none(bpfmmap_region__from_fd(path), EBADF);
	close(path);
	assert_none(bpfmmap_region__from_fd(path), EBADF);
	assert_none(bpfmmap_region__from_fd(-1), EBADF);
}

static void restricted(void **state)
{
	struct bpfmmap_region *region = make_region(1), *reader, *writer, *again;
	__u64 value = 5;

	(void)state;
	reader = bpfmmap_region__restrict(region, BPFMMAP_F_RDONLY);
	assert_non_null(reader);
	assert_int_equal(bpfmmap_region__id(reader), bpfmmap_region__id(region));
	assert_true(state_of(reader).fd_flags & BPFMMAP_F_RDONLY);
	assert_failed(bpfmmap_region__update(reader, 0, &value, 0), EPERM);
	assert_ok(bpfmmap_region__lookup(reader, 0, &value));
	assert_int_equal(fcntl(bpfmmap_region__fd(reader), F_GETFD), FD_CLOEXEC);

	writer = bpfmmap_region__restrict(region, BPFMMAP_F_NOFREEZE);
	assert_non_null(writer);
	assert_ok(bpfmmap_region__update(writer, 0, &value, 0));
	assert_failed(bpfmmap_region__freeze(writer), EPERM);

	/* a restricted one of a restricted one has no more rights */
	again = bpfmmap_region__restrict(reader, 0);
	assert_non_null(again);
	assert_failed(bpfmmap_region__update(again, 0, &value, 0), EPERM);
	assert_none(bpfmmap_region__restrict(reader, BPFMMAP_F_WRONLY), EINVAL);
	assert_none(bpfmmap_region__restrict(region, 1U << 31), EINVAL);
	bpfmmap_region__close(again);
	bpfmmap_region__close(writer);
	bpfmmap_region__close(reader);
	bpfmmap_region__close(region);
}

static void close_keeps_mappings_and_errno(void **state)
{
	struct bpfmmap_region *region = make_region(2);
	struct bpfmmap_map map = map_region(region, true);
	__u32 id = bpfmmap_region__id(region);
	int fd = bpfmmap_region__fd(region);

	(void)state;
	errno = EXDEV;
	bpfmmap_region__close(region);
	bpfmmap_region__close(NULL);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(fcntl(fd, F_GETFD), -1);

	memset(map.data, 7, map.bytes);
	assert_true(all(map.data, map.bytes, 7));
	assert_true(id_exists(id));
	unmap_region(&map);
	assert_false(id_exists(id));
}

static void info_says_how_it_stands(void **state)
{
	struct bpfmmap_region *region = make_region(2);
	struct bpfmmap_map map = map_region(region, true);
	struct bpfmmap_info info;

	(void)state;
	info = state_of(region);
	assert_int_equal(info.mappings, 1);
	assert_int_equal(info.writers, 1);
	assert_int_equal(info.frozen, 0);
	assert_int_equal(info.creator_uid, 0);
	assert_string_equal(info.published, "");
	unmap_region(&map);
	assert_ok(bpfmmap_region__freeze(region));
	info = state_of(region);
	assert_int_equal(info.writers, 0);
	assert_int_equal(info.frozen, 1);

	/* only the size must be set; a size of 0 is refused */
	memset(&info, 0xff, sizeof(info));
	info.size = sizeof(info);
	assert_ok(bpfmmap_region__info(region, &info));
	assert_int_equal(info.bytes, 2 * PAGE);
	memset(&info, 0xff, sizeof(info));
	info.size = BPFMMAP_INFO_SIZE_V1;
	assert_ok(bpfmmap_region__info(region, &info));
	assert_int_equal(info.bytes, 2 * PAGE);
	assert_int_equal(info.freeze_pending, UINT32_MAX);
	info.size = 3;
	assert_failed(bpfmmap_region__info(region, &info), EINVAL);
	bpfmmap_region__close(region);
}

static void mappings_are_listed(void **state)
{
	BPFMMAP_OPTS(bpfmmap_map_opts, part, .offset = PAGE, .bytes = PAGE, .writable = true);
	struct bpfmmap_region *region = make_region(4);
	struct bpfmmap_map whole = map_region(region, false), one_page;
	struct bpfmmap_mapping_entry entries[3];
	__u32 count = 3;

	(void)state;
	assert_ok(bpfmmap_region__map(region, &one_page, &part));
	assert_ok(bpfmmap_region__mappings(region, entries, &count));
	assert_int_equal(count, 2);
	assert_int_equal(entries[0].pid, getpid());
	assert_int_equal(entries[0].flags, 0);
	assert_int_equal(entries[0].bytes, 4 * PAGE);
	assert_int_equal(entries[1].flags, BPFMMAP_MAPPING_WRITABLE);
	assert_int_equal(entries[1].offset, PAGE);
	assert_int_equal(entries[1].bytes, PAGE);
	assert_int_equal(entries[1].count, 1);

	/* room for fewer entries than there are, or for none */
	memset(entries, 0, sizeof(entries));
	count = 1;
	assert_ok(bpfmmap_region__mappings(region, entries, &count));
	assert_int_equal(count, 2);
	assert_int_equal(entries[0].bytes, 4 * PAGE);
	assert_int_equal(entries[1].bytes, 0);
	count = 0;
	assert_ok(bpfmmap_region__mappings(region, NULL, &count));
	assert_int_equal(count, 2);
	assert_failed(bpfmmap_region__mappings(region, NULL, &count), EFAULT);
	assert_int_equal(count, 2);

	unmap_region(&one_page);
	unmap_region(&whole);
	bpfmmap_region__close(region);
}

static void handles_for_programs(void **state)
{
	BPFMMAP_OPTS(bpfmmap_create_opts, for_programs, .flags = BPFMMAP_F_PROG);
	struct bpfmmap_region *plain = make_region(1), *region, *reader, *writer;
	__u64 handle = 7, of_reader;

	(void)state;
	assert_failed(bpfmmap_region__handle(plain, &handle), EOPNOTSUPP);
	assert_int_equal(handle, 7);
	region = bpfmmap_region__create("programs", 8, 512, &for_programs);
	assert_non_null(region);
	reader = bpfmmap_region__restrict(region, BPFMMAP_F_RDONLY);
	writer = bpfmmap_region__restrict(region, BPFMMAP_F_WRONLY);
	assert_ok(bpfmmap_region__handle(region, &handle));
	assert_ok(bpfmmap_region__handle(reader, &of_reader));
	assert_true(handle && of_reader && handle != of_reader);
	assert_failed(bpfmmap_region__handle(writer, &handle), EPERM);
	bpfmmap_region__close(writer);
	bpfmmap_region__close(reader);
	bpfmmap_region__close(region);
	bpfmmap_region__close(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions),
		cmocka_unit_test(create_makes_what_was_asked_for),
		cmocka_unit_test(create_without_a_name),
		cmocka_unit_test(create_with_options),
		cmocka_unit_test(create_says_why_not),
		cmocka_unit_test(who_may_not_open_the_device_gets_eacces),
		cmocka_unit_test(without_the_module_there_is_nothing),
		cmocka_unit_test(open_by_id),
		cmocka_unit_test(ids_in_order),
		cmocka_unit_test(open_by_path),
		cmocka_unit_test(from_an_fd),
		cmocka_unit_test(not_from_any_fd),
		cmocka_unit_test(restricted),
		cmocka_unit_test(close_keeps_mappings_and_errno),
		cmocka_unit_test(info_says_how_it_stands),
		cmocka_unit_test(mappings_are_listed),
		cmocka_unit_test(handles_for_programs),
	};

	return RUN_GROUP(tests);
}
