// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings: mmap of a region, and the operations of its VMAs
 *
 * mmap checks and counts the mapping, and takes the same time for each length. Faults map the pages
 * (fault.c), except that mmap itself maps those of a small mapping and of one with
 * BPFMMAP_F_POPULATE.
 *
 * A VMA that has VM_MAYWRITE is a writer from mmap, or from its copy (vma_open()), to its close
 * (vma_close()). The kernel calls close after it has removed the VMA's page table entries and
 * flushed the TLB. So if a freeze finds no writer, no mapping can write either. The VMA holds its
 * file, and the file holds the region.
 *
 * All VMAs that come from one call of mmap share a struct bpfmmap_mapping. It records which
 * process called mmap and when, for users who ask why a freeze gives EBUSY.
 *
 * A freeze by revoke removes the entries of all VMAs that are linked into i_mmap of the inode.
 * mmap may set entries in a VMA before the kernel links it. Therefore the revoke waits for each
 * writable mapping in the list until one of its VMAs is linked. No further mapping needs such a
 * wait: a mapping enters the list before it becomes a writer (I7), and after REVOKED it can't
 * become one.
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

#include "backing.h"
#include "compat.h"
#include "fault.h"
#include "freeze.h"
#include "mapping.h"
#include "trace.h"

/* Number of mappings that are listed before the lock is released for a moment. */
#define LIST_STEP	64U

/* One call of mmap. A field without a comment on its lock never changes after mmap. */
struct bpfmmap_mapping {
	struct list_head list;		/* under the lock of the set */
	struct bpfmmap_mapping_set *set;	/* NULL: a cursor of bpfmmap_mapping_list() */
	refcount_t vmas;		/* VMAs that come from this call; atomic */
	struct bpfmmap_fault fault;	/* see fault.h */
	bool linked;			/* under the lock of the set: a VMA of it is in i_mmap */
	bool writable;
	struct pid *pid;		/* of the process that called mmap */
	struct timespec64 since;	/* CLOCK_BOOTTIME of the initial time namespace */
	u64 offset;			/* in the region, in bytes, at mmap */
	u64 bytes;			/* at mmap */
};

static struct bpfmmap_mapping_set *set_of(const struct vm_area_struct *vma)
{
	const struct bpfmmap_mapping *mapping = vma->vm_private_data;

	return mapping->set;
}

static void mapping_free(struct bpfmmap_mapping *mapping)
{
	struct bpfmmap_mapping_set *set = mapping->set;

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
	struct bpfmmap_mapping_set *set = mapping->set;

	refcount_inc(&mapping->vmas);
	atomic64_inc(&set->count);
	/* no check: the VMA that is copied is a writer, so the region is not frozen (I2) */
	if (vma->vm_flags & VM_MAYWRITE)
		bpfmmap_freeze_copy_writer(set->freeze);
	trace_bpfmmap_map(set->freeze->id, vma);
}

/*
 * Returns true if the process is exiting and has MMU notifiers, as a host of virtual machines (KVM)
 * has. At exit the kernel calls mmu_notifier_release() once, before it removes the mappings, and
 * does not notify of each mapping. KVM's caches of pages stay valid then: if another process
 * still has the virtual machine open, kvm_xen_set_evtchn_fast() (arch/x86/kvm/xen.c) writes to a
 * page of a mapping that is gone.
 */
static bool is_exiting_host(struct mm_struct *mm)
{
	return !atomic_read(&mm->mm_users) && mm_has_notifiers(mm);
}

static void vma_close(struct vm_area_struct *vma)
{
	struct bpfmmap_mapping *mapping = vma->vm_private_data;
	struct bpfmmap_mapping_set *set = mapping->set;

	trace_bpfmmap_unmap(set->freeze->id, vma);
	if (refcount_dec_and_test(&mapping->vmas))
		mapping_free(mapping);
	WARN_ON_ONCE(atomic64_dec_return(&set->count) < 0);
	if (!(vma->vm_flags & VM_MAYWRITE))
		return;
	if (COMPAT_KVM_OUTLIVES && is_exiting_host(vma->vm_mm))
		bpfmmap_freeze_lose_writer(set->freeze);
	bpfmmap_freeze_end_write(set->freeze);
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

/* Access by ptrace and /proc/PID/mem, which can't pin pages either. mmap_lock is held. */
static int vma_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len,
		      int write)
{
	struct bpfmmap_mapping_set *set = set_of(vma);
	u64 offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start);
	void *data = set->backing->data + offset;

	/* a VMA with VM_WRITE is a writer: the region is not frozen unless it was revoked (I2) */
	if (write && !(vma->vm_flags & VM_WRITE))
		return -EACCES;
	len = min_t(unsigned long, len, vma->vm_end - addr);
	if (!(vma->vm_flags & VM_MAYWRITE)) {
		memcpy(buf, data, len);
		return len;
	}
	bpfmmap_freeze_begin_store();
	if (bpfmmap_freeze_is_revoked(set->freeze))
		len = -EFAULT;	/* the process itself would get SIGBUS */
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

static bool fits(const struct bpfmmap_mapping_set *set, struct vm_area_struct *vma)
{
	unsigned long nr_pages = set->backing->nr_pages;

	return vma->vm_pgoff <= nr_pages && vma_pages(vma) <= nr_pages - vma->vm_pgoff;
}

/* Make a mapping and add it to the list. It is not a writer yet (I7). */
static struct bpfmmap_mapping *mapping_alloc(struct bpfmmap_mapping_set *set,
					     const struct vm_area_struct *vma)
{
	struct bpfmmap_mapping *mapping;

	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);
	if (!mapping)
		return NULL;
	mapping->set = set;
	refcount_set(&mapping->vmas, 1);
	mapping->fault.id = set->freeze->id;
	mapping->fault.backing = set->backing;
	mapping->fault.freeze = set->freeze;
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
 * bpfmmap_mapping_create() - set up a mapping, for mmap
 * @set: mappings of a region, which the VMA's file holds
 * @vma: new VMA without page table entries
 *
 * VM_MAYSHARE distinguishes MAP_SHARED from MAP_PRIVATE, as the kernel clears VM_SHARED for a
 * read-only file. PROT_EXEC can't come here and VM_MAYEXEC is clear, because of SB_I_NOEXEC.
 *
 * Context: may sleep; mmap_lock is held for writing.
 * Return: 0; -EPERM: PROT_WRITE, and the region is frozen or revoked; -EBUSY: PROT_WRITE, and a
 * freeze is pending; -EINVAL: MAP_PRIVATE, or the end is beyond the region; -ENOMEM.
 */
int bpfmmap_mapping_create(struct bpfmmap_mapping_set *set, struct vm_area_struct *vma)
{
	bool writable = vma->vm_flags & VM_WRITE;
	struct bpfmmap_mapping *mapping;
	int err;

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	mapping = mapping_alloc(set, vma);
	if (!mapping)
		return -ENOMEM;
	if (writable) {
		err = bpfmmap_freeze_begin_write(set->freeze);
		if (err)
			goto err_free;
	}
	err = -EINVAL;
	if (!fits(set, vma))
		goto err_end_write;

	if (!writable)
		vm_flags_clear(vma, VM_MAYWRITE);
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	/* vm_flags have changed since the kernel set it */
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	vma->vm_private_data = mapping;
	vma->vm_ops = &vma_ops;
	atomic64_inc(&set->count);
	trace_bpfmmap_map(set->freeze->id, vma);
	/* last: if mmap failed after entries are set, close would precede their removal */
	if (set->populate)
		bpfmmap_fault_populate(&mapping->fault, vma);
	else
		bpfmmap_fault_save(&mapping->fault, vma);
	return 0;

err_end_write:
	if (writable)
		bpfmmap_freeze_end_write(set->freeze);
err_free:
	mapping_free(mapping);
	return err;
}

/* Set up the empty set of a new region, whose memory is zero. The backing may come later. */
void bpfmmap_mapping_init(struct bpfmmap_mapping_set *set, const struct bpfmmap_backing *backing,
			  struct bpfmmap_freeze_state *freeze, struct address_space *file,
			  bool populate)
{
	set->backing = backing;
	set->freeze = freeze;
	set->file = file;
	set->populate = populate;
	mutex_init(&set->lock);
	INIT_LIST_HEAD(&set->list);
}

/* Mark the mappings of all VMAs that the kernel has linked into i_mmap. */
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

/* Returns true if there is a writable mapping whose mmap is still running. */
static bool one_is_not_linked(struct bpfmmap_mapping_set *set)
{
	struct bpfmmap_mapping *mapping;
	bool found = false;

	mutex_lock(&set->lock);
	mark_linked(set->file);
	list_for_each_entry(mapping, &set->list, list)
		found |= mapping->set && mapping->writable && !mapping->linked;
	mutex_unlock(&set->lock);
	return found;
}

/**
 * bpfmmap_mapping_revoke() - remove the page table entries of all mappings of a region
 * @set: mappings of a region between bpfmmap_freeze_begin_revoke() and bpfmmap_freeze_end_revoke()
 *
 * Mappings that are not writers get their entries back by faults.
 *
 * Context: may sleep; waits until each running mmap of the region has linked its VMA. mmap does
 * not wait for a revoke, so this ends. Takes mappings.lock and i_mmap_rwsem.
 */
void bpfmmap_mapping_revoke(struct bpfmmap_mapping_set *set)
{
	while (one_is_not_linked(set))
		usleep_range(100, 1000);
	unmap_mapping_range(set->file, 0, 0, 1);
}

/* The pid in the caller's pid namespace; 0 if the process is gone or that does not show it. */
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
 * Describe mappings that follow the cursor (place) in the list, and move the cursor behind them.
 * Visits LIST_STEP list entries at most. Returns the number of mappings described. at_end becomes
 * true if no mapping follows the cursor. (Cursors of other callers may follow it, and pass each
 * other at the end of the list, so being the last entry says nothing.)
 */
static u32 list_some(struct bpfmmap_mapping_set *set, struct bpfmmap_mapping *place,
		     struct bpfmmap_mapping_entry *entries, u32 room, bool *at_end)
{
	struct bpfmmap_mapping *mapping = place, *last = place;
	u32 nr = 0, seen = 0;

	lockdep_assert_held(&set->lock);
	list_for_each_entry_continue(mapping, &set->list, list) {
		if (nr == room || seen++ == LIST_STEP)
			break;
		last = mapping;
		/* skip the cursor of another caller */
		if (mapping->set)
			entries[nr++] = describe(mapping);
	}
	*at_end = &mapping->list == &set->list;
	if (last != place)
		list_move(&place->list, &last->list);
	return nr;
}

/**
 * bpfmmap_mapping_list() - list the calls of mmap that still have mappings of a region
 * @set: mappings of a region
 * @args: arguments of BPFMMAP_IOC_MAPPINGS; on return count is the number that exist
 *
 * A mapping that exists during the whole call is listed once. One that is made or removed
 * meanwhile may be listed or not.
 *
 * Context: may sleep and fault; the caller holds no locks.
 * Return: 0; -EFAULT: entries can't be written; -ENOMEM; -EINTR: the caller was killed.
 */
int bpfmmap_mapping_list(struct bpfmmap_mapping_set *set, struct bpfmmap_mappings *args)
{
	struct bpfmmap_mapping_entry __user *to = u64_to_user_ptr(args->entries);
	struct bpfmmap_mapping_entry *entries;
	struct bpfmmap_mapping place = {};
	bool at_end = false;
	u32 done = 0, nr;
	int err = 0;

	entries = kmalloc_array(LIST_STEP, sizeof(*entries), GFP_KERNEL_ACCOUNT);
	if (!entries)
		return -ENOMEM;

	mutex_lock(&set->lock);
	list_add(&place.list, &set->list);
	while (done < args->count && !at_end && !err) {
		nr = list_some(set, &place, entries, min(args->count - done, LIST_STEP),
			       &at_end);
		mutex_unlock(&set->lock);
		if (copy_to_user(to + done, entries, nr * sizeof(*entries)))
			err = -EFAULT;
		else if (fatal_signal_pending(current))
			err = -EINTR;
		done += nr;
		cond_resched();
		mutex_lock(&set->lock);
	}
	/* done may include mappings that were removed after they had been listed */
	if (at_end)
		args->count = done;
	else
		args->count = max(done, set->nr);
	list_del(&place.list);
	mutex_unlock(&set->lock);
	kfree(entries);
	return err;
}
