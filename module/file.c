// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file of a region: its operations and its requests
 *
 * All open files of regions have these operations, both those that were opened by a name and
 * those that create, open by id or restrict made. The rights of an fd are in f_mode and in struct
 * bpfmmap_handle. They are set when the file is made, and never change. A file that was made
 * without a name can't be opened again (by /proc/self/fd), as this would return the rights that
 * restrict has removed.
 *
 * read(2) and write(2) work as on a regular file of fixed size. A write is a writer while it runs,
 * as an update is. It copies with page faults disabled, between bpfmmap_freeze_begin_store() and
 * bpfmmap_freeze_end_store(), and faults the user's pages in outside of this section, as
 * generic_perform_write() in mm/filemap.c does outside of a folio's lock. So a freeze by revoke
 * never waits for the user's memory (I6).
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/falloc.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "compat.h"
#include "element.h"
#include "file.h"
#include "fs.h"
#include "region.h"
#include "request.h"
#include "share.h"

#define FD_FLAGS	(BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY | BPFMMAP_F_NOFREEZE)

/* Bytes that are copied out between two calls of cond_resched(), and bytes of one store section. */
#define COPY_STEP	SZ_1M
#define STORE_STEP	SZ_64K

/* Modes that open(2) sets for a regular file and alloc_file_pseudo() does not. */
#define MADE_MODE	(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE | FMODE_ATOMIC_POS)

/* State of an open file of a region. */
struct bpfmmap_handle {
	bool nofreeze;	/* BPFMMAP_F_NOFREEZE; never changes */
	enum bpfmmap_freeze_pending pending;	/* under freeze.lock of the region */
	u32 wakes;	/* count of wakes that INFO has told last; a hint, without a lock */
};

static struct bpfmmap_region *region_of(const struct file *file)
{
	return bpfmmap_region_of(file_inode(file));
}

static u32 fd_flags(const struct file *file)
{
	const struct bpfmmap_handle *handle = file->private_data;
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

static void describe(struct file *file, struct bpfmmap_info *info)
{
	bpfmmap_region_info(region_of(file), info);
	info->fd_flags = fd_flags(file);
	/* an fd with fewer rights that was not opened by a name does not reveal the name */
	memset(info->published, 0, sizeof(info->published));
	if (bpfmmap_fs_has_name(file) || !info->fd_flags)
		bpfmmap_fs_published(file, info->published);
}

static int do_info(struct file *file, union bpfmmap_request_args *args)
{
	struct bpfmmap_handle *handle = file->private_data;

	describe(file, &args->info);
	WRITE_ONCE(handle->wakes, args->info.wakes);
	return 0;
}

/* What a program may do by it is what this fd may do. */
static int do_handle(struct file *file, union bpfmmap_request_args *args)
{
	struct bpfmmap_region *region = region_of(file);

	if (args->handle.reserved)
		return -EINVAL;
	if (!(file->f_mode & FMODE_READ))
		return -EPERM;
	if (!region->share)
		return -EOPNOTSUPP;
	return bpfmmap_share_handle(region->share, &region->freeze, file->f_mode & FMODE_WRITE,
				    &args->handle.handle);
}

static int freeze_revoke(struct bpfmmap_region *region, enum bpfmmap_freeze_scope scope)
{
	int err;

	err = bpfmmap_freeze_begin_revoke(&region->freeze, scope);
	if (err != -EINPROGRESS)
		return err;
	bpfmmap_mapping_revoke(&region->mappings);
	return bpfmmap_freeze_end_revoke(&region->freeze, scope);
}

static int freeze(struct file *file, u32 flags, enum bpfmmap_freeze_scope scope)
{
	struct bpfmmap_freeze_state *freeze = &region_of(file)->freeze;
	struct bpfmmap_handle *handle = file->private_data;

	switch (flags) {
	case 0:
		return bpfmmap_freeze_now(freeze, scope);
	case BPFMMAP_FREEZE_REVOKE:
		return freeze_revoke(region_of(file), scope);
	case BPFMMAP_FREEZE_WHEN_IDLE:
		return bpfmmap_freeze_when_idle(freeze, scope, &handle->pending);
	case BPFMMAP_FREEZE_WHEN_IDLE | BPFMMAP_FREEZE_KEEP:
		return bpfmmap_freeze_when_idle_kept(freeze, scope);
	case BPFMMAP_FREEZE_CANCEL:
		return bpfmmap_freeze_cancel(freeze, &handle->pending);
	case BPFMMAP_FREEZE_CANCEL | BPFMMAP_FREEZE_KEEP:
		return bpfmmap_freeze_cancel_kept(freeze);
	default:
		return -EINVAL;
	}
}

static int do_freeze(struct file *file, union bpfmmap_request_args *args)
{
	enum bpfmmap_freeze_scope scope = BPFMMAP_FREEZE_FOR_ALL;
	u32 flags = args->freeze.flags;

	if (flags & ~BPFMMAP_FREEZE_FLAGS)
		return -EINVAL;
	if (fd_flags(file) & (BPFMMAP_F_RDONLY | BPFMMAP_F_NOFREEZE))
		return -EPERM;
	if (flags & BPFMMAP_FREEZE_PROCESSES) {
		if (flags & BPFMMAP_FREEZE_CANCEL)
			return -EINVAL;
		scope = BPFMMAP_FREEZE_FOR_PROCESSES;
		flags &= ~BPFMMAP_FREEZE_PROCESSES;
	}
	return freeze(file, flags, scope);
}

static int do_lookup(struct file *file, union bpfmmap_request_args *args)
{
	if (!(file->f_mode & FMODE_READ))
		return -EPERM;
	return bpfmmap_element_lookup(region_of(file), &args->element);
}

static int do_lookup_batch(struct file *file, union bpfmmap_request_args *args)
{
	if (!(file->f_mode & FMODE_READ)) {
		args->batch.count = 0;
		return -EPERM;
	}
	return bpfmmap_element_lookup_batch(region_of(file), &args->batch);
}

/* An update is a writer from before it copies the user's value until after it has stored it. */
static int begin_update(struct file *file)
{
	if (!(file->f_mode & FMODE_WRITE))
		return -EPERM;
	return bpfmmap_freeze_begin_write(&region_of(file)->freeze);
}

static int do_update(struct file *file, union bpfmmap_request_args *args)
{
	struct bpfmmap_region *region = region_of(file);
	int err;

	err = begin_update(file);
	if (err)
		return err;
	err = bpfmmap_element_update(region, &args->element);
	bpfmmap_freeze_end_write(&region->freeze);
	return err;
}

static int do_update_batch(struct file *file, union bpfmmap_request_args *args)
{
	struct bpfmmap_region *region = region_of(file);
	int err;

	err = begin_update(file);
	if (err) {
		args->batch.count = 0;
		return err;
	}
	err = bpfmmap_element_update_batch(region, &args->batch);
	bpfmmap_freeze_end_write(&region->freeze);
	return err;
}

/* A name may grant all rights, so publish requires an fd that has them. */
static int do_publish(struct file *file, union bpfmmap_request_args *args)
{
	if (fd_flags(file))
		return -EPERM;
	return bpfmmap_fs_publish(file, &args->publish);
}

static int do_restrict(struct file *file, union bpfmmap_request_args *args)
{
	struct bpfmmap_region *region = region_of(file);
	u32 flags = args->restricted.flags;
	struct vfsmount *mnt;
	int fd;

	if (flags & ~FD_FLAGS)
		return -EINVAL;
	flags |= fd_flags(file);
	if (!bpfmmap_file_flags_ok(flags))
		return -EINVAL;
	/* the internal mount: the new fd must not reveal or hold the mount of this file */
	mnt = bpfmmap_fs_pin();
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	ihold(&region->inode);
	fd = bpfmmap_file_fd(region, mnt, flags);
	bpfmmap_fs_unpin();
	return fd;
}

static int do_mappings(struct file *file, union bpfmmap_request_args *args)
{
	return bpfmmap_mapping_list(&region_of(file)->mappings, &args->mappings);
}

/* Frequent requests come first. */
static const struct bpfmmap_request requests[] = {
	BPFMMAP_REQUEST(LOOKUP, ELEMENT, do_lookup),
	BPFMMAP_REQUEST(UPDATE, ELEMENT, do_update),
	BPFMMAP_REQUEST(INFO, INFO, do_info, .out = true),
	BPFMMAP_REQUEST(FREEZE, FREEZE, do_freeze),
	BPFMMAP_REQUEST(LOOKUP_BATCH, BATCH, do_lookup_batch, .out = true),
	BPFMMAP_REQUEST(UPDATE_BATCH, BATCH, do_update_batch, .out = true),
	BPFMMAP_REQUEST(PUBLISH, PUBLISH, do_publish),
	BPFMMAP_REQUEST(RESTRICT, RESTRICT, do_restrict),
	BPFMMAP_REQUEST(MAPPINGS, MAPPINGS, do_mappings, .out = true),
	BPFMMAP_REQUEST(HANDLE, HANDLE, do_handle, .out = true),
};

static long file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return bpfmmap_request_do(file, requests, ARRAY_SIZE(requests), cmd, (void __user *)arg);
}

/*
 * File operations
 */

static loff_t file_llseek(struct file *file, loff_t offset, int whence)
{
	return generic_file_llseek_size(file, offset, whence, MAX_LFS_FILESIZE,
					i_size_read(file_inode(file)));
}

static ssize_t file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	const struct bpfmmap_region *region = region_of(iocb->ki_filp);
	const loff_t size = i_size_read(&region->inode);
	size_t len, done = 0, step, copied;

	if (iocb->ki_pos < 0)
		return -EINVAL;
	if (iocb->ki_pos >= size)
		return 0;
	len = min_t(u64, iov_iter_count(to), size - iocb->ki_pos);
	while (done < len) {
		cond_resched();
		if (fatal_signal_pending(current))
			return done ?: -EINTR;
		step = min_t(size_t, len - done, COPY_STEP);
		copied = copy_to_iter(region->backing.data + iocb->ki_pos, step, to);
		done += copied;
		iocb->ki_pos += copied;
		if (copied < step)
			return done ?: -EFAULT;
	}
	return done;
}

/* Copy from the user to the region at offset pos. Returns the bytes copied, or -errno. */
static ssize_t store(struct bpfmmap_region *region, loff_t pos, struct iov_iter *from, bool nowait)
{
	size_t len = min_t(u64, iov_iter_count(from), i_size_read(&region->inode) - pos);
	void *data = region->backing.data + pos;
	size_t done = 0, step, copied;
	bool revoked;

	while (done < len) {
		cond_resched();
		if (fatal_signal_pending(current))
			return done ?: -EINTR;
		step = min_t(size_t, len - done, STORE_STEP);
		copied = 0;
		bpfmmap_freeze_begin_store();
		revoked = bpfmmap_freeze_is_revoked(&region->freeze);
		if (!revoked) {
			pagefault_disable();
			copied = copy_from_iter(data + done, step, from);
			pagefault_enable();
		}
		bpfmmap_freeze_end_store();
		if (revoked)
			return done ?: -EPERM;
		done += copied;
		if (copied == step)
			continue;
		if (nowait)
			return done ?: -EAGAIN;
		if (!compat_fault_in(from, step - copied))
			return done ?: -EFAULT;
	}
	return done;
}

static ssize_t file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct bpfmmap_region *region = region_of(iocb->ki_filp);
	const loff_t size = i_size_read(&region->inode);
	ssize_t ret;

	if (!iov_iter_count(from))
		return 0;
	ret = bpfmmap_freeze_begin_write(&region->freeze);
	if (ret)
		return ret;
	if (iocb->ki_flags & IOCB_APPEND)
		iocb->ki_pos = size;
	if (iocb->ki_pos < 0)
		ret = -EINVAL;
	else if (iocb->ki_pos >= size)
		ret = -ENOSPC;
	else
		ret = store(region, iocb->ki_pos, from, iocb->ki_flags & IOCB_NOWAIT);
	bpfmmap_freeze_end_write(&region->freeze);
	if (ret > 0) {
		iocb->ki_pos += ret;
		file_update_time(iocb->ki_filp);
	}
	return ret;
}

/* Set len bytes, STORE_STEP at most, to zero. Returns 0; -EINTR: killed; -EPERM: revoked. */
static int clear(struct bpfmmap_region *region, u64 from, size_t len)
{
	int err = 0;

	cond_resched();
	if (fatal_signal_pending(current))
		return -EINTR;
	bpfmmap_freeze_begin_store();
	if (bpfmmap_freeze_is_revoked(&region->freeze))
		err = -EPERM;
	else
		memset(region->backing.data + from, 0, len);
	bpfmmap_freeze_end_store();
	return err;
}

static int punch_hole(struct bpfmmap_region *region, u64 from, u64 to)
{
	int err;

	err = bpfmmap_freeze_begin_write(&region->freeze);
	if (err)
		return err;
	for (; from < to && !err; from += STORE_STEP)
		err = clear(region, from, min_t(u64, to - from, STORE_STEP));
	bpfmmap_freeze_end_write(&region->freeze);
	return err;
}

/* Memory is allocated at creation and the size is fixed: as shmem_fallocate() of a sealed memfd. */
static long file_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct bpfmmap_region *region = region_of(file);
	const u64 size = i_size_read(&region->inode);
	const u64 end = (u64)offset + len;
	int err;

	switch (mode) {
	case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE:
		err = punch_hole(region, min_t(u64, offset, size), min(end, size));
		if (!err)
			file_update_time(file);
		return err;
	case 0:
	case FALLOC_FL_KEEP_SIZE:
		return end > size ? -EPERM : 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* A region that programs reach is readable when one of them has said so; others always are. */
static bool is_readable(struct bpfmmap_region *region, const struct bpfmmap_handle *handle)
{
	return !region->share || bpfmmap_share_wakes(region->share) != READ_ONCE(handle->wakes);
}

static __poll_t file_poll(struct file *file, struct poll_table_struct *table)
{
	struct bpfmmap_region *region = region_of(file);
	__poll_t events = bpfmmap_freeze_poll(&region->freeze, file, table);

	if (region->share)
		bpfmmap_share_poll(region->share, file, table);
	if ((file->f_mode & FMODE_WRITE) && !(events & EPOLLRDBAND))
		events |= EPOLLOUT | EPOLLWRNORM;
	if ((file->f_mode & FMODE_READ) && is_readable(region, file->private_data))
		events |= EPOLLIN | EPOLLRDNORM;
	return events;
}

static int file_mmap(struct file *file, struct vm_area_struct *vma)
{
	return bpfmmap_mapping_create(&region_of(file)->mappings, vma);
}

static struct bpfmmap_handle *handle_alloc(u32 flags)
{
	struct bpfmmap_handle *handle;

	handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (handle)
		handle->nofreeze = flags & BPFMMAP_F_NOFREEZE;
	return handle;
}

static int file_open(struct inode *inode, struct file *file)
{
	if (!bpfmmap_fs_has_name(file))
		return -ENXIO;
	file->private_data = handle_alloc(0);
	if (!file->private_data)
		return -ENOMEM;
	file->f_mode |= FMODE_NOWAIT;
	return 0;
}

static int file_release(struct inode *inode, struct file *file)
{
	struct bpfmmap_handle *handle = file->private_data;

	bpfmmap_freeze_forget(&region_of(file)->freeze, &handle->pending);
	bpfmmap_region_settle(region_of(file));
	kfree(handle);
	return 0;
}

#ifdef CONFIG_PROC_FS
/* The keys of BPF maps (bpf_map_show_fdinfo() in kernel/bpf/syscall.c), then our own. */
static void file_show_fdinfo(struct seq_file *m, struct file *file)
{
	static const char * const scopes[] = {
		[BPFMMAP_FROZEN_FOR_NOBODY] = "nobody",
		[BPFMMAP_FROZEN_FOR_PROCESSES] = "processes",
		[BPFMMAP_FROZEN_FOR_ALL] = "everybody",
	};
	struct bpfmmap_info info = {};

	describe(file, &info);
	seq_printf(m, "key_size:\t%zu\n", sizeof(u32));
	seq_printf(m, "value_size:\t%u\n", info.value_size);
	seq_printf(m, "max_entries:\t%u\n", info.max_entries);
	seq_printf(m, "map_flags:\t%#x\n", info.flags);
	seq_printf(m, "map_extra:\t%#llx\n", 0ULL);
	seq_printf(m, "memlock:\t%llu\n", info.bytes);
	seq_printf(m, "map_id:\t%u\n", info.id);
	seq_printf(m, "frozen:\t%u\n", info.frozen);
	seq_printf(m, "frozen_for:\t%s\n", scopes[info.frozen_for]);
	seq_printf(m, "writers:\t%llu\n", info.writers);
	seq_printf(m, "mappings:\t%llu\n", info.mappings);
	seq_printf(m, "freeze_pending:\t%u\n", info.freeze_pending);
	seq_printf(m, "revoked:\t%llu\n", info.revoked);
	seq_printf(m, "name:\t%s\n", info.name);
	seq_puts(m, "published:\t");
	seq_escape(m, info.published, " \t\n\\");
	seq_putc(m, '\n');
}
#endif

const struct file_operations bpfmmap_file_operations = {
	.owner = THIS_MODULE,
	.open = file_open,
	.llseek = file_llseek,
	.read_iter = file_read_iter,
	.write_iter = file_write_iter,
	.splice_read = copy_splice_read,
	.splice_write = iter_file_splice_write,
	.fallocate = file_fallocate,
	.fsync = noop_fsync,
	.setlease = generic_setlease,
	.poll = file_poll,
	.unlocked_ioctl = file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = file_mmap,
	.get_unmapped_area = thp_get_unmapped_area,
	.release = file_release,
#ifdef CONFIG_PROC_FS
	.show_fdinfo = file_show_fdinfo,
#endif
};

/**
 * bpfmmap_file_flags_ok() - test if flags are valid for an fd
 * @flags: BPFMMAP_F_RDONLY or BPFMMAP_F_WRONLY, and BPFMMAP_F_NOFREEZE
 *
 * Context: any.
 * Return: false if a flag is unknown, or the fd could neither read nor write.
 */
bool bpfmmap_file_flags_ok(u32 flags)
{
	const u32 nothing = BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY;

	return !(flags & ~FD_FLAGS) && (flags & nothing) != nothing;
}

/**
 * bpfmmap_file_fd() - make a new fd of a region, which is closed on exec
 * @region: the caller's reference goes to the file, or is dropped after an error
 * @mnt: mount of the file system, held by the caller
 * @flags: flags that bpfmmap_file_flags_ok() accepts
 *
 * Context: may sleep; the caller holds no locks.
 * Return: the fd; -EMFILE, -ENFILE, -ENOMEM.
 */
int bpfmmap_file_fd(struct bpfmmap_region *region, struct vfsmount *mnt, u32 flags)
{
	char name[sizeof("bpfmmap:4294967295")];
	int fd, mode = O_RDWR, err;
	struct bpfmmap_handle *handle;
	struct file *file;

	if (flags & BPFMMAP_F_RDONLY)
		mode = O_RDONLY;
	else if (flags & BPFMMAP_F_WRONLY)
		mode = O_WRONLY;

	err = -ENOMEM;
	handle = handle_alloc(flags);
	if (!handle)
		goto err_put;
	fd = get_unused_fd_flags(O_CLOEXEC);
	err = fd;
	if (fd < 0)
		goto err_free;
	/* /proc/PID/maps and lsof show this name */
	snprintf(name, sizeof(name), "bpfmmap:%u", bpfmmap_region_id(region));
	file = alloc_file_pseudo(&region->inode, mnt, name, mode | O_LARGEFILE,
				 &bpfmmap_file_operations);
	err = PTR_ERR_OR_ZERO(file);
	if (err)
		goto err_put_fd;
	/* the last close drops this reference; the caller's own fd holds the module now */
	__module_get(THIS_MODULE);
	file->private_data = handle;
	file->f_mode |= MADE_MODE | FMODE_NOWAIT;
	fd_install(fd, file);
	return fd;

err_put_fd:
	put_unused_fd(fd);
err_free:
	kfree(handle);
err_put:
	bpfmmap_region_drop(region);
	return err;
}
