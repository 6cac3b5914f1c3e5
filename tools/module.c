// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device and the file system of the module.
 *
 * The device creates regions and opens them by id; the file system has the names. A container
 * may have one without the other.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpfmmap.h>

#include "module.h"
#include "mounts.h"
#include "names.h"
#include "output.h"
#include "resources.h"

unsigned long long module_parameter(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), MODULE_PARAMETERS "/%s", name);
	return number_in(path, "%llu");
}

void module_usage(unsigned long long *regions, unsigned long long *bytes)
{
	struct statfs fs;

	*regions = 0;
	*bytes = 0;
	if (statfs(BPFMMAP_PUBLISH_DIR, &fs) || fs.f_type != BPFMMAP_FS_MAGIC)
		return;
	*regions = fs.f_files - fs.f_ffree;
	*bytes = (unsigned long long)(fs.f_blocks - fs.f_bfree) * fs.f_bsize;
}

int module_need_device(void)
{
	if (!access(BPFMMAP_DEVICE, F_OK))
		return DONE;
	return fail("there is no " BPFMMAP_DEVICE
		    "; run modprobe bpfmmap as root, and bpfmmap doctor if that fails");
}

int module_lacks(const char *what)
{
	return fail("the loaded module can't %s; bpfmmap version lists its features", what);
}

bool module_has_path(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == BPFMMAP_FS_MAGIC;
}

bool module_is_mounted(void)
{
	return module_has_path(BPFMMAP_PUBLISH_DIR);
}

/* Mount it as the unit of the packages does. */
static int mount_it(void)
{
	const struct group *group = group_called(MODULE_GROUP);
	char options[64] = "mode=" MODULE_MODE;
	struct mounts mounts;

	if (group)
		snprintf(options, sizeof(options), "gid=%u,mode=" MODULE_MODE, group->gr_gid);
	/*
	 * all mounts share one root directory, so do not change permissions that somebody has
	 * set
	 */
	mounts_find(&mounts, "/proc/self/mountinfo");
	if (mounts.elsewhere[0])
		options[0] = 0;
	if (mount("bpfmmap", BPFMMAP_PUBLISH_DIR, "bpfmmap", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  options))
		return fail("can't mount the file system bpfmmap at " BPFMMAP_PUBLISH_DIR ": %s; "
			    "bpfmmap doctor may tell more", strerror(errno));
	fprintf(stderr, "Mounted the file system bpfmmap at " BPFMMAP_PUBLISH_DIR "%s%s.\n",
		options[0] ? ", " : "", options);
	return DONE;
}

int module_need_names(void)
{
	if (module_is_mounted())
		return DONE;
	/* the module makes that directory */
	if (access(BPFMMAP_PUBLISH_DIR, F_OK))
		return module_need_device() ?:
		       fail("there is no " BPFMMAP_PUBLISH_DIR " to mount the file system at; "
			    "bpfmmap doctor may tell more");
	if (geteuid())
		return fail("the file system bpfmmap is not mounted at " BPFMMAP_PUBLISH_DIR
			    "; run bpfmmap list as root to mount it");
	return mount_it();
}
