// SPDX-License-Identifier: GPL-2.0-only
/* Programs that count events of the kernel into a region, one element for each kind. */
#include "common.h"

char _license[] SEC("license") = "GPL";

const volatile __u64 handle = 0;
const volatile __u32 place = 0;	/* of count_here */
__u64 refused = 0;

static __always_inline void count(__u32 index)
{
	__u64 *counter = BPFMMAP_ELEM(__u64, handle, index);

	if (counter)
		__sync_fetch_and_add(counter, 1);
	else
		__sync_fetch_and_add(&refused, 1);
}

/* Each system call has its element. */
SEC("tp_btf/sys_enter")
int BPF_PROG(count_calls, void *regs, long id)
{
	count(id & 511);
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(count_here, void *regs, long id)
{
	count(place);
	return 0;
}

SEC("xdp")
int count_packets(struct xdp_md *ctx)
{
	count(600);
	return XDP_PASS;
}

struct raw_enter {
	__u64 common;
	long id;
};

SEC("tracepoint/raw_syscalls/sys_enter")
int count_by_tracepoint(struct raw_enter *ctx)
{
	count(601);
	return 0;
}

static void on_tick(void)
{
	count(602);
}

#include "timer.h"
