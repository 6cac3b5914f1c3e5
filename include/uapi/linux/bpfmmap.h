/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * bpfmmap - mmap-able, freezable arrays: the interface to userspace
 *
 * A region is an array of max_entries elements. Element i is value_size bytes
 * at byte i * round_up(value_size, 8) of the region; the whole is rounded up to
 * pages and starts out as zeros. Open /dev/bpfmmap, create a region there, and
 * mmap the fd that comes back. Once no writable mapping is left the region can
 * be frozen, and from then on nobody can change a byte of it.
 *
 * Every argument is a struct that starts with its own size in bytes. Set size
 * to sizeof(the struct) and everything that you do not use to zero. A struct
 * shorter than its first version (the BPFMMAP_*_SIZE_V1 below) gives EINVAL; a
 * longer one than the kernel knows is taken as long as what it does not know is
 * zero, and gives E2BIG otherwise. The kernel never writes past size, and looks
 * at direction, type and number of a request only, so that a program compiled
 * against a later header runs on an earlier module. The layout is the same for
 * 32-bit and 64-bit callers.
 *
 * Errors that every request can give: ENOTTY, not a request of this file
 * descriptor; EFAULT, the struct can't be read or written; EINVAL and E2BIG for
 * its size; EINVAL for a field called reserved that is not zero. The others
 * stand with each request.
 */
#ifndef _UAPI_LINUX_BPFMMAP_H
#define _UAPI_LINUX_BPFMMAP_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define BPFMMAP_DEVICE		"/dev/bpfmmap"

/* What this header describes; goes up when a struct grows or a request comes. */
#define BPFMMAP_VERSION		1

/* A name has up to 15 characters of A-Z a-z 0-9 _ . and a NUL, as BPF's. */
#define BPFMMAP_NAME_LEN	16

/*
 * Flags of create and open. The values are those of the BPF_F_* flags of the
 * same names (include/uapi/linux/bpf.h).
 */
#define BPFMMAP_F_NUMA_NODE	(1U << 2)	/* create: numa_node is given */
#define BPFMMAP_F_RDONLY	(1U << 3)	/* the fd can't write or freeze */
#define BPFMMAP_F_WRONLY	(1U << 4)	/* the fd can't read or be mapped */

/* Flags of update, with the values of BPF_ANY, BPF_NOEXIST and BPF_EXIST. */
#define BPFMMAP_ANY		0	/* set the element */
#define BPFMMAP_NOEXIST		1	/* always EEXIST: every element exists */
#define BPFMMAP_EXIST		2	/* set the element, which exists */

/* What this kernel and this module can do; a bit that is not set: it can't. */
#define BPFMMAP_FEATURE_BATCH	(1ULL << 0)	/* lookup and update of ranges */
#define BPFMMAP_FEATURE_MEMCG	(1ULL << 1)	/* the creator's cgroup is charged */
#define BPFMMAP_FEATURE_NUMA	(1ULL << 2)	/* the kernel has NUMA nodes */
#define BPFMMAP_FEATURE_COMPAT	(1ULL << 3)	/* 32-bit programs are served */

/**
 * struct bpfmmap_version - what is there
 * @size: of this struct, in bytes
 * @version: out: BPFMMAP_VERSION of the module
 * @features: out: BPFMMAP_FEATURE_* bits
 */
struct bpfmmap_version {
	__u32 size;
	__u32 version;
	__aligned_u64 features;
};

#define BPFMMAP_VERSION_SIZE_V1	16

/**
 * struct bpfmmap_create - a new region
 * @size: of this struct, in bytes
 * @flags: BPFMMAP_F_*; RDONLY and WRONLY are about the fd that comes back
 * @value_size: bytes an element, 1 to INT_MAX
 * @max_entries: number of elements, 1 to U32_MAX
 * @numa_node: an online node that its pages are taken from while it has any;
 *	looked at with BPFMMAP_F_NUMA_NODE only
 * @reserved: zero
 * @name: for people, or empty; it need not be unique
 */
struct bpfmmap_create {
	__u32 size;
	__u32 flags;
	__u32 value_size;
	__u32 max_entries;
	__u32 numa_node;
	__u32 reserved;
	char name[BPFMMAP_NAME_LEN];
};

#define BPFMMAP_CREATE_SIZE_V1	40

/**
 * struct bpfmmap_next_id - walk over all regions
 * @size: of this struct, in bytes
 * @start_id: where to start: 0, or the id that the last call gave; below INT_MAX
 * @next_id: out: the smallest id in use that is larger than start_id
 * @reserved: zero
 */
struct bpfmmap_next_id {
	__u32 size;
	__u32 start_id;
	__u32 next_id;
	__u32 reserved;
};

#define BPFMMAP_NEXT_ID_SIZE_V1	16

/**
 * struct bpfmmap_open - another fd for a region that exists
 * @size: of this struct, in bytes
 * @id: of the region
 * @flags: 0, BPFMMAP_F_RDONLY or BPFMMAP_F_WRONLY
 * @reserved: zero
 */
struct bpfmmap_open {
	__u32 size;
	__u32 id;
	__u32 flags;
	__u32 reserved;
};

#define BPFMMAP_OPEN_SIZE_V1	16

/**
 * struct bpfmmap_info - what a region is, and its state now
 * @size: of this struct, in bytes
 * @id: out: unique while the region lives
 * @value_size: out: bytes an element
 * @max_entries: out: number of elements
 * @flags: out: as given to create, without RDONLY and WRONLY
 * @numa_node: out: as given to create, -1 if it was not
 * @bytes: out: PAGE_ALIGN(max_entries * round_up(value_size, 8)), what can be
 *	mapped
 * @mappings: out: how many mappings there are (a fork, a split and a partial
 *	munmap each make or take one, as seen in /proc/PID/maps)
 * @writers: out: writable mappings and updates in flight; freeze wants 0
 * @frozen: out: 1 if it is, 0 if not
 * @creator_uid: out: who created it, as seen from the caller's user namespace
 * @name: out: as given to create
 */
struct bpfmmap_info {
	__u32 size;
	__u32 id;
	__u32 value_size;
	__u32 max_entries;
	__u32 flags;
	__s32 numa_node;
	__aligned_u64 bytes;
	__aligned_u64 mappings;
	__aligned_u64 writers;
	__u32 frozen;
	__u32 creator_uid;
	char name[BPFMMAP_NAME_LEN];
};

#define BPFMMAP_INFO_SIZE_V1	72

/**
 * struct bpfmmap_freeze - make a region read-only, for good
 * @size: of this struct, in bytes
 * @flags: zero
 */
struct bpfmmap_freeze {
	__u32 size;
	__u32 flags;
};

#define BPFMMAP_FREEZE_SIZE_V1	8

/**
 * struct bpfmmap_element - look up or update one element
 * @size: of this struct, in bytes
 * @index: of the element
 * @value: address of value_size bytes of the caller's
 * @flags: lookup: zero; update: BPFMMAP_ANY, BPFMMAP_NOEXIST or BPFMMAP_EXIST
 */
struct bpfmmap_element {
	__u32 size;
	__u32 index;
	__aligned_u64 value;
	__aligned_u64 flags;
};

#define BPFMMAP_ELEMENT_SIZE_V1	24

/**
 * struct bpfmmap_batch - look up or update a range of elements, in order
 * @size: of this struct, in bytes
 * @index: of the first element
 * @count: in: how many; out, also after an error: how many are done
 * @reserved: zero
 * @values: address of count * value_size bytes of the caller's: the values one
 *	behind the other, with nothing in between (in the region itself each
 *	starts at a multiple of 8)
 * @flags: zero
 */
struct bpfmmap_batch {
	__u32 size;
	__u32 index;
	__u32 count;
	__u32 reserved;
	__aligned_u64 values;
	__aligned_u64 flags;
};

#define BPFMMAP_BATCH_SIZE_V1	32

#define BPFMMAP_IOC_TYPE	0xBB

/*
 * Requests of /dev/bpfmmap
 */

/* Version and features. No errors but the common ones. */
#define BPFMMAP_IOC_VERSION	_IOWR(BPFMMAP_IOC_TYPE, 0x00, struct bpfmmap_version)

/*
 * Create a region; returns its fd, which is closed on exec.
 * EINVAL: value_size or max_entries is 0, an unknown flag, RDONLY with WRONLY,
 *	a node that is not online, a name with other characters or without NUL;
 * E2BIG: value_size > INT_MAX, the region's bytes over the module parameter
 *	max_region_bytes or over what a kernel can map;
 * ENOSPC: over the module parameters max_total_bytes or max_regions;
 * ENOMEM: not enough memory, in the system or in the caller's memory cgroup
 *	(nobody is killed for it);
 * EINTR: a signal came first;
 * EMFILE, ENFILE: no more files.
 */
#define BPFMMAP_IOC_CREATE	_IOWR(BPFMMAP_IOC_TYPE, 0x01, struct bpfmmap_create)

/*
 * The next id, as BPF_MAP_GET_NEXT_ID.
 * EINVAL: start_id >= INT_MAX; EPERM: no CAP_SYS_ADMIN in the initial user
 * namespace; ENOENT: there is none.
 */
#define BPFMMAP_IOC_NEXT_ID	_IOWR(BPFMMAP_IOC_TYPE, 0x02, struct bpfmmap_next_id)

/*
 * An fd by id, as BPF_MAP_GET_FD_BY_ID; returns the fd, closed on exec.
 * EINVAL: an unknown flag, RDONLY with WRONLY; EPERM: no CAP_SYS_ADMIN in the
 * initial user namespace; ENOENT: no such id; EMFILE, ENFILE, ENOMEM.
 */
#define BPFMMAP_IOC_OPEN	_IOWR(BPFMMAP_IOC_TYPE, 0x03, struct bpfmmap_open)

/*
 * Requests of a region's fd
 */

/* What it is and how it stands. No errors but the common ones. */
#define BPFMMAP_IOC_INFO	_IOWR(BPFMMAP_IOC_TYPE, 0x10, struct bpfmmap_info)

/*
 * Freeze: when this has returned 0 no byte of the region changes any more.
 * EINVAL: flags is not zero; EPERM: the fd is read-only, or the region is
 * frozen already; EBUSY: there is a writable mapping, or an update in flight.
 * (As map_freeze() in kernel/bpf/syscall.c of 6.12 and later; up to 6.1 a
 * second freeze of the kernel's array gave EBUSY.)
 */
#define BPFMMAP_IOC_FREEZE	_IOWR(BPFMMAP_IOC_TYPE, 0x11, struct bpfmmap_freeze)

/*
 * Copy an element out.
 * EPERM: the fd is write-only; EINVAL: flags is not zero; ENOENT: index >=
 * max_entries; EFAULT: value can't be written.
 */
#define BPFMMAP_IOC_LOOKUP	_IOWR(BPFMMAP_IOC_TYPE, 0x12, struct bpfmmap_element)

/*
 * Copy an element in; all of it or, with an error, nothing.
 * EPERM: frozen, or the fd is read-only; EFAULT: value can't be read; EINVAL:
 * other flags; E2BIG: index >= max_entries; EEXIST: BPFMMAP_NOEXIST; ENOMEM: no
 * memory to hold the value in between.
 */
#define BPFMMAP_IOC_UPDATE	_IOWR(BPFMMAP_IOC_TYPE, 0x13, struct bpfmmap_element)

/*
 * The same for a range, element by element in order, up to the first error;
 * the count tells how many were done. A count of 0 does nothing and returns 0.
 * The errors are those of one element; besides, lookup past the last element
 * gives ENOENT after those that exist (as BPF_MAP_LOOKUP_BATCH at the end), and
 * EINTR: the caller was killed.
 */
#define BPFMMAP_IOC_LOOKUP_BATCH _IOWR(BPFMMAP_IOC_TYPE, 0x14, struct bpfmmap_batch)
#define BPFMMAP_IOC_UPDATE_BATCH _IOWR(BPFMMAP_IOC_TYPE, 0x15, struct bpfmmap_batch)

/*
 * mmap of a region's fd: MAP_SHARED, any page-aligned offset, as long as it
 * ends within the region's bytes.
 * EINVAL: it does not, or MAP_PRIVATE; EPERM: PROT_EXEC, or PROT_WRITE of a
 * frozen region; EACCES: PROT_WRITE on a read-only fd, or any on a write-only.
 * mprotect: EACCES to PROT_EXEC, and to PROT_WRITE for what was mapped without.
 * The pages are nobody's to pin: O_DIRECT into the mapping, io_uring's fixed
 * buffers, vmsplice and process_vm_readv/writev on it give EFAULT.
 */

#endif /* _UAPI_LINUX_BPFMMAP_H */
