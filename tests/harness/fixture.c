// SPDX-License-Identifier: GPL-2.0-only
/* See fixture.h. */
#include "fixture.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/xattr.h>

int withdraw_names(void **state)
{
	(void)state;
	withdraw_all();
	return 0;
}

uint64_t number_in_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

unsigned int random_below(uint64_t *seed, unsigned int most)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*seed >> 33) % most;
}

uint8_t *anonymous(size_t len)
{
	uint8_t *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(at, MAP_FAILED);
	return at;
}

long long available_memory(void)
{
	return proc_number("/proc/meminfo", "MemAvailable") * 1024;
}

long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

bool file_has(const char *path, const char *text)
{
	FILE *file = fopen(path, "r");
	bool found = false;
	char line[8192];

	while (file && fgets(line, sizeof(line), file))
		found |= !!strstr(line, text);
	if (file)
		fclose(file);
	return found;
}

static const char *path_in_proc(const char *folder, int fd)
{
	static char paths[4][64];
	static unsigned int next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];

	snprintf(path, sizeof(paths[0]), "/proc/self/%s/%d", folder, fd);
	return path;
}

const char *path_of_fd(int fd)
{
	return path_in_proc("fd", fd);
}

const char *path_of_fdinfo(int fd)
{
	return path_in_proc("fdinfo", fd);
}

size_t stride(size_t value_size)
{
	return (value_size + 7) / 8 * 8;
}

uint64_t features(void)
{
	struct bpfmmap_version version = { .size = sizeof(version) };

	assert_ok(control_request(BPFMMAP_IOC_VERSION, &version));
	return version.features;
}

int try_next_id(uint32_t start, uint32_t *next)
{
	struct bpfmmap_next_id args = { .size = sizeof(args), .start_id = start };
	int ret = control_request(BPFMMAP_IOC_NEXT_ID, &args);

	*next = args.next_id;
	return ret;
}

int try_restrict(int fd, uint32_t flags)
{
	struct bpfmmap_restrict args = { .size = sizeof(args), .flags = flags };

	return request(fd, BPFMMAP_IOC_RESTRICT, &args);
}

int restrict_fd(int fd, uint32_t flags)
{
	int weaker = try_restrict(fd, flags);

	assert_true(weaker >= 0);
	return weaker;
}

int try_revoke(int fd)
{
	return try_freeze_with(fd, BPFMMAP_FREEZE_REVOKE);
}

int when_idle(int fd)
{
	return try_freeze_with(fd, BPFMMAP_FREEZE_WHEN_IDLE);
}

int cancel(int fd)
{
	return try_freeze_with(fd, BPFMMAP_FREEZE_CANCEL);
}

int when_idle_kept(int fd)
{
	return try_freeze_with(fd, BPFMMAP_FREEZE_WHEN_IDLE | BPFMMAP_FREEZE_KEEP);
}

int cancel_kept(int fd)
{
	return try_freeze_with(fd, BPFMMAP_FREEZE_CANCEL | BPFMMAP_FREEZE_KEEP);
}

struct as_user {
	unsigned int uid;
	int (*fn)(void *arg);
	void *arg;
};

static int run_as_user(void *arg)
{
	const struct as_user *wanted = arg;

	if (setgroups(0, NULL) || setresgid(wanted->uid, wanted->uid, wanted->uid) ||
	    setresuid(wanted->uid, wanted->uid, wanted->uid))
		return 127;
	/* otherwise its files in /proc belong to root */
	prctl(PR_SET_DUMPABLE, 1);
	return wanted->fn(wanted->arg);
}

int as_user(unsigned int uid, int (*fn)(void *arg), void *arg)
{
	struct as_user wanted = { uid, fn, arg };

	return in_child(run_as_user, &wanted);
}

static int set_list(const char *path, const char *attribute, unsigned int uid, unsigned int perm)
{
	const struct { uint16_t tag, perm; uint32_t id; } entries[] = {
		{ 0x01, 7, -1 }, { 0x02, perm, uid }, { 0x04, 0, -1 },
		{ 0x10, perm, -1 }, { 0x20, 0, -1 },
	};
	const uint32_t version = 2;
	uint8_t list[sizeof(version) + sizeof(entries)];

	memcpy(list, &version, sizeof(version));
	memcpy(list + sizeof(version), entries, sizeof(entries));
	return result(setxattr(path, attribute, list, sizeof(list), 0));
}

int let_user_in(const char *path, unsigned int uid, unsigned int perm)
{
	return set_list(path, "system.posix_acl_access", uid, perm);
}

int let_user_in_by_default(const char *path, unsigned int uid, unsigned int perm)
{
	return set_list(path, "system.posix_acl_default", uid, perm);
}
