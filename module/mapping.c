// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings: mmap of a region, and what the kernel does to a VMA afterwards
 *
 * mmap checks, counts and returns, whatever the size; pages come with faults. A
 * fault fills a window of FAULT_PAGES around it in one pass over the page table:
 *
 *	VMA		|-------------------------------|
 *	windows	    |-------|-------|-------|-------|-------|	aligned in address
 *	a fault at x		    |---x---|			clipped to the VMA
 *
 * The PTEs are special (VM_PFNMAP), so that get_user_pages() finds nothing to
 * pin: a page that somebody holds a reference to can be written after the last
 * mapping is gone, which is how the kernel's own frozen array can be changed.
 *
 * A VMA that has VM_MAYWRITE counts as a writer from mmap or its copy (open) to
 * its close. close comes after its PTEs are gone and flushed, so a freeze that
 * finds no writers finds no way to write either. The VMA holds its file and the
 * file holds the region.
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/personality.h>

#include "compat.h"
#include "mapping.h"
#include "region.h"

#define FAULT_PAGES	16UL	/* a power of two, and no more than a page table has */

static void vma_open(struct vm_area_struct *vma)
{
	struct region *region = vma->vm_private_data;

	atomic64_inc(&region->mappings);
	/* no check: the VMA that this is a copy of keeps the region from freezing */
	if (vma->vm_flags & VM_MAYWRITE)
		atomic64_inc(&region->writers);
}

static void vma_close(struct vm_area_struct *vma)
{
	struct region *region = vma->vm_private_data;

	if (vma->vm_flags & VM_MAYWRITE)
		region_end_write(region);
	atomic64_dec(&region->mappings);
}

static int insert_pte(pte_t *pte, unsigned long addr, void *data)
{
	struct vm_area_struct *vma = data;
	struct region *region = vma->vm_private_data;
	unsigned long pgoff = linear_page_index(vma, addr);

	/* another thread's fault may have been here */
	if (pte_none(ptep_get(pte)))
		set_pte_at(vma->vm_mm, addr, pte,
			   pte_mkspecial(pfn_pte(backing_pfn(&region->backing, pgoff),
						 vma->vm_page_prot)));
	return 0;
}

static vm_fault_t vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long window = vmf->address & ~(FAULT_PAGES * PAGE_SIZE - 1);
	unsigned long start = max(window, vma->vm_start);
	unsigned long end = min(window + FAULT_PAGES * PAGE_SIZE, vma->vm_end);

	if (apply_to_page_range(vma->vm_mm, start, end - start, insert_pte, vma))
		return VM_FAULT_OOM;
	return VM_FAULT_NOPAGE;
}

/* For ptrace and /proc/PID/mem, which can't pin either; mmap_lock is held. */
static int vma_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len,
		      int write)
{
	struct region *region = vma->vm_private_data;
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
	.access = vma_access,
};

static bool fits(const struct region *region, struct vm_area_struct *vma)
{
	unsigned long nr_pages = region->backing.nr_pages;

	return vma->vm_pgoff <= nr_pages && vma_pages(vma) <= nr_pages - vma->vm_pgoff;
}

/**
 * region_mmap() - set up a mapping
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
 * Return: 0; -EPERM: PROT_EXEC, or PROT_WRITE and frozen; -EINVAL: MAP_PRIVATE, or
 * beyond the end.
 */
int region_mmap(struct region *region, struct vm_area_struct *vma)
{
	bool writable = vma->vm_flags & VM_WRITE;
	int err;

	if ((vma->vm_flags & VM_EXEC) && !(current->personality & READ_IMPLIES_EXEC))
		return -EPERM;
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (writable) {
		err = region_begin_write(region);
		if (err)
			return err;
	}
	if (!fits(region, vma)) {
		if (writable)
			region_end_write(region);
		return -EINVAL;
	}

	vm_flags_clear(vma, VM_EXEC | VM_MAYEXEC);
	if (!writable)
		vm_flags_clear(vma, VM_MAYWRITE);
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = region;
	vma->vm_ops = &region_vm_ops;
	atomic64_inc(&region->mappings);
	return 0;
}
