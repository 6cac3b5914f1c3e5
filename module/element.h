/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_ELEMENT_H
#define _BPFMMAP_ELEMENT_H

struct bpfmmap_batch;
struct bpfmmap_element;
struct bpfmmap_region;

int bpfmmap_element_lookup(struct bpfmmap_region *region, const struct bpfmmap_element *args);
int bpfmmap_element_update(struct bpfmmap_region *region, const struct bpfmmap_element *args);
int bpfmmap_element_lookup_batch(struct bpfmmap_region *region, struct bpfmmap_batch *args);
int bpfmmap_element_update_batch(struct bpfmmap_region *region, struct bpfmmap_batch *args);
void bpfmmap_element_exit(void);

#endif /* _BPFMMAP_ELEMENT_H */
