// SPDX-License-Identifier: GPL-2.0-only
/* What the system shows of a region: INFO, fdinfo, and its name in /proc. */
#include "fixture.h"

#include <sched.h>

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

/* Root of the new namespace, which has a number for nobody outside of it. */
static int creator_in_a_user_namespace(void *arg)
{
	if (unshare(CLONE_NEWUSER))
		return 100;
	return info(*(int *)arg).creator_uid == 65534 ? 0 : 1;
}

static void the_creator_is_as_the_caller_sees_him(void **state)
{
	int fd = create(8, 1), ret = in_child(creator_in_a_user_namespace, &fd);

	(void)state;
	close(fd);
	if (ret == 100)
		skip_because("this kernel has no user namespaces");
	assert_int_equal(ret, 0);
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

/* The lines of fdinfo from the first key of a region on, and no others. */
static void assert_fdinfo(int fd, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void assert_fdinfo(int fd, const char *format, ...)
{
	FILE *file = fopen(path_of_fdinfo(fd), "r");
	char wanted[1024], got[1024] = "", line[256];
	va_list args;

	assert_non_null(file);
	va_start(args, format);
	vsnprintf(wanted, sizeof(wanted), format, args);
	va_end(args);
	while (fgets(line, sizeof(line), file))
		if (got[0] || !strncmp(line, "key_size:", 9))
			strcat(got, line);
	fclose(file);
	assert_string_equal(got, wanted);
}

#define GEOMETRY	"key_size:\t4\nvalue_size:\t12\nmax_entries:\t1000\nmap_flags:\t%s\n" \
			"map_extra:\t0x0\nmemlock:\t%llu\nmap_id:\t%u\n"

/* All of it, in each state that a region may have. */
static void fdinfo_tells_the_state(void **state)
{
	struct bpfmmap_create args = create_args(12, 1000);
	unsigned long long bytes;
	uint8_t *rw, *ro;
	uint32_t id;
	int fd;

	(void)state;
	fd = try_create_args(&args);
	bytes = info(fd).bytes;
	id = info(fd).id;
	assert_fdinfo(fd, GEOMETRY "frozen:\t0\nfrozen_for:\tnobody\nwriters:\t0\nmappings:\t0\n"
		      "freeze_pending:\t0\nrevoked:\t0\nname:\t\npublished:\t\n",
		      "0x0", bytes, id);
	assert_ok(try_publish(fd, "seen"));
	assert_ok(try_freeze_with(fd, BPFMMAP_FREEZE_PROCESSES));
	ro = map(fd, PAGE, PROT_READ, 0);
	assert_fdinfo(fd, GEOMETRY "frozen:\t0\nfrozen_for:\tprocesses\nwriters:\t0\nmappings:\t1\n"
		      "freeze_pending:\t0\nrevoked:\t0\nname:\t\npublished:\tseen\n",
		      "0x0", bytes, id);
	unmap(ro, PAGE);
	/* what could break the line is escaped */
	assert_ok(rename(path_of("seen"), path_of("a b\tc\nd\\")));
	assert_ok(try_freeze(fd));
	assert_fdinfo(fd, GEOMETRY "frozen:\t1\nfrozen_for:\teverybody\nwriters:\t0\nmappings:\t0\n"
		      "freeze_pending:\t0\nrevoked:\t0\nname:\t\npublished:\ta\\040b\\011c\\012d\\134\n",
		      "0x0", bytes, id);
	assert_ok(try_withdraw("a b\tc\nd\\"));
	close(fd);

	args.flags = BPFMMAP_F_POPULATE | BPFMMAP_F_NUMA_NODE;
	strcpy(args.name, "fifteen_letters");
	fd = try_create_args(&args);
	id = info(fd).id;
	rw = map(fd, PAGE, PROT_READ | PROT_WRITE, 0);
	ro = map(fd, PAGE, PROT_READ, 0);
	assert_refused(when_idle(fd), EINPROGRESS);
	assert_refused(when_idle_kept(fd), EINPROGRESS);
	snprintf(args.name, sizeof(args.name), "%#x", args.flags);
	assert_fdinfo(fd, GEOMETRY "frozen:\t0\nfrozen_for:\tnobody\nwriters:\t1\nmappings:\t2\n"
		      "freeze_pending:\t2\nrevoked:\t0\nname:\tfifteen_letters\npublished:\t\n",
		      args.name, bytes, id);
	assert_ok(try_revoke(fd));
	assert_fdinfo(fd, GEOMETRY "frozen:\t1\nfrozen_for:\teverybody\nwriters:\t0\nmappings:\t2\n"
		      "freeze_pending:\t0\nrevoked:\t1\nname:\tfifteen_letters\npublished:\t\n",
		      args.name, bytes, id);
	unmap(rw, PAGE);
	unmap(ro, PAGE);
	close(fd);
}

/* True if smaps has that flag of the mapping at an address. */
static bool has_flag(const void *at, const char *flag)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	unsigned long start, end;
	bool found = false, here = false;
	char line[8192], wanted[8];

	assert_non_null(smaps);
	snprintf(wanted, sizeof(wanted), " %s ", flag);
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start == (uintptr_t)at;
		else if (here && !strncmp(line, "VmFlags:", 8))
			found = strstr(line, wanted);
	}
	fclose(smaps);
	return found;
}

/*
 * The kernel knows of a mapping that its pages have no references, that it does not grow, and that
 * core dumps leave it out; and not that it belongs to a device, or that a child does not get it.
 */
static void the_kernel_knows_what_a_mapping_is(void **state)
{
	static const char * const has[] = { "pf", "de", "dd", "sh", "rd" };
	static const char * const has_not[] = { "io", "mm", "dc", "me", "ex" };
	int fd = create_pages(2), prot;
	size_t i;

	(void)state;
	for (prot = PROT_READ; prot <= (PROT_READ | PROT_WRITE); prot += PROT_WRITE) {
		uint8_t *at = map(fd, PAGE, prot, 0);

		for (i = 0; i < ARRAY_SIZE(has); i++)
			assert_true(has_flag(at, has[i]));
		for (i = 0; i < ARRAY_SIZE(has_not); i++)
			assert_false(has_flag(at, has_not[i]));
		assert_int_equal(has_flag(at, "mw"), !!(prot & PROT_WRITE));
		unmap(at, PAGE);
	}
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
		cmocka_unit_test(the_creator_is_as_the_caller_sees_him),
		cmocka_unit_test(fdinfo_has_the_kernels_keys),
		NAMES_TEST(fdinfo_tells_the_state),
		cmocka_unit_test(the_kernel_knows_what_a_mapping_is),
		cmocka_unit_test(the_id_is_in_the_name_of_the_file),
	};

	return RUN_GROUP(tests);
}
