// SPDX-License-Identifier: GPL-2.0-only
/*
 * Published regions: a name, and a character device of its own
 *
 * A publication holds a reference to its region, and to the module, until it is
 * withdrawn; so a published region needs no fd to live. Its device is found by its
 * minor number, and opened by whoever its node in /dev lets in. devtmpfs makes the
 * node, with the owner and the mode that were asked for; what chmod, ACLs or
 * udev make of it later is not our business.
 *
 * open(2) checks the permissions of a node and finds the region by the node's number some
 * time later. So a number that was a withdrawn region's must not be another's while somebody
 * is in between: it stays taken until the node has gone, is refused meanwhile, as is a node
 * that is gone, and all 65536 numbers come in turn.
 *
 * Lock order: publish_lock, then what the driver core takes. To open a device takes
 * the lock of publications only, which is innermost.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/cdev.h>
#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "compat.h"
#include "file.h"
#include "publish.h"
#include "region.h"
#include "trace.h"

#define MINORS		65536
#define DIRECTORY	"bpfmmap-regions"
#define FLAGS		(BPFMMAP_PUBLISH_UID | BPFMMAP_PUBLISH_GID | BPFMMAP_PUBLISH_MODE)

static unsigned int max_published = 256;
module_param(max_published, uint, 0644);
MODULE_PARM_DESC(max_published, "number of published regions (default 256; 0: no limit)");

struct publication {
	struct device dev;
	struct region *region;
	kuid_t publisher;
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	bool withdrawn;		/* written under publish_lock */
};

/* One publication or withdrawal at a time; also guards publication in a region. */
static DEFINE_MUTEX(publish_lock);

/* By minor number. Under its lock a publication that is found has its region. */
static DEFINE_XARRAY_ALLOC(publications);
static u32 next_minor;			/* under the lock of publications */
static unsigned int nr_published;	/* protected by publish_lock */

/* Devices that the driver core has not let go of yet. */
static atomic_t nr_devices = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(no_devices);

static dev_t first_device;
static struct cdev cdev;

static struct publication *to_publication(const struct device *dev)
{
	return container_of(dev, struct publication, dev);
}

static ssize_t id_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_publication(dev)->region->id);
}
static DEVICE_ATTR_RO(id);

static ssize_t value_size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_publication(dev)->region->value_size);
}
static DEVICE_ATTR_RO(value_size);

static ssize_t max_entries_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_publication(dev)->region->max_entries);
}
static DEVICE_ATTR_RO(max_entries);

static ssize_t bytes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", to_publication(dev)->region->bytes);
}
static DEVICE_ATTR_RO(bytes);

static ssize_t frozen_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_publication(dev)->region->freeze.frozen));
}
static DEVICE_ATTR_RO(frozen);

static ssize_t writers_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct region *region = to_publication(dev)->region;

	return sysfs_emit(buf, "%lld\n", (long long)atomic64_read(&region->freeze.writers));
}
static DEVICE_ATTR_RO(writers);

static ssize_t mappings_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct region *region = to_publication(dev)->region;

	return sysfs_emit(buf, "%lld\n", (long long)atomic64_read(&region->mappings.count));
}
static DEVICE_ATTR_RO(mappings);

static struct attribute *region_attrs[] = {
	&dev_attr_id.attr,
	&dev_attr_value_size.attr,
	&dev_attr_max_entries.attr,
	&dev_attr_bytes.attr,
	&dev_attr_frozen.attr,
	&dev_attr_writers.attr,
	&dev_attr_mappings.attr,
	NULL
};
ATTRIBUTE_GROUPS(region);

static char *region_devnode(compat_const struct device *dev, umode_t *mode, kuid_t *uid,
			    kgid_t *gid)
{
	const struct publication *publication = to_publication(dev);

	/* who removes the node asks for its name only */
	if (mode) {
		/* devtmpfs takes 0 for "not said" */
		*mode = publication->mode | S_IFCHR;
		*uid = publication->uid;
		*gid = publication->gid;
	}
	return kasprintf(GFP_KERNEL, DIRECTORY "/%s", dev_name(dev));
}

static void region_device_release(struct device *dev)
{
	struct publication *publication = to_publication(dev);

	region_put(publication->region);
	kfree(publication);
	if (atomic_dec_and_test(&nr_devices))
		wake_up(&no_devices);
}

static struct class region_class = {
	.name = "bpfmmap",
};

static const struct device_type region_type = {
	.name = "region",
	.groups = region_groups,
	.devnode = region_devnode,
	.release = region_device_release,
};

static int check_name(const char name[BPFMMAP_PUBLISH_LEN])
{
	size_t i, len = strnlen(name, BPFMMAP_PUBLISH_LEN);

	if (len == BPFMMAP_PUBLISH_LEN)
		return -ENAMETOOLONG;
	if (!len || name[0] == '.' || name[0] == '-')
		return -EINVAL;
	for (i = 0; i < len; i++) {
		if (!isascii(name[i]))
			return -EINVAL;
		if (!isalnum(name[i]) && !strchr("_.-", name[i]))
			return -EINVAL;
	}
	return 0;
}

/* Who the device is to belong to, by the rules of chown(2). */
static int choose_owner(struct publication *publication, const struct bpfmmap_publish *args)
{
	publication->publisher = current_euid();
	publication->uid = current_fsuid();
	publication->gid = current_fsgid();
	publication->mode = 0600;

	if (args->flags & BPFMMAP_PUBLISH_UID) {
		publication->uid = make_kuid(current_user_ns(), args->uid);
		if (!uid_valid(publication->uid))
			return -EINVAL;
		if (!uid_eq(publication->uid, current_fsuid()) && !capable(CAP_CHOWN))
			return -EPERM;
	}
	if (args->flags & BPFMMAP_PUBLISH_GID) {
		publication->gid = make_kgid(current_user_ns(), args->gid);
		if (!gid_valid(publication->gid))
			return -EINVAL;
		if (!in_group_p(publication->gid) && !capable(CAP_CHOWN))
			return -EPERM;
	}
	if (args->flags & BPFMMAP_PUBLISH_MODE) {
		if (args->mode & ~0666U)
			return -EINVAL;
		publication->mode = args->mode;
	}
	return 0;
}

static struct publication *find(const char *name)
{
	struct publication *publication;
	unsigned long minor;

	xa_for_each(&publications, minor, publication)
		if (!publication->withdrawn && !strcmp(dev_name(&publication->dev), name))
			return publication;
	return NULL;
}

/* Takes a reference to the region, which goes with the device. */
static struct publication *publication_alloc(struct region *region, const char *name)
{
	struct publication *publication;

	publication = kzalloc(sizeof(*publication), GFP_KERNEL_ACCOUNT);
	if (!publication)
		return NULL;
	region_get(region);
	publication->region = region;
	atomic_inc(&nr_devices);
	device_initialize(&publication->dev);
	publication->dev.class = &region_class;
	publication->dev.type = &region_type;
	if (dev_set_name(&publication->dev, "%s", name)) {
		put_device(&publication->dev);
		return NULL;
	}
	return publication;
}

static unsigned int nr_published_by(kuid_t uid)
{
	struct publication *publication;
	unsigned long minor;
	unsigned int nr = 0;

	xa_for_each(&publications, minor, publication)
		nr += !publication->withdrawn && uid_eq(publication->publisher, uid);
	return nr;
}

/* A user can have a quarter of all names, and an eighth is left to the privileged. */
static bool is_over_limit(kuid_t uid)
{
	if (!max_published)
		return false;
	if (capable(CAP_SYS_RESOURCE))
		return nr_published >= max_published;
	return nr_published >= max_published - max_published / 8 ||
	       nr_published_by(uid) >= max(max_published / 4, 1U);
}

static int add(struct publication *publication)
{
	u32 minor;
	int err;

	if (is_over_limit(publication->publisher)) {
		pr_warn_ratelimited("one region more of user %u is over max_published=%u, or the user's share of it\n",
				    from_kuid(&init_user_ns, publication->publisher),
				    max_published);
		return -ENOSPC;
	}
	err = xa_alloc_cyclic(&publications, &minor, publication, XA_LIMIT(0, MINORS - 1),
			      &next_minor, GFP_KERNEL_ACCOUNT);
	if (err < 0)
		return err == -EBUSY ? -ENOSPC : err;
	publication->dev.devt = first_device + minor;
	err = device_add(&publication->dev);
	if (err)
		xa_erase(&publications, minor);
	return err;
}

/**
 * publish_region() - give a region a name and a device
 * @region: the caller has an open file of it, with every right
 * @args: as BPFMMAP_IOC_PUBLISH has them
 *
 * Context: may sleep, holds no locks.
 * Return: 0, -EINVAL, -ENAMETOOLONG, -EPERM, -EEXIST, -EALREADY, -ENOSPC, -ENOMEM.
 */
int publish_region(struct region *region, const struct bpfmmap_publish *args)
{
	struct publication *publication;
	int err;

	if ((args->flags & ~FLAGS) || args->reserved)
		return -EINVAL;
	err = check_name(args->name);
	if (err)
		return err;
	publication = publication_alloc(region, args->name);
	if (!publication)
		return -ENOMEM;
	err = choose_owner(publication, args);
	if (err)
		goto err_put;

	mutex_lock(&publish_lock);
	if (find(args->name))
		err = -EEXIST;
	else if (region->publication)
		err = -EALREADY;
	else
		err = add(publication);
	if (err)
		goto err_unlock;
	region->publication = publication;
	nr_published++;
	/* the caller's open file keeps the module until then */
	__module_get(THIS_MODULE);
	trace_bpfmmap_publish(region->id, args->name);
	mutex_unlock(&publish_lock);
	return 0;

err_unlock:
	mutex_unlock(&publish_lock);
err_put:
	put_device(&publication->dev);
	return err;
}

static bool may_withdraw(const struct publication *publication)
{
	return uid_eq(publication->publisher, current_euid()) ||
	       uid_eq(publication->uid, current_euid()) || capable(CAP_FOWNER);
}

/**
 * publish_withdraw() - end a publication
 * @args: as BPFMMAP_IOC_WITHDRAW has them
 *
 * Context: may sleep, holds no locks; the caller's open file keeps the module.
 * Return: 0, -EINVAL, -ENAMETOOLONG, -ENOENT, -EPERM.
 */
int publish_withdraw(const struct bpfmmap_withdraw *args)
{
	struct publication *publication;
	int err;

	if (args->flags)
		return -EINVAL;
	err = check_name(args->name);
	if (err)
		return err == -EINVAL ? -ENOENT : err;

	mutex_lock(&publish_lock);
	publication = find(args->name);
	err = -ENOENT;
	if (!publication)
		goto err_unlock;
	err = -EPERM;
	if (!may_withdraw(publication))
		goto err_unlock;
	WRITE_ONCE(publication->withdrawn, true);
	publication->region->publication = NULL;
	nr_published--;
	trace_bpfmmap_withdraw(publication->region->id, args->name);
	device_del(&publication->dev);
	xa_erase(&publications, publication->dev.devt - first_device);
	mutex_unlock(&publish_lock);
	put_device(&publication->dev);
	module_put(THIS_MODULE);
	return 0;

err_unlock:
	mutex_unlock(&publish_lock);
	return err;
}

/**
 * publish_name() - the name that a region is published under
 * @region: any
 * @name: where to put it; empty, if it is not
 */
void publish_name(struct region *region, char name[BPFMMAP_PUBLISH_LEN])
{
	memset(name, 0, BPFMMAP_PUBLISH_LEN);
	mutex_lock(&publish_lock);
	if (region->publication)
		strscpy(name, dev_name(&region->publication->dev), BPFMMAP_PUBLISH_LEN);
	mutex_unlock(&publish_lock);
}

/**
 * publish_open() - open a region by its device
 * @inode: of the device
 * @file: to become one of the region's
 *
 * Return: 0, -ENXIO: it has been withdrawn; -ENOMEM.
 */
int publish_open(struct inode *inode, struct file *file)
{
	struct publication *publication;
	struct region *region = NULL;

	xa_lock(&publications);
	publication = xa_load(&publications, inode->i_rdev - first_device);
	if (publication && !READ_ONCE(publication->withdrawn) && inode->i_nlink) {
		region = publication->region;
		region_get(region);
	}
	xa_unlock(&publications);
	if (!region)
		return -ENXIO;
	return region_file_init(file, region, 0);
}

int __init publish_init(void)
{
	int err;

	err = class_register(&region_class);
	if (err)
		return err;
	err = alloc_chrdev_region(&first_device, 0, MINORS, "bpfmmap-region");
	if (err)
		goto err_class;
	cdev_init(&cdev, &region_fops);
	cdev.owner = THIS_MODULE;
	err = cdev_add(&cdev, first_device, MINORS);
	if (err)
		goto err_chrdev;
	return 0;

err_chrdev:
	unregister_chrdev_region(first_device, MINORS);
err_class:
	class_unregister(&region_class);
	return err;
}

/* Nothing is published: that would keep the module. */
void publish_exit(void)
{
	cdev_del(&cdev);
	unregister_chrdev_region(first_device, MINORS);
	wait_event(no_devices, !atomic_read(&nr_devices));
	class_unregister(&region_class);
	xa_destroy(&publications);
}
