// SPDX-License-Identifier: GPL-2.0-only
/* What the system shows of a region: INFO, fdinfo, and its name in /proc. */
#include "fixture.h"

static void info_is_what_was_asked_for(void **state)
{
	struct bpfmmap_create args = create_args(12, 1000);
	struct bpfmmap_info got;
	int fd;

	(void)state;
	strcpy(args.name, "table_1");
	fd = try_create_args(&args);
	assert_true(fd >= 0);
	got = info(fd);
	assert_int_equal(got.size, sizeof(got));
	assert_true(got.id > 0);
	assert_int_equal(got.value_size, 12);
	assert_int_equal(got.max_entries, 1000);
	assert_int_equal(got.flags, 0);
	assert_int_equal(got.numa_node, -1);
	assert_int_equal(got.bytes, (16000 + PAGE - 1) / PAGE * PAGE);
	assert_int_equal(got.mappings, 0);
	assert_int_equal(got.writers, 0);
	assert_int_equal(got.frozen, 0);
	assert_int_equal(got.creator_uid, 0);
	assert_int_equal(got.huge_runs, 0);
	assert_string_equal(got.name, "table_1");
	assert_true(all(got.name + 7, sizeof(got.name) - 7, 0));
	close(fd);
}

static void info_follows_the_state(void **state)
{
	int fd = create_pages(2);
	uint8_t *rw = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);
	uint8_t *ro = map(fd, PAGE, PROT_READ, 0);

	(void)state;
	assert_int_equal(info(fd).mappings, 2);
	assert_int_equal(info(fd).writers, 1);
	unmap(rw, PAGE);
	assert_int_equal(info(fd).mappings, 1);
	assert_int_equal(info(fd).writers, 0);
	assert_ok(try_freeze(fd));
	assert_int_equal(info(fd).frozen, 1);
	unmap(ro, PAGE);
	close(fd);
}

static void info_needs_no_access(void **state)
{
	int fd = create(8, 1);
	int readonly = open_id(info(fd).id, BPFMMAP_F_RDONLY);
	int writeonly = open_id(info(fd).id, BPFMMAP_F_WRONLY);

	(void)state;
	assert_int_equal(info(readonly).id, info(fd).id);
	assert_int_equal(info(writeonly).id, info(fd).id);
	close(readonly);
	close(writeonly);
	close(fd);
}

static int create_as_nobody(void *arg)
{
	int control = *(int *)arg;
	struct bpfmmap_create args = create_args(8, 1);
	struct bpfmmap_info got = { .size = sizeof(got) };
	int fd;

	become_nobody();
	fd = request(control, BPFMMAP_IOC_CREATE, &args);
	if (fd < 0 || request(fd, BPFMMAP_IOC_INFO, &got))
		return 1;
	return got.creator_uid == 65534 ? 0 : 2;
}

static void the_creator_is_who_created(void **state)
{
	int control = open(BPFMMAP_DEVICE, O_RDWR);

	(void)state;
	assert_ok(in_child(create_as_nobody, &control));
	close(control);
}

/* fdinfo has keys of regions, and the keys that BPF maps have. */
static void fdinfo_has_the_kernels_keys(void **state)
{
	struct bpfmmap_create args = create_args(12, 1000);
	char path[64];
	uint8_t *at;
	int fd;

	(void)state;
	strcpy(args.name, "seen.in_proc");
	fd = try_create_args(&args);
	assert_true(fd >= 0);
	strcpy(path, path_of_fdinfo(fd));
	assert_int_equal(proc_number(path, "key_size"), 4);
	assert_int_equal(proc_number(path, "value_size"), 12);
	assert_int_equal(proc_number(path, "max_entries"), 1000);
	assert_int_equal(proc_number(path, "map_flags"), 0);
	assert_int_equal(proc_number(path, "map_extra"), 0);
	assert_int_equal(proc_number(path, "memlock"), info(fd).bytes);
	assert_int_equal(proc_number(path, "map_id"), info(fd).id);
	assert_int_equal(proc_number(path, "frozen"), 0);
	assert_int_equal(proc_number(path, "writers"), 0);
	assert_int_equal(proc_number(path, "mappings"), 0);
	assert_int_equal(proc_number(path, "map_type"), -1);

	at = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);
	assert_int_equal(proc_number(path, "writers"), 1);
	assert_int_equal(proc_number(path, "mappings"), 1);
	unmap(at, PAGE);
	assert_ok(try_freeze(fd));
	assert_int_equal(proc_number(path, "frozen"), 1);

	assert_true(file_has(path, "name:\tseen.in_proc\n"));
	close(fd);
}

static void the_id_is_in_the_name_of_the_file(void **state)
{
	int fd = create_pages(3);
	char link[64] = "", expected[64], line[256];
	uint8_t *at = map(fd, 2 * PAGE, PROT_READ, PAGE);
	unsigned long start = 0, end = 0, offset = 0;
	bool found = false;
	FILE *maps;

	(void)state;
	snprintf(expected, sizeof(expected), "/bpfmmap:%u (deleted)", info(fd).id);
	assert_true(readlink(path_of_fd(fd), link, sizeof(link) - 1) > 0);
	assert_string_equal(link, expected);

	maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, expected)) {
			found = true;
			assert_non_null(strstr(line, " r--s "));
			assert_int_equal(sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset), 3);
		}
	fclose(maps);
	assert_true(found);
	assert_int_equal(start, (uintptr_t)at);
	assert_int_equal(end, (uintptr_t)at + 2 * PAGE);
	assert_int_equal(offset, PAGE);
	unmap(at, 2 * PAGE);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(info_is_what_was_asked_for),
		cmocka_unit_test(info_follows_the_state),
		cmocka_unit_test(info_needs_no_access),
		cmocka_unit_test(the_creator_is_who_created),
		cmocka_unit_test(fdinfo_has_the_kernels_keys),
		cmocka_unit_test(the_id_is_in_the_name_of_the_file),
	};

	return RUN_GROUP(tests);
}
