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
 * A region is a file of fixed size, an inode of the file system "bpfmmap". It lives as
 * long as somebody has it open or mapped, or as long as it is published: then it has a name in
 * a directory, and is opened, mapped, read and written like any file, by those whom its
 * owner, mode and access control list let in.
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
#define BPFMMAP_PUBLISH_DIR	"/sys/fs/bpfmmap"	/* where the file system is mounted */
#define BPFMMAP_FS_MAGIC	0x4250464d		/* f_type of statfs(2): "BPFM" */

/* What this header describes; goes up when a struct grows or a request comes or goes. */
#define BPFMMAP_VERSION		5

/* A name has up to 15 characters of A-Z a-z 0-9 _ . and a NUL, as BPF's. */
#define BPFMMAP_NAME_LEN	16

/*
 * The name that a region is published under has up to 63 characters of A-Z a-z 0-9
 * _ . - and a NUL, the first of which is neither . nor -.
 */
#define BPFMMAP_PUBLISH_LEN	64

/*
 * Flags of create, open and restrict. The values are those of the BPF_F_* flags of the same
 * names (include/uapi/linux/bpf.h); PROG, POPULATE and NOFREEZE are not among these. One of
 * RDONLY_PROG, WRONLY_PROG and PROG lets BPF programs reach the region; without, none does.
 */
#define BPFMMAP_F_NUMA_NODE	(1U << 2)	/* create: numa_node is given */
#define BPFMMAP_F_RDONLY	(1U << 3)	/* the fd can't write or freeze */
#define BPFMMAP_F_WRONLY	(1U << 4)	/* the fd can't read or be mapped */
#define BPFMMAP_F_RDONLY_PROG	(1U << 7)	/* create: BPF programs may read it */
#define BPFMMAP_F_WRONLY_PROG	(1U << 8)	/* create: BPF programs may write to it */
#define BPFMMAP_F_PROG		(1U << 28)	/* create: BPF programs may do both */
#define BPFMMAP_F_POPULATE	(1U << 29)	/* create: mmap maps all pages at once */
#define BPFMMAP_F_NOFREEZE	(1U << 30)	/* not create: the fd can't freeze or publish */

/* Flags of update, with the values of BPF_ANY, BPF_NOEXIST and BPF_EXIST. */
#define BPFMMAP_ANY		0	/* set the element */
#define BPFMMAP_NOEXIST		1	/* always EEXIST: every element exists */
#define BPFMMAP_EXIST		2	/* set the element, which exists */

/* Flags of freeze. */
#define BPFMMAP_FREEZE_WHEN_IDLE (1U << 0)	/* as soon as the last writer has left */
#define BPFMMAP_FREEZE_KEEP	(1U << 1)	/* .. also if this fd is closed before */
#define BPFMMAP_FREEZE_CANCEL	(1U << 2)	/* take that back */
#define BPFMMAP_FREEZE_REVOKE	(1U << 3)	/* now, and writers lose their mappings */
#define BPFMMAP_FREEZE_PROCESSES (1U << 4)	/* not for BPF programs and other modules */

#define BPFMMAP_FREEZE_FLAGS	0x1fU		/* all of them */

/* Who can't change a region any more. */
#define BPFMMAP_FROZEN_FOR_NOBODY	0
#define BPFMMAP_FROZEN_FOR_PROCESSES	1	/* programs may still change it */
#define BPFMMAP_FROZEN_FOR_ALL		2	/* not a byte changes any more */

/* Flags of publish: which of the fields are given. */
#define BPFMMAP_PUBLISH_UID	(1U << 0)
#define BPFMMAP_PUBLISH_GID	(1U << 1)
#define BPFMMAP_PUBLISH_MODE	(1U << 2)

/* Flags of a mapping in the list of them. */
#define BPFMMAP_MAPPING_WRITABLE (1U << 0)	/* it was mapped with PROT_WRITE */

/* What this kernel and this module can do; a bit that is not set: it can't. */
#define BPFMMAP_FEATURE_BATCH	(1ULL << 0)	/* lookup and update of ranges */
#define BPFMMAP_FEATURE_MEMCG	(1ULL << 1)	/* the creator's cgroup is charged */
#define BPFMMAP_FEATURE_NUMA	(1ULL << 2)	/* the kernel has NUMA nodes */
#define BPFMMAP_FEATURE_COMPAT	(1ULL << 3)	/* 32-bit programs are served */
/* 1ULL << 4 was about devices of published regions, up to version 3 */
#define BPFMMAP_FEATURE_FAULT_AROUND (1ULL << 5) /* a fault maps more than its own page */
#define BPFMMAP_FEATURE_HUGE	(1ULL << 6)	/* 2 MiB of a region may be mapped by one entry */
#define BPFMMAP_FEATURE_FILES	(1ULL << 7)	/* regions are files, names are directory entries */
#define BPFMMAP_FEATURE_REVOKE	(1ULL << 8)	/* a freeze can take writers' mappings away */
#define BPFMMAP_FEATURE_BPF	(1ULL << 9)	/* bpfmmap_bpf.ko is there, for BPF programs */

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
 * @flags: BPFMMAP_F_RDONLY or BPFMMAP_F_WRONLY, BPFMMAP_F_NOFREEZE
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
 * @writers: out: writable mappings and updates in flight; freeze wants 0; 0 when frozen
 * @frozen: out: 1 if it is frozen for everybody, 0 if not
 * @creator_uid: out: who created it, as seen from the caller's user namespace
 * @name: out: as given to create
 * @freeze_pending: out: how many requests wait for the last writer to leave
 * @fd_flags: out: what this fd can't do: BPFMMAP_F_RDONLY, WRONLY, NOFREEZE
 * @published: out: a name of it, as a path from the root of the file system, or of the bind mount
 *	that this fd was opened in. Empty: it has none there, the path is longer, the caller may not
 *	search a directory on it (or list the last one, if this fd was not opened by that name), or
 *	this fd was made by restrict or open with less than all rights
 * @huge_runs: out: how many times 2 MiB of it (512 pages) are one block of physical
 *	memory, which one entry of a page table can map (BPFMMAP_FEATURE_HUGE)
 * @revoked: out: of a frozen region, writers that a freeze with REVOKE took their right from and
 *	that are still there: mappings not yet unmapped, calls that have not yet returned
 * @frozen_for: out: BPFMMAP_FROZEN_FOR_*
 * @wakes: out: how often a BPF program has called bpfmmap_wake(); several at once may count as one.
 *	To ask for it makes POLLIN of this open file go away until the next one
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
	/* since version 2 */
	__u32 freeze_pending;
	__u32 fd_flags;
	char published[BPFMMAP_PUBLISH_LEN];
	/* since version 3 */
	__aligned_u64 huge_runs;
	/* since version 4 */
	__aligned_u64 revoked;
	/* since version 5 */
	__u32 frozen_for;
	__u32 wakes;
};

#define BPFMMAP_INFO_SIZE_V1	72
#define BPFMMAP_INFO_SIZE_V2	144
#define BPFMMAP_INFO_SIZE_V3	152
#define BPFMMAP_INFO_SIZE_V4	160
#define BPFMMAP_INFO_SIZE_V5	168

/**
 * struct bpfmmap_freeze - make a region read-only, for good
 * @size: of this struct, in bytes
 * @flags: BPFMMAP_FREEZE_*
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

/**
 * struct bpfmmap_publish - give a region a name
 * @size: of this struct, in bytes
 * @flags: BPFMMAP_PUBLISH_*: which of the next three are given
 * @uid: owner of the file; else the caller's (file system) user id
 * @gid: its group; else the caller's
 * @mode: its permissions, 0 to 0666; else 0600
 * @directory: an fd of the directory that gets the name (one by O_PATH will do); 0: the root of
 *	the file system, or, if this fd was opened in a bind mount of a directory, that one
 *	(reserved up to version 3)
 * @name: in that directory
 */
struct bpfmmap_publish {
	__u32 size;
	__u32 flags;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 directory;
	char name[BPFMMAP_PUBLISH_LEN];
};

#define BPFMMAP_PUBLISH_SIZE_V1	88

/**
 * struct bpfmmap_restrict - another fd that can do less
 * @size: of this struct, in bytes
 * @flags: what it can't do: BPFMMAP_F_RDONLY or WRONLY, NOFREEZE; what this fd
 *	can't do the new one can't either
 */
struct bpfmmap_restrict {
	__u32 size;
	__u32 flags;
};

#define BPFMMAP_RESTRICT_SIZE_V1 8

/**
 * struct bpfmmap_mapping_entry - what is left of one mmap
 * @pid: of the process that called mmap, as the caller sees it; 0: it is gone, or
 *	in a pid namespace that the caller does not see
 * @flags: BPFMMAP_MAPPING_WRITABLE
 * @offset: of the mapping in the region, in bytes
 * @bytes: its length then
 * @since_ns: when mmap was called, in nanoseconds of the caller's CLOCK_BOOTTIME
 * @count: how many mappings are left of it: fork and split make more
 */
struct bpfmmap_mapping_entry {
	__u32 pid;
	__u32 flags;
	__aligned_u64 offset;
	__aligned_u64 bytes;
	__aligned_u64 since_ns;
	__aligned_u64 count;
};

/**
 * struct bpfmmap_mappings - who has mapped a region
 * @size: of this struct, in bytes
 * @count: in: room for so many entries; out: how many there are, which may be more
 * @entries: address of the caller's struct bpfmmap_mapping_entry[count]
 */
struct bpfmmap_mappings {
	__u32 size;
	__u32 count;
	__aligned_u64 entries;
};

#define BPFMMAP_MAPPINGS_SIZE_V1 16

/**
 * struct bpfmmap_handle_args - what BPF programs know a region by
 * @size: of this struct, in bytes
 * @reserved: zero
 * @handle: out: valid as long as the region lives. It can't be guessed; it is what lets a program
 *	in, and lets it write if this fd can
 */
struct bpfmmap_handle_args {
	__u32 size;
	__u32 reserved;
	__aligned_u64 handle;
};

#define BPFMMAP_HANDLE_SIZE_V1	16

#define BPFMMAP_IOC_TYPE	0xBB

/*
 * Requests of /dev/bpfmmap
 */

/* Version and features. No errors but the common ones. */
#define BPFMMAP_IOC_VERSION	_IOWR(BPFMMAP_IOC_TYPE, 0x00, struct bpfmmap_version)

/*
 * Create a region; returns its fd, which is closed on exec.
 * EINVAL: value_size or max_entries is 0, an unknown flag, RDONLY with WRONLY, more than one
 *	of RDONLY_PROG, WRONLY_PROG and PROG, a node that is not online, a name with other
 *	characters or without NUL;
 * E2BIG: value_size > INT_MAX, the region's bytes over the module parameter
 *	max_region_bytes or over what a kernel can map;
 * ENOSPC: over the module parameters max_total_bytes or max_regions; or it is for BPF programs,
 *	and there are 4096 such regions, or without CAP_SYS_RESOURCE in the initial user
 *	namespace 1024 of the same user;
 * ENOMEM: not enough memory, in the system or in the caller's memory cgroup
 *	(nobody is killed for it);
 * EINTR: a signal came first, and a handler for it has run;
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

/* _IOWR(BPFMMAP_IOC_TYPE, 0x04, ..) was WITHDRAW up to version 3: unlink(2) the name instead. */

/*
 * Requests of a region's fd
 */

/* What it is and how it stands. No errors but the common ones. */
#define BPFMMAP_IOC_INFO	_IOWR(BPFMMAP_IOC_TYPE, 0x10, struct bpfmmap_info)

/*
 * Freeze: when this has returned 0 no byte of the region changes any more.
 * EINVAL: unknown flags, KEEP by itself, CANCEL with WHEN_IDLE or PROCESSES, REVOKE with WHEN_IDLE,
 * KEEP or CANCEL; EPERM: the
 * fd is read-only or NOFREEZE, or the region is frozen already; EBUSY: there is a
 * writable mapping, or an update or a write in flight.
 * (As map_freeze() in kernel/bpf/syscall.c of 6.12 and later; up to 6.1 a
 * second freeze of the kernel's array gave EBUSY.)
 *
 * With WHEN_IDLE, EINPROGRESS takes the place of EBUSY: from now on no new writer
 * gets in (EBUSY), though fork and split still copy the mappings that there are,
 * and when the last writer leaves the region is frozen. poll() tells: POLLPRI.
 * The request is this open file's, however often it is made, and ends with it:
 * closed by all who have it, it is as if never made. KEEP makes it stay, for the
 * region's life. ENOSPC: 64 other users have asked for that already.
 *
 * CANCEL takes the request of this open file back; with KEEP, that which the same user
 * has made with KEEP (and with CAP_SYS_ADMIN in the initial user namespace, all such).
 * ENOENT: there is none; EPERM: too late, it is frozen.
 */
#define BPFMMAP_IOC_FREEZE	_IOWR(BPFMMAP_IOC_TYPE, 0x11, struct bpfmmap_freeze)

/*
 * The same with REVOKE can't be held up by writers: from the call on no new writer gets in
 * (EPERM); updates and writes in flight end with EPERM, or have ended before; and each writable
 * mapping of the region, in every process, loses its pages for good. Touching it gives SIGBUS
 * (also if mprotect had made it read-only: it could go back), and reading it by ptrace or
 * /proc/PID/mem an error. It can be unmapped, moved, forked as before. Mappings made without
 * PROT_WRITE go on. It takes a grace period of RCU, and a time that grows with the number of
 * mappings. EINTR: another one revokes, and the caller was killed while it waited for that.
 * A writer learns of it by SIGBUS, by POLLPRI, and by EPERM.
 */

/*
 * With PROCESSES, by itself or with WHEN_IDLE, KEEP or REVOKE, it is frozen for processes only, as
 * BPF_MAP_FREEZE does: no mapping, update or write of a process changes it any more, and BPF
 * programs and other kernel modules go on writing. poll() tells by POLLRDBAND, not POLLPRI. It may
 * be frozen for everybody later, which returns 0 once more.
 * Without PROCESSES it is frozen for everybody: BPF programs and modules can't begin to write any
 * more (no process can either: EBUSY), and those that were at it have ended before it returns 0.
 * That takes grace periods of RCU, and as long as a sleepable program that has begun; where no
 * program and no module was ever shown the region, it takes nothing. With WHEN_IDLE the caller
 * does not wait for that, either: EINPROGRESS.
 * EINTR: the caller was killed meanwhile; it freezes all the same. EPERM: it is frozen for these
 * already.
 */

/*
 * Copy an element out.
 * EPERM: the fd is write-only; EINVAL: flags is not zero; ENOENT: index >=
 * max_entries; EFAULT: value can't be written.
 */
#define BPFMMAP_IOC_LOOKUP	_IOWR(BPFMMAP_IOC_TYPE, 0x12, struct bpfmmap_element)

/*
 * Copy an element in; all of it or, with an error, nothing. A value of more than 64 KiB is
 * looked through first and then copied in pieces: only if it stops to be readable in
 * between (EFAULT), or the caller is killed (EINTR), it is there in part.
 * EPERM: frozen, or the fd is read-only; EBUSY: a freeze is pending; EFAULT: value
 * can't be read; EINVAL: other flags; E2BIG: index >= max_entries; EEXIST:
 * BPFMMAP_NOEXIST; ENOMEM: no memory to hold the value, or 64 KiB of it, in between.
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
 * Publish: make a directory entry that leads to the region, which lives as long as it has one.
 * The file gets the owner, the group and the mode that are given, by the rules of chown(2).
 * unlink(2) takes the name away, rename(2), link(2), chmod(2) and chown(2) do what they do to any
 * file. A region that has a name gets further ones by link(2).
 * EINVAL: unknown flags, a mode beyond 0666, an id that does not exist in the
 * caller's user namespace, an empty name or one with other characters;
 * ENAMETOOLONG: no NUL in it; EPERM: the fd is read-only, write-only or NOFREEZE, or
 * the file is to belong to another user, or to a group that the caller is not in,
 * and there is no CAP_CHOWN in the initial user namespace; EACCES: the caller may not write
 * to the directory; EBADF, ENOTDIR: directory is no fd, or not of a directory; EXDEV: it is in
 * another file system; ENOENT: it has been removed; EROFS: its mount is read-only; EEXIST: the
 * name is taken; EALREADY: the region has a name already; ENOSPC: over the module parameter
 * max_published, which counts names and directories, or without CAP_SYS_RESOURCE in the initial
 * user namespace over a quarter of it for one user, or into its last eighth; ENOMEM.
 */
#define BPFMMAP_IOC_PUBLISH	_IOWR(BPFMMAP_IOC_TYPE, 0x16, struct bpfmmap_publish)

/*
 * Another fd of the region, closed on exec, that can do less and never more: the
 * file behind it can't be opened again (by /proc/self/fd, ENXIO), and to publish
 * takes an fd with every right.
 * EINVAL: unknown flags, or neither reading nor writing is left; EMFILE, ENFILE,
 * ENOMEM.
 */
#define BPFMMAP_IOC_RESTRICT	_IOWR(BPFMMAP_IOC_TYPE, 0x17, struct bpfmmap_restrict)

/*
 * List what is left of each mmap of the region, oldest first. What comes or goes meanwhile
 * may be in the list or not. No errors but the common ones, ENOMEM, and EINTR: the caller was
 * killed.
 */
#define BPFMMAP_IOC_MAPPINGS	_IOWR(BPFMMAP_IOC_TYPE, 0x18, struct bpfmmap_mappings)

/*
 * The handle of the region for BPF programs (bpfmmap.bpf.h); of a read-only fd one that can read
 * only. EOPNOTSUPP: the region was not created for programs, or not for programs that read and
 * the fd is read-only; EPERM: the fd is write-only.
 */
#define BPFMMAP_IOC_HANDLE	_IOWR(BPFMMAP_IOC_TYPE, 0x19, struct bpfmmap_handle_args)

/*
 * Opening a region by a name: as the permissions of the file say; O_RDONLY and O_WRONLY are as
 * BPFMMAP_F_RDONLY and WRONLY. ENXIO: /proc/PID/fd/N of an fd that was not opened by a name.
 *
 * The size of the file, st_size, is where the last element's value ends:
 * (max_entries - 1) * round_up(value_size, 8) + value_size. It does not change: ftruncate,
 * fallocate and O_TRUNC that would change it give EPERM, as a memfd sealed against that. A
 * mapping reaches to the end of the page that the size is in.
 *
 * read, write, pread, pwrite, lseek, splice, sendfile and copy_file_range on a region's fd: as on
 * any file. Reads end at the size (0); writes are cut short there, and give ENOSPC from there on.
 * Negative offsets: EINVAL. Writing: EPERM: frozen; EBUSY: a freeze is pending; a write in flight
 * counts as a writer. EBADF: the fd is read-only (write-only). fsync, fdatasync and msync: 0.
 * fallocate to punch a hole sets zeros. statx tells STATX_ATTR_IMMUTABLE of what is frozen, and
 * inotify IN_ATTRIB when it freezes: of the file, and of one of its names to those who look at that
 * one's directory. O_DIRECT: EINVAL.
 *
 * poll: POLLPRI once it is frozen for everybody; POLLRDBAND once it is frozen for processes, or
 * everybody; POLLIN always (of a region for BPF programs, when one has called bpfmmap_wake()
 * since this open file was asked for INFO), POLLOUT until it is frozen for processes, each if
 * the fd is for that.
 */

/*
 * mmap of a region's fd: MAP_SHARED, any page-aligned offset, as long as it
 * ends within the region's bytes.
 * EINVAL: it does not, or MAP_PRIVATE; EPERM: PROT_EXEC, or PROT_WRITE of a
 * frozen region; EBUSY: PROT_WRITE while a freeze is pending; EACCES: PROT_WRITE
 * on a read-only fd, or any on a write-only; ENOMEM.
 * mprotect: EACCES to PROT_EXEC, and to PROT_WRITE for what was mapped without.
 * Pages come as they are touched, many at a time. With BPFMMAP_F_POPULATE mmap maps them
 * all before it returns, as far as there is memory for page tables (MAP_POPULATE does
 * nothing here); it takes a time that grows with the length then.
 * The pages are nobody's to pin: O_DIRECT into the mapping, io_uring's fixed
 * buffers, vmsplice and process_vm_readv/writev on it give EFAULT.
 */

#endif /* _UAPI_LINUX_BPFMMAP_H */
