/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpfmmap for BPF programs: use a region by its handle (BPFMMAP_IOC_HANDLE)
 *
 * Include this file after vmlinux.h (or <linux/types.h>) and <bpf/bpf_helpers.h>. The first four
 * functions return a pointer that is valid until the program ends. They return NULL if the handle
 * does not allow it, or the place is out of bounds. The first two also return NULL if the region is
 * frozen for everybody, or a freeze for everybody has begun. The size must be a constant when the
 * program is loaded. The licence of the program must be compatible with the GPL, and the kernel's
 * JIT must be on.
 *
 * A program that gets a slice once and indexes it in a loop is the fastest: each access is as fast
 * as one to global data.
 */
#ifndef __BPFMMAP_BPF_H
#define __BPFMMAP_BPF_H

extern __u8 *bpfmmap_slice(__u64 handle, __u64 off, const __u64 rdwr_buf_size) __ksym;
extern __u8 *bpfmmap_elem(__u64 handle, __u32 index, const __u64 rdwr_buf_size) __ksym;
extern const __u8 *bpfmmap_slice_ro(__u64 handle, __u64 off, const __u64 rdonly_buf_size) __ksym;
extern const __u8 *bpfmmap_elem_ro(__u64 handle, __u32 index, const __u64 rdonly_buf_size) __ksym;

/* Copy to the region, also if programs may only write. Returns 0, -ENOENT, -E2BIG or -EPERM. */
extern int bpfmmap_write(__u64 handle, __u64 off, const void *from, __u32 from__sz) __ksym;
/* Wake the processes that poll the region for POLLIN. Returns 0 or -ENOENT. */
extern int bpfmmap_wake(__u64 handle) __ksym;

/*
 * Iterate over the first 8 bytes of elements, to read them (from Linux 6.4 on):
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

/* An element with its type: struct event *event = BPFMMAP_ELEM(struct event, handle, index); */
#define BPFMMAP_ELEM(type, handle, index)						\
	((type *)bpfmmap_elem(handle, index, sizeof(type)))
#define BPFMMAP_ELEM_RO(type, handle, index)						\
	((const type *)bpfmmap_elem_ro(handle, index, sizeof(type)))

/*
 * The element of this CPU, for counters without atomic instructions. The region has per_cpu
 * elements for each CPU, one CPU after the other, and a reader adds them up.
 */
#define BPFMMAP_CPU_ELEM(type, handle, index, per_cpu)					\
	BPFMMAP_ELEM(type, handle, bpf_get_smp_processor_id() * (per_cpu) + (index))

#endif /* __BPFMMAP_BPF_H */
