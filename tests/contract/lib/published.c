// SPDX-License-Identifier: GPL-2.0-only
/* See published.h. */
#include "published.h"

#include <dirent.h>

struct bpfmmap_publish publish_args(const char *name)
{
	struct bpfmmap_publish args = { .size = sizeof(args) };

	memcpy(args.name, name, strnlen(name, sizeof(args.name)));
	return args;
}

int try_publish(int region, const char *name)
{
	struct bpfmmap_publish args = publish_args(name);

	return request(region, BPFMMAP_IOC_PUBLISH, &args);
}

int try_withdraw(const char *name)
{
	struct bpfmmap_withdraw args = { .size = sizeof(args) };
	int control = open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC), ret;

	if (control < 0)
		return -errno;
	memcpy(args.name, name, strnlen(name, sizeof(args.name)));
	ret = request(control, BPFMMAP_IOC_WITHDRAW, &args);
	close(control);
	return ret;
}

const char *node(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", BPFMMAP_PUBLISH_DIR, name);
	return path;
}

int try_open_node(const char *name, int flags)
{
	return result(open(node(name), flags | O_CLOEXEC));
}

int open_node(const char *name, int flags)
{
	int opened = try_open_node(name, flags);

	assert_true(opened >= 0);
	return opened;
}

long long attribute(const char *name, const char *attribute)
{
	char path[192];
	long long value;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/bpfmmap/%s/%s", name, attribute);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%lld", &value) != 1)
		value = -1;
	if (file)
		fclose(file);
	return value;
}

void withdraw_all(void)
{
	struct dirent *entry;
	DIR *dir = opendir("/sys/class/bpfmmap");

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			try_withdraw(entry->d_name);
	if (dir)
		closedir(dir);
}
