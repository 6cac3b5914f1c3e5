// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults: pages of a region come into a mapping when they are touched
 *
 * A fault fills a window, a range of pages around the one that was touched, in one pass over the
 * page table. A window is a power of two of pages, aligned in address. A fault that begins
 * where the last window ended doubles the window, up to a whole page table. Any other fault starts
 * again with the smallest window:
 *
 *	VMA	   |-----------------------------------------------|
 *	touched	   0    16   32        64                  128 ...
 *	windows	   |-16-|-16-|---32----|-------64----------|----  (the part that was not filled)
 *
 * An architecture that lets no module fill page tables (COMPAT_SET_PTE_AT is 0) gets one page a
 * fault. A kernel that takes an entry of 2 MiB for pages without references (COMPAT_PMD_PFN)
 * gets one for each chunk of the backing that the mapping shows whole at an aligned address.
 * A fault that begins where the last one ended then makes up to 8 such entries.
 * The kernel splits an entry of 2 MiB by dropping it, for example in a partial munmap; the pages
 * that are still mapped fault again.
 *
 * At one place, an entry of 2 MiB and a page table exclude each other (I5). The kernel's
 * switches for transparent huge pages have no part in this, as they can change between two faults.
 * The place alone decides, and it does not change while a fault runs:
 *
 *	the place fits a chunk (fits_chunk())	it is empty or has the entry; each fault there
 *						puts the entry, be it fault or huge_fault
 *	.. but has a page table			mremap made it when it moved the mapping here;
 *						it stays as long as the mapping, and is filled
 *	it does not fit				it is empty or has a page table
 *
 * The kernel itself makes page tables in a mapping of a region by mremap and fork only, which
 * hold its lock for writing, and takes them away by munmap only.
 *
 * A fault checks that a writer may still have an entry in the read-side section of RCU in which it
 * puts the entry (I6). A freeze that revokes waits for these sections, and then takes the
 * entries away. So an entry was either put before that, or is not put at all. From then on a
 * fault of a writer's mapping gives SIGBUS.
 *
 * All entries are special (VM_PFNMAP), so get_user_pages() finds nothing to pin. A page with a
 * reference could be written after the last mapping is gone; the kernel's own frozen array can
 * be changed in that way. Code that follows page tables without get_user_pages() finds pages
 * that give no references (backing.c).
 */
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>

#include "backing.h"
#include "compat.h"
#include "fault.h"
#include "freeze.h"
#include "trace.h"

#define WINDOW_MIN	16U
#define WINDOW_MAX	min_t(unsigned int, 512, PTRS_PER_PTE)
#define HUGE_WINDOW_MAX	(8U << BPFMMAP_CHUNK_ORDER)

struct bpfmmap_filling {
	struct vm_area_struct *vma;
	const struct bpfmmap_fault *fault;
	unsigned long known_to;		/* up to this address, look_ahead() has looked */
	unsigned long pfn;		/* of known_to, as if its page were contiguous, too */
};

/*
 * Says whether the mapping may get an entry. The caller asks and puts the entry in one read-side
 * section of RCU. A mapping that is no writer may always get one.
 */
static bool may_have_entry(const struct bpfmmap_fault *fault, const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & VM_MAYWRITE) || !bpfmmap_freeze_is_revoked(fault->freeze);
}

static unsigned long pfn_at(const struct bpfmmap_fault *fault, struct vm_area_struct *vma,
			    unsigned long addr)
{
	return bpfmmap_backing_pfn(fault->backing, linear_page_index(vma, addr));
}

/* Look up what the next entries of one page table, from addr on, have in common. */
static int look_ahead(struct bpfmmap_filling *filling, unsigned long addr)
{
	const struct bpfmmap_backing *backing = filling->fault->backing;
	unsigned long pgoff = linear_page_index(filling->vma, addr);
	unsigned long pages = (ALIGN(addr + 1, PMD_SIZE) - addr) >> PAGE_SHIFT;

	if (!may_have_entry(filling->fault, filling->vma))
		return -EPERM;
	pages = min(pages, bpfmmap_backing_contiguous(backing, pgoff));
	filling->known_to = addr + pages * PAGE_SIZE;
	filling->pfn = bpfmmap_backing_pfn(backing, pgoff) + pages;
	return 0;
}

static int insert_pte(pte_t *pte, unsigned long addr, void *data)
{
	struct bpfmmap_filling *filling = data;
	struct vm_area_struct *vma = filling->vma;
	unsigned long pfn;

	/*
	 * The lock of a page table, a spinlock, is held from its first entry to its last. That is
	 * one read-side section (I6), so one look is enough for all of them.
	 */
	if (addr >= filling->known_to && look_ahead(filling, addr))
		return -EPERM;
	/* the fault of another thread has filled it */
	if (!pte_none(ptep_get(pte)))
		return 0;
	pfn = filling->pfn - ((filling->known_to - addr) >> PAGE_SHIFT);
	set_pte_at(vma->vm_mm, addr, pte, pte_mkspecial(pfn_pte(pfn, vma->vm_page_prot)));
	return 0;
}

/* Returns VM_FAULT_NOPAGE, or an error if a part of the range is not filled. */
static vm_fault_t fill(const struct bpfmmap_fault *fault, struct vm_area_struct *vma,
		       unsigned long start, unsigned long end)
{
	struct bpfmmap_filling filling = { .vma = vma, .fault = fault, .known_to = start };

	switch (apply_to_page_range(vma->vm_mm, start, end - start, insert_pte, &filling)) {
	case 0:
		return VM_FAULT_NOPAGE;
	case -EPERM:
		return VM_FAULT_SIGBUS;
	default:
		return VM_FAULT_OOM;
	}
}

static int make_page_table(pte_t *pte, unsigned long addr, void *data)
{
	return 0;
}

/*
 * Insert one page, on an architecture that lets no module fill page tables. vmf_insert_pfn() sleeps
 * only to make a page table. That is made before, as a read-side section must not sleep.
 */
static vm_fault_t insert_page(const struct bpfmmap_fault *fault, struct vm_fault *vmf)
{
	unsigned long addr = vmf->address & PAGE_MASK;
	vm_fault_t ret;

	if (apply_to_page_range(vmf->vma->vm_mm, addr, PAGE_SIZE, make_page_table, NULL))
		return VM_FAULT_OOM;
	rcu_read_lock();
	ret = VM_FAULT_SIGBUS;
	if (may_have_entry(fault, vmf->vma))
		ret = vmf_insert_pfn(vmf->vma, addr, pfn_at(fault, vmf->vma, addr));
	rcu_read_unlock();
	return ret;
}

static void set_window(struct bpfmmap_fault *fault, unsigned long next, unsigned int pages)
{
	WRITE_ONCE(fault->pages, pages);
	WRITE_ONCE(fault->next, next);
}

/* Returns the end of the window that a fault at addr fills, and its start. */
static unsigned long next_window(struct bpfmmap_fault *fault, unsigned long addr,
				 unsigned long *start)
{
	unsigned int pages = READ_ONCE(fault->pages);
	unsigned long end;

	*start = addr;
	if (READ_ONCE(fault->next) == addr && pages) {
		pages = min(2 * pages, WINDOW_MAX);
	} else {
		pages = WINDOW_MIN;
		*start = ALIGN_DOWN(addr, pages * PAGE_SIZE);
	}
	end = ALIGN_DOWN(addr, pages * PAGE_SIZE) + pages * PAGE_SIZE;
	set_window(fault, end, pages);
	return end;
}

/* Says whether the mapping can show a chunk as one entry at addr, a multiple of PMD_SIZE. */
static bool fits_chunk(const struct bpfmmap_fault *fault, struct vm_area_struct *vma,
		       unsigned long addr)
{
	return COMPAT_PMD_PFN && addr >= vma->vm_start && addr + PMD_SIZE <= vma->vm_end &&
	       bpfmmap_backing_is_chunk(fault->backing, linear_page_index(vma, addr), PMD_ORDER);
}

/*
 * Insert the entry of a chunk. fits_chunk() holds for the address. The caller has asked
 * may_have_entry() in the same read-side section of RCU.
 */
static vm_fault_t put_chunk(const struct bpfmmap_fault *fault, struct vm_fault *vmf)
{
	return compat_insert_pmd(vmf, pfn_at(fault, vmf->vma, vmf->address & PMD_MASK));
}

/*
 * Insert the entry of the chunk at a fault, then the entries of the chunks behind it that are in
 * a window of that many pages. An entry that was not asked for costs a tenth of a fault. All are
 * put in one read-side section (I6), so one look is enough for them. Sets end to the address
 * behind the last entry.
 */
static vm_fault_t insert_chunks(const struct bpfmmap_fault *fault, struct vm_fault *vmf,
				unsigned int pages, unsigned long *end)
{
	const unsigned long start = vmf->address & PMD_MASK;
	const unsigned long limit = min(start + pages * PAGE_SIZE, ALIGN(start + 1, PUD_SIZE));
	vm_fault_t ret = VM_FAULT_SIGBUS;
	unsigned long addr = start + PMD_SIZE;

	rcu_read_lock();
	if (may_have_entry(fault, vmf->vma))
		ret = put_chunk(fault, vmf);
	if (ret == VM_FAULT_NOPAGE) {
		for (; addr < limit && fits_chunk(fault, vmf->vma, addr); addr += PMD_SIZE) {
			struct vm_fault next = {
				.vma = vmf->vma,
				.address = addr,
				.pmd = vmf->pmd + ((addr - start) >> PMD_SHIFT),
			};

			if (!pmd_none(READ_ONCE(*next.pmd)))
				break;
			if (put_chunk(fault, &next) != VM_FAULT_NOPAGE)
				break;
		}
	}
	rcu_read_unlock();
	*end = addr;
	return ret;
}

static bool has_page_table(pmd_t *pmd)
{
	pmd_t entry = READ_ONCE(*pmd);

	return !pmd_none(entry) && !pmd_leaf(entry);
}

/**
 * bpfmmap_fault_around() - map the page at a fault, and those that may be touched next
 * @fault: of the mapping
 * @vmf: within the region
 *
 * Context: as vm_operations_struct.fault.
 * Return: VM_FAULT_NOPAGE; VM_FAULT_SIGBUS: the mapping has been revoked; VM_FAULT_OOM.
 */
vm_fault_t bpfmmap_fault_around(struct bpfmmap_fault *fault, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long addr = vmf->address & PAGE_MASK;
	unsigned long start, end;

	/* the kernel did not call huge_fault, or another fault has put the entry since */
	if (fits_chunk(fault, vma, addr & PMD_MASK) && !has_page_table(vmf->pmd)) {
		trace_bpfmmap_fault(fault->id, vmf->address, PTRS_PER_PTE);
		return insert_chunks(fault, vmf, PTRS_PER_PTE, &end);
	}
	if (!COMPAT_SET_PTE_AT) {
		trace_bpfmmap_fault(fault->id, vmf->address, 1);
		return insert_page(fault, vmf);
	}
	end = min(next_window(fault, addr, &start), vma->vm_end);
	start = max(start, vma->vm_start);
	trace_bpfmmap_fault(fault->id, vmf->address, (end - start) >> PAGE_SHIFT);
	return fill(fault, vma, start, end);
}

/**
 * bpfmmap_fault_huge() - map a chunk of the backing at once, if that is possible
 * @fault: of the mapping
 * @vmf: within the region
 * @order: of the pages that the kernel has room for
 *
 * Context: as vm_operations_struct.huge_fault.
 * Return: VM_FAULT_FALLBACK if it is not; VM_FAULT_NOPAGE, VM_FAULT_SIGBUS, VM_FAULT_OOM.
 */
vm_fault_t bpfmmap_fault_huge(struct bpfmmap_fault *fault, struct vm_fault *vmf,
			      unsigned int order)
{
	const unsigned long start = vmf->address & PMD_MASK;
	unsigned int pages = 0;
	unsigned long end;
	vm_fault_t ret;

	if (order != PMD_ORDER || !fits_chunk(fault, vmf->vma, start))
		return VM_FAULT_FALLBACK;
	if (READ_ONCE(fault->next) == start)
		pages = min(2 * READ_ONCE(fault->pages), HUGE_WINDOW_MAX);
	pages = max_t(unsigned int, pages, PTRS_PER_PTE);
	ret = insert_chunks(fault, vmf, pages, &end);
	set_window(fault, end, pages);
	trace_bpfmmap_fault(fault->id, vmf->address, (end - start) >> PAGE_SHIFT);
	return ret;
}

/* Entries for PROT_NONE would be of another kind; the mapping gets none until mprotect. */
static bool accessible(const struct vm_area_struct *vma)
{
	return vma->vm_flags & (VM_READ | VM_WRITE);
}

/**
 * bpfmmap_fault_save() - fill a small new mapping, which then has no fault
 * @fault: of the mapping
 * @vma: about to be returned from mmap
 *
 * A mapping that is no larger than the smallest window is filled at once, for a tenth of what a
 * fault costs. If that fails, it faults later.
 *
 * Context: mmap_lock is held for writing.
 */
void bpfmmap_fault_save(struct bpfmmap_fault *fault, struct vm_area_struct *vma)
{
	mmap_assert_write_locked(vma->vm_mm);
	if (COMPAT_SET_PTE_AT && vma_pages(vma) <= WINDOW_MIN && accessible(vma))
		fill(fault, vma, vma->vm_start, vma->vm_end);
}

/**
 * bpfmmap_fault_populate() - map all pages of a new mapping
 * @fault: of the mapping
 * @vma: about to be returned from mmap
 *
 * If memory for page tables runs out, or the caller is killed, the rest is left to faults. The
 * pages themselves are there in any case.
 *
 * Context: mmap_lock is held for writing.
 */
void bpfmmap_fault_populate(struct bpfmmap_fault *fault, struct vm_area_struct *vma)
{
	unsigned int flags = vma->vm_flags & VM_WRITE ? FAULT_FLAG_WRITE : 0;
	unsigned long addr = vma->vm_start;

	mmap_assert_write_locked(vma->vm_mm);
	if (!accessible(vma))
		return;
	while (addr < vma->vm_end && !fatal_signal_pending(current)) {
		/* no registers: no instruction has faulted, and perf has no fault to show */
		if (handle_mm_fault(vma, addr, flags, NULL) & VM_FAULT_ERROR)
			return;
		/* vmf_insert_pfn() makes a clean entry, so the first write would fault again */
		if (!COMPAT_SET_PTE_AT && flags)
			handle_mm_fault(vma, addr, flags, NULL);
		addr = max(addr + PAGE_SIZE, fault->next);
		cond_resched();
	}
}
