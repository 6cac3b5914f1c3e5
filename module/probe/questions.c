// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does this kernel have? One question for each difference between kernels that compat.h knows
 *
 * ./run compiles this file once. The lines of a question belong to a file of its name, by #line. If
 * the compiler reports an error there, the answer is 0, or else 1; features.h has the answers. The
 * number of the kernel's version could not tell, as distributions take changes of newer kernels
 * into older ones.
 *
 * Each question has the first version with the change, and the upstream commit or series that made
 * it. A question asks for one thing: NULL stands for arguments whose type is another question. Some
 * compilers report a call of an undeclared function only once, so no two questions make the same.
 */
#include <linux/btf.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/posix_acl_xattr.h>
#include <linux/uio.h>
#include <linux/xattr.h>
#if IS_ENABLED(CONFIG_KVM)
#include <linux/kvm_host.h>
#endif

/* 5.12: 549c7297717c ("fs: make helpers idmap mount aware") and its series */
#line 1 "HAS_USER_NS_IDMAP"
int getattr_user_ns_idmap(struct user_namespace *ns, const struct path *path, struct kstat *stat,
			  u32 request_mask, unsigned int flags);
const struct inode_operations ask_user_ns_idmap = { .getattr = getattr_user_ns_idmap };

/* 5.15: c2fd68b6b2b0 ("namei: add mapping aware lookup helper") */
#line 1 "HAS_LOOKUP_ONE"
struct dentry *ask_lookup_one(const char *name, struct dentry *parent)
{
	return lookup_one(NULL, name, parent, 1);
}

/*
 * 5.16: a6294593e8a1 ("iov_iter: Turn iov_iter_fault_in_readable into
 * fault_in_iov_iter_readable")
 */
#line 1 "HAS_FAULT_IN_IOV_ITER_READABLE"
size_t ask_fault_in_iov_iter_readable(struct iov_iter *from)
{
	return fault_in_iov_iter_readable(from, 1);
}

/* 5.18: 8b9f3ac5b01d ("fs: introduce alloc_inode_sb() to allocate filesystems specific inode") */
#line 1 "HAS_ALLOC_INODE_SB"
void *ask_alloc_inode_sb(struct super_block *sb, struct kmem_cache *cache)
{
	return alloc_inode_sb(sb, cache, GFP_KERNEL);
}

/*
 * 6.2: cfe1456440c8 ("bpf: Add support for kfunc set with common btf_ids"). No header shows it;
 * get_kern_ctx_btf_id() came with the same series: fd264ca02094 ("bpf: Add a kfunc to type cast
 * from bpf uapi ctx to kernel ctx").
 */
#line 1 "HAS_COMMON_KFUNCS"
void *ask_common_kfuncs = get_kern_ctx_btf_id;

/* 6.2: 138060ba92b3 ("fs: pass dentry to set acl method") */
#line 1 "HAS_SET_ACL_DENTRY"
int ask_set_acl_dentry(const struct inode_operations *ops, struct dentry *dentry)
{
	return ops->set_acl(NULL, dentry, NULL, 0);
}

/*
 * 6.2: with vfs_set_acl() and its series a file system needs no xattr handlers for access control
 * lists any more.
 */
#line 1 "HAS_VFS_SET_ACL"
int ask_vfs_set_acl(struct dentry *dentry)
{
	return vfs_set_acl(NULL, dentry, NULL, NULL);
}

/* 6.3: 5970e15dbcfe ("filelock: move file locking definitions to separate header file") */
#line 1 "HAS_FILELOCK_H"
#if !__has_include("linux/filelock.h")
void *ask_filelock_h = there_is_no_such_header;
#endif

/* 6.3: b74d24f7a74f ("fs: port ->getattr() to pass mnt_idmap") and its series */
#line 1 "HAS_MNT_IDMAP"
int getattr_mnt_idmap(struct mnt_idmap *idmap, const struct path *path, struct kstat *stat,
		      u32 request_mask, unsigned int flags);
const struct inode_operations ask_mnt_idmap = { .getattr = getattr_mnt_idmap };

/* 6.3: bc292ab00f6c ("mm: introduce vma->vm_flags wrapper functions") */
#line 1 "HAS_VM_FLAGS_SET"
void ask_vm_flags_set(struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_IO);
	vm_flags_clear(vma, VM_IO);
}

/* 6.5: c6585011bc1d ("splice: Remove generic_file_splice_read()") and its series */
#line 1 "HAS_COPY_SPLICE_READ"
const struct file_operations ask_copy_splice_read = { .splice_read = copy_splice_read };

/* 6.6: 9b6304c1d537 ("fs: add ctime accessors infrastructure"), also in later 5.10 and 6.1 */
#line 1 "HAS_CTIME_ACCESSORS"
struct timespec64 ask_ctime_accessors(struct inode *inode)
{
	inode_set_ctime_current(inode);
	return inode_get_ctime(inode);
}

/* 6.6: 0d72b92883c6 ("fs: pass the request_mask to generic_fillattr") */
#line 1 "HAS_FILLATTR_MASK"
void ask_fillattr_mask(struct inode *inode, struct kstat *stat)
{
	generic_fillattr(NULL, STATX_BASIC_STATS, inode, stat);
}

/* 6.7: "fs: new accessor methods for atime and mtime" and its series */
#line 1 "HAS_SIMPLE_INODE_INIT_TS"
void ask_simple_inode_init_ts(struct inode *inode)
{
	simple_inode_init_ts(inode);
}

/* 6.7: the same series */
#line 1 "HAS_INODE_SET_MTIME_TO_TS"
void ask_inode_set_mtime_to_ts(struct inode *inode, struct timespec64 time)
{
	inode_set_mtime_to_ts(inode, time);
}

/* 6.7: e346fb6d774a ("xattr: make the xattr array itself const") */
#line 1 "HAS_CONST_XATTR_HANDLERS"
struct super_block *ask_const_xattr_handlers;
static_assert(__same_type(ask_const_xattr_handlers->s_xattr, const struct xattr_handler * const *));

/* 6.11: 3a3b7fec3974 ("mm: remove CONFIG_MEMCG_KMEM") made this part of CONFIG_MEMCG. */
#line 1 "HAS_KMEMCG"
int ask_kmemcg(struct mem_cgroup *memcg)
{
	return memcg->kmemcg_id;
}

/*
 * Up to 6.12; the series "KVM: Stop grabbing references to PFNMAP'd pages" removed it last. What
 * KVM does with references, no header shows.
 */
#line 1 "HAS_GFN_TO_PFN"
void *ask_gfn_to_pfn = gfn_to_pfn;

/* Up to 6.12; cdd30ebb1b9f ("module: Convert symbol namespace to string literal") */
#line 1 "HAS_NAMESPACE_WORDS"
MODULE_IMPORT_NS(A_WORD);

/* 6.15: 88d5baf69082 ("Change inode_operations.mkdir to return struct dentry *") */
#line 1 "HAS_MKDIR_DENTRY"
const struct inode_operations *ask_mkdir_dentry;
static_assert(__same_type(ask_mkdir_dentry->mkdir(NULL, NULL, NULL, 0), struct dentry *));

/* 6.16: 5741909697a3 ("VFS: improve interface for lookup_one functions") */
#line 1 "HAS_LOOKUP_ONE_QSTR"
struct dentry *ask_lookup_one_qstr(const char *name, struct dentry *parent)
{
	/* by address, so that an undeclared one is reported here as well */
	return (&lookup_one)(NULL, &QSTR(name), parent);
}

/* 6.17: 21aa65bf82a7 ("mm: remove callers of pfn_t functionality") */
#line 1 "HAS_INSERT_PMD_WITHOUT_PFN_T"
vm_fault_t ask_insert_pmd_without_pfn_t(struct vm_fault *vmf, unsigned long pfn)
{
	return vmf_insert_pfn_pmd(vmf, pfn, false);
}

/* 6.18: f99b3917789d ("fs: rename generic_delete_inode() and generic_drop_inode()") */
#line 1 "HAS_INODE_JUST_DROP"
const struct super_operations ask_inode_just_drop = { .drop_inode = inode_just_drop };

/* 6.19: d_make_persistent(), for dentries that only the file system holds */
#line 1 "HAS_D_MAKE_PERSISTENT"
void ask_d_make_persistent(struct dentry *dentry, struct inode *inode)
{
	d_make_persistent(dentry, inode);
}

/* 6.19: inode_state_assign() and others, "fs: provide accessors for ->i_state" */
#line 1 "HAS_INODE_STATE_ACCESSORS"
void ask_inode_state_accessors(struct inode *inode)
{
	inode_state_assign(inode, inode_state_read(inode));
}

/* The last answer must be no, or the compiler accepts everything, or has not come to the end. */
#line 1 "NOTHING_HAS_THIS"
void *ask_nothing = bpfmmap_nothing_has_this;
