// SPDX-License-Identifier: GPL-2.0-only
/* Users, groups and permissions, as people write them. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "output.h"
#include "resources.h"

/* Entries of the databases of users and groups, or NULL. */
static const struct passwd *user_called(const char *name)
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwnam(name);
	if (!entry)
		check_used_up("look up a user");
	return entry;
}

static const struct passwd *user_with(uid_t uid)
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwuid(uid);
	if (!entry)
		check_used_up("look up a user");
	return entry;
}

const struct group *group_called(const char *name)
{
	const struct group *entry;

	errno = 0;
	entry = getgrnam(name);
	if (!entry)
		check_used_up("look up a group");
	return entry;
}

static const struct group *group_with(gid_t gid)
{
	const struct group *entry;

	errno = 0;
	entry = getgrgid(gid);
	if (!entry)
		check_used_up("look up a group");
	return entry;
}

int args_mode(struct args *args, mode_t *mode)
{
	const char *text;
	char *end;
	int status = args_string(args, "a mode", &text);

	if (status)
		return status;
	/* always octal, with or without a leading zero */
	*mode = strtoul(text, &end, 8);
	if (!*text || text[strspn(text, "01234567")] || strlen(text) > 4 || *mode & ~0666)
		return usage_error("'%s' is not a valid mode; "
				   "give an octal number of r and w bits, such as 0644",
				   text);
	return DONE;
}

int args_user(struct args *args, uid_t *uid)
{
	const struct passwd *entry;
	uint64_t number;
	const char *text;
	int status = args_string(args, "a user", &text);

	if (status)
		return status;
	entry = user_called(text);
	if (!entry && !number_of(text, (uid_t)-2, &number))
		return fail("there is no user '%s'; "
			    "give a name that getent passwd knows, or a number",
			    text);
	*uid = entry ? entry->pw_uid : number;
	return DONE;
}

int args_group(struct args *args, gid_t *gid)
{
	const struct group *entry;
	uint64_t number;
	const char *text;
	int status = args_string(args, "a group", &text);

	if (status)
		return status;
	entry = group_called(text);
	if (!entry && !number_of(text, (gid_t)-2, &number))
		return fail("there is no group '%s'; "
			    "give a name that getent group knows, or a number",
			    text);
	*gid = entry ? entry->gr_gid : number;
	return DONE;
}

const char *user_name(uid_t uid, char *text, size_t size)
{
	const struct passwd *entry = user_with(uid);

	if (entry)
		snprintf(text, size, "%s", entry->pw_name);
	else
		snprintf(text, size, "%u", uid);
	return text;
}

const char *group_name(gid_t gid, char *text, size_t size)
{
	const struct group *entry = group_with(gid);

	if (entry)
		snprintf(text, size, "%s", entry->gr_name);
	else
		snprintf(text, size, "%u", gid);
	return text;
}

const char *owner_and_mode(const struct stat *st, char *text, size_t size)
{
	static const char letters[] = "rwxrwxrwx";
	char user[32], group[32], mode[sizeof(letters)];

	for (int i = 0; i < 9; i++)
		mode[i] = st->st_mode & (0400 >> i) ? letters[i] : '-';
	mode[9] = 0;
	/* setuid, setgid and sticky bits, as ls prints them */
	if (st->st_mode & S_ISUID)
		mode[2] = mode[2] == 'x' ? 's' : 'S';
	if (st->st_mode & S_ISGID)
		mode[5] = mode[5] == 'x' ? 's' : 'S';
	if (st->st_mode & S_ISVTX)
		mode[8] = mode[8] == 'x' ? 't' : 'T';
	snprintf(text, size, "%c%s %s %s",
		 S_ISCHR(st->st_mode) ? 'c' : S_ISDIR(st->st_mode) ? 'd' : '-', mode,
		 user_name(st->st_uid, user, sizeof(user)),
		 group_name(st->st_gid, group, sizeof(group)));
	return text;
}
