// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended attributes: those of the namespaces security, trusted and user, and access control lists
 *
 * As on tmpfs, attributes live as long as the inode. The kernel does not export the functions that
 * tmpfs uses (simple_xattr_set()), so this file has a list of its own. Names and values of one
 * inode take 64 KiB at most, and are charged to the caller's memory cgroup. Access control lists
 * are in the inode and handled by the kernel.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/xattr.h>

#include "compat.h"
#include "xattr.h"

#define MAX_BYTES	SZ_64K	/* names and values of one inode */

struct bpfmmap_xattr {
	struct list_head list;	/* under the lock of the set */
	size_t size;		/* bytes of the value */
	u8 *value;
	char name[];		/* with the prefix of its namespace */
};

/* Set up the empty set of a new inode. */
void bpfmmap_xattr_init(struct bpfmmap_xattr_set *set)
{
	INIT_LIST_HEAD(&set->list);
	mutex_init(&set->lock);
}

static void xattr_free(struct bpfmmap_xattr *xattr)
{
	if (!xattr)
		return;
	kvfree(xattr->value);
	kfree(xattr);
}

/* Called at the eviction of the inode, when nobody refers to it any more. */
void bpfmmap_xattr_free(struct bpfmmap_xattr_set *set)
{
	struct bpfmmap_xattr *xattr, *next;

	list_for_each_entry_safe(xattr, next, &set->list, list)
		xattr_free(xattr);
	mutex_destroy(&set->lock);
}

static struct bpfmmap_xattr *xattr_alloc(const char *name, const void *value, size_t size)
{
	const size_t len = strlen(name) + 1;
	struct bpfmmap_xattr *xattr;

	xattr = kzalloc(sizeof(*xattr) + len, GFP_KERNEL_ACCOUNT);
	if (!xattr)
		return NULL;
	memcpy(xattr->name, name, len);
	xattr->size = size;
	xattr->value = kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!xattr->value) {
		kfree(xattr);
		return NULL;
	}
	memcpy(xattr->value, value, size);
	return xattr;
}

/* Find an attribute. *bytes: size of all names and values of the inode. */
static struct bpfmmap_xattr *find(const struct bpfmmap_xattr_set *set, const char *name,
				  size_t *bytes)
{
	struct bpfmmap_xattr *xattr, *found = NULL;

	lockdep_assert_held(&set->lock);
	*bytes = 0;
	list_for_each_entry(xattr, &set->list, list) {
		*bytes += strlen(xattr->name) + 1 + xattr->size;
		if (!strcmp(xattr->name, name))
			found = xattr;
	}
	return found;
}

/**
 * bpfmmap_xattr_get() - read an attribute
 * @set: attributes of an inode
 * @name: name with the prefix of its namespace
 * @buffer: out: the value; NULL: only its size is asked for
 * @size: bytes of @buffer
 *
 * Context: may sleep; takes the lock of the set.
 * Return: bytes of the value; -ENODATA: there is no such attribute; -ERANGE: @buffer is too small.
 */
int bpfmmap_xattr_get(struct bpfmmap_xattr_set *set, const char *name, void *buffer, size_t size)
{
	struct bpfmmap_xattr *xattr;
	size_t bytes;
	int ret = -ENODATA;

	mutex_lock(&set->lock);
	xattr = find(set, name, &bytes);
	if (xattr) {
		ret = xattr->size;
		if (buffer && size < xattr->size)
			ret = -ERANGE;
		else if (buffer)
			memcpy(buffer, xattr->value, xattr->size);
	}
	mutex_unlock(&set->lock);
	return ret;
}

/* Set the attribute to new, or remove it if new is NULL. Returns 0, -EEXIST, -ENODATA, -ENOSPC. */
static int change(struct bpfmmap_xattr_set *set, const char *name, struct bpfmmap_xattr *new,
		  int flags)
{
	struct bpfmmap_xattr *old;
	size_t bytes;

	old = find(set, name, &bytes);
	if (old && (flags & XATTR_CREATE))
		return -EEXIST;
	if (!old && (!new || (flags & XATTR_REPLACE)))
		return new || (flags & XATTR_REPLACE) ? -ENODATA : 0;
	if (old)
		bytes -= strlen(old->name) + 1 + old->size;
	if (new && bytes + strlen(name) + 1 + new->size > MAX_BYTES)
		return -ENOSPC;
	if (new)
		list_add_tail(&new->list, &set->list);
	if (old)
		list_del(&old->list);
	xattr_free(old);
	return 0;
}

/**
 * bpfmmap_xattr_set() - set or remove an attribute
 * @set: attributes of an inode
 * @name: name with the prefix of its namespace
 * @value: new value; NULL removes the attribute
 * @size: bytes of @value
 * @flags: XATTR_CREATE, XATTR_REPLACE or 0
 *
 * Context: may sleep; takes the lock of the set.
 * Return: 0; -EEXIST, -ENODATA: as setxattr(2); -ENOSPC: names and values of the inode would have
 * more than 64 KiB; -ENOMEM.
 */
int bpfmmap_xattr_set(struct bpfmmap_xattr_set *set, const char *name, const void *value,
		      size_t size, int flags)
{
	struct bpfmmap_xattr *new = NULL;
	int err;

	if (value) {
		new = xattr_alloc(name, value, size);
		if (!new)
			return -ENOMEM;
	}
	mutex_lock(&set->lock);
	err = change(set, name, new, flags);
	mutex_unlock(&set->lock);
	if (err)
		xattr_free(new);
	return err;
}

/* Append a name to buffer. *used is the bytes used, or -ERANGE after a name that did not fit. */
static void list_name(const char *name, char *buffer, size_t size, ssize_t *used)
{
	size_t len = strlen(name) + 1;

	if (*used < 0)
		return;
	if (buffer && *used + len > size) {
		*used = -ERANGE;
		return;
	}
	if (buffer)
		memcpy(buffer + *used, name, len);
	*used += len;
}

#ifdef CONFIG_FS_POSIX_ACL
static void list_acls(const struct inode *inode, char *buffer, size_t size, ssize_t *used)
{
	struct posix_acl *acl = READ_ONCE(inode->i_acl);
	struct posix_acl *initial = READ_ONCE(inode->i_default_acl);

	if (acl && !is_uncached_acl(acl))
		list_name(XATTR_NAME_POSIX_ACL_ACCESS, buffer, size, used);
	if (initial && !is_uncached_acl(initial))
		list_name(XATTR_NAME_POSIX_ACL_DEFAULT, buffer, size, used);
}
#else
static void list_acls(const struct inode *inode, char *buffer, size_t size, ssize_t *used)
{
}
#endif

/**
 * bpfmmap_xattr_list() - list the names of attributes
 * @set: attributes of @inode
 * @inode: inode, which may have access control lists, too
 * @buffer: out: the names, each with a NUL; or NULL
 * @size: bytes of @buffer
 *
 * Names of the namespace trusted are listed for callers with CAP_SYS_ADMIN only.
 *
 * Context: may sleep; takes the lock of the set.
 * Return: bytes of all names; -ERANGE: @buffer is too small.
 */
ssize_t bpfmmap_xattr_list(struct bpfmmap_xattr_set *set, const struct inode *inode, char *buffer,
			   size_t size)
{
	const bool trusted = capable(CAP_SYS_ADMIN);
	struct bpfmmap_xattr *xattr;
	ssize_t used = 0;

	list_acls(inode, buffer, size, &used);
	mutex_lock(&set->lock);
	list_for_each_entry(xattr, &set->list, list)
		if (trusted || strncmp(xattr->name, XATTR_TRUSTED_PREFIX,
				       XATTR_TRUSTED_PREFIX_LEN))
			list_name(xattr->name, buffer, size, &used);
	mutex_unlock(&set->lock);
	return used;
}
