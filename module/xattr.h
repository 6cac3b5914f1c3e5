/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_XATTR_H
#define _BPFMMAP_XATTR_H

#include <linux/xattr.h>

#include "compat.h"

struct bpfmmap_region;

extern COMPAT_XATTR_HANDLERS(bpfmmap_xattr_handlers);

void bpfmmap_xattr_init(struct bpfmmap_region *region);
void bpfmmap_xattr_free(struct bpfmmap_region *region);
ssize_t bpfmmap_xattr_list(struct dentry *dentry, char *buffer, size_t size);

#endif /* _BPFMMAP_XATTR_H */
