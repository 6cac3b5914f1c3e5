// SPDX-License-Identifier: GPL-2.0-only
/* doctor, of the device: is it there, and for whom? */
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpfmmap.h>

#include "device.h"
#include "names.h"

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

/* The node, and whether the caller may create regions. */
void check_device(struct machine *machine)
{
	char path[PATH_MAX], text[128], user[64], group[64], mend[256];
	struct stat st;

	if (stat(machine_path(machine, path, BPFMMAP_DEVICE), &st)) {
		machine_found(machine, "device", FAIL,
			      machine->loaded ? "mount -t devtmpfs none /dev" : "modprobe bpfmmap",
			      "there is no " BPFMMAP_DEVICE);
		return;
	}
	owner_and_mode(&st, text, sizeof(text));
	group_name(st.st_gid, group, sizeof(group));
	if (st.st_mode & 0006)
		machine_found(machine, "device", WARN, "chmod 0660 " BPFMMAP_DEVICE,
			      BPFMMAP_DEVICE " (%s) lets everybody in", text);
	else if (!st.st_gid)
		machine_found(machine, "device", WARN,
			      "udevadm control --reload && udevadm trigger " BPFMMAP_DEVICE,
			      BPFMMAP_DEVICE " (%s) is root's alone, for want of its udev rule",
			      text);
	else
		machine_found(machine, "device", OK, "", BPFMMAP_DEVICE " (%s)", text);
	if (!access(path, R_OK | W_OK)) {
		machine_found(machine, "access", OK, "", "%s may create regions",
			      user_name(geteuid(), user, sizeof(user)));
		return;
	}
	user_name(geteuid(), user, sizeof(user));
	if (!st.st_gid || (st.st_mode & 0060) != 0060 || in_group(st.st_gid))
		snprintf(mend, sizeof(mend), "chgrp bpfmmap %s && chmod 0660 %s", BPFMMAP_DEVICE,
			 BPFMMAP_DEVICE);
	else
		snprintf(mend, sizeof(mend), "usermod -aG %s %s, then log in again", group, user);
	machine_found(machine, "access", FAIL, mend, "%s may not open " BPFMMAP_DEVICE, user);
}
