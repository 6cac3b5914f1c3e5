// SPDX-License-Identifier: GPL-2.0-only
/* See selinux.h. */
#include "selinux.h"

#include <sys/mount.h>
#include <sys/xattr.h>

#define SELINUXFS	"/sys/fs/selinux"
#define POLICIES	"/extra/selinux.policies"

static void assert_enforcing(void)
{
	if (access(SELINUXFS "/load", F_OK))
		assert_ok(mount("selinuxfs", SELINUXFS, "selinuxfs", 0, ""));
	assert_true(file_has(SELINUXFS "/enforce", "1"));
}

/* The kernel takes a policy by one write. */
void load_policy(const char *name)
{
	char path[256], policy[64 * KIB];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), POLICIES "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	len = read(fd, policy, sizeof(policy));
	assert_in_range(len, 1, sizeof(policy) - 1);
	close(fd);
	fd = open(SELINUXFS "/load", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, policy, len), len);
	close(fd);
}

void use_policy(const char *name)
{
	assert_enforcing();
	withdraw_all();
	assert_ok(umount(BPFMMAP_PUBLISH_DIR));
	load_policy(name);
	assert_ok(try_mount(""));
}

void only_named(const char *name)
{
	int fd = create_pages(1);

	assert_ok(try_publish(fd, name));
	close(fd);
}

void named_with_label(const char *name, const char *type)
{
	only_named(name);
	assert_ok(try_set_label(name, type));
}

static bool is_context(const char *label, ssize_t len, const char *type)
{
	char wanted[256];

	snprintf(wanted, sizeof(wanted), CONTEXT("%s"), type);
	if (len == (ssize_t)strlen(wanted) + 1 && !memcmp(label, wanted, len))
		return true;
	printf("# the label is %.*s\n", (int)(len < 0 ? 0 : len), label);
	return false;
}

bool has_label(const char *name, const char *type)
{
	char label[256];

	return is_context(label, getxattr(path_of(name), LABEL, label, sizeof(label)), type);
}

bool fd_has_label(int fd, const char *type)
{
	char label[256];

	return is_context(label, fgetxattr(fd, LABEL, label, sizeof(label)), type);
}

static int try_label_path(const char *path, const char *type)
{
	char label[256];

	snprintf(label, sizeof(label), CONTEXT("%s"), type);
	return result(setxattr(path, LABEL, label, strlen(label) + 1, 0));
}

int try_set_label(const char *name, const char *type)
{
	return try_label_path(path_of(name), type);
}

int try_label_device(const char *type)
{
	return try_label_path(BPFMMAP_DEVICE, type);
}

struct call {
	const char *domain;
	int (*fn)(void *arg);
	void *arg;
	int *ret;	/* memory that parent and child share */
};

static int call_in_domain(void *arg)
{
	const struct call *call = arg;
	char context[256];

	snprintf(context, sizeof(context), "system_u:system_r:%s", call->domain);
	if (try_write_file("/proc/self/attr/current", context))
		return 1;
	*call->ret = call->fn(call->arg);
	return 0;
}

int try_in_domain(const char *domain, int (*fn)(void *arg), void *arg)
{
	int *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct call call = { .domain = domain, .fn = fn, .arg = arg, .ret = shared };
	int ret;

	assert_true(shared != MAP_FAILED);
	assert_ok(in_child(call_in_domain, &call));
	ret = *shared;
	munmap(shared, PAGE);
	return ret;
}

struct opening {
	const char *name;
	int flags;
};

static int open_and_close(void *arg)
{
	const struct opening *opening = arg;
	int fd = try_open_name(opening->name, opening->flags);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int try_open_in_domain(const char *domain, const char *name, int flags)
{
	struct opening opening = { .name = name, .flags = flags };

	return try_in_domain(domain, open_and_close, &opening);
}
