// SPDX-License-Identifier: GPL-2.0-only
/* doctor: checks of the device and of the file system, and of who may use them. */
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpfmmap.h>

#include "device.h"
#include "module.h"
#include "mounts.h"
#include "names.h"

#define UNIT	"sys-fs-bpfmmap.mount"
#define TAKE	"chgrp " MODULE_GROUP " " BPFMMAP_DEVICE " && chmod 0660 " BPFMMAP_DEVICE

static bool in_group(gid_t gid)
{
	gid_t groups[NGROUPS_MAX];
	int count = getgroups(NGROUPS_MAX, groups);

	if (getegid() == gid)
		return true;
	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* Whether a machine has a command of root's, in one of the places where systems have these. */
static bool has_command(const struct machine *machine, const char *name)
{
	static const char *const places[] = {"/usr/bin", "/usr/sbin", "/bin", "/sbin", NULL};
	char path[64];

	for (const char *const *place = places; *place; place++) {
		snprintf(path, sizeof(path), "%s/%s", *place, name);
		if (machine_has(machine, path))
			return true;
	}
	return false;
}

/* Check whether the caller may open the device. */
static void check_access(struct machine *machine, const char *path, const struct stat *st)
{
	char user[64], group[64], mend[256];

	user_name(geteuid(), user, sizeof(user));
	if (!access(path, R_OK | W_OK)) {
		machine_found(machine, "access", OK, "", "%s may create regions", user);
		return;
	}
	group_name(st->st_gid, group, sizeof(group));
	if (!st->st_gid || (st->st_mode & 0060) != 0060 || in_group(st->st_gid))
		snprintf(mend, sizeof(mend), TAKE);
	else if (has_command(machine, "usermod"))
		snprintf(mend, sizeof(mend), "usermod -aG %s %s, then log in again", group, user);
	else	/* busybox's */
		snprintf(mend, sizeof(mend), "addgroup %s %s, then log in again", user, group);
	machine_found(machine, "access", FAIL, mend, "%s may not open " BPFMMAP_DEVICE, user);
}

void check_device(struct machine *machine)
{
	char path[PATH_MAX], text[128];
	const char *mend = "modprobe bpfmmap";
	struct stat st;

	if (stat(machine_path(machine, path, BPFMMAP_DEVICE), &st)) {
		if (machine->place == CONTAINER)
			mend = "load the module on the host, and give the container " BPFMMAP_DEVICE
			       " (docker run --device)";
		else if (machine->loaded)
			mend = "mount -t devtmpfs none /dev";
		machine_found(machine, "device", FAIL, mend, "there is no " BPFMMAP_DEVICE);
		return;
	}
	owner_and_mode(&st, text, sizeof(text));
	if (st.st_mode & 0006)
		machine_found(machine, "device", WARN, "chmod 0660 " BPFMMAP_DEVICE,
			      BPFMMAP_DEVICE " (%s) can be opened by everybody", text);
	else if (!st.st_gid && !has_command(machine, "udevadm"))
		machine_found(machine, "device", WARN, TAKE,
			      BPFMMAP_DEVICE " (%s) belongs to root alone", text);
	else if (!st.st_gid)
		machine_found(machine, "device", WARN,
			      "udevadm control --reload && udevadm trigger " BPFMMAP_DEVICE,
			      BPFMMAP_DEVICE
			      " (%s) belongs to root alone, as its udev rule was not applied",
			      text);
	else
		machine_found(machine, "device", OK, "", BPFMMAP_DEVICE " (%s)", text);
	check_access(machine, path, &st);
}

/* The options of a mount. The group is a number, as busybox's mount takes no name. */
static const char *mount_options(char *options, size_t size)
{
	const struct group *group = group_called(MODULE_GROUP);

	if (group)
		snprintf(options, size, "gid=%u,mode=" MODULE_MODE, group->gr_gid);
	else
		snprintf(options, size, "gid=" MODULE_GROUP ",mode=" MODULE_MODE);
	return options;
}

/*
 * The command that mounts the file system on this machine. A system that another init has
 * booted may have the unit of systemd, too.
 */
static const char *mount_command(const struct machine *machine, char *command, size_t size)
{
	char options[64];

	if (machine->place == CONTAINER)
		return "give the container the folder of the host (docker run --volume="
		       BPFMMAP_PUBLISH_DIR ":" BPFMMAP_PUBLISH_DIR ")";
	if (machine_has(machine, "/run/systemd/system") &&
	    (machine_has(machine, "/usr/lib/systemd/system/" UNIT) ||
	     machine_has(machine, "/etc/systemd/system/" UNIT)))
		return "systemctl start " UNIT;
	if (machine_has(machine, "/sbin/openrc-run") &&
	    machine_has(machine, "/etc/init.d/" PACKAGE))
		return "rc-service " PACKAGE " restart";
	snprintf(command, size, "mount -t bpfmmap -o %s bpfmmap " BPFMMAP_PUBLISH_DIR,
		 mount_options(options, sizeof(options)));
	return command;
}

/* Check who may publish in the file system, which is mounted at the right place. */
static void check_root(struct machine *machine)
{
	char path[PATH_MAX], text[128], options[64], again[128];
	struct stat st;

	if (stat(machine_path(machine, path, BPFMMAP_PUBLISH_DIR), &st)) {
		machine_found(machine, "mount", WARN, "", BPFMMAP_PUBLISH_DIR " can't be seen");
		return;
	}
	owner_and_mode(&st, text, sizeof(text));
	snprintf(again, sizeof(again), "mount -o remount,%s " BPFMMAP_PUBLISH_DIR,
		 mount_options(options, sizeof(options)));
	if ((st.st_mode & 0022) && !(st.st_mode & S_ISVTX))
		machine_found(machine, "mount", WARN, again,
			      BPFMMAP_PUBLISH_DIR " (%s) lets users remove each other's names",
			      text);
	else if (st.st_mode & 0002)
		machine_found(machine, "mount", WARN, again,
			      BPFMMAP_PUBLISH_DIR " (%s) lets everybody publish", text);
	else if (!st.st_gid || (st.st_mode & 0030) != 0030)
		machine_found(machine, "mount", WARN, again,
			      BPFMMAP_PUBLISH_DIR " (%s) lets root alone publish", text);
	else
		machine_found(machine, "mount", OK, "", BPFMMAP_PUBLISH_DIR
			      " (%s); while it is mounted the module can't be unloaded", text);
}

void check_mount(struct machine *machine)
{
	char mountinfo[PATH_MAX], command[128];
	struct mounts mounts;
	const char *mend;

	if (!machine->loaded)
		return;
	machine_path(machine, mountinfo, "/proc/self/mountinfo");
	if (access(mountinfo, R_OK)) {
		machine_found(machine, "mount", WARN, "mount -t proc none /proc",
			      "can't see what is mounted");
		return;
	}
	mounts_find(&mounts, mountinfo);
	mend = mount_command(machine, command, sizeof(command));
	if (mounts.here)
		check_root(machine);
	else if (mounts.elsewhere[0])
		machine_found(machine, "mount", FAIL, mend,
			      "the file system is mounted at %s, but not at " BPFMMAP_PUBLISH_DIR
			      ", where names are looked for", mounts.elsewhere);
	else
		machine_found(machine, "mount", FAIL, mend,
			      "the file system is not mounted, so regions can't be opened by name");
}
