// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* libbpfmmap: errors, options and requests (see internal.h), and the two version functions. */
#include "internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int failed(int err)
{
	if (err < 0)
		errno = -err;
	return err;
}

void *failed_null(int err)
{
	errno = -err;
	return NULL;
}

int request(int fd, unsigned long cmd, void *args)
{
	int ret = ioctl(fd, cmd, args);

	return ret < 0 ? -errno : ret;
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

int restricted_fd(int fd, __u32 flags)
{
	struct bpfmmap_restrict args = { .size = sizeof(args), .flags = flags };

	return request(fd, BPFMMAP_IOC_RESTRICT, &args);
}

int take_name(char *to, size_t size, const char *name)
{
	size_t len = strnlen(name, size);

	if (len == size)
		return -ENAMETOOLONG;
	memcpy(to, name, len);
	return 0;
}

bool is_number(const char *name)
{
	return *name && !name[strspn(name, "0123456789")];
}

int name_path(char path[NAME_PATH_MAX], const char *name)
{
	const char *part = name;

	if (strnlen(name, BPFMMAP_PUBLISH_LEN) == BPFMMAP_PUBLISH_LEN)
		return -ENAMETOOLONG;
	/* refuse a path that leaves the file system or ends at a directory */
	do {
		if (!*part || *part == '.' || *part == '/')
			return -EINVAL;
		part += strcspn(part, "/");
	} while (*part++);
	snprintf(path, NAME_PATH_MAX, BPFMMAP_PUBLISH_DIR "/%s", name);
	return 0;
}

int take_opts(void *to, size_t len, const void *from)
{
	const char *bytes = from;
	size_t sz, i;

	memset(to, 0, len);
	if (!from)
		return 0;
	memcpy(&sz, from, sizeof(sz));
	if (sz < sizeof(sz))
		return -EINVAL;
	for (i = len; i < sz; i++)
		if (bytes[i])
			return -EINVAL;
	memcpy(to, from, sz < len ? sz : len);
	return 0;
}

const char *bpfmmap_version_string(void)
{
	return LIBRARY_VERSION;
}

int bpfmmap_version(struct bpfmmap_version *version)
{
	return failed(control_request(BPFMMAP_IOC_VERSION, version));
}
