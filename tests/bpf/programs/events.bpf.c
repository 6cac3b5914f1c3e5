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

/* A timer has no part of its own to keep: it asks for one each time. */
struct timer {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct timer);
} timers SEC(".maps");

#define MILLISECOND	1000000

static int tick(void *map, __u32 *key, struct timer *timer)
{
	count(602);
	bpf_timer_start(&timer->timer, MILLISECOND, 0);
	return 0;
}

SEC("tc")
int start_timer(struct __sk_buff *skb)
{
	struct timer *timer;
	__u32 key = 0;

	timer = bpf_map_lookup_elem(&timers, &key);
	if (!timer)
		return 1;
	if (bpf_timer_init(&timer->timer, &timers, 1 /* CLOCK_MONOTONIC */) == -12 /* ENOMEM */)
		return 3;
	bpf_timer_set_callback(&timer->timer, tick);
	return bpf_timer_start(&timer->timer, MILLISECOND, 0) ? 2 : 0;
}
