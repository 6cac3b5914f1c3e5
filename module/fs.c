// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file system: mount, names and attributes
 *
 * The file system has one instance. Each region is an inode of it from its creation on. A name is
 * a directory entry: publish and link(2) make it, and unlink(2) removes it. So open(2) checks the
 * permissions of the inode that it opens (I9).
 *
 *	/sys/fs/bpfmmap			a mount of the instance
 *	/sys/fs/bpfmmap/prices		a directory entry of region 1
 *	/proc/PID/fd/3			an open file of region 1 in the internal mount
 *
 * The instance holds the module. It exists as long as one of these exists:
 *
 *	a mount		a user's mount, or the internal mount, which each open /dev/bpfmmap
 *			holds; an open file holds the mount that it was opened in
 *	a name		it counts in s_active, also while nothing is mounted, so the next mount
 *			shows all published regions again
 *
 * Most functions come from libfs, as in any file system in memory. Three things are special:
 * names are counted for each user (usage.c), sizes never change, and statx reports a frozen
 * region as immutable.
 */
#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/file.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/posix_acl.h>
#include <linux/security.h>
#include <linux/seq_file.h>
#include <linux/sysfs.h>
#include <linux/user_namespace.h>
#include <linux/xattr.h>

#include "compat.h"
#include "fs.h"
#include "region.h"
#include "trace.h"
#include "usage.h"
#include "xattr.h"

#define FLAGS		(BPFMMAP_PUBLISH_UID | BPFMMAP_PUBLISH_GID | BPFMMAP_PUBLISH_MODE)
#define ROOT_MODE	(01775 & S_IALLUGO)

static struct vfsmount *internal_mount;
static int nr_pins;

/* Inode numbers of directories, which are above those of regions. */
static DEFINE_IDA(directory_numbers);
#define FIRST_DIRECTORY	BIT(31)

/*
 * Attributes
 */

static int fs_setattr(COMPAT_IDMAP_PARAM struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int err;

	/* as shmem_setattr() for a memfd with F_SEAL_SHRINK and F_SEAL_GROW */
	if (attr->ia_valid & ATTR_SIZE) {
		if (attr->ia_size != i_size_read(inode))
			return -EPERM;
		attr->ia_valid &= ~ATTR_SIZE;
	}
	err = setattr_prepare(COMPAT_IDMAP dentry, attr);
	if (err)
		return err;
	/* first, as it allocates memory: after an error the mode is as it was */
	if (attr->ia_valid & ATTR_MODE)
		err = posix_acl_chmod(COMPAT_IDMAP COMPAT_ACL_SUBJECT(dentry), attr->ia_mode);
	if (!err)
		setattr_copy(COMPAT_IDMAP inode, attr);
	return err;
}

static int fs_getattr(COMPAT_IDMAP_PARAM const struct path *path, struct kstat *stat,
		      u32 request_mask, unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);

	compat_fillattr(COMPAT_IDMAP request_mask, inode, stat);
	stat->attributes_mask |= STATX_ATTR_IMMUTABLE;
	if (S_ISREG(inode->i_mode) && bpfmmap_freeze_is_frozen(&bpfmmap_region_of(inode)->freeze))
		stat->attributes |= STATX_ATTR_IMMUTABLE;
	return 0;
}

#ifdef CONFIG_FS_POSIX_ACL
static int fs_set_acl(COMPAT_IDMAP_PARAM COMPAT_ACL_SUBJECT_PARAM, struct posix_acl *acl, int type)
{
	struct inode *inode = COMPAT_ACL_INODE;
	int err;

	if (type == ACL_TYPE_ACCESS) {
		err = posix_acl_update_mode(COMPAT_IDMAP inode, &inode->i_mode, &acl);
		if (err)
			return err;
	}
	inode_set_ctime_current(inode);
	set_cached_acl(inode, type, acl);
	return 0;
}

/* A new directory inherits the default access control list of its parent. */
static int inherit_acl(struct inode *dir, struct inode *inode)
{
	struct posix_acl *by_default, *acl;
	int err;

	err = posix_acl_create(dir, &inode->i_mode, &by_default, &acl);
	if (err)
		return err;
	set_cached_acl(inode, ACL_TYPE_DEFAULT, by_default);
	set_cached_acl(inode, ACL_TYPE_ACCESS, acl);
	posix_acl_release(by_default);
	posix_acl_release(acl);
	return 0;
}

/* Let the mode alone decide. */
static void drop_access_acl(struct inode *inode)
{
	set_cached_acl(inode, ACL_TYPE_ACCESS, NULL);
}
#else
#define fs_set_acl	NULL

static int inherit_acl(struct inode *dir, struct inode *inode)
{
	return 0;
}

static void drop_access_acl(struct inode *inode)
{
}
#endif

static int get_xattr(const struct xattr_handler *handler, struct dentry *dentry,
		     struct inode *inode, const char *suffix, void *buffer, size_t size)
{
	return bpfmmap_xattr_get(&bpfmmap_region_of(inode)->xattrs,
				 xattr_full_name(handler, suffix), buffer, size);
}

static int set_xattr(const struct xattr_handler *handler, COMPAT_IDMAP_PARAM struct dentry *dentry,
		     struct inode *inode, const char *suffix, const void *value, size_t size,
		     int flags)
{
	int err = bpfmmap_xattr_set(&bpfmmap_region_of(inode)->xattrs,
				    xattr_full_name(handler, suffix), value, size, flags);

	if (!err)
		inode_set_ctime_current(inode);
	return err;
}

static ssize_t fs_listxattr(struct dentry *dentry, char *buffer, size_t size)
{
	struct inode *inode = d_inode(dentry);

	return bpfmmap_xattr_list(&bpfmmap_region_of(inode)->xattrs, inode, buffer, size);
}

static const struct xattr_handler security_handler = {
	.prefix = XATTR_SECURITY_PREFIX,
	.get = get_xattr,
	.set = set_xattr,
};

static const struct xattr_handler trusted_handler = {
	.prefix = XATTR_TRUSTED_PREFIX,
	.get = get_xattr,
	.set = set_xattr,
};

static const struct xattr_handler user_handler = {
	.prefix = XATTR_USER_PREFIX,
	.get = get_xattr,
	.set = set_xattr,
};

static COMPAT_XATTR_HANDLERS(xattr_handlers) = {
	&security_handler,
	&trusted_handler,
	&user_handler,
	COMPAT_ACL_HANDLERS
	NULL
};

static const struct inode_operations region_inode_operations = {
	.setattr = fs_setattr,
	.getattr = fs_getattr,
	.listxattr = fs_listxattr,
	.set_acl = fs_set_acl,
};

/*
 * Names
 */

/* Count a name, and let it hold the instance. d_fsdata records the user it is counted for. */
static int charge_name(struct dentry *dentry)
{
	kuid_t uid = current_fsuid();
	int err;

	err = bpfmmap_usage_charge_name(uid);
	if (err)
		return err;
	dentry->d_fsdata = (void *)((unsigned long)__kuid_val(uid) + 1);
	atomic_inc(&dentry->d_sb->s_active);
	return 0;
}

static void uncharge_name(struct dentry *dentry)
{
	struct super_block *sb = dentry->d_sb;

	if (WARN_ON_ONCE(!dentry->d_fsdata))
		return;
	bpfmmap_usage_uncharge_name(KUIDT_INIT((unsigned long)dentry->d_fsdata - 1));
	dentry->d_fsdata = NULL;
	/* this is not the last reference: the caller's mount holds one */
	deactivate_super(sb);
}

/* Set owner and mode for the first name, before open(2) can find it. */
static void take_owner(struct inode *inode, const struct bpfmmap_owner *owner)
{
	inode->i_uid = owner->uid;
	inode->i_gid = owner->gid;
	inode->i_mode = owner->mode;
	forget_all_cached_acls(inode);
	cache_no_acl(inode);
}

/* vfs_link() has locked both inodes and checked permissions. */
static int fs_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(old);
	int err;

	err = charge_name(dentry);
	if (err)
		return err;
	if (!inode->i_nlink)
		take_owner(inode, bpfmmap_region_of(inode)->publisher);
	err = simple_link(old, dir, dentry);
	if (err)
		uncharge_name(dentry);
	else
		trace_bpfmmap_publish(inode->i_ino, dentry->d_name.name);
	return err;
}

/* Called when an entry has been removed; it may be that of a directory. */
static void name_is_gone(struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	if (S_ISREG(inode->i_mode)) {
		trace_bpfmmap_withdraw(inode->i_ino, dentry->d_name.name);
		bpfmmap_region_settle(bpfmmap_region_of(inode));
	}
	uncharge_name(dentry);
}

static int fs_unlink(struct inode *dir, struct dentry *dentry)
{
	int err = simple_unlink(dir, dentry);

	if (!err)
		name_is_gone(dentry);
	return err;
}

static int fs_rmdir(struct inode *dir, struct dentry *dentry)
{
	int err = simple_rmdir(dir, dentry);

	if (!err)
		uncharge_name(dentry);
	return err;
}

static int fs_rename(COMPAT_IDMAP_PARAM struct inode *old_dir, struct dentry *old,
		     struct inode *new_dir, struct dentry *new, unsigned int flags)
{
	const bool over = d_really_is_positive(new) && !(flags & RENAME_EXCHANGE);
	int err;

	err = simple_rename(COMPAT_IDMAP old_dir, old, new_dir, new, flags);
	/* the entry that was replaced is gone */
	if (!err && over)
		name_is_gone(new);
	return err;
}

static struct inode *new_directory(struct super_block *sb, struct inode *dir, umode_t mode);

static compat_mkdir_result fs_mkdir(COMPAT_IDMAP_PARAM struct inode *dir, struct dentry *dentry,
				    umode_t mode)
{
	struct inode *inode;
	int err;

	err = charge_name(dentry);
	if (err)
		return COMPAT_MKDIR_RESULT(err);
	inode = new_directory(dir->i_sb, dir, mode);
	err = PTR_ERR_OR_ZERO(inode);
	if (err)
		goto err_uncharge;
	err = inherit_acl(dir, inode);
	if (err)
		goto err_put;
	compat_make_persistent(dentry, inode);
	inc_nlink(dir);
	compat_touch_mtime(dir);
	return COMPAT_MKDIR_RESULT(0);

err_put:
	clear_nlink(inode);
	iput(inode);
err_uncharge:
	uncharge_name(dentry);
	return COMPAT_MKDIR_RESULT(err);
}

static const struct inode_operations directory_inode_operations = {
	.lookup = simple_lookup,
	.link = fs_link,
	.unlink = fs_unlink,
	.mkdir = fs_mkdir,
	.rmdir = fs_rmdir,
	.rename = fs_rename,
	.setattr = fs_setattr,
	.getattr = fs_getattr,
	.listxattr = fs_listxattr,
	.set_acl = fs_set_acl,
};

/* Make the inode of a directory in dir, or of the root (dir is NULL). */
static struct inode *new_directory(struct super_block *sb, struct inode *dir, umode_t mode)
{
	struct inode *inode;
	int nr;

	nr = ida_alloc(&directory_numbers, GFP_KERNEL_ACCOUNT);
	if (nr < 0)
		return ERR_PTR(nr);
	inode = new_inode(sb);
	if (!inode) {
		ida_free(&directory_numbers, nr);
		return ERR_PTR(-ENOMEM);
	}
	inode->i_ino = FIRST_DIRECTORY + nr;
	inode_init_owner(COMPAT_NOP_IDMAP inode, dir, S_IFDIR | mode);
	compat_init_times(inode);
	inc_nlink(inode);
	cache_no_acl(inode);
	inode->i_op = &directory_inode_operations;
	inode->i_fop = &simple_dir_operations;
	return inode;
}

/**
 * bpfmmap_fs_has_name() - test if a file was opened by a name
 * @file: open file of a region
 *
 * Context: any.
 * Return: true if so; false if create, open by id or restrict has made the file.
 */
bool bpfmmap_fs_has_name(const struct file *file)
{
	return !IS_ROOT(file->f_path.dentry);
}

static int check_name(const char name[BPFMMAP_PUBLISH_LEN])
{
	size_t i, len = strnlen(name, BPFMMAP_PUBLISH_LEN);

	if (len == BPFMMAP_PUBLISH_LEN)
		return -ENAMETOOLONG;
	if (!len || name[0] == '.' || name[0] == '-')
		return -EINVAL;
	for (i = 0; i < len; i++) {
		if (!isascii(name[i]))
			return -EINVAL;
		if (!isalnum(name[i]) && !strchr("_.-", name[i]))
			return -EINVAL;
	}
	return 0;
}

/* Check the owner that the caller has given by the rules of chown(2), or choose the default. */
static int choose_owner(struct bpfmmap_owner *owner, const struct bpfmmap_publish *args)
{
	owner->uid = current_fsuid();
	owner->gid = current_fsgid();
	owner->mode = S_IFREG | 0600;

	if (args->flags & BPFMMAP_PUBLISH_UID) {
		owner->uid = make_kuid(current_user_ns(), args->uid);
		if (!uid_valid(owner->uid))
			return -EINVAL;
		if (!uid_eq(owner->uid, current_fsuid()) && !capable(CAP_CHOWN))
			return -EPERM;
	}
	if (args->flags & BPFMMAP_PUBLISH_GID) {
		owner->gid = make_kgid(current_user_ns(), args->gid);
		if (!gid_valid(owner->gid))
			return -EINVAL;
		if (!in_group_p(owner->gid) && !capable(CAP_CHOWN))
			return -EPERM;
	}
	if (args->flags & BPFMMAP_PUBLISH_MODE) {
		if (args->mode & ~0666U)
			return -EINVAL;
		owner->mode = S_IFREG | args->mode;
	}
	return 0;
}

/*
 * Get the directory for a new name: that of the fd args->directory or, if this is 0, the root of
 * the mount that file was opened in. After success the caller has to call path_put().
 */
static int get_directory(struct file *file, const struct bpfmmap_publish *args,
			 struct path *directory)
{
	struct file *opened;
	int err = 0;

	if (args->directory) {
		/* fget_raw() accepts O_PATH, as mkdirat(2) does */
		opened = fget_raw(args->directory);
		if (!opened)
			return -EBADF;
		*directory = opened->f_path;
		path_get(directory);
		fput(opened);
	} else {
		directory->mnt = file->f_path.mnt;
		directory->dentry = directory->mnt->mnt_root;
		path_get(directory);
	}
	if (!d_is_dir(directory->dentry))
		err = -ENOTDIR;
	else if (directory->dentry->d_sb != file_inode(file)->i_sb)
		err = -EXDEV;
	if (err)
		path_put(directory);
	return err;
}

/* Allow vfs_link() to make the first name, with this owner; NULL ends the permission. */
static void set_publisher(struct inode *inode, const struct bpfmmap_owner *owner)
{
	inode_lock(inode);
	bpfmmap_region_of(inode)->publisher = owner;
	compat_set_linkable(inode, owner);
	inode_unlock(inode);
}

/* Make the first name, as linkat(2) with AT_EMPTY_PATH does. */
static int link_name(COMPAT_IDMAP_PARAM struct file *file, const struct path *directory,
		     const char *name, const struct bpfmmap_owner *owner)
{
	struct inode *dir = d_inode(directory->dentry), *inode = file_inode(file);
	struct dentry *dentry;
	int err;

	lockdep_assert_held(&bpfmmap_region_of(inode)->publish_lock);
	inode_lock_nested(dir, I_MUTEX_PARENT);
	dentry = compat_lookup_one(COMPAT_IDMAP name, directory->dentry);
	err = PTR_ERR_OR_ZERO(dentry);
	if (err)
		goto out;
	err = -EEXIST;
	if (d_is_positive(dentry))
		goto out_put;
	/* stable: publish_lock is held, and link(2) needs a first name */
	err = -EALREADY;
	if (inode->i_nlink)
		goto out_put;
	err = security_path_mknod(directory, dentry, owner->mode, 0);
	if (err)
		goto out_put;
	set_publisher(inode, owner);
	err = compat_link(COMPAT_IDMAP file->f_path.dentry, dir, dentry);
	set_publisher(inode, NULL);
out_put:
	dput(dentry);
out:
	inode_unlock(dir);
	return err;
}

/**
 * bpfmmap_fs_publish() - give a region its first name
 * @file: open file of the region, with all rights
 * @args: arguments of BPFMMAP_IOC_PUBLISH
 *
 * Context: may sleep; the caller holds no locks.
 * Return: 0, -EINVAL, -ENAMETOOLONG, -EPERM, -EBADF, -ENOTDIR, -EXDEV, -EACCES, -EROFS,
 * -EEXIST, -EALREADY, -ENOENT, -ENOSPC, -ENOMEM, as described with BPFMMAP_IOC_PUBLISH.
 */
int bpfmmap_fs_publish(struct file *file, const struct bpfmmap_publish *args)
{
	struct bpfmmap_region *region = bpfmmap_region_of(file_inode(file));
	struct bpfmmap_owner owner;
	struct path directory;
	int err;

	if (args->flags & ~FLAGS)
		return -EINVAL;
	err = check_name(args->name) ?: choose_owner(&owner, args);
	if (err)
		return err;
	err = get_directory(file, args, &directory);
	if (err)
		return err;
	err = mnt_want_write(directory.mnt);
	if (err)
		goto out_put;
	mutex_lock(&region->publish_lock);
	err = link_name(COMPAT_MNT_IDMAP(directory.mnt) file, &directory, args->name, &owner);
	mutex_unlock(&region->publish_lock);
	mnt_drop_write(directory.mnt);
out_put:
	path_put(&directory);
	return err;
}

/*
 * Write the path from root to dentry, if it fits and the caller may search each of its
 * directories. After concurrent renames the result may be a path that never existed.
 */
static void write_path(struct dentry *dentry, const struct dentry *root,
		       char path[BPFMMAP_PUBLISH_LEN])
{
	char buffer[BPFMMAP_PUBLISH_LEN], *at = buffer + sizeof(buffer) - 1;
	struct dentry *parent, *child = dget(dentry);
	struct name_snapshot name;
	bool fits = true;

	*at = '\0';
	while (fits && child != root) {
		parent = dget_parent(child);
		take_dentry_name_snapshot(&name, child);
		/* a name that is not the last one needs a slash behind it */
		fits = parent != child && name.name.len + !!*at <= at - buffer &&
		       !inode_permission(COMPAT_NOP_IDMAP d_inode(parent), MAY_EXEC);
		if (fits) {
			if (*at)
				*--at = '/';
			at -= name.name.len;
			memcpy(at, name.name.name, name.name.len);
		}
		release_dentry_name_snapshot(&name);
		dput(child);
		child = parent;
	}
	dput(child);
	if (fits)
		strscpy(path, at, BPFMMAP_PUBLISH_LEN);
}

/* Get a name of the inode if the caller may list its directory: the caller does not know it yet. */
static struct dentry *get_listed_name(struct inode *inode)
{
	struct dentry *dentry = d_find_alias(inode), *parent;
	int err;

	if (!dentry)
		return NULL;
	parent = dget_parent(dentry);
	err = inode_permission(COMPAT_NOP_IDMAP d_inode(parent), MAY_READ);
	dput(parent);
	if (!err)
		return dentry;
	dput(dentry);
	return NULL;
}

/**
 * bpfmmap_fs_published() - return a name of a region
 * @file: open file of the region
 * @name: out: the name as a path from the root of the mount that @file was opened in; empty if
 *	the region has no name there that the caller may know, or the path is longer
 *
 * Context: may sleep; the caller holds no locks.
 */
void bpfmmap_fs_published(struct file *file, char name[BPFMMAP_PUBLISH_LEN])
{
	struct dentry *dentry = file->f_path.dentry;

	memset(name, 0, BPFMMAP_PUBLISH_LEN);
	if (bpfmmap_fs_has_name(file) && !d_unlinked(dentry))
		dget(dentry);
	else
		dentry = get_listed_name(file_inode(file));
	if (!dentry)
		return;
	write_path(dentry, file->f_path.mnt->mnt_root, name);
	dput(dentry);
}

/*
 * Mount
 */

static int fs_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	int err = simple_statfs(dentry, buf);

	bpfmmap_usage_statfs(buf);
	return err;
}

static int fs_show_options(struct seq_file *m, struct dentry *root)
{
	const struct inode *inode = d_inode(root);

	if (!uid_eq(inode->i_uid, GLOBAL_ROOT_UID))
		seq_printf(m, ",uid=%u", from_kuid_munged(&init_user_ns, inode->i_uid));
	if (!gid_eq(inode->i_gid, GLOBAL_ROOT_GID))
		seq_printf(m, ",gid=%u", from_kgid_munged(&init_user_ns, inode->i_gid));
	if ((inode->i_mode & S_IALLUGO) != ROOT_MODE)
		seq_printf(m, ",mode=%o", inode->i_mode & S_IALLUGO);
	return 0;
}

/* Notifications of freezes may still hold dentries, but they do not hold the instance. */
static void fs_kill_sb(struct super_block *sb)
{
	bpfmmap_region_flush();
	kill_anon_super(sb);
}

static void fs_evict_inode(struct inode *inode)
{
	if (S_ISDIR(inode->i_mode))
		ida_free(&directory_numbers, inode->i_ino - FIRST_DIRECTORY);
	bpfmmap_region_evict_inode(inode);
}

static const struct super_operations super_operations = {
	.alloc_inode = bpfmmap_region_alloc_inode,
	.free_inode = bpfmmap_region_free_inode,
	.evict_inode = fs_evict_inode,
	.drop_inode = compat_just_drop,
	.statfs = fs_statfs,
	.show_options = fs_show_options,
};

/* Options of a mount. Each one that is given changes the root directory. */
struct bpfmmap_options {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	bool has_mode;
};

enum { OPTION_UID, OPTION_GID, OPTION_MODE };

static const struct fs_parameter_spec parameters[] = {
	fsparam_u32("uid", OPTION_UID),
	fsparam_u32("gid", OPTION_GID),
	fsparam_u32oct("mode", OPTION_MODE),
	{}
};

static int fs_parse_param(struct fs_context *fc, struct fs_parameter *param)
{
	struct bpfmmap_options *options = fc->fs_private;
	struct fs_parse_result result;
	int option;

	option = fs_parse(fc, parameters, param, &result);
	switch (option) {
	case OPTION_UID:
		options->uid = make_kuid(current_user_ns(), result.uint_32);
		return uid_valid(options->uid) ? 0 : invalf(fc, "no such uid: %s", param->string);
	case OPTION_GID:
		options->gid = make_kgid(current_user_ns(), result.uint_32);
		return gid_valid(options->gid) ? 0 : invalf(fc, "no such gid: %s", param->string);
	case OPTION_MODE:
		options->mode = result.uint_32 & S_IALLUGO;
		options->has_mode = true;
		return 0;
	default:
		return option;
	}
}

static void apply(const struct bpfmmap_options *options, struct inode *root)
{
	inode_lock(root);
	if (uid_valid(options->uid))
		root->i_uid = options->uid;
	if (gid_valid(options->gid))
		root->i_gid = options->gid;
	if (options->has_mode) {
		root->i_mode = S_IFDIR | options->mode;
		drop_access_acl(root);
	}
	inode_unlock(root);
}

static int fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct inode *root;

	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_magic = BPFMMAP_FS_MAGIC;
	sb->s_op = &super_operations;
	sb->s_xattr = xattr_handlers;
	sb->s_time_gran = 1;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_flags |= SB_NOATIME;
	/* with SB_POSIXACL mkdir(2) leaves the umask to posix_acl_create(), which must exist */
	if (IS_ENABLED(CONFIG_FS_POSIX_ACL))
		sb->s_flags |= SB_POSIXACL;
	/* no file of this file system is executable, with any mode */
	sb->s_iflags |= SB_I_NOEXEC | SB_I_NODEV;

	root = new_directory(sb, NULL, ROOT_MODE);
	if (IS_ERR(root))
		return PTR_ERR(root);
	/* root, and not the user who is the first to mount it or to open /dev/bpfmmap */
	root->i_uid = GLOBAL_ROOT_UID;
	root->i_gid = GLOBAL_ROOT_GID;
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int fs_get_tree(struct fs_context *fc)
{
	int err;

	/* a mount may be read-only, but the instance, which other mounts share, is not */
	fc->sb_flags &= ~SB_RDONLY;
	err = get_tree_single(fc, fill_super);
	if (!err)
		apply(fc->fs_private, d_inode(fc->root));
	return err;
}

static int fs_reconfigure(struct fs_context *fc)
{
	fc->sb_flags_mask &= ~SB_RDONLY;
	apply(fc->fs_private, d_inode(fc->root));
	return 0;
}

static void fs_free(struct fs_context *fc)
{
	kfree(fc->fs_private);
}

static const struct fs_context_operations context_operations = {
	.parse_param = fs_parse_param,
	.get_tree = fs_get_tree,
	.reconfigure = fs_reconfigure,
	.free = fs_free,
};

static int fs_init_context(struct fs_context *fc)
{
	struct bpfmmap_options *options;

	options = kzalloc(sizeof(*options), GFP_KERNEL);
	if (!options)
		return -ENOMEM;
	options->uid = INVALID_UID;
	options->gid = INVALID_GID;
	fc->fs_private = options;
	fc->ops = &context_operations;
	/* an open of /dev/bpfmmap in any user namespace mounts the same instance */
	fc->global = true;
	return 0;
}

/*
 * FS_BINARY_MOUNTDATA: SELinux refuses a mount without context= after one with it. The internal
 * mount has no options, so nobody could open /dev/bpfmmap. With this flag a mount without options
 * has the context of the first one. The flag has no other meaning for a file system that parses
 * its options by an fs_context.
 */
static struct file_system_type fs_type = {
	.owner = THIS_MODULE,
	.name = "bpfmmap",
	.fs_flags = FS_BINARY_MOUNTDATA,
	.init_fs_context = fs_init_context,
	.parameters = parameters,
	.kill_sb = fs_kill_sb,
};
MODULE_ALIAS_FS("bpfmmap");

/**
 * bpfmmap_fs_pin() - hold the instance by its internal mount
 *
 * Context: may sleep.
 * Return: the mount, which is valid until bpfmmap_fs_unpin(); or an ERR_PTR: -ENOMEM.
 */
struct vfsmount *bpfmmap_fs_pin(void)
{
	int err = simple_pin_fs(&fs_type, &internal_mount, &nr_pins);

	return err ? ERR_PTR(err) : internal_mount;
}

/* Release the instance after bpfmmap_fs_pin(). Context: may sleep. */
void bpfmmap_fs_unpin(void)
{
	simple_release_fs(&internal_mount, &nr_pins);
}

/**
 * bpfmmap_fs_init() - register the file system and make its mount point
 * @file_operations: operations of each region's file
 *
 * Context: may sleep.
 * Return: 0, or -errno of the registrations.
 */
int __init bpfmmap_fs_init(const struct file_operations *file_operations)
{
	int err;

	err = bpfmmap_region_init(&region_inode_operations, file_operations);
	if (err)
		return err;
	err = sysfs_create_mount_point(fs_kobj, "bpfmmap");
	if (err)
		goto err_region;
	err = register_filesystem(&fs_type);
	if (err)
		goto err_mount_point;
	return 0;

err_mount_point:
	sysfs_remove_mount_point(fs_kobj, "bpfmmap");
err_region:
	bpfmmap_region_exit();
	return err;
}

/* Called when the module is unloaded. The instance, which holds the module, no longer exists. */
void bpfmmap_fs_exit(void)
{
	unregister_filesystem(&fs_type);
	sysfs_remove_mount_point(fs_kobj, "bpfmmap");
	bpfmmap_region_exit();
	ida_destroy(&directory_numbers);
}
