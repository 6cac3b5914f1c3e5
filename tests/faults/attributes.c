// SPDX-License-Identifier: GPL-2.0-only
/* Attributes of a file: what a call could not set is as it was. */
#include "faults.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#define LARGE	(30 * KIB)
#define LIST	"system.posix_acl_access"

static int region;
static const char *path;
static const char *attribute = "user.color";
static size_t size;	/* of its value */
static uint8_t value[LARGE], seen[LARGE];

static void make_named_region(void)
{
	region = create_filled(1);
	assert_ok(try_publish_mode(region, "name", 0640));
	path = path_of("name");
}

static void withdraw_and_close(void)
{
	assert_ok(try_withdraw("name"));
	close(region);
}

static mode_t mode_now(void)
{
	struct stat st;

	assert_ok(fstat(region, &st));
	return st.st_mode & 07777;
}

static long set_it(void)
{
	memset(value, 2, size);
	return result(setxattr(path, attribute, value, size, 0));
}

static void is_set(long ret)
{
	assert_int_equal(ret, 0);
	assert_int_equal(getxattr(path, attribute, seen, sizeof(seen)), size);
	assert_true(all(seen, size, 2));
}

static void is_not_set(void)
{
	assert_int_equal(getxattr(path, attribute, NULL, 0), -1);
	assert_int_equal(errno, ENODATA);
}

static void set_with(size_t bytes)
{
	size = bytes;
	FAIL_EACH(.before = make_named_region, .make = set_it, .after = is_set,
		  .failed = is_not_set, .end = withdraw_and_close, .region = &region,
		  .errors = USUAL_ERRORS);
}

static void setxattr_of_a_file(void **state)
{
	(void)state;
	set_with(10);
	set_with(LARGE);
}

static void make_with_attribute(void)
{
	make_named_region();
	assert_ok(setxattr(path, attribute, "old", 3, 0));
}

static void is_the_old_one(void)
{
	assert_int_equal(getxattr(path, attribute, seen, sizeof(seen)), 3);
	assert_memory_equal(seen, "old", 3);
}

static void setxattr_over_another(void **state)
{
	(void)state;
	size = 10;
	FAIL_EACH(.before = make_with_attribute, .make = set_it, .after = is_set,
		  .failed = is_the_old_one, .end = withdraw_and_close, .region = &region,
		  .errors = USUAL_ERRORS);
}

static long remove_it(void)
{
	return result(removexattr(path, attribute));
}

static void is_removed(long ret)
{
	assert_int_equal(ret, 0);
	is_not_set();
}

static void removexattr_of_a_file(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_with_attribute, .make = remove_it, .after = is_removed,
		  .failed = is_the_old_one, .end = withdraw_and_close, .region = &region,
		  .errors = USUAL_ERRORS);
}

static long get_it(void)
{
	return result(getxattr(path, attribute, seen, sizeof(seen)));
}

static void is_got(long len)
{
	assert_int_equal(len, 3);
}

static void getxattr_of_a_file(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_with_attribute, .make = get_it, .after = is_got,
		  .end = withdraw_and_close, .region = &region, .errors = USUAL_ERRORS);
}

static long list_them(void)
{
	char names[256];

	return result(listxattr(path, names, sizeof(names)));
}

static void something_is_listed(long len)
{
	assert_int_equal(len, strlen(attribute) + 1);
}

static void listxattr_of_a_file(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_with_attribute, .make = list_them, .after = something_is_listed,
		  .end = withdraw_and_close, .region = &region, .errors = USUAL_ERRORS);
}

/*
 * Access control lists, owner and mode
 */

static long let_in(void)
{
	return let_user_in(path, 1234, 6);
}

static void is_let_in(long ret)
{
	assert_int_equal(ret, 0);
	assert_true(getxattr(path, LIST, NULL, 0) > 0);
	assert_int_equal(mode_now(), 0760);
}

static void is_not_let_in(void)
{
	assert_int_equal(getxattr(path, LIST, NULL, 0), -1);
	assert_int_equal(errno, ENODATA);
}

static void an_access_control_list(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_named_region, .make = let_in, .after = is_let_in,
		  .failed = is_not_let_in, .end = withdraw_and_close, .region = &region,
		  .errors = USUAL_ERRORS);
}

static void make_with_list(void)
{
	make_named_region();
	assert_ok(let_in());
}

static long get_list(void)
{
	return result(getxattr(path, LIST, seen, sizeof(seen)));
}

static void list_is_got(long len)
{
	assert_true(len > 0);
}

static void getxattr_of_a_list(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_with_list, .make = get_list, .after = list_is_got,
		  .end = withdraw_and_close, .region = &region, .errors = USUAL_ERRORS);
}

static long change_mode(void)
{
	return result(chmod(path, 0604));
}

static void has_the_mode(long ret)
{
	assert_int_equal(ret, 0);
	assert_int_equal(mode_now(), 0604);
}

static void chmod_of_a_file(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_named_region, .make = change_mode, .after = has_the_mode,
		  .end = withdraw_and_close, .region = &region, .errors = USUAL_ERRORS);
}

/* The list has to be changed as well. */
static void chmod_of_a_file_with_a_list(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_with_list, .make = change_mode, .after = has_the_mode,
		  .end = withdraw_and_close, .region = &region, .errors = USUAL_ERRORS);
}

static long change_owner(void)
{
	return result(chown(path, 1234, 1234));
}

static void has_the_owner(long ret)
{
	struct stat st;

	assert_int_equal(ret, 0);
	assert_ok(fstat(region, &st));
	assert_int_equal(st.st_uid, 1234);
}

static void chown_of_a_file(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_named_region, .make = change_owner, .after = has_the_owner,
		  .end = withdraw_and_close, .region = &region, .errors = USUAL_ERRORS);
}

static long ask_statx(void)
{
	struct statx st;
	long ret = result(statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &st));

	return ret ?: (long)st.stx_size;
}

static void is_a_page(long bytes)
{
	assert_int_equal(bytes, PAGE);
}

static void statx_of_a_file(void **state)
{
	(void)state;
	FAIL_EACH(.before = make_named_region, .make = ask_statx, .after = is_a_page,
		  .end = withdraw_and_close, .region = &region, .errors = USUAL_ERRORS);
}

/*
 * What tells of regions
 */

static const char *told_by;

static long read_file(void)
{
	char text[4096];
	int fd = open(told_by, O_RDONLY | O_CLOEXEC);
	long len;

	if (fd < 0)
		return -errno;
	len = result(read(fd, text, sizeof(text)));
	close(fd);
	return len;
}

static void something_is_told(long len)
{
	assert_true(len > 0);
}

static void told_with(const char *file)
{
	told_by = file;
	FAIL_EACH(.make = read_file, .after = something_is_told, .region = &region,
		  .errors = USUAL_ERRORS);
}

static void files_that_tell(void **state)
{
	uint8_t *at;

	(void)state;
	make_named_region();
	at = map(region, PAGE, PROT_READ, 0);
	told_with(path_of_fdinfo(region));
	told_with("/proc/self/maps");
	told_with("/proc/self/mountinfo");
	told_with("/sys/module/bpfmmap/parameters/max_total_bytes");
	told_with("/sys/module/bpfmmap/version");
	unmap(at, PAGE);
	withdraw_and_close();
}

static long limit(void)
{
	int fd = open("/sys/module/bpfmmap/parameters/max_regions", O_WRONLY | O_CLOEXEC);
	long ret;

	if (fd < 0)
		return -errno;
	ret = result(write(fd, "7", 1));
	close(fd);
	return ret;
}

static void a_parameter_is_written(void **state)
{
	(void)state;
	FAIL_EACH(.make = limit, .errors = USUAL_ERRORS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULTS_TEST(setxattr_of_a_file),
		FAULTS_TEST(setxattr_over_another),
		FAULTS_TEST(removexattr_of_a_file),
		FAULTS_TEST(getxattr_of_a_file),
		FAULTS_TEST(listxattr_of_a_file),
		FAULTS_TEST(an_access_control_list),
		FAULTS_TEST(getxattr_of_a_list),
		FAULTS_TEST(chmod_of_a_file),
		FAULTS_TEST(chmod_of_a_file_with_a_list),
		FAULTS_TEST(chown_of_a_file),
		FAULTS_TEST(statx_of_a_file),
		FAULTS_TEST(files_that_tell),
		FAULTS_TEST(a_parameter_is_written),
	};

	return RUN_FAULTS_GROUP(tests);
}
