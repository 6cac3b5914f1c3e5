// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts system calls by their number, for all processes: see count.c. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpfmmap.bpf.h>

#define CALLS	512

const volatile __u64 region = 0;	/* its handle */

SEC("tp_btf/sys_enter")
int BPF_PROG(on_call, void *regs, long id)
{
	__u64 *counter = BPFMMAP_ELEM(__u64, region, id & (CALLS - 1));

	/* NULL: it is frozen, and what has been counted stays */
	if (counter)
		__sync_fetch_and_add(counter, 1);
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
