/* SPDX-License-Identifier: GPL-2.0-only */
/* The device and the file system of the module. */
#ifndef TOOLS_MODULE_H
#define TOOLS_MODULE_H

#include <stdbool.h>

#define MODULE_GROUP	"bpfmmap"	/* the group that may create and publish regions */
#define MODULE_MODE	"1775"		/* mode of the file system's root */

#define MODULE_PARAMETERS	"/sys/module/bpfmmap/parameters"

/* The value of a limit; 0: there is none. */
unsigned long long module_parameter(const char *name);

/* The number of all regions and of their bytes, which everybody may see. */
void module_usage(unsigned long long *regions, unsigned long long *bytes);

/* Check that /dev/bpfmmap exists. Returns FAILED after a message that the module isn't loaded. */
int module_need_device(void);

/* Returns FAILED after a message that the loaded module, an earlier version, can't do this. */
int module_lacks(const char *what);

/* Whether the file system is mounted at the right place. */
bool module_is_mounted(void);

/* The same, but root mounts it if it isn't. Returns FAILED after an error message. */
int module_need_names(void);

/* Whether this path is in the file system. Returns false also if that can't be seen. */
bool module_has_path(const char *path);

#endif
