/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpfmmap - mmap-able, freezable arrays: the interface to other kernel modules
 *
 * A module gets a reference to a region by an fd or by an id, and puts it when it is done. The
 * region, its memory and bpfmmap.ko stay as long as there is a reference. There are two ways to
 * write:
 *
 *	counted		Between bpfmmap_region_begin_write() and bpfmmap_region_end_write() the
 *			module is a writer, for as long as it likes, and a freeze gives EBUSY. A
 *			freeze by revoke does not wait for it. So the module stores under
 *			rcu_read_lock(), and calls bpfmmap_region_data() each time under it.
 *	not counted	The module calls bpfmmap_region_slice() under rcu_read_lock(), in any
 *			context, and stores before rcu_read_unlock(). A freeze for everybody waits
 *			for that; later calls return NULL. A freeze for processes has no effect.
 *
 * Reading needs neither of the two.
 *
 * The module must have MODULE_LICENSE("GPL") and BPFMMAP_IMPORT;, and must be built with the
 * Module.symvers of bpfmmap (KBUILD_EXTRA_SYMBOLS). If it is unloaded and has not put a reference,
 * the region and bpfmmap.ko stay until the next boot. Use of a reference after put is a use after
 * free. examples/kernel has an example.
 */
#ifndef _LINUX_BPFMMAP_H
#define _LINUX_BPFMMAP_H

#include <linux/module.h>
#include <linux/types.h>
#include <uapi/linux/bpfmmap.h>

/* MODULE_IMPORT_NS() takes a word up to 6.12, and then a string. This is what both become. */
#define BPFMMAP_IMPORT	MODULE_INFO(import_ns, "BPFMMAP")

struct bpfmmap_region;

/**
 * struct bpfmmap_geometry - the properties of a region that never change
 * @id: id of the region
 * @value_size: bytes of an element
 * @max_entries: number of elements
 * @elem_size: bytes from one element to the next: value_size rounded up to 8
 * @bytes: bytes of the region, a multiple of the page size
 */
struct bpfmmap_geometry {
	u32 id;
	u32 value_size;
	u32 max_entries;
	u32 elem_size;
	u64 bytes;
};

/**
 * bpfmmap_region_get_by_fd() - get the region of an fd of the current process
 * @fd: fd of the region
 * @write: the fd must be able to write
 *
 * Context: may sleep.
 * Return: a reference, until bpfmmap_region_put(); or an ERR_PTR: -EBADF: there is no such fd;
 * -EINVAL: it is not that of a region; -EACCES: it can't read, or can't write.
 */
struct bpfmmap_region *bpfmmap_region_get_by_fd(int fd, bool write);

/**
 * bpfmmap_region_get_by_id() - get a region by its id
 * @id: any number
 *
 * It checks no permission.
 *
 * Context: may sleep.
 * Return: a reference, until bpfmmap_region_put(); or ERR_PTR(-ENOENT).
 */
struct bpfmmap_region *bpfmmap_region_get_by_id(u32 id);

/**
 * bpfmmap_region_put() - put a reference
 * @region: region that may be freed on return; NULL and an ERR_PTR are ignored
 *
 * Context: may sleep.
 */
void bpfmmap_region_put(struct bpfmmap_region *region);

/**
 * bpfmmap_region_geometry() - return the properties of a region that never change
 * @region: region
 * @geometry: out: the properties
 *
 * Context: any.
 */
void bpfmmap_region_geometry(const struct bpfmmap_region *region,
			     struct bpfmmap_geometry *geometry);

/**
 * bpfmmap_region_begin_write() - become a counted writer
 * @region: region that only a revoke can freeze before bpfmmap_region_end_write()
 *
 * Context: any but NMI.
 * Return: 0; -EPERM: it is frozen; -EBUSY: a freeze is pending or has begun.
 */
int bpfmmap_region_begin_write(struct bpfmmap_region *region);

/**
 * bpfmmap_region_data() - return the address at which a counted writer may store
 * @region: region, between begin and end write
 *
 * Context: under rcu_read_lock().
 * Return: the first byte of the region, valid until rcu_read_unlock(); NULL: the region has been
 * revoked.
 */
void *bpfmmap_region_data(struct bpfmmap_region *region);

/**
 * bpfmmap_region_end_write() - stop being a counted writer
 * @region: as given to bpfmmap_region_begin_write()
 *
 * Context: any but NMI.
 */
void bpfmmap_region_end_write(struct bpfmmap_region *region);

/**
 * bpfmmap_region_slice() - return a part of a region to read and write, without being counted
 * @region: region
 * @offset: start of the part in bytes
 * @len: length of the part in bytes
 *
 * Context: any, under rcu_read_lock().
 * Return: the part, valid until rcu_read_unlock(); NULL: out of bounds, len is 0, or the region is
 * frozen for everybody, or a freeze for everybody has begun.
 */
void *bpfmmap_region_slice(struct bpfmmap_region *region, u64 offset, u64 len);

/**
 * bpfmmap_region_slice_ro() - return a part of a region to read
 * @region: region
 * @offset: start of the part in bytes
 * @len: length of the part in bytes
 *
 * Context: any.
 * Return: the part, valid until the caller's reference is put; NULL: out of bounds, or len is 0.
 */
const void *bpfmmap_region_slice_ro(const struct bpfmmap_region *region, u64 offset, u64 len);

/**
 * bpfmmap_region_is_frozen() - tell whether a region is frozen for everybody
 * @region: region
 *
 * Context: any.
 * Return: true if it is. It stays so.
 */
bool bpfmmap_region_is_frozen(const struct bpfmmap_region *region);

/**
 * bpfmmap_region_wait_frozen() - wait until a region is frozen for everybody
 * @region: region
 *
 * Context: may sleep; the caller is not a counted writer.
 * Return: 0; -ERESTARTSYS: a signal arrived.
 */
int bpfmmap_region_wait_frozen(struct bpfmmap_region *region);

#endif /* _LINUX_BPFMMAP_H */
