// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts with context=, which gives all files one label. The file system has one instance, and the
 * first mount of it, which may be the one of an open /dev/bpfmmap, decides about labels.
 */
#include "selinux.h"

#include <sys/mount.h>
#include <sys/stat.h>

#define REGION_CONTEXT	"context=" CONTEXT("region_t")
#define SECRET_CONTEXT	"context=" CONTEXT("secret_t")

static int setup(void **state)
{
	(void)state;
	use_policy("none");
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	withdraw_all();
	return 0;
}

/* The file system is used as always. */
static void assert_works(const char *type)
{
	int fd = create_pages(1);
	uint64_t value = 1;

	assert_true(fd_has_label(fd, type));
	assert_ok(try_publish(fd, "works"));
	assert_true(has_label("works", type));
	assert_true(has_label(".", type));
	assert_ok(try_update(fd, 0, &value, 0));
	assert_ok(try_freeze(fd));
	close(fd);
	close(open_name("works", O_RDONLY));
	assert_ok(try_withdraw("works"));
}

static void a_mount_with_context_labels_all_files(void **state)
{
	(void)state;
	assert_ok(try_mount(REGION_CONTEXT));
	assert_works("region_t");
	only_named("one");
	assert_ok(try_open_in_domain("all_t", "one", O_RDWR));
	assert_refused(try_set_label("one", "secret_t"), EOPNOTSUPP);
	assert_true(file_has("/proc/self/mounts", "bpfmmap " BPFMMAP_PUBLISH_DIR " bpfmmap"));
	assert_true(file_has("/proc/self/mounts", REGION_CONTEXT));
}

static void later_mounts_have_the_context_of_the_first(void **state)
{
	(void)state;
	assert_ok(try_mount(REGION_CONTEXT));
	only_named("one");
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	/* the name holds the instance */
	assert_ok(try_mount(""));
	assert_true(has_label("one", "region_t"));
	assert_works("region_t");
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_ok(try_mount(REGION_CONTEXT));
	assert_works("region_t");
	/* with the last name it is gone */
	assert_ok(try_withdraw("one"));
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_ok(try_mount(""));
	assert_works("unlabeled_t");
}

static void another_context_is_refused(void **state)
{
	(void)state;
	assert_ok(try_mount(REGION_CONTEXT));
	only_named("one");
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_refused(try_mount(SECRET_CONTEXT), EINVAL);
	assert_ok(try_mount(""));
	assert_true(has_label("one", "region_t"));
	assert_works("region_t");
}

static void a_context_after_the_first_mount_is_refused(void **state)
{
	(void)state;
	assert_ok(try_mount(""));
	only_named("one");
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	assert_refused(try_mount(REGION_CONTEXT), EINVAL);
	assert_ok(try_mount(""));
	assert_true(has_label("one", "unlabeled_t"));
	assert_works("unlabeled_t");
}

static void an_open_device_is_a_mount(void **state)
{
	int device = open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC);

	(void)state;
	assert_true(device >= 0);
	assert_refused(try_mount(REGION_CONTEXT), EINVAL);
	close(device);
	assert_ok(try_mount(REGION_CONTEXT));
	assert_works("region_t");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_mount_with_context_labels_all_files),
		TEST(later_mounts_have_the_context_of_the_first),
		TEST(another_context_is_refused),
		TEST(a_context_after_the_first_mount_is_refused),
		TEST(an_open_device_is_a_mount),
	};

	return RUN_GROUP(tests);
}
