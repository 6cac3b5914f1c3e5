/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpfmmap for BPF programs: parts of a region, by its handle (BPFMMAP_IOC_HANDLE)
 *
 * Include it behind vmlinux.h (or <linux/types.h>) and <bpf/bpf_helpers.h>. The first four return a
 * pointer that is valid until the program ends, or NULL: the handle is of no region that programs
 * may do that with, it is out of bounds, or (the first two) the region is frozen for everybody, or
 * about to be. The size is a constant when the program is loaded. For GPL programs; the kernel's
 * JIT has to be on.
 *
 * Fetch a slice once and index it in a loop: that costs what global data costs. To fetch an
 * element each time costs twice what a lookup in an array does.
 */
#ifndef __BPFMMAP_BPF_H
#define __BPFMMAP_BPF_H

extern __u8 *bpfmmap_slice(__u64 handle, __u64 off, const __u64 rdwr_buf_size) __ksym;
extern __u8 *bpfmmap_elem(__u64 handle, __u32 index, const __u64 rdwr_buf_size) __ksym;
extern const __u8 *bpfmmap_slice_ro(__u64 handle, __u64 off, const __u64 rdonly_buf_size) __ksym;
extern const __u8 *bpfmmap_elem_ro(__u64 handle, __u32 index, const __u64 rdonly_buf_size) __ksym;

/* Store, also where programs may write only. 0, -ENOENT, -E2BIG, -EPERM. */
extern int bpfmmap_write(__u64 handle, __u64 off, const void *from, __u32 from__sz) __ksym;
/* Wake those who poll the region for POLLIN. 0, -ENOENT. */
extern int bpfmmap_wake(__u64 handle) __ksym;

/*
 * From 6.4 on, the first 8 bytes of elements, to read:
 *	__u64 *value;
 *	bpf_for_each(bpfmmap, value, handle, 0, 100) sum += *value;
 */
struct bpf_iter_bpfmmap {
	__u64 opaque[2];
} __attribute__((aligned(8)));

extern int bpf_iter_bpfmmap_new(struct bpf_iter_bpfmmap *it, __u64 handle, __u32 first,
				__u32 nr) __weak __ksym;
extern __u64 *bpf_iter_bpfmmap_next(struct bpf_iter_bpfmmap *it) __weak __ksym;
extern void bpf_iter_bpfmmap_destroy(struct bpf_iter_bpfmmap *it) __weak __ksym;

/* Typed: struct event *event = BPFMMAP_ELEM(struct event, handle, index); */
#define BPFMMAP_ELEM(type, handle, index)						\
	((type *)bpfmmap_elem(handle, index, sizeof(type)))
#define BPFMMAP_ELEM_RO(type, handle, index)						\
	((const type *)bpfmmap_elem_ro(handle, index, sizeof(type)))

/*
 * A counter for each CPU, without atomics: element index of the part of this CPU, in a region whose
 * parts have per_cpu elements each. A reader adds up what the parts have.
 */
#define BPFMMAP_CPU_ELEM(type, handle, index, per_cpu)					\
	BPFMMAP_ELEM(type, handle, bpf_get_smp_processor_id() * (per_cpu) + (index))

#endif /* __BPFMMAP_BPF_H */
