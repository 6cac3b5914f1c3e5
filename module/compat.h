/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels, from 5.10 up
 *
 * The rest of the module reads as if written for the newest kernel; whatever an
 * older one calls otherwise, or lacks, is made up for here and nowhere else,
 * with the version and the upstream change that made the difference.
 */
#ifndef _BPFMMAP_COMPAT_H
#define _BPFMMAP_COMPAT_H

#include <linux/mm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#error "bpfmmap wants Linux 5.10 or later"
#endif

/*
 * A region's pages are mapped with PTEs that say "no struct page behind this",
 * so that nobody can take a reference to one.
 */
#ifndef CONFIG_ARCH_HAS_PTE_SPECIAL
#error "bpfmmap wants an architecture with special PTEs (CONFIG_ARCH_HAS_PTE_SPECIAL)"
#endif

/*
 * s390 exports nothing of what its set_pte_at() calls (ptep_set_pte_at, for the page
 * tables of its guests), so a module maps page by page there, by vmf_insert_pfn().
 */
#define COMPAT_SET_PTE_AT	!IS_ENABLED(CONFIG_S390)

/*
 * 6.12: 10d83d7781a8 ("mm/pagewalk: check pfnmap for folio_walk_start()") and its series let
 * page tables have entries of 2 MiB without references, and fork and the rest know them.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) && \
	IS_ENABLED(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) && IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE)
#include <linux/huge_mm.h>
#define COMPAT_PMD_PFN	1
#else
#define COMPAT_PMD_PFN	0
#endif

#ifndef PMD_ORDER
#define PMD_ORDER	(PMD_SHIFT - PAGE_SHIFT)
#endif

/* 6.17: 21aa65bf82a7 ("mm: remove callers of pfn_t functionality") */
static inline vm_fault_t compat_insert_pmd(struct vm_fault *vmf, unsigned long pfn)
{
#if !COMPAT_PMD_PFN
	return VM_FAULT_FALLBACK;
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
	return vmf_insert_pfn_pmd(vmf, (pfn_t) { pfn }, vmf->flags & FAULT_FLAG_WRITE);
#else
	return vmf_insert_pfn_pmd(vmf, pfn, vmf->flags & FAULT_FLAG_WRITE);
#endif
}

/* 6.3: bc292ab00f6c ("mm: introduce vma->vm_flags wrapper functions") */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/* 6.5: c6585011bc1d ("splice: Remove generic_file_splice_read()") */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define copy_splice_read	generic_file_splice_read
#endif

/* 6.3: a9b12f8b4dcc ("driver core: make struct device_type.devnode() take a const *") */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define compat_const
#else
#define compat_const	const
#endif

/*
 * Pages are charged to the creator's memory cgroup. Until 6.11 that took
 * CONFIG_MEMCG_KMEM; 3a3b7fec3974 ("mm: remove CONFIG_MEMCG_KMEM") made it part
 * of CONFIG_MEMCG.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define BPFMMAP_HAS_MEMCG	IS_ENABLED(CONFIG_MEMCG_KMEM)
#else
#define BPFMMAP_HAS_MEMCG	IS_ENABLED(CONFIG_MEMCG)
#endif

#endif /* _BPFMMAP_COMPAT_H */
