/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_ELEMENT_H
#define _BPFMMAP_ELEMENT_H

struct bpfmmap_batch;
struct bpfmmap_element;
struct region;

int element_lookup(struct region *region, const struct bpfmmap_element *args);
int element_update(struct region *region, const struct bpfmmap_element *args);
int element_lookup_batch(struct region *region, struct bpfmmap_batch *args);
int element_update_batch(struct region *region, struct bpfmmap_batch *args);
void element_exit(void);

#endif /* _BPFMMAP_ELEMENT_H */
