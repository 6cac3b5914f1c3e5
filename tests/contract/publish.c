// SPDX-License-Identifier: GPL-2.0-only
/* Names: what a published region is, who may have it, and when it is gone. */
#include "harness.h"

#include <ctype.h>
#include <dirent.h>
#include <grp.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define BYTES	(3 * PAGE)

static int fd = -1;

static struct bpfmmap_publish publish_args(const char *name)
{
	struct bpfmmap_publish args = { .size = sizeof(args) };

	memcpy(args.name, name, strnlen(name, sizeof(args.name)));
	return args;
}

static int try_publish(int region, const char *name)
{
	struct bpfmmap_publish args = publish_args(name);

	return request(region, BPFMMAP_IOC_PUBLISH, &args);
}

static int try_withdraw(const char *name)
{
	struct bpfmmap_withdraw args = { .size = sizeof(args) };
	int control = open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC), ret;

	if (control < 0)
		return -errno;
	memcpy(args.name, name, strnlen(name, sizeof(args.name)));
	ret = request(control, BPFMMAP_IOC_WITHDRAW, &args);
	close(control);
	return ret;
}

static const char *node(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", BPFMMAP_PUBLISH_DIR, name);
	return path;
}

static int try_open_node(const char *name, int flags)
{
	return result(open(node(name), flags | O_CLOEXEC));
}

static int open_node(const char *name, int flags)
{
	int opened = try_open_node(name, flags);

	assert_true(opened >= 0);
	return opened;
}

static long long attribute(const char *name, const char *attribute)
{
	char path[192];
	long long value;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/bpfmmap/%s/%s", name, attribute);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%lld", &value) != 1)
		value = -1;
	if (file)
		fclose(file);
	return value;
}

static int setup(void **state)
{
	(void)state;
	fd = create_pages(3);
	return 0;
}

/* Also when a test has failed half way. */
static int teardown(void **state)
{
	struct dirent *entry;
	DIR *dir = opendir("/sys/class/bpfmmap");

	(void)state;
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			try_withdraw(entry->d_name);
	if (dir)
		closedir(dir);
	close(fd);
	return 0;
}

static void it_lives_without_an_fd(void **state)
{
	uint32_t id = info(fd).id;
	uint64_t value = 4711;
	int again;

	(void)state;
	assert_ok(try_update(fd, 5, &value, 0));
	assert_ok(try_publish(fd, "table"));
	assert_string_equal(info(fd).published, "table");
	close(fd);
	assert_true(id_exists(id));
	again = open_node("table", O_RDWR);
	assert_int_equal(info(again).id, id);
	value = 0;
	assert_ok(try_lookup(again, 5, &value));
	assert_int_equal(value, 4711);
	close(again);
	assert_ok(try_withdraw("table"));
	assert_false(id_exists(id));
	fd = create_pages(1);
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

static void unknown_flags_and_ids_are_invalid(void **state)
{
	struct bpfmmap_publish args = publish_args("bad");
	unsigned int bit;

	(void)state;
	for (bit = 3; bit < 32; bit++) {
		args.flags = 1U << bit;
		assert_refused(request(fd, BPFMMAP_IOC_PUBLISH, &args), EINVAL);
	}
	args.flags = BPFMMAP_PUBLISH_UID;
	args.uid = -1;
	assert_refused(request(fd, BPFMMAP_IOC_PUBLISH, &args), EINVAL);
	args.flags = BPFMMAP_PUBLISH_GID;
	args.gid = -1;
	assert_refused(request(fd, BPFMMAP_IOC_PUBLISH, &args), EINVAL);
}

static void bad_names_are_invalid(void **state)
{
	static const char * const bad[] = {
		"", ".", "..", ".hidden", "-option", "a/b", "../bpfmmap", "a b", "a!b", "a\n",
		"\xc3\xa4", "\xe4", "a:b", "a\\b",
	};
	static const char * const good[] = { "a", "0", "_", "a.b-c_D.", "x..", "42", "power" };
	struct bpfmmap_publish args;
	size_t i;
	int c;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_refused(try_publish(fd, bad[i]), EINVAL);
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_ok(try_publish(fd, good[i]));
		assert_ok(try_withdraw(good[i]));
	}
	for (c = 1; c < 256; c++) {
		args = publish_args("x?");
		args.name[1] = c;
		if (c < 128 && (isalnum(c) || strchr("_.-", c)))
			continue;
		assert_refused(request(fd, BPFMMAP_IOC_PUBLISH, &args), EINVAL);
	}
}

static void names_have_up_to_63_characters(void **state)
{
	struct bpfmmap_publish args = publish_args("");
	char longest[BPFMMAP_PUBLISH_LEN] = "", too_long[BPFMMAP_PUBLISH_LEN + 1] = "";

	(void)state;
	memset(longest, 'n', BPFMMAP_PUBLISH_LEN - 1);
	memset(too_long, 'n', BPFMMAP_PUBLISH_LEN);
	assert_ok(try_publish(fd, longest));
	assert_string_equal(info(fd).published, longest);
	close(open_node(longest, O_RDONLY));
	assert_ok(try_withdraw(longest));
	memset(args.name, 'n', sizeof(args.name));
	assert_refused(request(fd, BPFMMAP_IOC_PUBLISH, &args), ENAMETOOLONG);
	assert_refused(try_withdraw(too_long), ENAMETOOLONG);
}

static void taken_names_and_published_regions(void **state)
{
	int other = create_pages(1);

	(void)state;
	assert_ok(try_publish(fd, "one"));
	assert_refused(try_publish(other, "one"), EEXIST);
	assert_refused(try_publish(fd, "one"), EEXIST);
	assert_refused(try_publish(fd, "two"), EALREADY);
	assert_ok(try_publish(other, "two"));
	assert_ok(try_withdraw("one"));
	assert_ok(try_publish(fd, "one"));
	close(other);
}

static void withdraw_of_what_is_not_there(void **state)
{
	(void)state;
	assert_refused(try_withdraw("nothing"), ENOENT);
	assert_refused(try_withdraw(""), ENOENT);
	assert_refused(try_withdraw("../bpfmmap"), ENOENT);
	assert_ok(try_publish(fd, "once"));
	assert_ok(try_withdraw("once"));
	assert_refused(try_withdraw("once"), ENOENT);
}

/* Who has it open or mapped keeps it. */
static void withdrawn_while_in_use(void **state)
{
	uint32_t id = info(fd).id;
	uint64_t value = 1;
	uint8_t *at;
	int opened;

	(void)state;
	assert_ok(try_publish(fd, "used"));
	opened = open_node("used", O_RDWR);
	at = map(opened, BYTES, PROT_READ | PROT_WRITE, 0);
	close(fd);
	assert_ok(try_withdraw("used"));
	assert_refused(try_open_node("used", O_RDWR), ENOENT);
	assert_string_equal(info(opened).published, "");
	at[0] = 7;
	assert_ok(try_update(opened, 1, &value, 0));
	close(opened);
	assert_true(id_exists(id));
	assert_int_equal(at[0], 7);
	unmap(at, BYTES);
	assert_false(id_exists(id));
	fd = create_pages(1);
}

/* Somebody who has kept the number of a device that there is no more. */
static void a_node_of_what_was_withdrawn(void **state)
{
	struct stat st;

	(void)state;
	assert_ok(try_publish(fd, "gone"));
	assert_ok(stat(node("gone"), &st));
	assert_ok(mknod("/dev/stale", S_IFCHR | 0600, st.st_rdev));
	close(result(open("/dev/stale", O_RDWR)));
	assert_ok(try_withdraw("gone"));
	assert_refused(result(open("/dev/stale", O_RDWR)), ENXIO);
	unlink("/dev/stale");
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

struct request_of_nobody {
	int control;
	struct bpfmmap_publish publish;
	int expected;
};

static int publish_as_nobody(void *arg)
{
	struct request_of_nobody *wanted = arg;
	struct bpfmmap_withdraw withdraw = { .size = sizeof(withdraw) };
	struct bpfmmap_create create = create_args(8, 1);
	gid_t group = 777;
	struct stat st;
	int region, ret;

	if (setgroups(1, &group))
		return 1;
	if (setgid(65534) || setuid(65534))
		return 2;
	region = request(wanted->control, BPFMMAP_IOC_CREATE, &create);
	if (region < 0)
		return 3;
	ret = request(region, BPFMMAP_IOC_PUBLISH, &wanted->publish);
	if (ret != wanted->expected)
		return 4;
	if (ret)
		return 0;
	if (stat(node(wanted->publish.name), &st) || st.st_uid != 65534)
		return 5;
	/* and it is theirs to withdraw */
	memcpy(withdraw.name, wanted->publish.name, sizeof(withdraw.name));
	return request(wanted->control, BPFMMAP_IOC_WITHDRAW, &withdraw) ? 6 : 0;
}

static void another_owner_needs_cap_chown(void **state)
{
	static const struct { uint32_t flags, uid, gid; int expected; } cases[] = {
		{ 0, 0, 0, 0 },
		{ BPFMMAP_PUBLISH_UID, 65534, 0, 0 },
		{ BPFMMAP_PUBLISH_UID, 0, 0, -EPERM },
		{ BPFMMAP_PUBLISH_UID, 1000, 0, -EPERM },
		{ BPFMMAP_PUBLISH_GID, 0, 65534, 0 },
		{ BPFMMAP_PUBLISH_GID, 0, 777, 0 },
		{ BPFMMAP_PUBLISH_GID, 0, 0, -EPERM },
		{ BPFMMAP_PUBLISH_GID, 0, 778, -EPERM },
	};
	struct request_of_nobody wanted = { .control = open(BPFMMAP_DEVICE, O_RDWR) };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		wanted.publish = publish_args("nobodys");
		wanted.publish.flags = cases[i].flags;
		wanted.publish.uid = cases[i].uid;
		wanted.publish.gid = cases[i].gid;
		wanted.expected = cases[i].expected;
		assert_ok(in_child(publish_as_nobody, &wanted));
	}
	close(wanted.control);
}

static int withdraw_as_nobody(void *arg)
{
	struct bpfmmap_withdraw args = { .size = sizeof(args), .name = "roots" };
	int *control = arg;

	become_nobody();
	return request(*control, BPFMMAP_IOC_WITHDRAW, &args) == -EPERM ? 0 : 1;
}

static void withdraw_is_for_the_owner(void **state)
{
	int control = open(BPFMMAP_DEVICE, O_RDWR);

	(void)state;
	assert_ok(try_publish(fd, "roots"));
	assert_ok(in_child(withdraw_as_nobody, &control));
	close(open_node("roots", O_RDONLY));
	close(control);
}

static int give_away_and_withdraw(void *arg)
{
	struct bpfmmap_withdraw args = { .size = sizeof(args), .name = "given" };
	int *control = arg;

	become_nobody();
	return request(*control, BPFMMAP_IOC_WITHDRAW, &args) ? 1 : 0;
}

static void whom_it_was_given_to_may_withdraw(void **state)
{
	struct bpfmmap_publish args = publish_args("given");
	int control = open(BPFMMAP_DEVICE, O_RDWR);

	(void)state;
	args.flags = BPFMMAP_PUBLISH_UID;
	args.uid = 65534;
	assert_ok(request(fd, BPFMMAP_IOC_PUBLISH, &args));
	assert_ok(in_child(give_away_and_withdraw, &control));
	assert_refused(try_open_node("given", O_RDONLY), ENOENT);
	close(control);
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

static void a_limit_is_kept(void **state)
{
	int other = create_pages(1);

	(void)state;
	set_parameter("max_published", "1");
	assert_ok(try_publish(fd, "first"));
	assert_refused(try_publish(other, "second"), ENOSPC);
	assert_refused(try_open_node("second", O_RDONLY), ENOENT);
	assert_ok(try_withdraw("first"));
	assert_ok(try_publish(other, "second"));
	set_parameter("max_published", "0");
	assert_ok(try_publish(fd, "first"));
	set_parameter("max_published", "256");
	close(other);
}

static void the_module_stays(void **state)
{
	(void)state;
	assert_ok(try_publish(fd, "kept"));
	close(fd);
	assert_refused(try_unload(), EWOULDBLOCK);
	assert_ok(try_withdraw("kept"));
	assert_ok(try_unload());
	assert_ok(try_load(""));
	fd = create_pages(1);
}

#define RACERS	4
#define ROUNDS	100

struct racer {
	pthread_t thread;
	unsigned int published, withdrawn, opened;
	bool wrong;
};

/* Each takes and gives up the one name as often as it can, and opens it. */
static void *race(void *arg)
{
	struct racer *racer = arg;
	int region = create_pages(1), i, ret;

	for (i = 0; i < ROUNDS; i++) {
		ret = try_publish(region, "raced");
		racer->published += !ret;
		racer->wrong |= ret && ret != -EEXIST && ret != -EALREADY;

		ret = try_open_node("raced", O_RDWR);
		racer->opened += ret >= 0;
		racer->wrong |= ret < 0 && ret != -ENOENT && ret != -ENXIO;
		if (ret >= 0)
			close(ret);

		ret = try_withdraw("raced");
		racer->withdrawn += !ret;
		racer->wrong |= ret && ret != -ENOENT;
	}
	close(region);
	return NULL;
}

static void publish_withdraw_and_open_race(void **state)
{
	struct racer racers[RACERS] = { };
	unsigned int published = 0, withdrawn = 0;
	int i;

	(void)state;
	for (i = 0; i < RACERS; i++)
		pthread_create(&racers[i].thread, NULL, race, &racers[i]);
	for (i = 0; i < RACERS; i++) {
		pthread_join(racers[i].thread, NULL);
		assert_false(racers[i].wrong);
		published += racers[i].published;
		withdrawn += racers[i].withdrawn;
	}
	assert_true(published >= ROUNDS);
	if (!try_withdraw("raced"))
		withdrawn++;
	assert_int_equal(published, withdrawn);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_lives_without_an_fd),
		TEST(its_device_is_the_publishers_own),
		TEST(owner_and_mode_are_as_asked_for),
		TEST(fields_without_their_flag_do_not_count),
		TEST(modes_go_up_to_0666),
		TEST(unknown_flags_and_ids_are_invalid),
		TEST(bad_names_are_invalid),
		TEST(names_have_up_to_63_characters),
		TEST(taken_names_and_published_regions),
		TEST(withdraw_of_what_is_not_there),
		TEST(withdrawn_while_in_use),
		TEST(a_node_of_what_was_withdrawn),
		TEST(opened_read_only),
		TEST(opened_write_only),
		TEST(readers_need_no_privileges),
		TEST(acls_let_readers_in),
		TEST(another_owner_needs_cap_chown),
		TEST(withdraw_is_for_the_owner),
		TEST(whom_it_was_given_to_may_withdraw),
		TEST(its_state_is_in_sysfs),
		TEST(maps_has_the_path),
		TEST(a_limit_is_kept),
		TEST(the_module_stays),
		TEST(publish_withdraw_and_open_race),
	};

	return RUN_GROUP(tests);
}
