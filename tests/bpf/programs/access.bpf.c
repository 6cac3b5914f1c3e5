// SPDX-License-Identifier: GPL-2.0-only
/* Programs that read and write a region when a test says so. */
#include "common.h"

char _license[] SEC("license") = "GPL";

SEC("syscall")
int store(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice(args->handle, args->offset, 8);

	if (!part)
		return GOT_NULL;
	*part = args->value;
	return 0;
}

/* The lower half, which is what fits into what a program returns. */
SEC("syscall")
int load(struct program_args *args)
{
	const __u64 *part = (const __u64 *)bpfmmap_slice_ro(args->handle, args->offset, 8);

	return part ? *part & 0xff : GOT_NULL;
}

SEC("syscall")
int add(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice(args->handle, args->offset, 8);

	if (!part)
		return GOT_NULL;
	__sync_fetch_and_add(part, args->value);
	return 0;
}

SEC("syscall")
int store_element(struct program_args *args)
{
	__u8 *element = bpfmmap_elem(args->handle, args->offset, 1);

	if (!element)
		return GOT_NULL;
	*element = args->value;
	return 0;
}

SEC("syscall")
int load_element(struct program_args *args)
{
	const __u8 *element = bpfmmap_elem_ro(args->handle, args->offset, 1);

	return element ? *element : GOT_NULL;
}

/* 12 bytes: more than an element of 8 has. */
SEC("syscall")
int store_element_of_12(struct program_args *args)
{
	__u32 *element = (__u32 *)bpfmmap_elem(args->handle, args->offset, 12);

	if (!element)
		return GOT_NULL;
	element[2] = args->value;
	return 0;
}

SEC("syscall")
int store_by_write(struct program_args *args)
{
	__u64 value = args->value;

	return bpfmmap_write(args->handle, args->offset, &value, sizeof(value));
}

/* One slice, and a bounded index into it that nobody knows beforehand. */
SEC("syscall")
int store_by_index(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice(args->handle, 0, 4096);

	if (!part)
		return GOT_NULL;
	part[args->offset & 511] = args->value;
	return 0;
}

SEC("syscall")
int store_to_part_of_this_cpu(struct program_args *args)
{
	__u64 *count = BPFMMAP_CPU_ELEM(__u64, args->handle, args->offset, 64);

	if (!count)
		return GOT_NULL;
	++*count;
	return 0;
}

SEC("syscall")
int wake(struct program_args *args)
{
	return bpfmmap_wake(args->handle);
}

/* Has its part, sleeps until the user's page comes, and writes what is in there then. */
SEC("syscall")
int store_late(struct program_args *args)
{
	__u64 *part = (__u64 *)bpfmmap_slice(args->handle, args->offset, 8), value = 0;

	if (!part)
		return GOT_NULL;
	if (bpf_copy_from_user(&value, sizeof(value), (void *)(long)args->user))
		return GOT_NULL + 1;
	*part = value;
	return 0;
}

/* The same with a part to read: what it reads then, as load does. */
SEC("syscall")
int load_late(struct program_args *args)
{
	const __u64 *part = (const __u64 *)bpfmmap_slice_ro(args->handle, args->offset, 8);
	__u64 value = 0;

	if (!part)
		return GOT_NULL;
	if (bpf_copy_from_user(&value, sizeof(value), (void *)(long)args->user))
		return GOT_NULL + 1;
	return *part & 0xff;
}
