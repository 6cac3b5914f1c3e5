// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpfmmap - mmap-able, freezable arrays for stock kernels
 *
 * This file loads and unloads the module, and has the requests of the control device
 * (/dev/bpfmmap). An open control device holds the instance of the file system, in which a new
 * region is an inode.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/kmod.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mount.h>

#include "backing.h"
#include "compat.h"
#include "element.h"
#include "file.h"
#include "fs.h"
#include "region.h"
#include "request.h"
#include "share.h"
#include "usage.h"

static struct vfsmount *mount_of(const struct file *file)
{
	return file->private_data;
}

static int do_version(struct file *file, union bpfmmap_request_args *args)
{
	args->version.version = BPFMMAP_VERSION;
	args->version.features = BPFMMAP_FEATURE_BATCH | BPFMMAP_FEATURE_FILES |
				 BPFMMAP_FEATURE_REVOKE;
	if (COMPAT_HAS_MEMCG)
		args->version.features |= BPFMMAP_FEATURE_MEMCG;
	if (IS_ENABLED(CONFIG_NUMA))
		args->version.features |= BPFMMAP_FEATURE_NUMA;
	if (IS_ENABLED(CONFIG_COMPAT))
		args->version.features |= BPFMMAP_FEATURE_COMPAT;
	if (COMPAT_PMD_PFN && PMD_ORDER == BPFMMAP_CHUNK_ORDER)
		args->version.features |= BPFMMAP_FEATURE_HUGE;
	if (COMPAT_SET_PTE_AT)
		args->version.features |= BPFMMAP_FEATURE_FAULT_AROUND;
	if (bpfmmap_share_is_ready())
		args->version.features |= BPFMMAP_FEATURE_BPF;
	return 0;
}

/* For the first region that programs may reach. One who takes it away after that means it. */
static void load_functions_once(void)
{
	static atomic_t done = ATOMIC_INIT(0);

	if (!bpfmmap_share_is_ready() && !atomic_xchg(&done, 1))
		request_module("bpfmmap_bpf");
}

static int do_create(struct file *file, union bpfmmap_request_args *args)
{
	struct vfsmount *mnt = mount_of(file);
	struct bpfmmap_region *region;

	region = bpfmmap_region_create(mnt->mnt_sb, &args->create);
	if (IS_ERR(region))
		return PTR_ERR(region);
	if (region->share)
		load_functions_once();
	return bpfmmap_file_fd(region, mnt,
			       args->create.flags & (BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY));
}

static int do_next_id(struct file *file, union bpfmmap_request_args *args)
{
	if (args->next_id.reserved || args->next_id.start_id >= INT_MAX)
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return bpfmmap_region_next_id(args->next_id.start_id, &args->next_id.next_id);
}

static int do_open(struct file *file, union bpfmmap_request_args *args)
{
	u32 flags = args->open.flags;
	struct bpfmmap_region *region;

	if (args->open.reserved || !bpfmmap_file_flags_ok(flags))
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	region = bpfmmap_region_find(args->open.id);
	if (IS_ERR(region))
		return PTR_ERR(region);
	return bpfmmap_file_fd(region, mount_of(file), flags);
}

static const struct bpfmmap_request requests[] = {
	BPFMMAP_REQUEST(CREATE, CREATE, do_create),
	BPFMMAP_REQUEST(OPEN, OPEN, do_open),
	BPFMMAP_REQUEST(NEXT_ID, NEXT_ID, do_next_id, .out = true),
	BPFMMAP_REQUEST(VERSION, VERSION, do_version, .out = true),
};

static long control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return bpfmmap_request_do(file, requests, ARRAY_SIZE(requests), cmd, (void __user *)arg);
}

static int control_open(struct inode *inode, struct file *file)
{
	struct vfsmount *mnt = bpfmmap_fs_pin();

	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	file->private_data = mnt;
	return 0;
}

static int control_release(struct inode *inode, struct file *file)
{
	bpfmmap_fs_unpin();
	return 0;
}

static const struct file_operations control_operations = {
	.owner = THIS_MODULE,
	.open = control_open,
	.release = control_release,
	.unlocked_ioctl = control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice control_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bpfmmap",
	.fops = &control_operations,
	.mode = 0660,
};

static int __init bpfmmap_init(void)
{
	int err;

	err = bpfmmap_backing_init();
	if (err)
		return err;
	err = bpfmmap_fs_init(&bpfmmap_file_operations);
	if (err)
		goto err_backing;
	err = misc_register(&control_device);
	if (err)
		goto err_fs;
	return 0;

err_fs:
	bpfmmap_fs_exit();
err_backing:
	bpfmmap_backing_exit();
	return err;
}

/* An open file, a mapping, a name and a mount each hold the module, so none of them is left. */
static void __exit bpfmmap_exit(void)
{
	misc_deregister(&control_device);
	bpfmmap_fs_exit();
	bpfmmap_element_exit();
	bpfmmap_backing_exit();
	bpfmmap_usage_exit();
}

module_init(bpfmmap_init);
module_exit(bpfmmap_exit);

MODULE_DESCRIPTION("mmap-able, freezable arrays");
MODULE_AUTHOR("The bpfmmap authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(BPFMMAP_MODULE_VERSION);
