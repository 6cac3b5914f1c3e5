// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file of a region: what its fds can do, and the requests on them
 *
 * A region's fd comes from the control device or from another fd (an anonymous inode,
 * which nobody can open again), or from opening the device of a published region.
 * The files behind them all have these operations. What an fd can't do is in its
 * f_mode, and beyond that in its struct handle; it is decided once, when the file
 * is made, and never changes.
 *
 * Reading and writing is as on a regular file of the region's bytes that can't grow.
 * A write is a writer while it runs, as an update is (see freeze.c), and no lock is held
 * while it copies.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/uio.h>

#include "compat.h"
#include "element.h"
#include "file.h"
#include "publish.h"
#include "region.h"
#include "request.h"

#define FD_FLAGS	(BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY | BPFMMAP_F_NOFREEZE)
#define FREEZE_FLAGS	(BPFMMAP_FREEZE_WHEN_IDLE | BPFMMAP_FREEZE_KEEP | BPFMMAP_FREEZE_CANCEL)

/* What is copied before the next look around. */
#define COPY_STEP	SZ_1M

/* What a regular file has, and the file of an anonymous inode lacks. */
#define FILE_MODE	(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE | FMODE_ATOMIC_POS)

/* An open file of a region. */
struct handle {
	struct region *region;
	bool nofreeze;
	bool wants_freeze;	/* under freeze.lock of the region */
};

static struct region *region_of(const struct file *file)
{
	const struct handle *handle = file->private_data;

	return handle->region;
}

static u32 fd_flags(const struct file *file)
{
	const struct handle *handle = file->private_data;
	u32 flags = 0;

	if (!(file->f_mode & FMODE_WRITE))
		flags |= BPFMMAP_F_RDONLY;
	if (!(file->f_mode & FMODE_READ))
		flags |= BPFMMAP_F_WRONLY;
	if (handle->nofreeze)
		flags |= BPFMMAP_F_NOFREEZE;
	return flags;
}

/*
 * Requests
 */

static void describe(const struct file *file, struct bpfmmap_info *info)
{
	region_info(region_of(file), info);
	publish_name(region_of(file), info->published);
	info->fd_flags = fd_flags(file);
}

static int do_info(struct file *file, union request_args *args)
{
	describe(file, &args->info);
	return 0;
}

static int do_freeze(struct file *file, union request_args *args)
{
	struct handle *handle = file->private_data;
	u32 flags = args->freeze.flags;

	if (flags & ~FREEZE_FLAGS)
		return -EINVAL;
	if (fd_flags(file) & (BPFMMAP_F_RDONLY | BPFMMAP_F_NOFREEZE))
		return -EPERM;

	switch (flags) {
	case 0:
		return freeze_now(handle->region);
	case BPFMMAP_FREEZE_WHEN_IDLE:
		return freeze_when_idle(handle->region, &handle->wants_freeze);
	case BPFMMAP_FREEZE_WHEN_IDLE | BPFMMAP_FREEZE_KEEP:
		return freeze_when_idle_kept(handle->region);
	case BPFMMAP_FREEZE_CANCEL:
		return freeze_cancel(handle->region, &handle->wants_freeze);
	case BPFMMAP_FREEZE_CANCEL | BPFMMAP_FREEZE_KEEP:
		return freeze_cancel_kept(handle->region);
	default:
		return -EINVAL;
	}
}

static int do_lookup(struct file *file, union request_args *args)
{
	if (!(file->f_mode & FMODE_READ))
		return -EPERM;
	return element_lookup(region_of(file), &args->element);
}

static int do_lookup_batch(struct file *file, union request_args *args)
{
	if (!(file->f_mode & FMODE_READ)) {
		args->batch.count = 0;
		return -EPERM;
	}
	return element_lookup_batch(region_of(file), &args->batch);
}

/* An update in flight is a writer from before its copy until after its store. */
static int begin_update(struct file *file)
{
	if (!(file->f_mode & FMODE_WRITE))
		return -EPERM;
	return freeze_begin_write(region_of(file));
}

static int do_update(struct file *file, union request_args *args)
{
	struct region *region = region_of(file);
	int err;

	err = begin_update(file);
	if (err)
		return err;
	err = element_update(region, &args->element);
	freeze_end_write(region);
	return err;
}

static int do_update_batch(struct file *file, union request_args *args)
{
	struct region *region = region_of(file);
	int err;

	err = begin_update(file);
	if (err) {
		args->batch.count = 0;
		return err;
	}
	err = element_update_batch(region, &args->batch);
	freeze_end_write(region);
	return err;
}

/* Whoever opens the device may get every right, so nobody gives more than they have. */
static int do_publish(struct file *file, union request_args *args)
{
	if (fd_flags(file))
		return -EPERM;
	return publish_region(region_of(file), &args->publish);
}

static int do_restrict(struct file *file, union request_args *args)
{
	struct region *region = region_of(file);
	u32 flags = args->restricted.flags;

	if (flags & ~FD_FLAGS)
		return -EINVAL;
	flags |= fd_flags(file);
	if (!region_fd_flags_ok(flags))
		return -EINVAL;
	region_get(region);
	return region_fd(region, flags);
}

static int do_mappings(struct file *file, union request_args *args)
{
	return mapping_list(region_of(file), &args->mappings);
}

/* the frequent ones first */
static const struct request requests[] = {
	{ BPFMMAP_IOC_LOOKUP, BPFMMAP_ELEMENT_SIZE_V1,
	  sizeof(struct bpfmmap_element), false, do_lookup },
	{ BPFMMAP_IOC_UPDATE, BPFMMAP_ELEMENT_SIZE_V1,
	  sizeof(struct bpfmmap_element), false, do_update },
	{ BPFMMAP_IOC_INFO, BPFMMAP_INFO_SIZE_V1,
	  sizeof(struct bpfmmap_info), true, do_info },
	{ BPFMMAP_IOC_FREEZE, BPFMMAP_FREEZE_SIZE_V1,
	  sizeof(struct bpfmmap_freeze), false, do_freeze },
	{ BPFMMAP_IOC_LOOKUP_BATCH, BPFMMAP_BATCH_SIZE_V1,
	  sizeof(struct bpfmmap_batch), true, do_lookup_batch },
	{ BPFMMAP_IOC_UPDATE_BATCH, BPFMMAP_BATCH_SIZE_V1,
	  sizeof(struct bpfmmap_batch), true, do_update_batch },
	{ BPFMMAP_IOC_PUBLISH, BPFMMAP_PUBLISH_SIZE_V1,
	  sizeof(struct bpfmmap_publish), false, do_publish },
	{ BPFMMAP_IOC_RESTRICT, BPFMMAP_RESTRICT_SIZE_V1,
	  sizeof(struct bpfmmap_restrict), false, do_restrict },
	{ BPFMMAP_IOC_MAPPINGS, BPFMMAP_MAPPINGS_SIZE_V1,
	  sizeof(struct bpfmmap_mappings), true, do_mappings },
};

static long region_file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return request_do(file, requests, ARRAY_SIZE(requests), cmd, (void __user *)arg);
}

/*
 * As a file
 */

static loff_t region_file_llseek(struct file *file, loff_t offset, int whence)
{
	return generic_file_llseek_size(file, offset, whence, MAX_LFS_FILESIZE,
					region_of(file)->bytes);
}

typedef size_t (*copy_fn)(void *data, size_t len, struct iov_iter *iter);

static size_t copy_out(void *data, size_t len, struct iov_iter *iter)
{
	return copy_to_iter(data, len, iter);
}

static size_t copy_in(void *data, size_t len, struct iov_iter *iter)
{
	return copy_from_iter(data, len, iter);
}

/* Copy from pos on, which is below the region's bytes. Returns how much, or -errno. */
static ssize_t copy(struct region *region, loff_t pos, struct iov_iter *iter, copy_fn fn)
{
	size_t len = min_t(u64, iov_iter_count(iter), region->bytes - pos);
	void *data = region->backing.data + pos;
	size_t done = 0, step, copied;

	while (done < len) {
		cond_resched();
		if (fatal_signal_pending(current))
			return done ?: -EINTR;
		step = min_t(size_t, len - done, COPY_STEP);
		copied = fn(data + done, step, iter);
		done += copied;
		if (copied < step)
			return done ?: -EFAULT;
	}
	return done;
}

static ssize_t region_file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct region *region = region_of(iocb->ki_filp);
	ssize_t ret;

	if (iocb->ki_pos < 0)
		return -EINVAL;
	if (iocb->ki_pos >= region->bytes)
		return 0;
	ret = copy(region, iocb->ki_pos, to, copy_out);
	if (ret > 0)
		iocb->ki_pos += ret;
	return ret;
}

static ssize_t region_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct region *region = region_of(iocb->ki_filp);
	ssize_t ret;

	if (!iov_iter_count(from))
		return 0;
	ret = freeze_begin_write(region);
	if (ret)
		return ret;
	if (iocb->ki_flags & IOCB_APPEND)
		iocb->ki_pos = region->bytes;
	if (iocb->ki_pos < 0)
		ret = -EINVAL;
	else if (iocb->ki_pos >= region->bytes)
		ret = -ENOSPC;
	else
		ret = copy(region, iocb->ki_pos, from, copy_in);
	freeze_end_write(region);
	if (ret > 0)
		iocb->ki_pos += ret;
	return ret;
}

static __poll_t region_file_poll(struct file *file, struct poll_table_struct *wait)
{
	struct freeze *freeze = &region_of(file)->freeze;
	__poll_t events = 0;
	bool frozen;

	poll_wait(file, &freeze->wait, wait);
	/* whoever freezes looks for somebody who waits after it has set frozen */
	smp_mb();
	frozen = READ_ONCE(freeze->frozen);
	if (frozen)
		events |= EPOLLPRI;
	if (file->f_mode & FMODE_READ)
		events |= EPOLLIN | EPOLLRDNORM;
	if ((file->f_mode & FMODE_WRITE) && !frozen)
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}

static int region_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	return mapping_create(region_of(file), vma);
}

static int region_file_release(struct inode *inode, struct file *file)
{
	struct handle *handle = file->private_data;

	freeze_forget(handle->region, &handle->wants_freeze);
	region_put(handle->region);
	kfree(handle);
	return 0;
}

#ifdef CONFIG_PROC_FS
static void region_file_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct bpfmmap_info info = {};

	describe(file, &info);
	region_show(m, &info);
}
#endif

const struct file_operations region_fops = {
	.owner = THIS_MODULE,
	.open = publish_open,
	.llseek = region_file_llseek,
	.read_iter = region_file_read_iter,
	.write_iter = region_file_write_iter,
	.splice_read = copy_splice_read,
	.splice_write = iter_file_splice_write,
	.poll = region_file_poll,
	.unlocked_ioctl = region_file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = region_file_mmap,
	.get_unmapped_area = thp_get_unmapped_area,
	.release = region_file_release,
#ifdef CONFIG_PROC_FS
	.show_fdinfo = region_file_show_fdinfo,
#endif
};

static struct handle *handle_alloc(struct region *region, u32 flags)
{
	struct handle *handle;

	handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle)
		return NULL;
	handle->region = region;
	handle->nofreeze = flags & BPFMMAP_F_NOFREEZE;
	return handle;
}

/**
 * region_file_init() - make a file that is being opened one of a region's
 * @file: of a published region's device
 * @region: the caller's reference goes to the file or is dropped
 * @flags: BPFMMAP_F_NOFREEZE or 0
 *
 * Return: 0, -ENOMEM.
 */
int region_file_init(struct file *file, struct region *region, u32 flags)
{
	file->private_data = handle_alloc(region, flags);
	if (!file->private_data) {
		region_put(region);
		return -ENOMEM;
	}
	file->f_mode |= FILE_MODE;
	return 0;
}

/**
 * region_fd_flags_ok() - can an fd be like this?
 * @flags: BPFMMAP_F_RDONLY, BPFMMAP_F_WRONLY, BPFMMAP_F_NOFREEZE
 */
bool region_fd_flags_ok(u32 flags)
{
	const u32 nothing = BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY;

	return !(flags & ~FD_FLAGS) && (flags & nothing) != nothing;
}

/**
 * region_fd() - a new fd of a region, closed on exec
 * @region: the caller's reference goes to the file or is dropped
 * @flags: as region_fd_flags_ok() likes them
 *
 * Return: the fd; -EMFILE, -ENFILE, -ENOMEM.
 */
int region_fd(struct region *region, u32 flags)
{
	char name[sizeof("bpfmmap:4294967295")];
	int fd, mode = O_RDWR, err;
	struct handle *handle;
	struct file *file;

	if (flags & BPFMMAP_F_RDONLY)
		mode = O_RDONLY;
	else if (flags & BPFMMAP_F_WRONLY)
		mode = O_WRONLY;

	err = -ENOMEM;
	handle = handle_alloc(region, flags);
	if (!handle)
		goto err_put;
	fd = get_unused_fd_flags(O_CLOEXEC);
	err = fd;
	if (fd < 0)
		goto err_free;
	/* what /proc/PID/maps and lsof show */
	snprintf(name, sizeof(name), "bpfmmap:%u", region->id);
	file = anon_inode_getfile(name, &region_fops, handle, mode);
	err = PTR_ERR_OR_ZERO(file);
	if (err)
		goto err_put_fd;
	file->f_mode |= FILE_MODE;
	fd_install(fd, file);
	return fd;

err_put_fd:
	put_unused_fd(fd);
err_free:
	kfree(handle);
err_put:
	region_put(region);
	return err;
}
