// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fail allocations of a program that this is preloaded into
 *
 * FAIL_FIRST is the number of the first allocation that fails, counted from 1 on, and FAIL_COUNT
 * how many fail, one after the other. The C library calls these functions too, for example in
 * fopen(), getline(), asprintf() and open_memstream(). When an allocation fails, the file
 * FAIL_FIRED is made. Programs that this one runs have all their memory.
 *
 * A lookup of a user or a group counts as one allocation, as the C library (2.36) crashes if one
 * within it fails.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* The functions behind these: of the C library, or of the sanitizer that this is built with. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define REAL(name)	__interceptor_##name
#else
#define REAL(name)	__libc_##name
#endif

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *old, size_t size);

static unsigned long long first, count, now;
static const char *fired;
static bool in_lookup;

static unsigned long long number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
	fired = getenv("FAIL_FIRED");
	count = number("FAIL_COUNT");
	unsetenv("LD_PRELOAD");
	now = 0;
	first = number("FAIL_FIRST");
}

static bool fails(void)
{
	if (!first || in_lookup || ++now < first || now - first >= count)
		return false;
	if (fired)
		close(open(fired, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : REAL(malloc)(size);
}

void *calloc(size_t number_of, size_t size)
{
	return fails() ? NULL : REAL(calloc)(number_of, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : REAL(realloc)(old, size);
}

/* The function of the C library, or NULL if the lookup fails. */
static void *lookup(const char *name)
{
	if (fails())
		return NULL;
	in_lookup = true;
	return dlsym(RTLD_NEXT, name);
}

struct passwd *getpwuid(uid_t uid)
{
	struct passwd *(*real)(uid_t uid) = lookup("getpwuid");
	struct passwd *found = real ? real(uid) : NULL;

	in_lookup = false;
	return found;
}

struct passwd *getpwnam(const char *name)
{
	struct passwd *(*real)(const char *name) = lookup("getpwnam");
	struct passwd *found = real ? real(name) : NULL;

	in_lookup = false;
	return found;
}

struct group *getgrgid(gid_t gid)
{
	struct group *(*real)(gid_t gid) = lookup("getgrgid");
	struct group *found = real ? real(gid) : NULL;

	in_lookup = false;
	return found;
}

struct group *getgrnam(const char *name)
{
	struct group *(*real)(const char *name) = lookup("getgrnam");
	struct group *found = real ? real(name) : NULL;

	in_lookup = false;
	return found;
}
