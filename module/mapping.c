// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings: mmap of a region, and what the kernel does to a VMA afterwards
 *
 * mmap checks, counts and returns, whatever the size; but for small ones and for populate, pages
 * come with faults (fault.c).
 *
 * A VMA that has VM_MAYWRITE counts as a writer from mmap or its copy (open) to
 * its close. close comes after its PTEs are gone and flushed, so a freeze that
 * finds no writers finds no way to write either. The VMA holds its file and the
 * file holds the region.
 *
 * What is left of one mmap, VMAs of it and copies of these, shares a struct bpfmmap_mapping. It
 * remembers who called mmap and when, for those who ask why a freeze is busy.
 *
 * A freeze that revokes takes away the entries of all VMAs that are linked into the inode's
 * i_mmap. mmap may put entries into a VMA before the kernel links it, so each writable mapping
 * that is in the list is waited for until one of its VMAs is seen linked. No new one comes in, as
 * it is in the list before it becomes a writer, and a writer it can't become any more.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
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

/* Without a comment on its lock a field never changes after mmap. */
struct bpfmmap_mapping {
	struct list_head list;		/* under the lock of the set */
	struct bpfmmap_region *region;	/* NULL: the place that somebody who lists has come to */
	refcount_t vmas;
	struct bpfmmap_fault fault;
	bool linked;			/* under the lock of the set: a VMA of it is in i_mmap */
	bool writable;
	struct pid *pid;
	struct timespec64 since;	/* CLOCK_BOOTTIME of the initial time namespace */
	u64 offset;
	u64 bytes;
};

static struct bpfmmap_region *region_of(const struct vm_area_struct *vma)
{
	const struct bpfmmap_mapping *mapping = vma->vm_private_data;

	return mapping->region;
}

static void mapping_free(struct bpfmmap_mapping *mapping)
{
	struct bpfmmap_mapping_set *set = &mapping->region->mappings;

	mutex_lock(&set->lock);
	list_del(&mapping->list);
	set->nr--;
	mutex_unlock(&set->lock);
	put_pid(mapping->pid);
	kfree(mapping);
}

static void vma_open(struct vm_area_struct *vma)
{
	struct bpfmmap_mapping *mapping = vma->vm_private_data;
	struct bpfmmap_region *region = mapping->region;

	refcount_inc(&mapping->vmas);
	atomic64_inc(&region->mappings.count);
	/* no check: the VMA that this is a copy of keeps the region from freezing */
	if (vma->vm_flags & VM_MAYWRITE)
		bpfmmap_freeze_copy_writer(&region->freeze);
	trace_bpfmmap_map(region->freeze.id, vma);
}

/*
 * Does the process end, and had it anybody who is told when its mappings go, such as KVM? While a
 * process ends they are told beforehand and once, by mmu_notifier_release(), and KVM's caches of
 * pages stay valid: an event channel of a virtual machine that another process still has
 * open is set in a page of a mapping that is gone (kvm_xen_set_evtchn_fast()).
 */
static bool is_exiting_host(struct mm_struct *mm)
{
	return !atomic_read(&mm->mm_users) && mm_has_notifiers(mm);
}

static void vma_close(struct vm_area_struct *vma)
{
	struct bpfmmap_mapping *mapping = vma->vm_private_data;
	struct bpfmmap_region *region = mapping->region;

	trace_bpfmmap_unmap(region->freeze.id, vma);
	if (refcount_dec_and_test(&mapping->vmas))
		mapping_free(mapping);
	WARN_ON_ONCE(atomic64_dec_return(&region->mappings.count) < 0);
	if (!(vma->vm_flags & VM_MAYWRITE))
		return;
	if (COMPAT_KVM_OUTLIVES && is_exiting_host(vma->vm_mm))
		bpfmmap_freeze_lose_writer(&region->freeze);
	bpfmmap_freeze_end_write(&region->freeze);
}

static vm_fault_t vma_fault(struct vm_fault *vmf)
{
	struct bpfmmap_mapping *mapping = vmf->vma->vm_private_data;

	return bpfmmap_fault_around(&mapping->fault, vmf);
}

#if COMPAT_PMD_PFN
static vm_fault_t vma_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct bpfmmap_mapping *mapping = vmf->vma->vm_private_data;

	return bpfmmap_fault_huge(&mapping->fault, vmf, order);
}
#endif

/* For ptrace and /proc/PID/mem, which can't pin either; mmap_lock is held. */
static int vma_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len,
		      int write)
{
	struct bpfmmap_region *region = region_of(vma);
	u64 offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start);
	void *data = region->backing.data + offset;

	/* a VMA with VM_WRITE is a writer, so the region is not frozen unless that was revoked */
	if (write && !(vma->vm_flags & VM_WRITE))
		return -EACCES;
	len = min_t(unsigned long, len, vma->vm_end - addr);
	if (!(vma->vm_flags & VM_MAYWRITE)) {
		memcpy(buf, data, len);
		return len;
	}
	bpfmmap_freeze_begin_store();
	if (bpfmmap_freeze_is_revoked(&region->freeze))
		len = -EFAULT;	/* what a touch would get SIGBUS for */
	else if (write)
		memcpy(data, buf, len);
	else
		memcpy(buf, data, len);
	bpfmmap_freeze_end_store();
	return len;
}

static const struct vm_operations_struct vma_ops = {
	.open = vma_open,
	.close = vma_close,
	.fault = vma_fault,
#if COMPAT_PMD_PFN
	.huge_fault = vma_huge_fault,
#endif
	.access = vma_access,
};

static bool fits(const struct bpfmmap_region *region, struct vm_area_struct *vma)
{
	unsigned long nr_pages = region->backing.nr_pages;

	return vma->vm_pgoff <= nr_pages && vma_pages(vma) <= nr_pages - vma->vm_pgoff;
}

/* It is in the region's list then, and no writer yet (I7). */
static struct bpfmmap_mapping *mapping_alloc(struct bpfmmap_region *region,
					     const struct vm_area_struct *vma)
{
	struct bpfmmap_mapping_set *set = &region->mappings;
	struct bpfmmap_mapping *mapping;

	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);
	if (!mapping)
		return NULL;
	mapping->region = region;
	refcount_set(&mapping->vmas, 1);
	mapping->fault.id = region->freeze.id;
	mapping->fault.backing = &region->backing;
	mapping->fault.freeze = &region->freeze;
	mapping->pid = get_pid(task_tgid(current));
	ktime_get_boottime_ts64(&mapping->since);
	mapping->offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	mapping->bytes = vma->vm_end - vma->vm_start;
	mapping->writable = vma->vm_flags & VM_WRITE;

	mutex_lock(&set->lock);
	list_add_tail(&mapping->list, &set->list);
	set->nr++;
	mutex_unlock(&set->lock);
	return mapping;
}

/**
 * bpfmmap_mapping_create() - mmap: set up a mapping
 * @region: referenced by the VMA's file
 * @vma: new, with nothing in it
 *
 * VM_MAYSHARE is what tells MAP_SHARED from MAP_PRIVATE: on a read-only file the
 * kernel takes VM_SHARED away. The file system is one of SB_I_NOEXEC, so the kernel has refused
 * PROT_EXEC before, and taken VM_MAYEXEC away.
 *
 * Context: mmap_lock is held for writing.
 * Return: 0; -EPERM: PROT_WRITE and frozen; -EBUSY: PROT_WRITE and about to be frozen; -EINVAL:
 * MAP_PRIVATE, or beyond the end; -ENOMEM.
 */
int bpfmmap_mapping_create(struct bpfmmap_region *region, struct vm_area_struct *vma)
{
	bool writable = vma->vm_flags & VM_WRITE;
	struct bpfmmap_mapping *mapping;
	int err;

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	mapping = mapping_alloc(region, vma);
	if (!mapping)
		return -ENOMEM;
	if (writable) {
		err = bpfmmap_freeze_begin_write(&region->freeze);
		if (err)
			goto err_free;
	}
	err = -EINVAL;
	if (!fits(region, vma))
		goto err_end_write;

	if (!writable)
		vm_flags_clear(vma, VM_MAYWRITE);
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	/* the flags that it was made of have changed */
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	vma->vm_private_data = mapping;
	vma->vm_ops = &vma_ops;
	atomic64_inc(&region->mappings.count);
	trace_bpfmmap_map(region->freeze.id, vma);
	/* last: once there are entries nothing may fail, as close would come before they go */
	if (region->flags & BPFMMAP_F_POPULATE)
		bpfmmap_fault_populate(&mapping->fault, vma);
	else
		bpfmmap_fault_save(&mapping->fault, vma);
	return 0;

err_end_write:
	if (writable)
		bpfmmap_freeze_end_write(&region->freeze);
err_free:
	mapping_free(mapping);
	return err;
}

void bpfmmap_mapping_init(struct bpfmmap_mapping_set *set)
{
	mutex_init(&set->lock);
	INIT_LIST_HEAD(&set->list);
}

/* Mark the mappings of all VMAs that the kernel has linked. */
static void mark_linked(struct address_space *file)
{
	struct vm_area_struct *vma, *next;

	i_mmap_lock_read(file);
	rbtree_postorder_for_each_entry_safe(vma, next, &file->i_mmap.rb_root, shared.rb) {
		struct bpfmmap_mapping *mapping = vma->vm_private_data;

		mapping->linked = true;
	}
	i_mmap_unlock_read(file);
}

/* Is there a writable mapping whose mmap has not linked it yet? */
static bool one_is_not_linked(struct bpfmmap_region *region)
{
	struct bpfmmap_mapping_set *set = &region->mappings;
	struct bpfmmap_mapping *mapping;
	bool found = false;

	mutex_lock(&set->lock);
	mark_linked(region->inode.i_mapping);
	list_for_each_entry(mapping, &set->list, list)
		found |= mapping->region && mapping->writable && !mapping->linked;
	mutex_unlock(&set->lock);
	return found;
}

/**
 * bpfmmap_mapping_revoke() - take all entries of all mappings away
 * @region: between begin and end revoke of its freeze
 *
 * Mappings that are no writers get theirs back by faults.
 *
 * Context: may sleep; waits for each mmap of the region that is under way, and those do not wait.
 */
void bpfmmap_mapping_revoke(struct bpfmmap_region *region)
{
	while (one_is_not_linked(region))
		usleep_range(100, 1000);
	unmap_mapping_range(region->inode.i_mapping, 0, 0, 1);
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

static struct bpfmmap_mapping_entry describe(const struct bpfmmap_mapping *mapping)
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
 * LIST_STEP of them at most. Returns how many are described.
 */
static u32 list_some(struct bpfmmap_mapping_set *set, struct bpfmmap_mapping *place,
		     struct bpfmmap_mapping_entry *entries, u32 room)
{
	struct bpfmmap_mapping *mapping = place, *last = place;
	u32 nr = 0, seen = 0;

	lockdep_assert_held(&set->lock);
	list_for_each_entry_continue(mapping, &set->list, list) {
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
 * bpfmmap_mapping_list() - tell who has mapped a region
 * @region: any
 * @args: as BPFMMAP_IOC_MAPPINGS has them; on return count is how many there are
 *
 * A mapping that is there all the while is listed once; one that comes or goes meanwhile may
 * be.
 *
 * Context: may sleep and fault.
 * Return: 0, -EFAULT, -ENOMEM, -EINTR.
 */
int bpfmmap_mapping_list(struct bpfmmap_region *region, struct bpfmmap_mappings *args)
{
	struct bpfmmap_mapping_entry __user *to = u64_to_user_ptr(args->entries);
	struct bpfmmap_mapping_set *set = &region->mappings;
	struct bpfmmap_mapping_entry *entries;
	struct bpfmmap_mapping place = {};
	u32 done = 0, nr;
	int err = 0;

	entries = kmalloc_array(LIST_STEP, sizeof(*entries), GFP_KERNEL_ACCOUNT);
	if (!entries)
		return -ENOMEM;

	mutex_lock(&set->lock);
	list_add(&place.list, &set->list);
	while (done < args->count && !list_is_last(&place.list, &set->list) && !err) {
		nr = list_some(set, &place, entries, min(args->count - done, LIST_STEP));
		mutex_unlock(&set->lock);
		if (copy_to_user(to + done, entries, nr * sizeof(*entries)))
			err = -EFAULT;
		else if (fatal_signal_pending(current))
			err = -EINTR;
		done += nr;
		cond_resched();
		mutex_lock(&set->lock);
	}
	/* those that were listed and have gone since are among them */
	if (list_is_last(&place.list, &set->list))
		args->count = done;
	else
		args->count = max(done, set->nr);
	list_del(&place.list);
	mutex_unlock(&set->lock);
	kfree(entries);
	return err;
}
