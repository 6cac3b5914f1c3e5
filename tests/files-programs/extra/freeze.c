// SPDX-License-Identifier: GPL-2.0-only
/* freeze PATH */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include <linux/bpfmmap.h>

int main(int argc, char **argv)
{
	struct bpfmmap_freeze args = { .size = sizeof(args) };
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;

	if (fd < 0 || ioctl(fd, BPFMMAP_IOC_FREEZE, &args)) {
		perror("freeze");
		return 1;
	}
	return 0;
}
