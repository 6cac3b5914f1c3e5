// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How long system calls take, as a histogram of powers of two: see latency.c. Each CPU has a part
 * of its own, so nobody waits for anybody's cache line.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpfmmap.bpf.h>

#define BUCKETS	64

const volatile __u64 region = 0;	/* its handle */

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);		/* the thread */
	__type(value, __u64);		/* when its call began */
} begun SEC(".maps");

/* The largest number whose power of two is not above. */
static __always_inline __u32 log2_of(__u64 value)
{
	__u32 result = 0;

	if (value >> 32) {
		result += 32;
		value >>= 32;
	}
	if (value >> 16) {
		result += 16;
		value >>= 16;
	}
	if (value >> 8) {
		result += 8;
		value >>= 8;
	}
	if (value >> 4) {
		result += 4;
		value >>= 4;
	}
	if (value >> 2) {
		result += 2;
		value >>= 2;
	}
	return result + (value >> 1);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_enter, void *regs, long id)
{
	__u64 thread = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();

	bpf_map_update_elem(&begun, &thread, &now, BPF_ANY);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_exit, void *regs, long ret)
{
	__u64 thread = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();
	__u64 *start = bpf_map_lookup_elem(&begun, &thread), *counter;

	if (!start)
		return 0;
	counter = BPFMMAP_CPU_ELEM(__u64, region, log2_of(now - *start) & (BUCKETS - 1), BUCKETS);
	/* another program of this CPU may come in between: one is lost then */
	if (counter)
		++*counter;
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
