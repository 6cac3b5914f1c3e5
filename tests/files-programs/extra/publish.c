// SPDX-License-Identifier: GPL-2.0-only
/* publish NAME VALUE_SIZE MAX_ENTRIES: make a region that has only that name. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <linux/bpfmmap.h>

int main(int argc, char **argv)
{
	struct bpfmmap_create create = { .size = sizeof(create) };
	struct bpfmmap_publish publish = { .size = sizeof(publish) };
	int control = open(BPFMMAP_DEVICE, O_RDWR), region;

	if (argc != 4 || control < 0)
		return 2;
	create.value_size = strtoul(argv[2], NULL, 0);
	create.max_entries = strtoul(argv[3], NULL, 0);
	snprintf(publish.name, sizeof(publish.name), "%s", argv[1]);
	region = ioctl(control, BPFMMAP_IOC_CREATE, &create);
	if (region < 0 || ioctl(region, BPFMMAP_IOC_PUBLISH, &publish)) {
		perror("publish");
		return 1;
	}
	return 0;
}
