// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings: mmap of a region, and what the kernel does to a VMA afterwards
 *
 * mmap checks, counts and returns, whatever the size; but for a few, pages come with
 * faults (fault.c).
 *
 * A VMA that has VM_MAYWRITE counts as a writer from mmap or its copy (open) to
 * its close. close comes after its PTEs are gone and flushed, so a freeze that
 * finds no writers finds no way to write either. The VMA holds its file and the
 * file holds the region.
 *
 * What is left of one mmap, VMAs of it and copies of these, shares a struct mapping,
 * which remembers who called mmap and when, for whoever asks why a freeze is busy.
 *
 * Lock order: mmap_lock, then freeze.lock or mappings.lock.
 */
#include <linux/mm.h>
#include <linux/personality.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/time_namespace.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "fault.h"
#include "mapping.h"
#include "region.h"
#include "trace.h"

/* How many mappings are listed before the lock is given up for a moment. */
#define LIST_STEP	64U

/* Without a comment on its lock a field never changes after mmap, but for the window. */
struct mapping {
	struct list_head list;	/* under mappings.lock of the region */
	struct region *region;	/* NULL: this is how far somebody has come who lists them */
	refcount_t vmas;
	struct fault_window window;
	struct pid *pid;
	struct timespec64 since;	/* of CLOCK_BOOTTIME, in the initial time namespace */
	u64 offset;
	u64 bytes;
	bool writable;
};

static struct region *region_of(const struct vm_area_struct *vma)
{
	const struct mapping *mapping = vma->vm_private_data;

	return mapping->region;
}

static void mapping_put(struct mapping *mapping)
{
	struct mappings *mappings = &mapping->region->mappings;

	if (!refcount_dec_and_test(&mapping->vmas))
		return;
	mutex_lock(&mappings->lock);
	list_del(&mapping->list);
	mappings->nr--;
	mutex_unlock(&mappings->lock);
	put_pid(mapping->pid);
	kfree(mapping);
}

static void vma_open(struct vm_area_struct *vma)
{
	struct mapping *mapping = vma->vm_private_data;
	struct region *region = mapping->region;

	refcount_inc(&mapping->vmas);
	atomic64_inc(&region->mappings.count);
	/* no check: the VMA that this is a copy of keeps the region from freezing */
	if (vma->vm_flags & VM_MAYWRITE)
		atomic64_inc(&region->freeze.writers);
	trace_bpfmmap_map(region->id, vma);
}

static void vma_close(struct vm_area_struct *vma)
{
	struct mapping *mapping = vma->vm_private_data;
	struct region *region = mapping->region;

	trace_bpfmmap_unmap(region->id, vma);
	mapping_put(mapping);
	atomic64_dec(&region->mappings.count);
	if (vma->vm_flags & VM_MAYWRITE)
		freeze_end_write(region);
}

static vm_fault_t vma_fault(struct vm_fault *vmf)
{
	struct mapping *mapping = vmf->vma->vm_private_data;

	return fault_around(mapping->region, &mapping->window, vmf);
}

#if COMPAT_PMD_PFN
static vm_fault_t vma_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct mapping *mapping = vmf->vma->vm_private_data;

	return fault_huge(mapping->region, &mapping->window, vmf, order);
}
#endif

/* For ptrace and /proc/PID/mem, which can't pin either; mmap_lock is held. */
static int vma_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len,
		      int write)
{
	struct region *region = region_of(vma);
	u64 offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start);

	/* a VMA with VM_WRITE is a writer, so the region is not frozen */
	if (write && !(vma->vm_flags & VM_WRITE))
		return -EACCES;

	len = min_t(unsigned long, len, vma->vm_end - addr);
	if (write)
		memcpy(region->backing.data + offset, buf, len);
	else
		memcpy(buf, region->backing.data + offset, len);
	return len;
}

static const struct vm_operations_struct region_vm_ops = {
	.open = vma_open,
	.close = vma_close,
	.fault = vma_fault,
#if COMPAT_PMD_PFN
	.huge_fault = vma_huge_fault,
#endif
	.access = vma_access,
};

static bool fits(const struct region *region, struct vm_area_struct *vma)
{
	unsigned long nr_pages = region->backing.nr_pages;

	return vma->vm_pgoff <= nr_pages && vma_pages(vma) <= nr_pages - vma->vm_pgoff;
}

static struct mapping *mapping_alloc(struct region *region, const struct vm_area_struct *vma)
{
	struct mapping *mapping;

	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);
	if (!mapping)
		return NULL;
	mapping->region = region;
	refcount_set(&mapping->vmas, 1);
	mapping->pid = get_pid(task_tgid(current));
	ktime_get_boottime_ts64(&mapping->since);
	mapping->offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	mapping->bytes = vma->vm_end - vma->vm_start;
	mapping->writable = vma->vm_flags & VM_WRITE;
	return mapping;
}

/**
 * mapping_create() - mmap: set up a mapping
 * @region: referenced by the VMA's file
 * @vma: new, with nothing in it
 *
 * VM_MAYSHARE is what tells MAP_SHARED from MAP_PRIVATE: on a read-only file the
 * kernel takes VM_SHARED away.
 *
 * Newer kernels refuse PROT_EXEC of an anonymous inode on their own and then
 * leave it out for a process with READ_IMPLIES_EXEC, who asked to read only. On
 * others both are done here.
 *
 * Context: mmap_lock is held for writing.
 * Return: 0; -EPERM: PROT_EXEC, or PROT_WRITE and frozen; -EBUSY: PROT_WRITE and
 * about to be frozen; -EINVAL: MAP_PRIVATE, or beyond the end; -ENOMEM.
 */
int mapping_create(struct region *region, struct vm_area_struct *vma)
{
	bool writable = vma->vm_flags & VM_WRITE;
	struct mappings *mappings = &region->mappings;
	struct mapping *mapping;
	int err;

	if ((vma->vm_flags & VM_EXEC) && !(current->personality & READ_IMPLIES_EXEC))
		return -EPERM;
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (writable) {
		err = freeze_begin_write(region);
		if (err)
			return err;
	}
	err = -EINVAL;
	if (!fits(region, vma))
		goto err_end_write;
	err = -ENOMEM;
	mapping = mapping_alloc(region, vma);
	if (!mapping)
		goto err_end_write;

	mutex_lock(&mappings->lock);
	list_add_tail(&mapping->list, &mappings->list);
	mappings->nr++;
	mutex_unlock(&mappings->lock);
	vm_flags_clear(vma, VM_EXEC | VM_MAYEXEC);
	if (!writable)
		vm_flags_clear(vma, VM_MAYWRITE);
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	/* the flags that it was made of have changed */
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	vma->vm_private_data = mapping;
	vma->vm_ops = &region_vm_ops;
	atomic64_inc(&mappings->count);
	trace_bpfmmap_map(region->id, vma);
	/* last: once there are entries nothing may fail, as close would come before they go */
	if (region->flags & BPFMMAP_F_POPULATE)
		fault_populate(&mapping->window, vma);
	else
		fault_save(region, vma);
	return 0;

err_end_write:
	if (writable)
		freeze_end_write(region);
	return err;
}

void mappings_init(struct region *region)
{
	mutex_init(&region->mappings.lock);
	INIT_LIST_HEAD(&region->mappings.list);
}

/* Its number for the caller; 0, if it has gone or can't be seen. */
static u32 pid_if_alive(struct pid *pid)
{
	u32 nr = 0;

	rcu_read_lock();
	if (pid_task(pid, PIDTYPE_TGID))
		nr = pid_vnr(pid);
	rcu_read_unlock();
	return nr;
}

static struct bpfmmap_mapping_entry describe(const struct mapping *mapping)
{
	struct timespec64 since = mapping->since;

	timens_add_boottime(&since);
	return (struct bpfmmap_mapping_entry) {
		.pid = pid_if_alive(mapping->pid),
		.flags = mapping->writable ? BPFMMAP_MAPPING_WRITABLE : 0,
		.offset = mapping->offset,
		.bytes = mapping->bytes,
		.since_ns = timespec64_to_ns(&since),
		.count = refcount_read(&mapping->vmas),
	};
}

/*
 * Describe the mappings behind a place in the list, and move the place behind them. Looks at
 * LIST_STEP of them at most. Under the lock; returns how many are described.
 */
static u32 fill(struct mappings *mappings, struct mapping *place,
		struct bpfmmap_mapping_entry *entries, u32 room)
{
	struct mapping *mapping = place, *last = place;
	u32 nr = 0, seen = 0;

	list_for_each_entry_continue(mapping, &mappings->list, list) {
		if (nr == room || seen++ == LIST_STEP)
			break;
		last = mapping;
		/* or the place of somebody else */
		if (mapping->region)
			entries[nr++] = describe(mapping);
	}
	if (last != place)
		list_move(&place->list, &last->list);
	return nr;
}

/**
 * mapping_list() - tell who has mapped a region
 * @region: any
 * @args: as BPFMMAP_IOC_MAPPINGS has them; on return count is how many there are
 *
 * A mapping that is there all the while is listed once; one that comes or goes meanwhile may
 * be.
 *
 * Context: may sleep and fault.
 * Return: 0, -EFAULT, -ENOMEM, -EINTR.
 */
int mapping_list(struct region *region, struct bpfmmap_mappings *args)
{
	struct bpfmmap_mapping_entry __user *to = u64_to_user_ptr(args->entries);
	struct mappings *mappings = &region->mappings;
	struct bpfmmap_mapping_entry *entries;
	struct mapping place = {};
	u32 done = 0, nr;
	int err = 0;

	entries = kmalloc_array(LIST_STEP, sizeof(*entries), GFP_KERNEL_ACCOUNT);
	if (!entries)
		return -ENOMEM;

	mutex_lock(&mappings->lock);
	list_add(&place.list, &mappings->list);
	while (done < args->count && !list_is_last(&place.list, &mappings->list) && !err) {
		nr = fill(mappings, &place, entries, min(args->count - done, LIST_STEP));
		mutex_unlock(&mappings->lock);
		if (copy_to_user(to + done, entries, nr * sizeof(*entries)))
			err = -EFAULT;
		else if (fatal_signal_pending(current))
			err = -EINTR;
		done += nr;
		cond_resched();
		mutex_lock(&mappings->lock);
	}
	/* who was listed and has gone since is one of them */
	if (list_is_last(&place.list, &mappings->list))
		args->count = done;
	else
		args->count = max(done, mappings->nr);
	list_del(&place.list);
	mutex_unlock(&mappings->lock);
	kfree(entries);
	return err;
}
