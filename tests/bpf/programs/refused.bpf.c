// SPDX-License-Identifier: GPL-2.0-only
/* Programs that the verifier refuses, each for one reason. */
#include "common.h"

char _license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} kept SEC(".maps");

SEC("syscall")
int no_null_check(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice(args->handle, 0, 8);

	*part = 1;
	return 0;
}

SEC("syscall")
int store_into_ro(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice_ro(args->handle, 0, 8);

	if (part)
		*part = 1;
	return 0;
}

SEC("syscall")
int store_into_element_ro(struct program_args *args)
{
	__u64 *element = (__u64 *)bpfmmap_elem_ro(args->handle, 0, 8);

	if (element)
		*element = 1;
	return 0;
}

SEC("syscall")
int add_to_ro(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice_ro(args->handle, 0, 8);

	if (part)
		__sync_fetch_and_add(part, 1);
	return 0;
}

SEC("syscall")
int helper_writes_into_ro(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice_ro(args->handle, 0, 8);

	if (part)
		bpf_copy_from_user(part, 8, (void *)(long)args->user);
	return 0;
}

SEC("syscall")
int beyond_the_size(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice(args->handle, 0, 8);

	if (part)
		part[1] = 1;
	return 0;
}

SEC("syscall")
int before_the_start(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice(args->handle, 8, 8);

	if (part)
		part[-1] = 1;
	return 0;
}

SEC("syscall")
int unbounded_index(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice(args->handle, 0, 4096);

	if (part)
		part[args->offset] = 1;
	return 0;
}

SEC("syscall")
int index_bounded_too_far(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice(args->handle, 0, 4096);

	if (part)
		part[args->offset & 1023] = 1;
	return 0;
}

SEC("syscall")
int size_is_no_constant(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice(args->handle, 0, args->value & 4095);

	if (part)
		*part = 1;
	return 0;
}

SEC("syscall")
int store_into_size_0(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice(args->handle, 0, 0);

	if (part)
		*part = 1;
	return 0;
}

/* A part is valid for one run: what was kept is no pointer any more. */
SEC("syscall")
int use_after_the_run(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice(args->handle, 0, 8), **place;
	__u32 key = 0;

	place = bpf_map_lookup_elem(&kept, &key);
	if (!place)
		return 0;
	if (*place)
		**place = 1;
	*place = part;
	return 0;
}

SEC("syscall")
int a_handle_is_no_pointer(struct program_args *args)
{
	*(__u64 *)(long)args->handle = 1;
	return 0;
}

SEC("syscall")
int write_from_nowhere(struct program_args *args)
{
	return bpfmmap_write(args->handle, 0, (void *)(long)args->user, 8);
}

SEC("syscall")
int write_more_than_there_is(struct program_args *args)
{
	__u64 value = 1;

	return bpfmmap_write(args->handle, 0, &value, 16);
}
