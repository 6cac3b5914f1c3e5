/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions for BPF programs, which nobody in the kernel calls: see kfuncs.c. */
#ifndef _BPFMMAP_BPF_KFUNCS_H
#define _BPFMMAP_BPF_KFUNCS_H

#include <linux/types.h>

struct bpf_iter_bpfmmap;

u8 *bpfmmap_slice(u64 handle, u64 off, const u64 rdwr_buf_size);
const u8 *bpfmmap_slice_ro(u64 handle, u64 off, const u64 rdonly_buf_size);
u8 *bpfmmap_elem(u64 handle, u32 index, const u64 rdwr_buf_size);
const u8 *bpfmmap_elem_ro(u64 handle, u32 index, const u64 rdonly_buf_size);
int bpfmmap_write(u64 handle, u64 off, const void *from, u32 from__sz);
int bpfmmap_wake(u64 handle);

int bpf_iter_bpfmmap_new(struct bpf_iter_bpfmmap *it, u64 handle, u32 first, u32 nr);
u64 *bpf_iter_bpfmmap_next(struct bpf_iter_bpfmmap *it);
void bpf_iter_bpfmmap_destroy(struct bpf_iter_bpfmmap *it);

#endif /* _BPFMMAP_BPF_KFUNCS_H */
