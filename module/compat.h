/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compat: all differences between kernels, from 5.10 on
 *
 * The other files are written for the newest kernel. This file gives older kernels what they lack
 * or name differently. Each HAS_ is an answer, 0 or 1, to a question in probe/questions.c, which
 * has the upstream commit that made the change. So a kernel's own number decides nothing, with two
 * exceptions that say why.
 */
#ifndef _BPFMMAP_COMPAT_H
#define _BPFMMAP_COMPAT_H

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/posix_acl_xattr.h>
#include <linux/rcupdate_trace.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <linux/xattr.h>

#include "probe/features.h"

#if HAS_FILELOCK_H
#include <linux/filelock.h>
#endif

/* The number: it is the oldest kernel that the module is tested on. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#error "bpfmmap wants Linux 5.10 or later"
#endif

/*
 * A region's pages are mapped by special PTEs, so get_user_pages() finds no struct page behind them
 * and takes no reference.
 */
#ifndef CONFIG_ARCH_HAS_PTE_SPECIAL
#error "bpfmmap wants an architecture with special PTEs (CONFIG_ARCH_HAS_PTE_SPECIAL)"
#endif

/*
 * On s390 set_pte_at() calls ptep_set_pte_at() (for page tables of guests), which is not
 * exported. There the module maps one page after the other by vmf_insert_pfn().
 */
#define COMPAT_SET_PTE_AT	!IS_ENABLED(CONFIG_S390)

/*
 * 6.12: since 10d83d7781a8 ("mm/pagewalk: check pfnmap for folio_walk_start()") and its series a
 * PMD entry can map 2 MiB without a reference, and fork and all page walks handle it. That can't be
 * seen in a header, but the series brought CONFIG_ARCH_SUPPORTS_PMD_PFNMAP, and let the
 * architectures select it at its end.
 */
#if IS_ENABLED(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) && IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE)
#include <linux/huge_mm.h>
#define COMPAT_PMD_PFN	1
#else
#define COMPAT_PMD_PFN	0
#endif

#ifndef PMD_ORDER
#define PMD_ORDER	(PMD_SHIFT - PAGE_SHIFT)
#endif

static inline vm_fault_t compat_insert_pmd(struct vm_fault *vmf, unsigned long pfn)
{
#if !COMPAT_PMD_PFN
	return VM_FAULT_FALLBACK;
#elif HAS_INSERT_PMD_WITHOUT_PFN_T
	return vmf_insert_pfn_pmd(vmf, pfn, vmf->flags & FAULT_FLAG_WRITE);
#else
	return vmf_insert_pfn_pmd(vmf, (pfn_t) { pfn }, vmf->flags & FAULT_FLAG_WRITE);
#endif
}

#if !HAS_VM_FLAGS_SET
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

#if !HAS_COPY_SPLICE_READ
#define copy_splice_read	generic_file_splice_read
#endif

/*
 * KVM finds the pages of a VM_PFNMAP mapping. On arm64 before 5.14 (fd6f17bade21, "KVM: arm64:
 * Remove the creation time's mapping of MMIO regions") and on riscv KVM takes the mapping's offset
 * as a physical address, and would give a guest access to that memory.
 *
 * The number: that commit changed no header and no symbol, and a wrong guess would be a hole. If a
 * distribution has taken it into an older kernel, the module is not built for it.
 */
#if IS_ENABLED(CONFIG_KVM) && (IS_ENABLED(CONFIG_RISCV) || \
	(IS_ENABLED(CONFIG_ARM64) && LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)))
#error "KVM of this kernel would give a guest any physical memory by a mapping of a region"
#endif

/*
 * The reference counts of pages can be 0 (I1) if the kernel itself takes no reference when it
 * clears a page table entry. s390 takes one for a process with protected guests (6.1:
 * uv_convert_owned_from_secure() in arch/s390/kernel/uv.c), and would free the page.
 */
#define COMPAT_NO_REFERENCES	!IS_ENABLED(CONFIG_S390)

/*
 * 6.13: since the series "KVM: Stop grabbing references to PFNMAP'd pages" KVM caches a page of a
 * mapping without a reference. It drops the cached page when the mapping is removed, but not when
 * the process exits (see vma_close() in mapping.c). The series removed gfn_to_pfn() at its end.
 */
#define COMPAT_KVM_OUTLIVES	(!HAS_GFN_TO_PFN && IS_ENABLED(CONFIG_KVM_XEN))

/* What other modules call, and what bpfmmap_bpf.ko does. */
#if HAS_NAMESPACE_WORDS
#define EXPORT_SYMBOL_BPFMMAP(symbol)		EXPORT_SYMBOL_NS_GPL(symbol, BPFMMAP)
#define EXPORT_SYMBOL_BPFMMAP_BPF(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, BPFMMAP_BPF)
#else
#define EXPORT_SYMBOL_BPFMMAP(symbol)		EXPORT_SYMBOL_NS_GPL(symbol, "BPFMMAP")
#define EXPORT_SYMBOL_BPFMMAP_BPF(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, "BPFMMAP_BPF")
#endif

/*
 * Sleepable BPF programs run under a kind of RCU of their own, where there is one. Whether its
 * grace period implies one of the other has changed; so both are waited for.
 */
#ifdef CONFIG_TASKS_TRACE_RCU
#define compat_call_rcu_sleepable(rcu, fn)	call_rcu_tasks_trace(rcu, fn)
#define compat_rcu_barrier_sleepable()		rcu_barrier_tasks_trace()
#else
#define compat_call_rcu_sleepable(rcu, fn)	call_rcu(rcu, fn)
#define compat_rcu_barrier_sleepable()		rcu_barrier()
#endif

/*
 * Inode operations have a parameter for the id mapping of the mount. COMPAT_IDMAP is this argument,
 * or nothing where there is none.
 */
#if HAS_MNT_IDMAP
#define COMPAT_IDMAP_PARAM		struct mnt_idmap *idmap,
#define COMPAT_IDMAP			idmap,
#define COMPAT_NOP_IDMAP		&nop_mnt_idmap,
#define COMPAT_MNT_IDMAP(mnt)		mnt_idmap(mnt),
#elif HAS_USER_NS_IDMAP
#define COMPAT_IDMAP_PARAM		struct user_namespace *idmap,
#define COMPAT_IDMAP			idmap,
#define COMPAT_NOP_IDMAP		&init_user_ns,
#define COMPAT_MNT_IDMAP(mnt)		mnt_user_ns(mnt),
#else
#define COMPAT_IDMAP_PARAM
#define COMPAT_IDMAP
#define COMPAT_NOP_IDMAP
#define COMPAT_MNT_IDMAP(mnt)
#endif

static inline void compat_fillattr(COMPAT_IDMAP_PARAM u32 request_mask, struct inode *inode,
				   struct kstat *stat)
{
#if HAS_FILLATTR_MASK
	generic_fillattr(idmap, request_mask, inode, stat);
#else
	generic_fillattr(COMPAT_IDMAP inode, stat);
#endif
}

/* The subject of set_acl and of posix_acl_chmod() is a dentry, or an inode. */
#if HAS_SET_ACL_DENTRY
#define COMPAT_ACL_SUBJECT_PARAM	struct dentry *dentry
#define COMPAT_ACL_INODE	d_inode(dentry)
#define COMPAT_ACL_SUBJECT(dentry)	(dentry)
#else
#define COMPAT_ACL_SUBJECT_PARAM	struct inode *inode_
#define COMPAT_ACL_INODE	inode_
#define COMPAT_ACL_SUBJECT(dentry)	d_inode(dentry)
#endif

/* Some kernels set an access control list by the handler of an extended attribute. */
#if !HAS_VFS_SET_ACL && IS_ENABLED(CONFIG_FS_POSIX_ACL)
#define COMPAT_ACL_HANDLERS	&posix_acl_access_xattr_handler, &posix_acl_default_xattr_handler,
#else
#define COMPAT_ACL_HANDLERS
#endif

#if HAS_CONST_XATTR_HANDLERS
#define COMPAT_XATTR_HANDLERS(name)	const struct xattr_handler * const name[]
#else
#define COMPAT_XATTR_HANDLERS(name)	const struct xattr_handler *name[]
#endif

#if HAS_MKDIR_DENTRY
#define compat_mkdir_result	struct dentry *
#define COMPAT_MKDIR_RESULT(err)	ERR_PTR(err)
#else
#define compat_mkdir_result	int
#define COMPAT_MKDIR_RESULT(err)	(err)
#endif

#if !HAS_ALLOC_INODE_SB
#define alloc_inode_sb(sb, cache, gfp)	kmem_cache_alloc(cache, gfp)
#endif

#if !HAS_CTIME_ACCESSORS
static inline struct timespec64 inode_set_ctime_current(struct inode *inode)
{
	inode->i_ctime = current_time(inode);
	return inode->i_ctime;
}

static inline struct timespec64 inode_get_ctime(const struct inode *inode)
{
	return inode->i_ctime;
}
#endif

static inline void compat_init_times(struct inode *inode)
{
#if HAS_SIMPLE_INODE_INIT_TS
	simple_inode_init_ts(inode);
#else
	inode->i_atime = inode_set_ctime_current(inode);
	inode->i_mtime = inode->i_atime;
#endif
}

static inline void compat_touch_mtime(struct inode *inode)
{
	inode_set_ctime_current(inode);
#if HAS_INODE_SET_MTIME_TO_TS
	inode_set_mtime_to_ts(inode, inode_get_ctime(inode));
#else
	inode->i_mtime = inode_get_ctime(inode);
#endif
}

static inline void compat_set_linkable(struct inode *inode, bool linkable)
{
	spin_lock(&inode->i_lock);
#if HAS_INODE_STATE_ACCESSORS
	inode_state_assign(inode, (inode_state_read(inode) & ~I_LINKABLE) |
				  (linkable ? I_LINKABLE : 0));
#else
	inode->i_state = (inode->i_state & ~I_LINKABLE) | (linkable ? I_LINKABLE : 0);
#endif
	spin_unlock(&inode->i_lock);
}

#if HAS_INODE_JUST_DROP
#define compat_just_drop	inode_just_drop
#else
#define compat_just_drop	generic_delete_inode
#endif

/* The dentry is one that only the file system holds. */
static inline void compat_make_persistent(struct dentry *dentry, struct inode *inode)
{
#if HAS_D_MAKE_PERSISTENT
	d_make_persistent(dentry, inode);
#else
	d_instantiate(dentry, inode);
	dget(dentry);
#endif
}

static inline struct dentry *compat_lookup_one(COMPAT_IDMAP_PARAM const char *name,
					       struct dentry *parent)
{
#if HAS_LOOKUP_ONE_QSTR
	return lookup_one(idmap, &QSTR(name), parent);
#elif HAS_LOOKUP_ONE && (HAS_MNT_IDMAP || HAS_USER_NS_IDMAP)
	return lookup_one(idmap, name, parent, strlen(name));
#else
	return lookup_one_len(name, parent, strlen(name));
#endif
}

/* NULL: do not wait for a delegation (6.19: F_SETDELEG of fcntl(2)), but give EWOULDBLOCK. */
static inline int compat_link(COMPAT_IDMAP_PARAM struct dentry *old, struct inode *dir,
			      struct dentry *new)
{
	return vfs_link(old, COMPAT_IDMAP dir, new, NULL);
}

/* Fault in the memory that from describes. Returns true if at least its first byte is readable. */
static inline bool compat_fault_in(struct iov_iter *from, size_t bytes)
{
#if HAS_FAULT_IN_IOV_ITER_READABLE
	return fault_in_iov_iter_readable(from, bytes) < bytes;
#else
	/* this one fails unless all bytes are readable, so ask for the first only */
	return !iov_iter_fault_in_readable(from, min_t(size_t, bytes, 1));
#endif
}

/* Returns true if inotify or fanotify has a mark on the inode itself. */
static inline bool compat_is_watched(const struct inode *inode)
{
#ifdef CONFIG_FSNOTIFY
	return READ_ONCE(inode->i_fsnotify_marks);
#else
	return false;
#endif
}

/*
 * Pages are charged to the creator's memory cgroup. Up to 6.10 this required CONFIG_MEMCG_KMEM, now
 * CONFIG_MEMCG.
 */
#define COMPAT_HAS_MEMCG	HAS_KMEMCG

#endif /* _BPFMMAP_COMPAT_H */
