/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * bpfmmap - mmap-able, freezable arrays: the interface to userspace
 *
 * A region is an array of max_entries elements of value_size bytes each. Element i starts at
 * byte i * round_up(value_size, 8) of the region, as in the kernel's own array
 * (array_map_alloc() in kernel/bpf/arraymap.c). The region is rounded up to whole pages, and
 * all its bytes are zero at first. A program opens /dev/bpfmmap, creates a region with
 * BPFMMAP_IOC_CREATE, and maps the file descriptor (fd) that this request returns.
 *
 * A writer of a region is one of two things:
 *  - a writable mapping: a mapping that was made with PROT_WRITE. It stays a writer until all
 *    of it is unmapped, also while mprotect(2) has made it read-only;
 *  - an update or a write(2) that is in flight.
 * A region that has no writer can be frozen: nobody can change a byte of it from then on.
 * A pending freeze waits for the last writer (BPFMMAP_FREEZE_WHEN_IDLE).
 *
 * A region is a file of fixed size, an inode of the file system "bpfmmap". It lives as long as
 * a process has it open or mapped, or as long as it has a name. A name is an entry of a
 * directory of that file system; to publish a region is to give it its first name. A region
 * that has a name is opened, mapped, read and written as any file, by the users that its
 * owner, group, mode and access control list admit.
 *
 * The argument of each request is the address of a struct that starts with its own size in
 * bytes. The caller sets size to sizeof(the struct), and each field that it does not use to
 * zero. The rules are those of copy_struct_from_user() in include/linux/uaccess.h:
 *  - A struct that is shorter than its first version (BPFMMAP_*_SIZE_V1 below) gives EINVAL.
 *  - The fields that a shorter struct lacks are taken as zero.
 *  - A struct that is longer than the module's is accepted if the part that the module does
 *    not know is zero; it gives E2BIG otherwise, or if it is longer than a page.
 * The module never writes beyond size. It compares direction, type and number of a request and
 * not the size in it, so a program that was compiled with a later header runs on an earlier
 * module. The layout is the same for 32-bit and 64-bit callers.
 *
 * All sizes, lengths and offsets are in bytes.
 *
 * All requests may sleep. Errors that every request can give:
 *	ENOTTY		the fd does not have this request
 *	EFAULT		the struct can't be read or written
 *	EINVAL, E2BIG	size is not a valid struct size (see above)
 *	EINVAL		a field that is called reserved is not zero
 * The other errors are listed with each request.
 */
#ifndef _UAPI_LINUX_BPFMMAP_H
#define _UAPI_LINUX_BPFMMAP_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define BPFMMAP_DEVICE		"/dev/bpfmmap"
#define BPFMMAP_PUBLISH_DIR	"/sys/fs/bpfmmap"	/* the file system is mounted here */
#define BPFMMAP_FS_MAGIC	0x4250464d		/* f_type of statfs(2): "BPFM" */

/* The version of this interface. It is raised when a struct grows, or a request comes or goes. */
#define BPFMMAP_VERSION		5

/*
 * Bytes of the name that create takes: 0 to 15 characters of A-Z a-z 0-9 _ . and a NUL, as the
 * name of a BPF map (bpf_obj_name_cpy() in kernel/bpf/syscall.c).
 */
#define BPFMMAP_NAME_LEN	16

/*
 * Bytes of the name that publish takes: 1 to 63 characters of A-Z a-z 0-9 _ . - and a NUL. The
 * first character is neither . nor -.
 */
#define BPFMMAP_PUBLISH_LEN	64

/*
 * Flags of create, open and restrict. NUMA_NODE, RDONLY, WRONLY, RDONLY_PROG and WRONLY_PROG have
 * the values of the BPF_F_* flags of the same names (include/uapi/linux/bpf.h). BPF has no PROG,
 * POPULATE and NOFREEZE. Without one of RDONLY_PROG, WRONLY_PROG and PROG no BPF program can reach
 * the region.
 */
#define BPFMMAP_F_NUMA_NODE	(1U << 2)	/* create only: numa_node is given */
#define BPFMMAP_F_RDONLY	(1U << 3)	/* the fd can't write, freeze or publish */
#define BPFMMAP_F_WRONLY	(1U << 4)	/* the fd can't read, be mapped or publish */
#define BPFMMAP_F_RDONLY_PROG	(1U << 7)	/* create only: BPF programs may read */
#define BPFMMAP_F_WRONLY_PROG	(1U << 8)	/* create only: BPF programs may write */
#define BPFMMAP_F_PROG		(1U << 28)	/* create only: BPF programs may do both */
#define BPFMMAP_F_POPULATE	(1U << 29)	/* create only: mmap maps all pages at once */
#define BPFMMAP_F_NOFREEZE	(1U << 30)	/* open, restrict: the fd can't freeze or publish */

/* Flags of update. The values are those of BPF_ANY, BPF_NOEXIST and BPF_EXIST. */
#define BPFMMAP_ANY		0	/* set the element */
#define BPFMMAP_NOEXIST		1	/* always gives EEXIST: every element exists */
#define BPFMMAP_EXIST		2	/* the same as BPFMMAP_ANY: every element exists */

/* Flags of freeze. */
#define BPFMMAP_FREEZE_WHEN_IDLE (1U << 0)	/* freeze when the last writer has left */
#define BPFMMAP_FREEZE_KEEP	(1U << 1)	/* the pending freeze survives close */
#define BPFMMAP_FREEZE_CANCEL	(1U << 2)	/* take a pending freeze back */
#define BPFMMAP_FREEZE_REVOKE	(1U << 3)	/* freeze now; writers lose their mappings */
#define BPFMMAP_FREEZE_PROCESSES (1U << 4)	/* BPF programs and modules may go on writing */

#define BPFMMAP_FREEZE_FLAGS	0x1fU		/* all flags of freeze */

/* The scope that a region is frozen for. */
#define BPFMMAP_FROZEN_FOR_NOBODY	0
#define BPFMMAP_FROZEN_FOR_PROCESSES	1	/* BPF programs and modules may still write */
#define BPFMMAP_FROZEN_FOR_ALL		2	/* no byte changes any more */

/* Flags of publish: the fields that are given. */
#define BPFMMAP_PUBLISH_UID	(1U << 0)
#define BPFMMAP_PUBLISH_GID	(1U << 1)
#define BPFMMAP_PUBLISH_MODE	(1U << 2)

/* Flags in struct bpfmmap_mapping_entry. */
#define BPFMMAP_MAPPING_WRITABLE (1U << 0)	/* it was mapped with PROT_WRITE */

/* Features of this kernel and this module. A feature whose bit is 0 is missing. */
#define BPFMMAP_FEATURE_BATCH	(1ULL << 0)	/* lookup and update of ranges */
#define BPFMMAP_FEATURE_MEMCG	(1ULL << 1)	/* the creator's memory cgroup is charged */
#define BPFMMAP_FEATURE_NUMA	(1ULL << 2)	/* the kernel has NUMA nodes */
#define BPFMMAP_FEATURE_COMPAT	(1ULL << 3)	/* 32-bit programs are served */
/* 1ULL << 4 belonged to the devices of published regions, up to version 3 */
#define BPFMMAP_FEATURE_FAULT_AROUND (1ULL << 5) /* a fault maps more than its own page */
#define BPFMMAP_FEATURE_HUGE	(1ULL << 6)	/* one entry may map 2 MiB of a region */
#define BPFMMAP_FEATURE_FILES	(1ULL << 7)	/* regions are files, names are directory entries */
#define BPFMMAP_FEATURE_REVOKE	(1ULL << 8)	/* BPFMMAP_FREEZE_REVOKE */
#define BPFMMAP_FEATURE_BPF	(1ULL << 9)	/* bpfmmap_bpf.ko is loaded, for BPF programs */

/**
 * struct bpfmmap_version - version and features of the module
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
 * @flags: BPFMMAP_F_NUMA_NODE, RDONLY or WRONLY, POPULATE; RDONLY and WRONLY restrict the fd
 *	that is returned, not the region
 * @value_size: bytes of an element, 1 to INT_MAX
 * @max_entries: number of elements, 1 to U32_MAX
 * @numa_node: an online node, which the pages are taken from as long as it has free ones;
 *	ignored without BPFMMAP_F_NUMA_NODE
 * @reserved: zero
 * @name: a label for people, or empty; it need not be unique
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
 * @start_id: 0 to start, then the id that the last call returned; 0 to INT_MAX - 1
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
 * @id: of the region, 1 to INT_MAX - 1
 * @flags: BPFMMAP_F_RDONLY or BPFMMAP_F_WRONLY, and BPFMMAP_F_NOFREEZE; 0 is an fd with all rights
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
 * struct bpfmmap_info - properties of a region, and its state now
 * @size: of this struct, in bytes
 * @id: out: 1 to INT_MAX - 1, unique while the region lives; st_ino of the file
 * @value_size: out: bytes of an element
 * @max_entries: out: number of elements
 * @flags: out: as given to create, without RDONLY and WRONLY
 * @numa_node: out: as given to create, or -1 without BPFMMAP_F_NUMA_NODE
 * @bytes: out: PAGE_ALIGN(max_entries * round_up(value_size, 8)), the bytes that can be mapped
 * @mappings: out: number of mappings, counted as lines of /proc/PID/maps: fork, a split and
 *	munmap of a part change it
 * @writers: out: number of writers; 0 if the region is frozen
 * @frozen: out: 1 if the region is frozen for everybody, 0 otherwise
 * @creator_uid: out: effective user id of the creator, as seen from the caller's user namespace
 * @name: out: as given to create
 * @freeze_pending: out: number of pending freezes; 0 if the region is frozen
 * @fd_flags: out: what this fd can't do: BPFMMAP_F_RDONLY, WRONLY, NOFREEZE
 * @published: out: a name of the region, as a path of up to 63 characters. It starts at the root
 *	of the file system, or at the root of the bind mount that this fd was opened in. It is
 *	empty if the region has no name there, or the path is longer, or the caller has no
 *	permission to search a directory of the path (nor to list the last one, if this fd was
 *	not opened by that name), or this fd was made by restrict or open with fewer than all
 *	rights
 * @huge_runs: out: number of chunks. A chunk is 512 contiguous pages of physical memory (2 MiB
 *	if a page has 4 KiB), which one entry of a page table can map (BPFMMAP_FEATURE_HUGE)
 * @revoked: out: number of writers that a freeze with REVOKE has stopped and that still exist:
 *	mappings that are not unmapped yet, and calls that have not returned yet; 0 if the
 *	region is not frozen
 * @frozen_for: out: BPFMMAP_FROZEN_FOR_*
 * @wakes: out: how often BPF programs have called bpfmmap_wake(). Several calls at the same time
 *	may count as one. After this request poll(2) does not report POLLIN until the next call
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
 * struct bpfmmap_freeze - make a region read-only for ever
 * @size: of this struct, in bytes
 * @flags: 0, WHEN_IDLE, WHEN_IDLE | KEEP, CANCEL, CANCEL | KEEP or REVOKE of BPFMMAP_FREEZE_*
 */
struct bpfmmap_freeze {
	__u32 size;
	__u32 flags;
};

#define BPFMMAP_FREEZE_SIZE_V1	8

/**
 * struct bpfmmap_element - look up or update one element
 * @size: of this struct, in bytes
 * @index: of the element, 0 to max_entries - 1
 * @value: address of value_size bytes in the caller's memory
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
 * @index: of the first element, 0 to max_entries - 1
 * @count: in: number of elements, 0 to U32_MAX; out: number of elements done, also after an error
 * @reserved: zero
 * @values: address of count * value_size bytes in the caller's memory. The values lie there
 *	without gaps (in the region each one starts at a multiple of 8)
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
 * @flags: BPFMMAP_PUBLISH_*: which of the next three fields are given
 * @uid: owner of the file; by default the caller's file system user id
 * @gid: group of the file; by default the caller's file system group id
 * @mode: permissions of the file, 0 to 0666; by default 0600
 * @directory: an fd of the directory that gets the name; O_PATH is sufficient. 0 stands for the
 *	root of the file system or, if this fd was opened in a bind mount of a directory, for
 *	that directory (this field was reserved up to version 3)
 * @name: new name in that directory, of 1 to 63 characters (see BPFMMAP_PUBLISH_LEN)
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
 * struct bpfmmap_restrict - another fd of the region, with fewer rights
 * @size: of this struct, in bytes
 * @flags: what the new fd can't do: BPFMMAP_F_RDONLY or WRONLY, and NOFREEZE. The new fd also
 *	lacks each right that this fd lacks
 */
struct bpfmmap_restrict {
	__u32 size;
	__u32 flags;
};

#define BPFMMAP_RESTRICT_SIZE_V1 8

/**
 * struct bpfmmap_mapping_entry - one call of mmap that still has mappings
 * @pid: of the process that called mmap, in the caller's pid namespace; 0 if the process has
 *	ended, or that namespace does not show it
 * @flags: BPFMMAP_MAPPING_WRITABLE or 0
 * @offset: of the mapping in the region when mmap was called, in bytes
 * @bytes: length of the mapping when mmap was called
 * @since_ns: when mmap was called, in nanoseconds of the caller's CLOCK_BOOTTIME (its time
 *	namespace applies)
 * @count: number of mappings that come from this call and still exist: fork and a split add some
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
 * struct bpfmmap_mappings - list of the mappings of a region
 * @size: of this struct, in bytes
 * @count: in: number of entries that entries has room for; out: number of entries that exist,
 *	which may be larger
 * @entries: address of struct bpfmmap_mapping_entry[count] in the caller's memory; ignored if
 *	count is 0
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

/* Return version and features. It gives the common errors only. */
#define BPFMMAP_IOC_VERSION	_IOWR(BPFMMAP_IOC_TYPE, 0x00, struct bpfmmap_version)

/*
 * Create a region. The request returns an fd of it, which is closed on exec. The arguments are
 * checked as array_map_alloc_check() in kernel/bpf/arraymap.c does.
 *	EINVAL		value_size or max_entries is 0, a flag is unknown, RDONLY is given with
 *			WRONLY, more than one of RDONLY_PROG, WRONLY_PROG and PROG is given, the
 *			node is not online, or the name has other characters or no NUL
 *	E2BIG		value_size is above INT_MAX, or the region's bytes are above the module
 *			parameter max_region_bytes or above INT_MAX pages
 *	ENOSPC		the module parameter max_total_bytes or max_regions is reached (callers
 *			without CAP_SYS_RESOURCE in the initial user namespace get 7/8 of each), or
 *			all ids are in use; or the region is for BPF programs, and there are 4096
 *			such regions (7/8 of that, and 1024 of one user, without CAP_SYS_RESOURCE)
 *	ENOMEM		the system or the caller's memory cgroup is short of memory (no process is
 *			killed for it)
 *	EINTR		a signal arrived first, and a handler for it has run. (For BPF programs the
 *			request waits while more than 64 MiB of the user's closed regions of that
 *			kind wait to be freed.)
 *	EMFILE, ENFILE	the process or the system has too many open files
 */
#define BPFMMAP_IOC_CREATE	_IOWR(BPFMMAP_IOC_TYPE, 0x01, struct bpfmmap_create)

/*
 * Return the next id, as BPF_MAP_GET_NEXT_ID does (bpf_obj_get_next_id() in
 * kernel/bpf/syscall.c). Requires CAP_SYS_ADMIN in the initial user namespace.
 *	EINVAL		start_id is INT_MAX or above
 *	EPERM		the caller lacks CAP_SYS_ADMIN
 *	ENOENT		no id in use is larger than start_id
 */
#define BPFMMAP_IOC_NEXT_ID	_IOWR(BPFMMAP_IOC_TYPE, 0x02, struct bpfmmap_next_id)

/*
 * Open a region by its id, as BPF_MAP_GET_FD_BY_ID does (bpf_map_get_fd_by_id() in
 * kernel/bpf/syscall.c). The request returns an fd, which is closed on exec. Requires
 * CAP_SYS_ADMIN in the initial user namespace.
 *	EINVAL		a flag is unknown, or RDONLY is given with WRONLY
 *	EPERM		the caller lacks CAP_SYS_ADMIN
 *	ENOENT		no region has this id
 *	EMFILE, ENFILE	the process or the system has too many open files
 *	ENOMEM		the system or the caller's memory cgroup is short of memory
 */
#define BPFMMAP_IOC_OPEN	_IOWR(BPFMMAP_IOC_TYPE, 0x03, struct bpfmmap_open)

/* Number 0x04 was WITHDRAW up to version 3. unlink(2) of the name replaces it. */

/*
 * Requests of a region's fd
 */

/* Return properties and state of the region. It gives the common errors only. */
#define BPFMMAP_IOC_INFO	_IOWR(BPFMMAP_IOC_TYPE, 0x10, struct bpfmmap_info)

/*
 * Freeze the region. After 0 no byte of the region ever changes.
 *
 * flags 0: freeze now, as map_freeze() in kernel/bpf/syscall.c of Linux 6.12 and later does
 * (up to 6.1 a second freeze of the kernel's array gave EBUSY).
 *	EINVAL		a flag is unknown, or this combination of flags is not listed with struct
 *			bpfmmap_freeze
 *	EPERM		the fd is read-only or NOFREEZE, or the region is frozen already
 *	EBUSY		the region has a writer. It stays so for the region's life if, on Linux 6.13
 *			and later with CONFIG_KVM_XEN, a process with MMU notifiers (a host of
 *			virtual machines) exited with a writable mapping of the region: KVM may
 *			still write to pages of it
 *
 * WHEN_IDLE: freeze now if the region has no writer. Otherwise the freeze is pending: from then on
 * nobody can become a writer (EBUSY), except that fork and a split copy the existing writable
 * mappings; and when the last writer leaves, the region is frozen. poll(2) then reports
 * POLLPRI. An open file has one pending freeze at most. It ends when the last fd of that open
 * file is closed. With KEEP the pending freeze belongs to the caller's effective user id and
 * survives close; each user has one of these at most for a region.
 *	EINVAL, EPERM	as above
 *	EINPROGRESS	the freeze is pending
 *	ENOSPC		KEEP: 64 other users have such a pending freeze of this region
 *	ENOMEM		KEEP: the system or the caller's memory cgroup is short of memory
 *
 * CANCEL: take back the pending freeze of this open file. With KEEP: the one that the caller's
 * effective user id has made with KEEP; with CAP_SYS_ADMIN in the initial user namespace,
 * those of all users.
 *	EINVAL		as above
 *	ENOENT		there is no such pending freeze
 *	EPERM		the fd is read-only or NOFREEZE, or the region is frozen by now
 *
 * REVOKE: freeze now, also if the region has writers. From the call on nobody can become a
 * writer (EPERM), and each update or write in flight either has finished before or ends with
 * EPERM. Each writable mapping of the region, in every process, loses its pages for ever, also one
 * that mprotect has made read-only. To touch such a mapping gives SIGBUS, and to access it by
 * ptrace or /proc/PID/mem gives EIO. It can still be unmapped, moved and forked. Mappings
 * that were made without PROT_WRITE are not affected. A writer is notified by SIGBUS, by POLLPRI
 * and by EPERM. The call takes a grace period of RCU, and a time that grows with the number of
 * mappings; it does not wait for writers.
 *	EINVAL, EPERM	as above
 *	EBUSY		such a process exited (see flags 0); a writer alone never gives EBUSY
 *	EINTR		another call is revoking, and the caller was killed while it waited for that
 *
 * PROCESSES, alone or with WHEN_IDLE, KEEP or REVOKE: freeze for processes only, as BPF_MAP_FREEZE
 * does. No process can change the region any more; BPF programs and other kernel modules can.
 * poll(2) reports POLLRDBAND, not POLLPRI. Later the region can be frozen for everybody, which
 * returns 0 again.
 *
 * Without PROCESSES the freeze is for everybody. If programs or modules may be writing, they can't
 * begin to write any more, and the call returns 0 when those that had begun have ended.
 * This takes grace periods of RCU, and as long as a sleepable program that has begun. Nobody can
 * become a writer meanwhile (EBUSY). With WHEN_IDLE the call does not wait (EINPROGRESS).
 *	EPERM		the region is frozen for this scope already
 *	EINTR		the caller was killed while it waited; the region will be frozen
 */
#define BPFMMAP_IOC_FREEZE	_IOWR(BPFMMAP_IOC_TYPE, 0x11, struct bpfmmap_freeze)

/*
 * Copy an element to the caller. A value of 1, 2, 4 or 8 bytes is read as one.
 *	EPERM		the fd is write-only
 *	EINVAL		flags is not zero
 *	ENOENT		index is max_entries or above
 *	EFAULT		value can't be written
 *	EINTR		the caller was killed
 */
#define BPFMMAP_IOC_LOOKUP	_IOWR(BPFMMAP_IOC_TYPE, 0x12, struct bpfmmap_element)

/*
 * Set an element from the caller's value. The errors are those of array_map_update_elem() in
 * kernel/bpf/arraymap.c. After an error the element is unchanged, with one exception: a value
 * above 64 KiB is first read through and then copied in pieces of 64 KiB, so a part of it is set if
 * it becomes unreadable meanwhile (EFAULT), the caller is killed (EINTR), or a freeze with
 * REVOKE comes (EPERM). A value of 1, 2, 4 or 8 bytes is stored as one; a concurrent reader of
 * a larger one may see a part of it.
 *	EPERM		the region is frozen, a freeze with REVOKE has begun, or the fd is read-only
 *	EBUSY		a freeze is pending
 *	EFAULT		value can't be read
 *	EINVAL		flags is not one of the three
 *	E2BIG		index is max_entries or above
 *	EEXIST		flags is BPFMMAP_NOEXIST
 *	ENOMEM		there is no memory for a buffer, of 64 KiB at most
 *	EINTR		the caller was killed
 */
#define BPFMMAP_IOC_UPDATE	_IOWR(BPFMMAP_IOC_TYPE, 0x13, struct bpfmmap_element)

/*
 * Look up, or update, a range of elements in order, up to the first error. count returns the
 * number of elements done. A count of 0 does nothing and returns 0. An update is one with
 * BPFMMAP_ANY.
 *
 * The errors are those of one element. A range that ends beyond the last element gives ENOENT
 * (lookup, as BPF_MAP_LOOKUP_BATCH does: generic_map_lookup_batch() in kernel/bpf/syscall.c) or
 * E2BIG (update) after the elements that exist are done.
 */
#define BPFMMAP_IOC_LOOKUP_BATCH _IOWR(BPFMMAP_IOC_TYPE, 0x14, struct bpfmmap_batch)
#define BPFMMAP_IOC_UPDATE_BATCH _IOWR(BPFMMAP_IOC_TYPE, 0x15, struct bpfmmap_batch)

/*
 * Publish the region: give it its first name. The region lives as long as it has a name. The
 * file gets the given owner, group and mode; a caller without CAP_CHOWN in the initial user
 * namespace can give its own user id and a group that it is a member of, as with chown(2).
 * unlink(2), rename(2), link(2), chmod(2) and chown(2) work as on any file; link(2) makes
 * further names.
 *	EINVAL		a flag is unknown, the mode has bits outside 0666, an id is not valid in
 *			the caller's user namespace, or the name is empty or has other characters
 *	ENAMETOOLONG	the name has no NUL
 *	EPERM		the fd is read-only, write-only or NOFREEZE; or the owner is another user,
 *			or the group one that the caller is not in, without CAP_CHOWN
 *	EACCES		the caller has no permission to write to the directory or to search it
 *	EBADF		directory is not an fd
 *	ENOTDIR		directory is the fd of something else
 *	EXDEV		the directory is in another file system
 *	ENOENT		the directory has been removed
 *	EROFS		the mount of the directory is read-only
 *	EEXIST		the directory has such a name already
 *	EALREADY	the region has a name already
 *	ENOSPC		the module parameter max_published, a number of names and directories, is
 *			reached. Without CAP_SYS_RESOURCE in the initial user namespace one user
 *			gets a quarter of it, and all such users together 7/8 of it
 *	EAGAIN		on Linux 6.19 and later: another process has a delegation of the file or of
 *			the directory (F_SETDELEG of fcntl(2))
 *	ENOMEM		the system or the caller's memory cgroup is short of memory
 * A security module may give EACCES or EPERM as well.
 */
#define BPFMMAP_IOC_PUBLISH	_IOWR(BPFMMAP_IOC_TYPE, 0x16, struct bpfmmap_publish)

/*
 * Return another fd of the region, with fewer or equal rights, which is closed on exec. It is a
 * new open file. Nobody can get more rights from it: to open it again by /proc/self/fd gives
 * ENXIO, and publish requires an fd with all rights.
 *	EINVAL		a flag is unknown, or the new fd could neither read nor write
 *	EMFILE, ENFILE	the process or the system has too many open files
 *	ENOMEM		the system or the caller's memory cgroup is short of memory
 */
#define BPFMMAP_IOC_RESTRICT	_IOWR(BPFMMAP_IOC_TYPE, 0x17, struct bpfmmap_restrict)

/*
 * List the calls of mmap that still have mappings of the region, oldest first. A mapping that
 * is made or removed while the list is read may be in it or not.
 *	EFAULT		entries can't be written
 *	ENOMEM		there is no memory for a buffer of 2560 bytes
 *	EINTR		the caller was killed
 */
#define BPFMMAP_IOC_MAPPINGS	_IOWR(BPFMMAP_IOC_TYPE, 0x18, struct bpfmmap_mappings)

/*
 * Return the handle by which BPF programs reach the region (bpfmmap.bpf.h). That of a read-only fd
 * can only read. The first request for a handle that can write makes later freezes for everybody
 * wait for grace periods of RCU.
 *	EPERM		the fd is write-only
 *	EOPNOTSUPP	the region was created without a flag for programs; or with WRONLY_PROG, and
 *			the fd is read-only
 */
#define BPFMMAP_IOC_HANDLE	_IOWR(BPFMMAP_IOC_TYPE, 0x19, struct bpfmmap_handle_args)

/*
 * System calls on a region
 *
 * open(2) of a name: the permissions of the file decide. O_RDONLY and O_WRONLY restrict the fd as
 * BPFMMAP_F_RDONLY and WRONLY do. Errors are those of open(2), among them:
 *	ENXIO		it is /proc/PID/fd/N of an fd that was not opened by a name
 *	EPERM		O_TRUNC is given
 *	EINVAL		O_DIRECT is given
 *
 * The size of the file, st_size, is the end of the last element's value:
 * (max_entries - 1) * round_up(value_size, 8) + value_size. It never changes: ftruncate and
 * fallocate to another size give EPERM, as on a memfd with F_SEAL_GROW and F_SEAL_SHRINK
 * (mm/shmem.c). A mapping reaches to the end of the page that has the file's last byte.
 *
 * read, write, pread, pwrite, lseek, splice, sendfile and copy_file_range work as on any file of
 * this size. A read at or beyond the size returns 0. A write is cut short at the size. Errors
 * are those of read(2) and write(2), among them:
 *	EINVAL		the offset is negative
 *	EBADF		the fd is write-only (to read) or read-only (to write)
 *	EFAULT		the caller's buffer can't be accessed
 *	EINTR		the caller was killed
 *	ENOSPC		to write: the offset is st_size or above
 *	EPERM		to write: the region is frozen, or a freeze with REVOKE has begun
 *	EBUSY		to write: a freeze is pending
 *	EAGAIN		to write with RWF_NOWAIT: the caller's buffer is not in memory
 *
 * fsync, fdatasync and msync return 0. fallocate with FALLOC_FL_PUNCH_HOLE sets bytes to zero, with
 * the errors of a write; without flags, or with FALLOC_FL_KEEP_SIZE alone, it returns 0 within
 * the size. Other modes give EOPNOTSUPP.
 *
 * statx(2) reports STATX_ATTR_IMMUTABLE for a region that is frozen for everybody, and not for one
 * that is frozen for processes, as programs can change that. inotify(7) reports IN_ATTRIB when a
 * region is frozen for everybody, to watches of the file and to watches of the directory of one of
 * its names.
 *
 * poll(2) reports POLLPRI if the region is frozen for everybody, POLLRDBAND if it is frozen for
 * processes or for everybody, POLLIN always (unless the fd is write-only) and POLLOUT if the region
 * is not frozen (unless the fd is read-only). For a region that BPF programs may reach it reports
 * POLLIN only if one has called bpfmmap_wake() since the last BPFMMAP_IOC_INFO of this open file.
 */

/*
 * mmap(2) of a region's fd takes MAP_SHARED, an offset that is a multiple of the page size, and a
 * length that ends within the region's bytes. Its semantics are those of commit fc9702273e2e
 * ("bpf: Add mmap() support for BPF_MAP_TYPE_ARRAY") and later fixes. Errors are those of
 * mmap(2), among them:
 *	EINVAL		MAP_PRIVATE is given, or the end is beyond the region's bytes
 *	EPERM		PROT_EXEC is given; or PROT_WRITE, and the region is frozen or a freeze with
 *			REVOKE has begun
 *	EBUSY		PROT_WRITE is given, and a freeze is pending
 *	EACCES		PROT_WRITE is given and the fd is read-only; or the fd is write-only
 *	ENOMEM		the system or the caller's memory cgroup is short of memory
 * mprotect(2) to PROT_EXEC gives EACCES, and so does mprotect(2) to PROT_WRITE of a mapping that
 * was made without PROT_WRITE.
 *
 * Pages are mapped when they are touched, many at a time, so mmap takes the same time for each
 * length. With BPFMMAP_F_POPULATE mmap maps all pages before it returns, while there is memory for
 * page tables, and takes a time that grows with the length. MAP_POPULATE has no effect.
 *
 * Nobody can pin the pages: O_DIRECT into the mapping, fixed buffers of io_uring, vmsplice and
 * process_vm_readv or process_vm_writev of the mapping give EFAULT.
 */

#endif /* _UAPI_LINUX_BPFMMAP_H */
