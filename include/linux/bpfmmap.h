/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpfmmap - mmap-able, freezable arrays: the interface to other kernel modules
 *
 * A module has a region by a reference, which it gets by an fd or by an id and gives back. While
 * it has one the region, its memory, and bpfmmap.ko stay. There are two ways to write:
 *
 *	counted	bpfmmap_region_begin_write() .. bpfmmap_region_end_write(), for as long as it takes:
 *		a freeze gives EBUSY meanwhile, as for a writable mapping. A freeze that revokes
 *		does not wait for it, so it stores between rcu_read_lock() and rcu_read_unlock()
 *		and asks bpfmmap_region_data() in there each time.
 *	shown	bpfmmap_region_slice() under rcu_read_lock(), in any context: a freeze for
 *		everybody takes it away (NULL from then on) and waits for those who had got one
 *		before. A freeze for processes leaves it.
 *
 * Both give an error or NULL once the region is frozen for them. To read takes neither.
 *
 * A module writes MODULE_LICENSE("GPL") and BPFMMAP_IMPORT; once, and is built with the
 * Module.symvers of bpfmmap (KBUILD_EXTRA_SYMBOLS). A module that is unloaded without having given
 * a reference back leaves the region, and bpfmmap.ko, where they are until the next boot; to use
 * one that was given back is a use after free. examples/kernel has a module that does all this.
 */
#ifndef _LINUX_BPFMMAP_H
#define _LINUX_BPFMMAP_H

#include <linux/module.h>
#include <linux/types.h>
#include <linux/version.h>
#include <uapi/linux/bpfmmap.h>

/* 6.13: cdd30ebb1b9f ("module: Convert symbol namespace to string literal") */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define BPFMMAP_IMPORT	MODULE_IMPORT_NS(BPFMMAP)
#else
#define BPFMMAP_IMPORT	MODULE_IMPORT_NS("BPFMMAP")
#endif

struct bpfmmap_region;

/**
 * struct bpfmmap_geometry - what never changes about a region
 * @id: of it
 * @value_size: bytes that an element has
 * @max_entries: number of elements
 * @elem_size: bytes from one element to the next: value_size rounded up to 8
 * @bytes: of the whole, a multiple of the page size
 */
struct bpfmmap_geometry {
	u32 id;
	u32 value_size;
	u32 max_entries;
	u32 elem_size;
	u64 bytes;
};

/**
 * bpfmmap_region_get_by_fd() - a reference to the region of an fd of the current process
 * @fd: of the region
 * @write: is the caller going to write? Then the fd has to be one that can.
 *
 * Context: may sleep.
 * Return: the region, until bpfmmap_region_put(); ERR_PTR: -EBADF: no fd; -EINVAL: not of a region;
 * -EACCES: the fd can't read, or can't write.
 */
struct bpfmmap_region *bpfmmap_region_get_by_fd(int fd, bool write);

/**
 * bpfmmap_region_get_by_id() - a reference to a region by its id
 * @id: any number
 *
 * The caller decides who may do that.
 *
 * Context: may sleep.
 * Return: the region, until bpfmmap_region_put(); ERR_PTR(-ENOENT).
 */
struct bpfmmap_region *bpfmmap_region_get_by_id(u32 id);

/**
 * bpfmmap_region_put() - give a reference back
 * @region: may be gone on return; NULL or an ERR_PTR is fine
 *
 * Context: may sleep.
 */
void bpfmmap_region_put(struct bpfmmap_region *region);

/**
 * bpfmmap_region_geometry() - what never changes about a region
 * @region: any
 * @geometry: to be filled in
 *
 * Context: any.
 */
void bpfmmap_region_geometry(const struct bpfmmap_region *region,
			     struct bpfmmap_geometry *geometry);

/**
 * bpfmmap_region_begin_write() - become a writer that is counted
 * @region: not to be frozen until bpfmmap_region_end_write(), unless it is revoked
 *
 * Context: any but NMI.
 * Return: 0; -EPERM: it is frozen; -EBUSY: it is about to be.
 */
int bpfmmap_region_begin_write(struct bpfmmap_region *region);

/**
 * bpfmmap_region_data() - where a counted writer may store now
 * @region: between begin and end write
 *
 * Context: under rcu_read_lock(), and valid until rcu_read_unlock().
 * Return: the first byte of the region; NULL: it has been revoked.
 */
void *bpfmmap_region_data(struct bpfmmap_region *region);

/**
 * bpfmmap_region_end_write() - no longer be a writer
 * @region: as given to bpfmmap_region_begin_write()
 *
 * Context: any but NMI.
 */
void bpfmmap_region_end_write(struct bpfmmap_region *region);

/**
 * bpfmmap_region_slice() - a part of a region to read and write, without being counted
 * @region: any
 * @offset: in bytes
 * @len: in bytes
 *
 * Context: under rcu_read_lock(), in any context; valid until rcu_read_unlock().
 * Return: the part; NULL: out of bounds, len is 0, or the region is frozen for everybody or about
 * to be.
 */
void *bpfmmap_region_slice(struct bpfmmap_region *region, u64 offset, u64 len);

/**
 * bpfmmap_region_slice_ro() - a part of a region to read
 * @region: any
 * @offset: in bytes
 * @len: in bytes
 *
 * Context: any; valid until the caller's reference is given back.
 * Return: the part; NULL: out of bounds, or len is 0.
 */
const void *bpfmmap_region_slice_ro(const struct bpfmmap_region *region, u64 offset, u64 len);

/**
 * bpfmmap_region_is_frozen() - is it frozen for everybody?
 * @region: any
 *
 * Context: any. Once true it stays so.
 */
bool bpfmmap_region_is_frozen(const struct bpfmmap_region *region);

/**
 * bpfmmap_region_wait_frozen() - wait until it is frozen for everybody
 * @region: any
 *
 * Context: may sleep; the caller is no writer.
 * Return: 0; -ERESTARTSYS: a signal came.
 */
int bpfmmap_region_wait_frozen(struct bpfmmap_region *region);

#endif /* _LINUX_BPFMMAP_H */
