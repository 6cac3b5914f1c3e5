/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_FILE_H
#define _BPFMMAP_FILE_H

#include <linux/fs.h>

struct region;

extern const struct file_operations region_fops;

bool region_fd_flags_ok(u32 flags);
int region_fd(struct region *region, u32 flags);
int region_file_init(struct file *file, struct region *region, u32 flags);

#endif /* _BPFMMAP_FILE_H */
