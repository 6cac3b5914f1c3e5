// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpfmmap - mmap-able, freezable arrays for stock kernels
 *
 * Loading, and the control device with its requests.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "backing.h"
#include "compat.h"
#include "element.h"
#include "file.h"
#include "publish.h"
#include "region.h"
#include "request.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static int do_version(struct file *file, union request_args *args)
{
	args->version.version = BPFMMAP_VERSION;
	args->version.features = BPFMMAP_FEATURE_BATCH;
	if (BPFMMAP_HAS_MEMCG)
		args->version.features |= BPFMMAP_FEATURE_MEMCG;
	if (IS_ENABLED(CONFIG_NUMA))
		args->version.features |= BPFMMAP_FEATURE_NUMA;
	if (IS_ENABLED(CONFIG_COMPAT))
		args->version.features |= BPFMMAP_FEATURE_COMPAT;
	if (IS_ENABLED(CONFIG_DEVTMPFS))
		args->version.features |= BPFMMAP_FEATURE_DEVTMPFS;
	if (COMPAT_PMD_PFN && PMD_ORDER == BACKING_CHUNK_ORDER)
		args->version.features |= BPFMMAP_FEATURE_HUGE;
	if (COMPAT_SET_PTE_AT)
		args->version.features |= BPFMMAP_FEATURE_FAULT_AROUND;
	return 0;
}

static int do_create(struct file *file, union request_args *args)
{
	struct region *region;

	region = region_create(&args->create);
	if (IS_ERR(region))
		return PTR_ERR(region);
	return region_fd(region, args->create.flags & ~BPFMMAP_F_NUMA_NODE);
}

static int do_next_id(struct file *file, union request_args *args)
{
	if (args->next_id.reserved || args->next_id.start_id >= INT_MAX)
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return region_next_id(args->next_id.start_id, &args->next_id.next_id);
}

static int do_open(struct file *file, union request_args *args)
{
	u32 flags = args->open.flags;
	struct region *region;

	if (args->open.reserved || !region_fd_flags_ok(flags))
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	region = region_get_by_id(args->open.id);
	if (IS_ERR(region))
		return PTR_ERR(region);
	return region_fd(region, flags);
}

static int do_withdraw(struct file *file, union request_args *args)
{
	return publish_withdraw(&args->withdraw);
}

static const struct request requests[] = {
	{ BPFMMAP_IOC_VERSION, BPFMMAP_VERSION_SIZE_V1,
	  sizeof(struct bpfmmap_version), true, do_version },
	{ BPFMMAP_IOC_CREATE, BPFMMAP_CREATE_SIZE_V1,
	  sizeof(struct bpfmmap_create), false, do_create },
	{ BPFMMAP_IOC_NEXT_ID, BPFMMAP_NEXT_ID_SIZE_V1,
	  sizeof(struct bpfmmap_next_id), true, do_next_id },
	{ BPFMMAP_IOC_OPEN, BPFMMAP_OPEN_SIZE_V1,
	  sizeof(struct bpfmmap_open), false, do_open },
	{ BPFMMAP_IOC_WITHDRAW, BPFMMAP_WITHDRAW_SIZE_V1,
	  sizeof(struct bpfmmap_withdraw), false, do_withdraw },
};

static long control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return request_do(file, requests, ARRAY_SIZE(requests), cmd, (void __user *)arg);
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice control_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bpfmmap",
	.fops = &control_fops,
	.mode = 0660,
};

static int __init bpfmmap_init(void)
{
	int err;

	err = backing_init();
	if (err)
		return err;
	err = publish_init();
	if (err)
		goto err_backing;
	err = misc_register(&control_device);
	if (err)
		goto err_publish;
	return 0;

err_publish:
	publish_exit();
err_backing:
	backing_exit();
	return err;
}

/* No file is open, and with it no mapping, no publication and no region left. */
static void __exit bpfmmap_exit(void)
{
	misc_deregister(&control_device);
	publish_exit();
	element_exit();
	backing_exit();
}

module_init(bpfmmap_init);
module_exit(bpfmmap_exit);

MODULE_DESCRIPTION("mmap-able, freezable arrays");
MODULE_AUTHOR("The bpfmmap authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(BPFMMAP_MODULE_VERSION);
