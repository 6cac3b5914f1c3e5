/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * libbpfmmap - mmap-able, freezable arrays for programs in C and C++
 *
 * A region is an array of elements in memory that processes map, share and freeze; see
 * <linux/bpfmmap.h>. A struct bpfmmap_region is a handle of a region: one file descriptor (fd),
 * and the properties of the region that never change. The region itself lives as long as a
 * process has it open or mapped, or as long as it has a name.
 *
 * Errors: a function that returns an int returns 0 or a positive number after success, and
 * -errno after an error; it sets errno, too. A function that returns a pointer returns NULL after
 * an error, and sets errno. The comments below name the errors. <linux/bpfmmap.h> explains
 * those of each request, and bpfmmap(3) those of each function. Each function that talks to
 * the module can also give:
 *	ENOMEM		the system or the caller's memory cgroup is short of memory
 *	ENOTTY		the module is too old to know the request
 *	EFAULT		an address that the caller passed can't be accessed
 *
 * Options are passed in structs that start with their size, so that they can grow:
 *
 *	BPFMMAP_OPTS(bpfmmap_create_opts, opts, .numa_node = 1, .flags = BPFMMAP_F_NUMA_NODE);
 *	region = bpfmmap_region__create("table", 8, 1000, &opts);
 *
 * NULL in place of the struct stands for the defaults. EINVAL: an option is set that this version
 * of the library does not know, or reserved is not zero.
 *
 * C++ programs may prefer <bpfmmap.hpp>, whose objects release what they hold.
 *
 * Several threads may use one struct bpfmmap_region at the same time. No thread may use it after
 * bpfmmap_region__close() has been called. All sizes and offsets are in bytes.
 */
#ifndef BPFMMAP_H
#define BPFMMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/bpfmmap.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef BPFMMAP_API
#define BPFMMAP_API __attribute__((visibility("default")))
#endif

struct bpfmmap_region;

/*
 * Two functions have the name of a struct of <linux/bpfmmap.h>. C tells them apart by the word
 * struct. In C++ a function hides a struct of its name, so there these functions are macros for
 * other names of the same symbols, and `bpfmmap_version v{}` declares a struct.
 */
#ifdef __cplusplus
#define BPFMMAP_SYMBOL(NAME)	__asm__(#NAME)
#define bpfmmap_version(VERSION)		bpfmmap_cxx_version(VERSION)
#define bpfmmap_next_id(START_ID, NEXT_ID)	bpfmmap_cxx_next_id(START_ID, NEXT_ID)
#endif

/*
 * Declare a variable NAME of struct TYPE. Its size is set, and so are the fields that are given;
 * all others are zero. In C++ the fields have to be in the order of the struct. The pragmas
 * silence warnings of C++ compilers about this form of initializer.
 */
#ifndef __cplusplus
#define BPFMMAP_OPTS(TYPE, NAME, ...)					\
	struct TYPE NAME = { .sz = sizeof(struct TYPE), __VA_ARGS__ }
#else
#ifdef __clang__
#define BPFMMAP_ALLOW_DESIGNATORS					\
	_Pragma("clang diagnostic ignored \"-Wc++20-designator\"")
#else
#define BPFMMAP_ALLOW_DESIGNATORS
#endif
#define BPFMMAP_OPTS(TYPE, NAME, ...)					\
	struct TYPE NAME = __extension__ ({				\
		_Pragma("GCC diagnostic push")				\
		_Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"") \
		BPFMMAP_ALLOW_DESIGNATORS				\
		struct TYPE opts_ = { .sz = sizeof(struct TYPE), __VA_ARGS__ }; \
		_Pragma("GCC diagnostic pop")				\
		opts_;							\
	})
#endif

/* The version of the library that is loaded, for instance "0.3.0". It can't fail. */
BPFMMAP_API const char *bpfmmap_version_string(void);

/*
 * Return version and features of the module. The caller sets version->size to the size of the
 * struct, and its other fields to zero. Errors: ENOENT: the module is not loaded; EACCES: the
 * caller may not open /dev/bpfmmap; EMFILE, ENFILE; EINVAL, E2BIG: version->size is not a
 * valid struct size.
 */
#ifndef __cplusplus
BPFMMAP_API int bpfmmap_version(struct bpfmmap_version *version);
#else
BPFMMAP_API int bpfmmap_cxx_version(struct bpfmmap_version *version)
	BPFMMAP_SYMBOL(bpfmmap_version);
#endif

/*
 * Create, open, close
 */

struct bpfmmap_create_opts {
	size_t sz;
	__u32 flags;		/* BPFMMAP_F_* of create; default 0 */
	__u32 numa_node;	/* a node that is online; used with BPFMMAP_F_NUMA_NODE only */
};

/*
 * Create a region of max_entries (1 to U32_MAX) elements of value_size (1 to INT_MAX) bytes. All
 * bytes are zero. name is NULL or a label of up to 15 characters, which need not be unique.
 * Errors: those of BPFMMAP_IOC_CREATE; EINVAL: name consists of digits alone; ENAMETOOLONG:
 * name is longer; ENOENT: the module is not loaded; EACCES: the caller may not open
 * /dev/bpfmmap.
 */
BPFMMAP_API struct bpfmmap_region *
bpfmmap_region__create(const char *name, __u32 value_size, __u32 max_entries,
		       const struct bpfmmap_create_opts *opts);

struct bpfmmap_open_opts {
	size_t sz;
	__u32 flags;		/* BPFMMAP_F_RDONLY or WRONLY, and NOFREEZE; default 0: none */
	__u32 reserved;
};

/*
 * Open a region by its id. Requires CAP_SYS_ADMIN in the initial user namespace. Errors: those of
 * BPFMMAP_IOC_OPEN; ENOENT: the module is not loaded; EACCES: the caller may not open
 * /dev/bpfmmap.
 */
BPFMMAP_API struct bpfmmap_region *
bpfmmap_region__open_id(__u32 id, const struct bpfmmap_open_opts *opts);

/*
 * Open a region by its name, or by its path (DIRECTORY/NAME) from /sys/fs/bpfmmap. Errors: those
 * of bpfmmap_region__open_path(); ENAMETOOLONG: name has more than 63 characters; EINVAL: name
 * is empty, or a part of it is empty or starts with a dot.
 */
BPFMMAP_API struct bpfmmap_region *
bpfmmap_region__open_name(const char *name, const struct bpfmmap_open_opts *opts);

/*
 * Open a region by the path of its file. Errors: those of open(2); ENOTTY: the file is not a
 * region; EINVAL: a flag is unknown, or RDONLY is given with WRONLY.
 */
BPFMMAP_API struct bpfmmap_region *
bpfmmap_region__open_path(const char *path, const struct bpfmmap_open_opts *opts);

/*
 * Make a handle of an fd. After success the handle owns fd and closes it; after an error fd still
 * belongs to the caller. Errors: ENOTTY: fd is not of a region; EBADF: fd is not open, or was
 * opened with O_PATH.
 */
BPFMMAP_API struct bpfmmap_region *bpfmmap_region__from_fd(int fd);

/*
 * Return another handle of the region, with fewer rights. flags is BPFMMAP_F_RDONLY or WRONLY, and
 * NOFREEZE: what the new handle can't do. Errors: those of BPFMMAP_IOC_RESTRICT.
 */
BPFMMAP_API struct bpfmmap_region *
bpfmmap_region__restrict(const struct bpfmmap_region *region, __u32 flags);

struct bpfmmap_restrict_opts {
	size_t sz;
	__u32 flags;		/* BPFMMAP_F_RDONLY or WRONLY, and NOFREEZE; default 0: none */
	__u32 reserved;
};

/* The same by a struct of options. With NULL the new handle has the rights of region. */
BPFMMAP_API struct bpfmmap_region *
bpfmmap_region__restrict_with(const struct bpfmmap_region *region,
			      const struct bpfmmap_restrict_opts *opts);

/*
 * Send the region through a Unix socket, stream or not: a message of one byte with the fd. The
 * receiver gets the rights of this handle; bpfmmap_region__restrict() makes one with fewer. The
 * handle stays open. Errors: those of sendmsg(2); EPIPE: the other side has closed the socket,
 * and no signal comes.
 */
BPFMMAP_API int bpfmmap_region__send(const struct bpfmmap_region *region, int sock);

/*
 * Receive a region that was sent so, from a process that need not be trusted: it waits for one
 * message (of a stream: for one byte), and closes every fd that it does not return. The fd is
 * closed on exec. Errors: those of recvmsg(2); ENOMSG: the message has no fd; EMSGSIZE: it has more
 * than one; ENOTTY: its fd is not of a region; EBADF: it was opened with O_PATH; ECONNRESET: the
 * other side has closed the socket, or has sent an empty message; EMFILE: this process can't have
 * another fd, or a security module refuses it.
 */
BPFMMAP_API struct bpfmmap_region *bpfmmap_region__receive(int sock);

/* Close a handle. Mappings stay. region may be NULL. errno is kept. */
BPFMMAP_API void bpfmmap_region__close(struct bpfmmap_region *region);

/*
 * Properties and state
 *
 * The functions of this first group can't fail. The fd and the name belong to the handle.
 */

BPFMMAP_API int bpfmmap_region__fd(const struct bpfmmap_region *region);
BPFMMAP_API __u32 bpfmmap_region__id(const struct bpfmmap_region *region);
BPFMMAP_API const char *bpfmmap_region__name(const struct bpfmmap_region *region);
BPFMMAP_API __u32 bpfmmap_region__value_size(const struct bpfmmap_region *region);
BPFMMAP_API __u32 bpfmmap_region__max_entries(const struct bpfmmap_region *region);
BPFMMAP_API __u64 bpfmmap_region__bytes(const struct bpfmmap_region *region);
/* Bytes from the start of one element to that of the next: value_size rounded up to 8. */
BPFMMAP_API __u64 bpfmmap_region__stride(const struct bpfmmap_region *region);

/*
 * Return properties and state of the region. The caller sets info->size to the size of the
 * struct; fields that an earlier module does not know are zero. Errors: EINVAL, E2BIG:
 * info->size is not a valid struct size.
 */
BPFMMAP_API int bpfmmap_region__info(const struct bpfmmap_region *region,
				     struct bpfmmap_info *info);

/*
 * List the mappings of the region, oldest first. *count is the number of entries that entries has
 * room for. After success it is the number of entries that exist, which may be larger; after an
 * error it is unchanged. Errors: those of BPFMMAP_IOC_MAPPINGS.
 */
BPFMMAP_API int bpfmmap_region__mappings(const struct bpfmmap_region *region,
					 struct bpfmmap_mapping_entry *entries, __u32 *count);

/*
 * Return the smallest id in use that is larger than start_id (0 to INT_MAX - 1). Requires
 * CAP_SYS_ADMIN in the initial user namespace. Errors: those of BPFMMAP_IOC_NEXT_ID; ENOENT:
 * there is no such id, or the module is not loaded; EACCES: the caller may not open /dev/bpfmmap.
 * After an error *next_id is unchanged.
 */
#ifndef __cplusplus
BPFMMAP_API int bpfmmap_next_id(__u32 start_id, __u32 *next_id);
#else
BPFMMAP_API int bpfmmap_cxx_next_id(__u32 start_id, __u32 *next_id)
	BPFMMAP_SYMBOL(bpfmmap_next_id);
#endif

/*
 * Call fn for each name of a region, in the order of strcmp(3) within a directory. The name of a
 * region in a directory is its path (DIRECTORY/NAME) from /sys/fs/bpfmmap. If fn returns a value
 * other than 0 the walk ends and returns that value. Names that start with a dot, names that
 * the caller may not see, and paths of more than 78 characters are skipped. Errors: those of
 * opendir(3) for the root directory; ENOMEM, EMFILE, ENFILE: a directory can't be read for lack of
 * memory or fds. If the file system is not mounted there is no error.
 */
BPFMMAP_API int bpfmmap_each_published(int (*fn)(const char *name, void *arg), void *arg);

/*
 * Mappings
 */

/* A mapping of the caller. Both fields are zero if there is none. */
struct bpfmmap_map {
	void *data;
	size_t bytes;
};

struct bpfmmap_map_opts {
	size_t sz;
	__u64 offset;		/* in bytes of the region, a multiple of the page size; default 0 */
	__u64 bytes;		/* length; default 0: up to the end of the region */
	void *at;		/* the address (MAP_FIXED); default NULL: the kernel chooses one */
	bool writable;		/* default false: read-only */
	bool noreplace;		/* nothing may be mapped at that address (MAP_FIXED_NOREPLACE) */
	__u8 reserved[6];
};

/*
 * Map the region, or a part of it. Errors: those of mmap(2) on a region in <linux/bpfmmap.h>;
 * EINVAL: the part is not within the region, or noreplace is set and at is not; EEXIST: noreplace
 * is set, and something is mapped there. After an error map is zero.
 */
BPFMMAP_API int bpfmmap_region__map(const struct bpfmmap_region *region, struct bpfmmap_map *map,
				    const struct bpfmmap_map_opts *opts);

/*
 * Unmap a mapping, and set map to zero. A map that is zero already is accepted. A mapping may
 * outlive its handle; region is not used and may be NULL. Errors: those of munmap(2).
 */
BPFMMAP_API int bpfmmap_region__unmap(const struct bpfmmap_region *region, struct bpfmmap_map *map);

/*
 * Return the address of element index in a mapping of the region that starts at offset 0. The
 * region knows how far apart elements are. Use the first function for a mapping that is read-only,
 * and the second one for a mapping that was made writable; to store by the address gives SIGSEGV
 * otherwise. ENOENT: the region has no such element, or not all of it is mapped.
 */
BPFMMAP_API const void *bpfmmap_region__at(const struct bpfmmap_region *region,
					   const struct bpfmmap_map *map, __u32 index);
BPFMMAP_API void *bpfmmap_region__at_writable(const struct bpfmmap_region *region,
					      const struct bpfmmap_map *map, __u32 index);

/*
 * The same without a check and without a call, for loops: the elements have value_size bytes, which
 * must be that of the region. (The address is not const, also if the mapping is read-only.)
 */
static inline void *bpfmmap_map__at(const struct bpfmmap_map *map, __u32 value_size, __u32 index)
{
	return (char *)map->data + (size_t)index * (((size_t)value_size + 7) & ~(size_t)7);
}

/*
 * Elements
 */

/*
 * Copy element index to value, or from value, which has value_size bytes. flags is BPFMMAP_ANY,
 * BPFMMAP_NOEXIST or BPFMMAP_EXIST. Errors: those of BPFMMAP_IOC_LOOKUP and BPFMMAP_IOC_UPDATE.
 */
BPFMMAP_API int bpfmmap_region__lookup(const struct bpfmmap_region *region, __u32 index,
				       void *value);
BPFMMAP_API int bpfmmap_region__update(const struct bpfmmap_region *region, __u32 index,
				       const void *value, __u64 flags);

/*
 * Copy *count elements, from element index on, to values or from values, where they lie without
 * gaps. The module sets *count to the number of elements done, also after an error. Errors:
 * those of BPFMMAP_IOC_LOOKUP_BATCH and BPFMMAP_IOC_UPDATE_BATCH.
 */
BPFMMAP_API int bpfmmap_region__lookup_batch(const struct bpfmmap_region *region, __u32 index,
					     __u32 *count, void *values);
BPFMMAP_API int bpfmmap_region__update_batch(const struct bpfmmap_region *region, __u32 index,
					     __u32 *count, const void *values);

/*
 * Freeze
 *
 * A writer is a writable mapping, or an update or write(2) in flight. A pending freeze waits for
 * the last writer. The errors of these functions are those of BPFMMAP_IOC_FREEZE.
 */

/* Freeze now, unless the region has a writer. Errors: EBUSY: it has one; EPERM. */
BPFMMAP_API int bpfmmap_region__freeze(const struct bpfmmap_region *region);

/*
 * Freeze now, also if the region has writers (BPFMMAP_FREEZE_REVOKE). The writable mappings of all
 * processes lose their pages, and to touch such a mapping gives SIGBUS. Errors: EPERM; EBUSY;
 * EINTR; EINVAL: the module has interface version 3 or lower.
 */
BPFMMAP_API int bpfmmap_region__freeze_revoke(const struct bpfmmap_region *region);

struct bpfmmap_freeze_opts {
	size_t sz;
	bool keep;		/* freeze_when_idle: the pending freeze survives close */
	bool frozen_ok;		/* 0 instead of EPERM if the region is frozen already */
	bool processes;		/* for processes only: BPF programs and modules go on writing */
	bool revoke;		/* freeze_with: now, also if the region has writers */
	__u8 reserved[4];
};

/*
 * Freeze now, in the way that opts say. With frozen_ok two parties can each make sure that the
 * region is frozen: 0 says that it is (with processes: at least for processes), no matter who has
 * done it, also to a caller who may not freeze. Errors: as above; EINVAL: keep is set, or the
 * module does not know the way.
 */
BPFMMAP_API int bpfmmap_region__freeze_with(const struct bpfmmap_region *region,
					    const struct bpfmmap_freeze_opts *opts);

/*
 * Freeze when the last writer has left. Returns 0 if the region has no writer and is frozen now.
 * Errors: EINPROGRESS: the freeze is pending; EPERM; with keep ENOSPC; EINVAL: revoke is set.
 */
BPFMMAP_API int bpfmmap_region__freeze_when_idle(const struct bpfmmap_region *region,
						 const struct bpfmmap_freeze_opts *opts);

/*
 * Take back the pending freeze of this handle, and the one that the same user has made with keep
 * (with CAP_SYS_ADMIN in the initial user namespace: those of all users). Errors: ENOENT: no such
 * pending freeze exists; EPERM.
 */
BPFMMAP_API int bpfmmap_region__freeze_cancel(const struct bpfmmap_region *region);

/*
 * Freeze when the last writer has left, and wait for it: for timeout_ms milliseconds at most, or
 * without a limit if timeout_ms is negative. The wait has a pending freeze of its own, which is
 * taken back after an error. Errors: ETIMEDOUT; EINTR: a signal handler has run; EPERM; EMFILE,
 * ENFILE; EBADF.
 */
BPFMMAP_API int bpfmmap_region__freeze_wait(const struct bpfmmap_region *region, int timeout_ms);

/*
 * The same with options: frozen_ok as for bpfmmap_region__freeze_with(), and processes. Errors: as
 * above; EINVAL: keep or revoke is set, or the module does not know it.
 */
BPFMMAP_API int bpfmmap_region__freeze_wait_with(const struct bpfmmap_region *region,
						 int timeout_ms,
						 const struct bpfmmap_freeze_opts *opts);

/*
 * Wait until the region is frozen, for timeout_ms milliseconds at most, or without a limit if
 * timeout_ms is negative. It does not freeze the region. Errors: ETIMEDOUT; EINTR: a signal
 * handler has run; ENOTTY: the module has interface version 1, which does not notify.
 */
BPFMMAP_API int bpfmmap_region__wait_frozen(const struct bpfmmap_region *region, int timeout_ms);

/*
 * BPF programs
 */

/*
 * The handle by which BPF programs reach the region (bpfmmap.bpf.h), as BPFMMAP_IOC_HANDLE. It may
 * go where a program reads it: bpfmmap_region__handle(region, &skeleton->rodata->region).
 * EOPNOTSUPP: it was not created for programs, or not for those that read; EPERM: the fd is
 * write-only; ENOTTY: the module is of version 4 or before.
 */
BPFMMAP_API int bpfmmap_region__handle(const struct bpfmmap_region *region, __u64 *handle);

/*
 * Names
 */

struct bpfmmap_publish_opts {
	size_t sz;
	__u32 flags;		/* BPFMMAP_PUBLISH_*: the fields that are given; default 0 */
	uid_t uid;		/* owner of the file; default: the caller */
	gid_t gid;		/* group of the file; default: the caller's */
	mode_t mode;		/* permissions of the file, 0 to 0666; default 0600 */
	int directory;		/* an fd of the directory for the name; default 0: the root */
};

/*
 * Give the region its first name, of 1 to 63 characters. Errors: those of BPFMMAP_IOC_PUBLISH;
 * ENAMETOOLONG: name is longer; EINVAL: name consists of digits alone, which bpfmmap(8) takes
 * for an id.
 */
BPFMMAP_API int bpfmmap_region__publish(const struct bpfmmap_region *region, const char *name,
					const struct bpfmmap_publish_opts *opts);

/*
 * Remove a name, which may be in a directory (DIRECTORY/NAME). Errors: those of unlink(2); EINVAL,
 * ENAMETOOLONG: as bpfmmap_region__open_name().
 */
BPFMMAP_API int bpfmmap_withdraw(const char *name);

#ifdef __cplusplus
}
#endif

#endif /* BPFMMAP_H */
