/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_XATTR_H
#define _BPFMMAP_XATTR_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct inode;

/* The extended attributes of an inode. */
struct bpfmmap_xattr_set {
	struct list_head list;	/* struct bpfmmap_xattr */
	struct mutex lock;	/* protects list */
};

void bpfmmap_xattr_init(struct bpfmmap_xattr_set *set);
void bpfmmap_xattr_free(struct bpfmmap_xattr_set *set);
int bpfmmap_xattr_get(struct bpfmmap_xattr_set *set, const char *name, void *buffer, size_t size);
int bpfmmap_xattr_set(struct bpfmmap_xattr_set *set, const char *name, const void *value,
		      size_t size, int flags);
ssize_t bpfmmap_xattr_list(struct bpfmmap_xattr_set *set, const struct inode *inode, char *buffer,
			   size_t size);

#endif /* _BPFMMAP_XATTR_H */
