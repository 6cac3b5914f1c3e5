// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpfmmap - mmap-able, freezable arrays for stock kernels
 *
 * Loading, the control device, the file of a region, and the requests of both.
 *
 * Each request is a line in a table: its number, the size of its struct when it
 * first appeared and now, and the function that does it. do_request() brings the
 * struct in, with zeros where the user's is shorter, and back out; so no function
 * in a table ever sees a user's struct or its size.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <uapi/linux/bpfmmap.h>

#include "compat.h"
#include "element.h"
#include "mapping.h"
#include "region.h"

union request_args {
	struct bpfmmap_version version;
	struct bpfmmap_create create;
	struct bpfmmap_next_id next_id;
	struct bpfmmap_open open;
	struct bpfmmap_info info;
	struct bpfmmap_freeze freeze;
	struct bpfmmap_element element;
	struct bpfmmap_batch batch;
};

/* Returns what the ioctl is to return. */
typedef int (*request_fn)(struct file *file, union request_args *args);

struct request {
	unsigned int cmd;
	unsigned int min_size;
	unsigned int size;
	bool out;		/* args go back to the user, also after an error */
	request_fn fn;
};

/* A request whatever size its struct had in the header that the caller used. */
static unsigned int without_size(unsigned int cmd)
{
	return cmd & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT);
}

static long do_request(struct file *file, const struct request *request, size_t nr,
		       unsigned int cmd, void __user *uargs)
{
	union request_args args;
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
	ret = copy_struct_from_user(&args, request->size, uargs, size);
	if (ret)
		return ret;

	ret = request->fn(file, &args);
	if (request->out && copy_to_user(uargs, &args, min_t(size_t, size, request->size)))
		return -EFAULT;
	return ret;
}

/*
 * The file of a region
 */

static int do_info(struct file *file, union request_args *args)
{
	region_info(file->private_data, &args->info);
	return 0;
}

static int do_freeze(struct file *file, union request_args *args)
{
	if (args->freeze.flags)
		return -EINVAL;
	if (!(file->f_mode & FMODE_WRITE))
		return -EPERM;
	return region_freeze(file->private_data);
}

static int do_lookup(struct file *file, union request_args *args)
{
	if (!(file->f_mode & FMODE_READ))
		return -EPERM;
	return element_lookup(file->private_data, &args->element);
}

static int do_lookup_batch(struct file *file, union request_args *args)
{
	if (!(file->f_mode & FMODE_READ)) {
		args->batch.count = 0;
		return -EPERM;
	}
	return element_lookup_batch(file->private_data, &args->batch);
}

/* An update in flight is a writer from before its copy until after its store. */
static int begin_update(struct file *file)
{
	if (!(file->f_mode & FMODE_WRITE))
		return -EPERM;
	return region_begin_write(file->private_data);
}

static int do_update(struct file *file, union request_args *args)
{
	int err;

	err = begin_update(file);
	if (err)
		return err;
	err = element_update(file->private_data, &args->element);
	region_end_write(file->private_data);
	return err;
}

static int do_update_batch(struct file *file, union request_args *args)
{
	int err;

	err = begin_update(file);
	if (err) {
		args->batch.count = 0;
		return err;
	}
	err = element_update_batch(file->private_data, &args->batch);
	region_end_write(file->private_data);
	return err;
}

static const struct request region_requests[] = {
	{ BPFMMAP_IOC_INFO, BPFMMAP_INFO_SIZE_V1,
	  sizeof(struct bpfmmap_info), true, do_info },
	{ BPFMMAP_IOC_FREEZE, BPFMMAP_FREEZE_SIZE_V1,
	  sizeof(struct bpfmmap_freeze), false, do_freeze },
	{ BPFMMAP_IOC_LOOKUP, BPFMMAP_ELEMENT_SIZE_V1,
	  sizeof(struct bpfmmap_element), false, do_lookup },
	{ BPFMMAP_IOC_UPDATE, BPFMMAP_ELEMENT_SIZE_V1,
	  sizeof(struct bpfmmap_element), false, do_update },
	{ BPFMMAP_IOC_LOOKUP_BATCH, BPFMMAP_BATCH_SIZE_V1,
	  sizeof(struct bpfmmap_batch), true, do_lookup_batch },
	{ BPFMMAP_IOC_UPDATE_BATCH, BPFMMAP_BATCH_SIZE_V1,
	  sizeof(struct bpfmmap_batch), true, do_update_batch },
};

static long region_file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return do_request(file, region_requests, ARRAY_SIZE(region_requests), cmd,
			  (void __user *)arg);
}

static int region_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	return region_mmap(file->private_data, vma);
}

static int region_file_release(struct inode *inode, struct file *file)
{
	region_put(file->private_data);
	return 0;
}

#ifdef CONFIG_PROC_FS
static void region_file_show_fdinfo(struct seq_file *m, struct file *file)
{
	region_show(m, file->private_data);
}
#endif

static const struct file_operations region_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = region_file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = region_file_mmap,
	.release = region_file_release,
#ifdef CONFIG_PROC_FS
	.show_fdinfo = region_file_show_fdinfo,
#endif
	.llseek = noop_llseek,
};

/* Takes over the caller's reference, which goes to the file or is dropped. */
static int region_fd(struct region *region, u32 flags)
{
	char name[sizeof("bpfmmap:4294967295")];
	struct file *file;
	int fd, mode = O_RDWR;

	if (flags & BPFMMAP_F_RDONLY)
		mode = O_RDONLY;
	else if (flags & BPFMMAP_F_WRONLY)
		mode = O_WRONLY;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		region_put(region);
		return fd;
	}
	/* what /proc/PID/maps and lsof show */
	snprintf(name, sizeof(name), "bpfmmap:%u", region->id);
	file = anon_inode_getfile(name, &region_fops, region, mode);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		region_put(region);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

/*
 * The control device
 */

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
	return 0;
}

static int do_create(struct file *file, union request_args *args)
{
	struct region *region;

	region = region_create(&args->create);
	if (IS_ERR(region))
		return PTR_ERR(region);
	return region_fd(region, args->create.flags);
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

	if (args->open.reserved || (flags & ~REGION_FD_FLAGS) || flags == REGION_FD_FLAGS)
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	region = region_get_by_id(args->open.id);
	if (IS_ERR(region))
		return PTR_ERR(region);
	return region_fd(region, flags);
}

static const struct request control_requests[] = {
	{ BPFMMAP_IOC_VERSION, BPFMMAP_VERSION_SIZE_V1,
	  sizeof(struct bpfmmap_version), true, do_version },
	{ BPFMMAP_IOC_CREATE, BPFMMAP_CREATE_SIZE_V1,
	  sizeof(struct bpfmmap_create), false, do_create },
	{ BPFMMAP_IOC_NEXT_ID, BPFMMAP_NEXT_ID_SIZE_V1,
	  sizeof(struct bpfmmap_next_id), true, do_next_id },
	{ BPFMMAP_IOC_OPEN, BPFMMAP_OPEN_SIZE_V1,
	  sizeof(struct bpfmmap_open), false, do_open },
};

static long control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return do_request(file, control_requests, ARRAY_SIZE(control_requests), cmd,
			  (void __user *)arg);
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
	/* userspace counts on these: no holes, and what version 1 had stays */
	BUILD_BUG_ON(sizeof(struct bpfmmap_version) != BPFMMAP_VERSION_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct bpfmmap_create) != BPFMMAP_CREATE_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct bpfmmap_next_id) != BPFMMAP_NEXT_ID_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct bpfmmap_open) != BPFMMAP_OPEN_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct bpfmmap_info) != BPFMMAP_INFO_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct bpfmmap_freeze) != BPFMMAP_FREEZE_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct bpfmmap_element) != BPFMMAP_ELEMENT_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct bpfmmap_batch) != BPFMMAP_BATCH_SIZE_V1);

	return misc_register(&control_device);
}

/* No file is open, and with it no mapping and no region left. */
static void __exit bpfmmap_exit(void)
{
	misc_deregister(&control_device);
}

module_init(bpfmmap_init);
module_exit(bpfmmap_exit);

MODULE_DESCRIPTION("mmap-able, freezable arrays");
MODULE_AUTHOR("The bpfmmap authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(BPFMMAP_MODULE_VERSION);
