// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that write to what may be frozen: to the region with the handle, or to the kernel's
 * array if there is none. See tests/attacks/lib/functions.c.
 */
#include "common.h"

char _license[] SEC("license") = "GPL";

const volatile __u64 handle = 0;
const volatile __u32 place = 0;	/* index of the element that write_here() changes */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} array SEC(".maps");

static __always_inline __u64 *element(__u32 index)
{
	if (handle)
		return BPFMMAP_ELEM(__u64, handle, index);
	return bpf_map_lookup_elem(&array, &index);
}

static __always_inline int change(__u32 index)
{
	__u64 *value = element(index);

	if (!value)
		return GOT_NULL;
	++*value;
	return 0;
}

SEC("syscall")
int by_pointer(struct program_args *args)
{
	return change(args->offset);
}

SEC("syscall")
int by_slice(struct program_args *args)
{
	__u64 *value;

	if (!handle)
		return change(args->offset);
	value = (__u64 *)bpfmmap_slice(handle, args->offset * 8, 8);
	if (!value)
		return GOT_NULL;
	++*value;
	return 0;
}

SEC("syscall")
int by_copy(struct program_args *args)
{
	__u64 value = args->value;
	__u32 index = args->offset;

	if (handle)
		return bpfmmap_write(handle, args->offset * 8, &value, sizeof(value));
	return bpf_map_update_elem(&array, &index, &value, BPF_ANY);
}

/* Has its pointer, sleeps until the user's page comes, and stores then. */
SEC("syscall")
int late(struct program_args *args)
{
	__u64 *value = element(args->offset), late = 0;

	if (!value)
		return GOT_NULL;
	if (bpf_copy_from_user(&late, sizeof(late), (void *)(long)args->user))
		return GOT_NULL + 1;
	*value = late;
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(write_here, void *regs, long id)
{
	change(place);
	return 0;
}

static void on_tick(void)
{
	change(0);
}

#include "timer.h"
