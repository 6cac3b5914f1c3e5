// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests: an ioctl becomes a call of a function with a checked struct
 *
 * Each request is a line in a table: its number, the size of the first and of the newest version
 * of its struct, and a function. bpfmmap_request_do() copies the user's struct in, fills what it
 * lacks with zeros, and copies it back out if the request returns something. So no function in
 * a table handles a user's struct or its size.
 */
#include <linux/build_bug.h>
#include <linux/uaccess.h>

#include "request.h"

/* Userspace relies on this layout: structs have no holes, and a new version only adds fields. */
static_assert(sizeof(struct bpfmmap_version) == BPFMMAP_VERSION_SIZE_V1);
static_assert(sizeof(struct bpfmmap_create) == BPFMMAP_CREATE_SIZE_V1);
static_assert(sizeof(struct bpfmmap_next_id) == BPFMMAP_NEXT_ID_SIZE_V1);
static_assert(sizeof(struct bpfmmap_open) == BPFMMAP_OPEN_SIZE_V1);
static_assert(offsetof(struct bpfmmap_info, freeze_pending) == BPFMMAP_INFO_SIZE_V1);
static_assert(offsetof(struct bpfmmap_info, huge_runs) == BPFMMAP_INFO_SIZE_V2);
static_assert(offsetof(struct bpfmmap_info, revoked) == BPFMMAP_INFO_SIZE_V3);
static_assert(offsetof(struct bpfmmap_info, frozen_for) == BPFMMAP_INFO_SIZE_V4);
static_assert(sizeof(struct bpfmmap_info) == BPFMMAP_INFO_SIZE_V5);
static_assert(sizeof(struct bpfmmap_handle_args) == BPFMMAP_HANDLE_SIZE_V1);
static_assert(sizeof(struct bpfmmap_freeze) == BPFMMAP_FREEZE_SIZE_V1);
static_assert(sizeof(struct bpfmmap_element) == BPFMMAP_ELEMENT_SIZE_V1);
static_assert(sizeof(struct bpfmmap_batch) == BPFMMAP_BATCH_SIZE_V1);
static_assert(sizeof(struct bpfmmap_publish) == BPFMMAP_PUBLISH_SIZE_V1);
static_assert(sizeof(struct bpfmmap_restrict) == BPFMMAP_RESTRICT_SIZE_V1);
static_assert(sizeof(struct bpfmmap_mappings) == BPFMMAP_MAPPINGS_SIZE_V1);
static_assert(sizeof(struct bpfmmap_mapping_entry) == 40);

/* The number of a request without the size, which depends on the header that the caller used. */
static unsigned int without_size(unsigned int cmd)
{
	return cmd & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT);
}

/*
 * Copy the user's struct in. A copy of constant size avoids run-time checks of its destination,
 * which are half of its cost; so the structs of lookup, update, freeze and batches have one each.
 */
static int take_args(union bpfmmap_request_args *args, const struct bpfmmap_request *request,
		     const void __user *uargs, u32 size)
{
	switch (size == request->size ? size : 0) {
	case sizeof(args->element):
		return copy_from_user(args, uargs, sizeof(args->element)) ? -EFAULT : 0;
	case sizeof(args->freeze):
		return copy_from_user(args, uargs, sizeof(args->freeze)) ? -EFAULT : 0;
	case sizeof(args->batch):
		return copy_from_user(args, uargs, sizeof(args->batch)) ? -EFAULT : 0;
	default:
		return copy_struct_from_user(args, request->size, uargs, size);
	}
}

/**
 * bpfmmap_request_do() - execute a request
 * @file: passed to the function of the request
 * @table: table of requests
 * @nr: number of lines in @table
 * @cmd: number of the ioctl
 * @uargs: the user's struct, which starts with its size in bytes
 *
 * Context: may sleep and fault; the caller holds no locks.
 * Return: the result of the request; -ENOTTY: the table does not have it; -EFAULT: the struct
 * can't be read or written; -EINVAL or -E2BIG: size is not a valid struct size.
 */
long bpfmmap_request_do(struct file *file, const struct bpfmmap_request *table, size_t nr,
			unsigned int cmd, void __user *uargs)
{
	const struct bpfmmap_request *request = table;
	union bpfmmap_request_args args;
	u32 size;
	int ret;

	while (nr && without_size(request->cmd) != without_size(cmd)) {
		request++;
		nr--;
	}
	if (!nr)
		return -ENOTTY;

	if (get_user(size, (u32 __user *)uargs))
		return -EFAULT;
	if (size < request->min_size)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	ret = take_args(&args, request, uargs, size);
	if (ret)
		return ret;

	ret = request->fn(file, &args);
	if (request->out && copy_to_user(uargs, &args, min_t(size_t, size, request->size)))
		return -EFAULT;
	return ret;
}
