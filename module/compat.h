/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compat: all differences between kernels, from 5.10 on
 *
 * The other files are written for the newest kernel. This file gives older kernels what they lack
 * or name differently. Each comment has the first version with the change, and the upstream
 * commit that made it.
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

/* 6.3: 5970e15dbcfe ("filelock: move file locking definitions to separate header file") */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#include <linux/filelock.h>
#endif

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
 * PMD entry can map 2 MiB without a reference, and fork and all page walks handle it.
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

/*
 * KVM finds the pages of a VM_PFNMAP mapping. On arm64 before 5.14 (fd6f17bade21, "KVM: arm64:
 * Remove the creation time's mapping of MMIO regions") and on riscv KVM takes the mapping's offset
 * as a physical address, and would give a guest access to that memory.
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
 * the process exits (see vma_close() in mapping.c).
 */
#define COMPAT_KVM_OUTLIVES	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0) && \
				 IS_ENABLED(CONFIG_KVM_XEN))

/*
 * What other modules call, and what bpfmmap_bpf.ko does. 6.13: cdd30ebb1b9f ("module: Convert
 * symbol namespace to string literal")
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
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
 * Inode operations have a parameter for the id mapping of the mount. 5.12: 549c7297717c ("fs: make
 * helpers idmap mount aware"); 6.3: b74d24f7a74f ("fs: port ->getattr() to pass mnt_idmap"), and
 * their series. COMPAT_IDMAP is this argument, or nothing before 5.12.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define COMPAT_IDMAP_PARAM		struct mnt_idmap *idmap,
#define COMPAT_IDMAP			idmap,
#define COMPAT_NOP_IDMAP		&nop_mnt_idmap,
#define COMPAT_MNT_IDMAP(mnt)		mnt_idmap(mnt),
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
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

/* 6.6: 0d72b92883c6 ("fs: pass the request_mask to generic_fillattr") */
static inline void compat_fillattr(COMPAT_IDMAP_PARAM u32 request_mask, struct inode *inode,
				   struct kstat *stat)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	generic_fillattr(idmap, request_mask, inode, stat);
#else
	generic_fillattr(COMPAT_IDMAP inode, stat);
#endif
}

/*
 * 6.2: set_acl gets a dentry, 138060ba92b3 ("fs: pass dentry to set acl method"); and a file
 * system needs no xattr handlers for access control lists any more, d549b741740e ("fs: rename
 * generic posix acl handlers") and the commits before it.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define COMPAT_ACL_SUBJECT_PARAM	struct dentry *dentry
#define COMPAT_ACL_INODE	d_inode(dentry)
#define COMPAT_ACL_SUBJECT(dentry)	(dentry)
#define COMPAT_ACL_HANDLERS
#else
#define COMPAT_ACL_SUBJECT_PARAM	struct inode *inode_
#define COMPAT_ACL_INODE	inode_
#define COMPAT_ACL_SUBJECT(dentry)	d_inode(dentry)
#ifdef CONFIG_FS_POSIX_ACL
#define COMPAT_ACL_HANDLERS	&posix_acl_access_xattr_handler, &posix_acl_default_xattr_handler,
#else
#define COMPAT_ACL_HANDLERS
#endif
#endif

/* 6.7: e346fb6d774a ("xattr: make the xattr array itself const") */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define COMPAT_XATTR_HANDLERS(name)	const struct xattr_handler * const name[]
#else
#define COMPAT_XATTR_HANDLERS(name)	const struct xattr_handler *name[]
#endif

/* 6.15: 88d5baf69082 ("Change inode_operations.mkdir to return struct dentry *") */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
#define compat_mkdir_result	struct dentry *
#define COMPAT_MKDIR_RESULT(err)	ERR_PTR(err)
#else
#define compat_mkdir_result	int
#define COMPAT_MKDIR_RESULT(err)	(err)
#endif

/* 5.18: 8b9f3ac5b01d ("fs: introduce alloc_inode_sb() to allocate filesystems specific inode") */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 18, 0)
#define alloc_inode_sb(sb, cache, gfp)	kmem_cache_alloc(cache, gfp)
#endif

/*
 * 6.6: 9b6304c1d537 ("fs: add ctime accessors infrastructure"); 6.7: "fs: new accessor methods for
 * atime and mtime" and its series
 */
static inline void compat_init_times(struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	simple_inode_init_ts(inode);
#else
	inode->i_atime = current_time(inode);
	inode->i_mtime = inode->i_atime;
	inode->i_ctime = inode->i_atime;
#endif
}

static inline void compat_touch_ctime(struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	inode_set_ctime_current(inode);
#else
	inode->i_ctime = current_time(inode);
#endif
}

static inline void compat_touch_mtime(struct inode *inode)
{
	compat_touch_ctime(inode);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	inode_set_mtime_to_ts(inode, inode_get_ctime(inode));
#else
	inode->i_mtime = inode->i_ctime;
#endif
}

/* 6.19: inode_state_assign() and others, "fs: provide accessors for ->i_state" */
static inline void compat_set_linkable(struct inode *inode, bool linkable)
{
	spin_lock(&inode->i_lock);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
	inode_state_assign(inode, (inode_state_read(inode) & ~I_LINKABLE) |
				  (linkable ? I_LINKABLE : 0));
#else
	inode->i_state = (inode->i_state & ~I_LINKABLE) | (linkable ? I_LINKABLE : 0);
#endif
	spin_unlock(&inode->i_lock);
}

/* 6.18: f99b3917789d ("fs: rename generic_delete_inode() and generic_drop_inode()") */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define compat_just_drop	inode_just_drop
#else
#define compat_just_drop	generic_delete_inode
#endif

/* 6.19: d_make_persistent(), for dentries that only the file system holds */
static inline void compat_make_persistent(struct dentry *dentry, struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
	d_make_persistent(dentry, inode);
#else
	d_instantiate(dentry, inode);
	dget(dentry);
#endif
}

/*
 * 5.15: c2fd68b6b2b0 ("namei: add mapping aware lookup helper"); 6.16: 5741909697a3 ("VFS: improve
 * interface for lookup_one functions")
 */
static inline struct dentry *compat_lookup_one(COMPAT_IDMAP_PARAM const char *name,
					       struct dentry *parent)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
	return lookup_one(idmap, &QSTR(name), parent);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 15, 0)
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

/*
 * Fault in the memory that from describes. Returns true if at least its first byte is readable.
 * 5.16: a6294593e8a1 ("iov_iter: Turn iov_iter_fault_in_readable into
 * fault_in_iov_iter_readable")
 */
static inline bool compat_fault_in(struct iov_iter *from, size_t bytes)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
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
 * Pages are charged to the creator's memory cgroup. Before 6.11 this required CONFIG_MEMCG_KMEM;
 * 3a3b7fec3974 ("mm: remove CONFIG_MEMCG_KMEM") made it part of CONFIG_MEMCG.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define COMPAT_HAS_MEMCG	IS_ENABLED(CONFIG_MEMCG_KMEM)
#else
#define COMPAT_HAS_MEMCG	IS_ENABLED(CONFIG_MEMCG)
#endif

#endif /* _BPFMMAP_COMPAT_H */
