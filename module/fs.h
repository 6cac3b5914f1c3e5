/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_FS_H
#define _BPFMMAP_FS_H

#include <linux/fs.h>
#include <uapi/linux/bpfmmap.h>

int bpfmmap_fs_init(const struct file_operations *file_operations);
void bpfmmap_fs_exit(void);

struct vfsmount *bpfmmap_fs_pin(void);
void bpfmmap_fs_unpin(void);

bool bpfmmap_fs_has_name(const struct file *file);
int bpfmmap_fs_publish(struct file *file, const struct bpfmmap_publish *args);
void bpfmmap_fs_published(struct file *file, char name[BPFMMAP_PUBLISH_LEN]);

#endif /* _BPFMMAP_FS_H */
