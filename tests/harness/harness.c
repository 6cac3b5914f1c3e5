// SPDX-License-Identifier: GPL-2.0-only
/* See harness.h. */
#include "harness.h"

#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

/* TEST= in the environment is a pattern for the names of tests that run. */
__attribute__((constructor))
static void pick_tests(void)
{
	const char *pattern = getenv("TEST");

	if (pattern)
		cmocka_set_test_filter(pattern);
}

long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

static int load_file(const char *name, const char *parameters)
{
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), "/module/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = result(syscall(SYS_finit_module, fd, parameters, 0));
	close(fd);
	return ret;
}

int try_load_only(const char *parameters)
{
	return load_file("bpfmmap", parameters);
}

int try_mount(const char *options)
{
	return result(mount("bpfmmap", BPFMMAP_PUBLISH_DIR, "bpfmmap", 0, options));
}

int try_load(const char *parameters)
{
	return try_load_only(parameters) ?: try_mount("");
}

int try_load_other_with(const char *name, const char *parameters)
{
	char path[64];
	int ret;

	/* built in, or loaded already */
	snprintf(path, sizeof(path), "/sys/module/%s", name);
	if (!access(path, F_OK))
		return 0;
	ret = load_file(name, parameters);
	return ret == -EEXIST ? 0 : ret;
}

int try_load_other(const char *name)
{
	return try_load_other_with(name, "");
}

int try_unload_other(const char *name)
{
	return result(syscall(SYS_delete_module, name, O_NONBLOCK));
}

int try_unload_functions(void)
{
	int tries, ret = -EWOULDBLOCK;

	for (tries = 0; tries < 500 && ret == -EWOULDBLOCK; tries++) {
		ret = try_unload_other("bpfmmap_bpf");
		if (ret)
			usleep(20000);
	}
	return ret;
}

int try_unload_only(void)
{
	return try_unload_other("bpfmmap");
}

int try_unload(void)
{
	bool mounted = !umount(BPFMMAP_PUBLISH_DIR);
	int ret = try_unload_only();

	if (ret && mounted && try_mount(""))
		return -EIO;
	return ret;
}

int load_module(void **state)
{
	(void)state;
	return try_load("");
}

int unload_module(void **state)
{
	(void)state;
	return try_unload();
}

int try_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	long ret;

	if (fd < 0)
		return -errno;
	ret = result(write(fd, text, strlen(text)));
	close(fd);
	if (ret < 0)
		return ret;
	return ret == (long)strlen(text) ? 0 : -EIO;
}

void write_file(const char *path, const char *text)
{
	assert_ok(try_write_file(path, text));
}

int switch_bpf_jit_on(void)
{
	return try_write_file("/proc/sys/net/core/bpf_jit_enable", "1");
}

int give_back_what_is_free(void **state)
{
	static const char * const names[] = {
		"/proc/sys/vm/percpu_pagelist_high_fraction",	/* from 5.14 on */
		"/proc/sys/vm/percpu_pagelist_fraction",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!access(names[i], W_OK))
			write_file(names[i], "100000");
	return load_module(state);
}

void set_parameter(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/bpfmmap/parameters/%s", name);
	write_file(path, value);
}

int request(int fd, unsigned long cmd, void *args)
{
	return result(ioctl(fd, cmd, args));
}

int control_request(unsigned long cmd, void *args)
{
	int fd, ret;

	fd = open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = request(fd, cmd, args);
	close(fd);
	return ret;
}

struct bpfmmap_create create_args(uint32_t value_size, uint32_t max_entries)
{
	return (struct bpfmmap_create){
		.size = sizeof(struct bpfmmap_create),
		.value_size = value_size,
		.max_entries = max_entries,
	};
}

int try_create_args(struct bpfmmap_create *args)
{
	return control_request(BPFMMAP_IOC_CREATE, args);
}

int try_create(uint32_t value_size, uint32_t max_entries)
{
	struct bpfmmap_create args = create_args(value_size, max_entries);

	return try_create_args(&args);
}

int create(uint32_t value_size, uint32_t max_entries)
{
	int fd = try_create(value_size, max_entries);

	assert_true(fd >= 0);
	return fd;
}

int create_pages(size_t pages)
{
	return create(8, pages * PAGE / 8);
}

int try_open_id(uint32_t id, uint32_t flags)
{
	struct bpfmmap_open args = { .size = sizeof(args), .id = id, .flags = flags };

	return control_request(BPFMMAP_IOC_OPEN, &args);
}

int open_id(uint32_t id, uint32_t flags)
{
	int fd = try_open_id(id, flags);

	assert_true(fd >= 0);
	return fd;
}

int try_freeze_with(int fd, uint32_t flags)
{
	struct bpfmmap_freeze args = { .size = sizeof(args), .flags = flags };

	return request(fd, BPFMMAP_IOC_FREEZE, &args);
}

int try_freeze(int fd)
{
	return try_freeze_with(fd, 0);
}

struct bpfmmap_info info(int fd)
{
	struct bpfmmap_info args = { .size = sizeof(args) };

	assert_ok(request(fd, BPFMMAP_IOC_INFO, &args));
	return args;
}

bool id_exists(uint32_t id)
{
	int fd = try_open_id(id, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int element(int fd, unsigned long cmd, uint32_t index, const void *value, uint64_t flags)
{
	struct bpfmmap_element args = {
		.size = sizeof(args),
		.index = index,
		.value = (uintptr_t)value,
		.flags = flags,
	};

	return request(fd, cmd, &args);
}

int try_lookup(int fd, uint32_t index, void *value)
{
	return element(fd, BPFMMAP_IOC_LOOKUP, index, value, 0);
}

int try_update(int fd, uint32_t index, const void *value, uint64_t flags)
{
	return element(fd, BPFMMAP_IOC_UPDATE, index, value, flags);
}

int try_batch(int fd, unsigned long cmd, uint32_t index, uint32_t *count, void *values)
{
	struct bpfmmap_batch args = {
		.size = sizeof(args),
		.index = index,
		.count = *count,
		.values = (uintptr_t)values,
	};
	int ret = request(fd, cmd, &args);

	*count = args.count;
	return ret;
}

int try_map(int fd, size_t len, int prot, int flags, off_t offset)
{
	void *at = mmap(NULL, len, prot, flags, fd, offset);

	if (at == MAP_FAILED)
		return -errno;
	munmap(at, len);
	return 0;
}

void *map(int fd, size_t len, int prot, off_t offset)
{
	void *at = mmap(NULL, len, prot, MAP_SHARED, fd, offset);

	assert_ptr_not_equal(at, MAP_FAILED);
	return at;
}

int try_protect(void *at, size_t len, int prot)
{
	return result(mprotect(at, len, prot));
}

void unmap(void *at, size_t len)
{
	assert_ok(munmap(at, len));
}

bool all(const void *at, size_t len, uint8_t byte)
{
	const uint8_t *p = at;

	return !len || (p[0] == byte && !memcmp(p, p + 1, len - 1));
}

uint8_t *page_before_a_hole(void)
{
	uint8_t *two = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(two, MAP_FAILED);
	assert_ok(mprotect(two + PAGE, PAGE, PROT_NONE));
	return two;
}

void free_page_before_a_hole(uint8_t *page)
{
	unmap(page, 2 * PAGE);
}

int in_child(int (*fn)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(fn(arg));
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int read_byte(void *at)
{
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	(void)*(volatile uint8_t *)at;
	return 0;
}

static int write_byte(void *at)
{
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	*(volatile uint8_t *)at = 1;
	return 0;
}

static int signal_of(int status)
{
	return status > 128 ? status - 128 : status;
}

int try_read_byte(const volatile void *at)
{
	return signal_of(in_child(read_byte, (void *)at));
}

int try_write_byte(volatile void *at)
{
	return signal_of(in_child(write_byte, (void *)at));
}

long long proc_number(const char *path, const char *key)
{
	char line[256];
	size_t len = strlen(key);
	long long number = -1;
	FILE *file = fopen(path, "r");

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, key, len) && line[len] == ':')
			number = strtoll(line + len + 1, NULL, 0);
	fclose(file);
	return number;
}

void become_nobody(void)
{
	if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) ||
	    setresuid(65534, 65534, 65534))
		_exit(127);
}

void go_on_as(uid_t uid)
{
	assert_ok(seteuid(uid));
}

void stay_on_cpu(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_ok(sched_setaffinity(0, sizeof(one), &one));
}
