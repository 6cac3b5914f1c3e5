// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded, this makes the module look like its first version: the struct of info is shorter, a
 * freeze has no flags, and later requests are unknown.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpfmmap.h>

static int refuse(int error)
{
	errno = error;
	return -1;
}

static int old_info(int fd, struct bpfmmap_info *info)
{
	const __u32 size = info->size;
	const char *bytes = (const char *)info;
	int ret;

	for (__u32 i = BPFMMAP_INFO_SIZE_V1; i < size; i++)
		if (bytes[i])
			return refuse(E2BIG);
	info->size = BPFMMAP_INFO_SIZE_V1;
	ret = syscall(SYS_ioctl, fd, BPFMMAP_IOC_INFO, info);
	info->size = size;
	return ret;
}

int ioctl(int fd, unsigned long cmd, ...)
{
	struct bpfmmap_version *version;
	va_list list;
	void *args;
	int ret;

	va_start(list, cmd);
	args = va_arg(list, void *);
	va_end(list);
	switch (cmd) {
	case BPFMMAP_IOC_VERSION:
		ret = syscall(SYS_ioctl, fd, cmd, args);
		version = args;
		version->version = 1;
		version->features = BPFMMAP_FEATURE_BATCH;
		return ret;
	case BPFMMAP_IOC_INFO:
		return old_info(fd, args);
	case BPFMMAP_IOC_FREEZE:
		if (((struct bpfmmap_freeze *)args)->flags)
			return refuse(EINVAL);
		break;
	case BPFMMAP_IOC_PUBLISH:
	case BPFMMAP_IOC_RESTRICT:
	case BPFMMAP_IOC_MAPPINGS:
	case BPFMMAP_IOC_HANDLE:
		return refuse(ENOTTY);
	}
	return syscall(SYS_ioctl, fd, cmd, args);
}
