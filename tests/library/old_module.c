// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library with a module of version 1
 *
 * The ioctl() of this program is called instead of that of the C library, and makes the module
 * look like version 1: the struct of info is shorter, freeze has no flags, and later requests are
 * unknown.
 */
#include "library.h"

#include <sys/syscall.h>

static bool pretend;

static int real_ioctl(int fd, unsigned long cmd, void *args)
{
	return syscall(SYS_ioctl, fd, cmd, args);
}

static int refuse(int err)
{
	errno = err;
	return -1;
}

static int old_info(int fd, struct bpfmmap_info *info)
{
	const __u32 size = info->size;
	int ret;

	if (size > BPFMMAP_INFO_SIZE_V1 &&
	    !all((char *)info + BPFMMAP_INFO_SIZE_V1, size - BPFMMAP_INFO_SIZE_V1, 0))
		return refuse(E2BIG);
	info->size = BPFMMAP_INFO_SIZE_V1;
	ret = real_ioctl(fd, BPFMMAP_IOC_INFO, info);
	info->size = size;
	return ret;
}

int ioctl(int fd, unsigned long cmd, ...)
{
	struct bpfmmap_freeze *freeze;
	va_list list;
	void *args;

	va_start(list, cmd);
	args = va_arg(list, void *);
	va_end(list);
	if (!pretend)
		return real_ioctl(fd, cmd, args);

	switch (cmd) {
	case BPFMMAP_IOC_INFO:
		return old_info(fd, args);
	case BPFMMAP_IOC_FREEZE:
		freeze = args;
		return freeze->flags ? refuse(EINVAL) : real_ioctl(fd, cmd, args);
	case BPFMMAP_IOC_PUBLISH:
	case BPFMMAP_IOC_RESTRICT:
	case BPFMMAP_IOC_MAPPINGS:
		return refuse(ENOTTY);
	default:
		return real_ioctl(fd, cmd, args);
	}
}

static struct bpfmmap_region *region;

static int setup(void **state)
{
	(void)state;
	pretend = true;
	region = make_region(2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	bpfmmap_region__close(region);
	pretend = false;
	return 0;
}

static void what_it_does_not_know_is_zero(void **state)
{
	struct bpfmmap_info info;

	(void)state;
	memset(&info, 0xff, sizeof(info));
	info.size = sizeof(info);
	assert_ok(bpfmmap_region__info(region, &info));
	assert_string_equal(info.name, "made");
	assert_int_equal(info.freeze_pending, 0);
	assert_int_equal(info.fd_flags, 0);
	assert_string_equal(info.published, "");
}

static void the_old_requests_work(void **state)
{
	struct bpfmmap_map map = map_region(region, true);
	struct bpfmmap_region *other;
	__u64 value = 1;

	(void)state;
	assert_ok(bpfmmap_region__update(region, 0, &value, 0));
	assert_ok(bpfmmap_region__lookup(region, 0, &value));
	assert_failed(bpfmmap_region__freeze(region), EBUSY);
	unmap_region(&map);
	assert_ok(bpfmmap_region__freeze(region));
	other = bpfmmap_region__open_id(bpfmmap_region__id(region), NULL);
	assert_non_null(other);
	bpfmmap_region__close(other);
	other = bpfmmap_region__from_fd(dup(bpfmmap_region__fd(region)));
	assert_non_null(other);
	bpfmmap_region__close(other);
}

/* None of these waits, because no event would ever come. */
static void the_new_requests_say_that_they_are_not_there(void **state)
{
	__u32 count = 0;

	(void)state;
	assert_none(bpfmmap_region__restrict(region, BPFMMAP_F_RDONLY), ENOTTY);
	assert_failed(bpfmmap_region__mappings(region, NULL, &count), ENOTTY);
	assert_failed(bpfmmap_region__publish(region, "name", NULL), ENOTTY);
	assert_failed(bpfmmap_withdraw("name"), ENOENT);
	assert_failed(bpfmmap_region__freeze_revoke(region), EINVAL);
	assert_failed(bpfmmap_region__freeze_when_idle(region, NULL), EINVAL);
	assert_failed(bpfmmap_region__freeze_cancel(region), EINVAL);
	assert_failed(bpfmmap_region__freeze_wait(region, -1), ENOTTY);
	assert_failed(bpfmmap_region__wait_frozen(region, -1), ENOTTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_it_does_not_know_is_zero, setup, teardown),
		cmocka_unit_test_setup_teardown(the_old_requests_work, setup, teardown),
		cmocka_unit_test_setup_teardown(the_new_requests_say_that_they_are_not_there,
						setup, teardown),
	};

	return RUN_GROUP(tests);
}
