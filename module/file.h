/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_FILE_H
#define _BPFMMAP_FILE_H

#include <linux/fs.h>

struct bpfmmap_region;

extern const struct file_operations bpfmmap_file_operations;

bool bpfmmap_file_flags_ok(u32 flags);
int bpfmmap_file_fd(struct bpfmmap_region *region, struct vfsmount *mnt, u32 flags);

#endif /* _BPFMMAP_FILE_H */
