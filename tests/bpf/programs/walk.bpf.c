// SPDX-License-Identifier: GPL-2.0-only
/* Walks over elements, which kernels have from 6.4 on. */
#include "common.h"

char _license[] SEC("license") = "GPL";

/* The sum of the first bytes of elements, from offset on, value of them. */
SEC("syscall")
int sum(struct program_args *args)
{
	struct bpf_iter_bpfmmap it;
	int result = 0;
	__u64 *value;

	bpf_iter_bpfmmap_new(&it, args->handle, args->offset, args->value);
	while ((value = bpf_iter_bpfmmap_next(&it)))
		result += *value & 0xff;
	bpf_iter_bpfmmap_destroy(&it);
	return result;
}

/* The verifier refuses it: what is walked over is to be read. */
SEC("syscall")
int refused_store(struct program_args *args)
{
	struct bpf_iter_bpfmmap it;
	__u64 *value;

	bpf_iter_bpfmmap_new(&it, args->handle, 0, 1);
	value = bpf_iter_bpfmmap_next(&it);
	if (value)
		*value = 1;
	bpf_iter_bpfmmap_destroy(&it);
	return 0;
}
