/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_PUBLISH_H
#define _BPFMMAP_PUBLISH_H

#include <linux/init.h>
#include <uapi/linux/bpfmmap.h>

struct file;
struct inode;
struct region;

int publish_init(void);
void publish_exit(void);

int publish_region(struct region *region, const struct bpfmmap_publish *args);
int publish_withdraw(const struct bpfmmap_withdraw *args);
int publish_open(struct inode *inode, struct file *file);
void publish_name(struct region *region, char name[BPFMMAP_PUBLISH_LEN]);

#endif /* _BPFMMAP_PUBLISH_H */
