/* SPDX-License-Identifier: GPL-2.0-only */
/* The two ways into the module: its device, and its file system. */
#ifndef TOOLS_MODULE_H
#define TOOLS_MODULE_H

#include <stdbool.h>

#define MODULE_GROUP	"bpfmmap"	/* who may create regions, and publish them */
#define MODULE_MODE	"1775"		/* of the root of the file system */

/* Is there /dev/bpfmmap? FAILED after having said that the module isn't loaded. */
int module_need_device(void);

/* Is the file system mounted where it belongs? */
bool module_is_mounted(void);

/* The same; root mounts it if it isn't, and says so. FAILED after having said why not. */
int module_need_names(void);

/* Is this path in the file system? False too if that can't be seen. */
bool module_has_path(const char *path);

#endif
