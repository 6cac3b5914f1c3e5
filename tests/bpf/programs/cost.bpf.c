// SPDX-License-Identifier: GPL-2.0-only
/* The same 128 stores in different ways, to see what each takes: see tests/bpf-cost/cost.c. */
#include "common.h"

#define ENTRIES		512
#define ACCESSES	128

char _license[] SEC("license") = "GPL";

const volatile __u64 handle = 0;
__u64 global[ENTRIES];

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, ENTRIES);
	__type(key, __u32);
	__type(value, __u64);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ENTRIES);
	__type(key, __u32);
	__type(value, __u64);
} percpu SEC(".maps");

/* An index that the compiler knows nothing of. */
static __always_inline __u32 hidden(__u32 index)
{
	asm volatile("" : "+r"(index));
	return index & (ENTRIES - 1);
}

SEC("tc")
int cost_nothing(struct __sk_buff *skb)
{
	__u64 sum = 0;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < ACCESSES; i++)
		sum += hidden(i);
	return sum & 1;
}

SEC("tc")
int cost_global(struct __sk_buff *skb)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < ACCESSES; i++)
		global[hidden(i)] = i;
	return 0;
}

SEC("tc")
int cost_array(struct __sk_buff *skb)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < ACCESSES; i++) {
		__u32 key = hidden(i);
		__u64 *value = bpf_map_lookup_elem(&array, &key);

		if (value)
			*value = i;
	}
	return 0;
}

SEC("tc")
int cost_percpu(struct __sk_buff *skb)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < ACCESSES; i++) {
		__u32 key = hidden(i);
		__u64 *value = bpf_map_lookup_elem(&percpu, &key);

		if (value)
			*value = i;
	}
	return 0;
}

SEC("tc")
int cost_slice_once(struct __sk_buff *skb)
{
	__u64 *part = (__u64 *)bpfmmap_slice(handle, 0, ENTRIES * 8);

	if (!part)
		return GOT_NULL;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < ACCESSES; i++)
		part[hidden(i)] = i;
	return 0;
}

SEC("tc")
int cost_slice(struct __sk_buff *skb)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < ACCESSES; i++) {
		__u64 *value = (__u64 *)bpfmmap_slice(handle, hidden(i) * 8, 8);

		if (!value)
			return GOT_NULL;
		*value = i;
	}
	return 0;
}

SEC("tc")
int cost_elem(struct __sk_buff *skb)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < ACCESSES; i++) {
		__u64 *value = BPFMMAP_ELEM(__u64, handle, hidden(i));

		if (!value)
			return GOT_NULL;
		*value = i;
	}
	return 0;
}
