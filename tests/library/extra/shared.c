// SPDX-License-Identifier: GPL-2.0-only
/* A program that is linked with the shared library: is it that one, and does it work? */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include <bpfmmap.h>

int main(void)
{
	struct bpfmmap_region *region;
	__u64 value = 42;
	Dl_info from;

	if (!dladdr((void *)bpfmmap_region__create, &from) ||
	    !strstr(from.dli_fname, "libbpfmmap.so.1"))
		return 1;
	if (dlsym(RTLD_DEFAULT, "take_opts") ||
	    !dlvsym(RTLD_DEFAULT, "bpfmmap_region__freeze", "LIBBPFMMAP_0.2.0"))
		return 2;
	region = bpfmmap_region__create("shared", 8, 10, NULL);
	if (!region || bpfmmap_region__update(region, 9, &value, BPFMMAP_ANY))
		return 3;
	value = 0;
	if (bpfmmap_region__lookup(region, 9, &value) || value != 42)
		return 4;
	printf("%s, version %s\n", from.dli_fname, bpfmmap_version_string());
	bpfmmap_region__close(region);
	return 0;
}
