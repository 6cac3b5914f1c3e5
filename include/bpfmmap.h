/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * libbpfmmap - mmap-able, freezable arrays for programs in C and C++
 *
 * A struct bpfmmap_region is one file descriptor of a region with what never changes
 * about it. Create one or open one that exists; map it, or look elements up and
 * update them; freeze it; close it. The region itself lives as long as anybody has
 * it open or mapped, or as long as it has a name.
 *
 * Functions that return an int return 0, or a number that is meant, or -errno, and
 * set errno too. Functions that return a pointer return NULL and set errno. What
 * an error means is said with each request in <linux/bpfmmap.h>, and in bpfmmap(3).
 *
 * Options come in structs that start with their size, so that they can grow:
 *
 *	BPFMMAP_OPTS(bpfmmap_create_opts, opts, .numa_node = 1, .flags = BPFMMAP_F_NUMA_NODE);
 *	region = bpfmmap_region__create("table", 8, 1000, &opts);
 *
 * NULL in their place stands for the defaults. An option that is set and that the
 * library does not know gives EINVAL, and so does reserved if it is not zero.
 *
 * Any number of threads may use one struct bpfmmap_region at a time, but none once
 * bpfmmap_region__close() is called.
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
 * Declare a variable NAME of struct TYPE with its size set and the rest zero but for
 * what follows; in C++ in the order of the struct. What C++ compilers say to that form
 * of initializer is silenced there.
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

/* "0.3.0": the version of the library that runs. */
BPFMMAP_API const char *bpfmmap_version_string(void);

/* What the module can do; version->size must be set. Errors: ENOENT: it is not loaded. */
BPFMMAP_API int bpfmmap_version(struct bpfmmap_version *version);

/*
 * Create, open, close
 */

struct bpfmmap_create_opts {
	size_t sz;
	__u32 flags;		/* BPFMMAP_F_* of create */
	__u32 numa_node;	/* with BPFMMAP_F_NUMA_NODE */
};

/*
 * A new region of zeros. name: up to 15 characters, not digits alone (EINVAL), or NULL. Errors:
 * as BPFMMAP_IOC_CREATE, ENAMETOOLONG, and those of opening /dev/bpfmmap: ENOENT, EACCES.
 */
BPFMMAP_API struct bpfmmap_region *
bpfmmap_region__create(const char *name, __u32 value_size, __u32 max_entries,
		       const struct bpfmmap_create_opts *opts);

struct bpfmmap_open_opts {
	size_t sz;
	__u32 flags;		/* BPFMMAP_F_RDONLY or BPFMMAP_F_WRONLY, BPFMMAP_F_NOFREEZE */
	__u32 reserved;
};

/* By id, as BPFMMAP_IOC_OPEN: takes CAP_SYS_ADMIN. */
BPFMMAP_API struct bpfmmap_region *
bpfmmap_region__open_id(__u32 id, const struct bpfmmap_open_opts *opts);

/*
 * By its name, or the path from the root of the file system. Errors: of open(2); ENAMETOOLONG;
 * EINVAL.
 */
BPFMMAP_API struct bpfmmap_region *
bpfmmap_region__open_name(const char *name, const struct bpfmmap_open_opts *opts);

/* By any path. Errors: of open(2); ENOTTY: that is no region. */
BPFMMAP_API struct bpfmmap_region *
bpfmmap_region__open_path(const char *path, const struct bpfmmap_open_opts *opts);

/*
 * From an fd, which the region owns from then on; after an error it is still the caller's.
 * Errors: ENOTTY: that is no region; EBADF.
 */
BPFMMAP_API struct bpfmmap_region *bpfmmap_region__from_fd(int fd);

/* Another handle of it that can do less: flags as BPFMMAP_IOC_RESTRICT has them. */
BPFMMAP_API struct bpfmmap_region *
bpfmmap_region__restrict(const struct bpfmmap_region *region, __u32 flags);

/* Its mappings stay. NULL is fine. */
BPFMMAP_API void bpfmmap_region__close(struct bpfmmap_region *region);

/*
 * What it is
 */

BPFMMAP_API int bpfmmap_region__fd(const struct bpfmmap_region *region);
BPFMMAP_API __u32 bpfmmap_region__id(const struct bpfmmap_region *region);
BPFMMAP_API const char *bpfmmap_region__name(const struct bpfmmap_region *region);
BPFMMAP_API __u32 bpfmmap_region__value_size(const struct bpfmmap_region *region);
BPFMMAP_API __u32 bpfmmap_region__max_entries(const struct bpfmmap_region *region);
BPFMMAP_API __u64 bpfmmap_region__bytes(const struct bpfmmap_region *region);
/* Bytes from one element to the next: value_size rounded up to 8. */
BPFMMAP_API __u64 bpfmmap_region__stride(const struct bpfmmap_region *region);

/* How it stands now; info->size must be set. What an earlier module does not know is zero. */
BPFMMAP_API int bpfmmap_region__info(const struct bpfmmap_region *region,
				     struct bpfmmap_info *info);

/* The mappings that there are, oldest first. *count: room in entries, then how many there are. */
BPFMMAP_API int bpfmmap_region__mappings(const struct bpfmmap_region *region,
					 struct bpfmmap_mapping_entry *entries, __u32 *count);

/* The smallest id above start_id, as BPFMMAP_IOC_NEXT_ID; ENOENT: there is none. */
BPFMMAP_API int bpfmmap_next_id(__u32 start_id, __u32 *next_id);

/*
 * Call fn for each name in order, those in directories as paths from the root of the file system;
 * stops and returns what it returns if not 0.
 */
BPFMMAP_API int bpfmmap_each_published(int (*fn)(const char *name, void *arg), void *arg);

/*
 * Mappings
 */

/* A mapping in hand. */
struct bpfmmap_map {
	void *data;
	size_t bytes;
};

struct bpfmmap_map_opts {
	size_t sz;
	__u64 offset;		/* in bytes, a multiple of the page size */
	__u64 bytes;		/* 0: up to the end */
	void *at;		/* NULL, or where to put it (MAP_FIXED) */
	bool writable;		/* or else read-only */
	__u8 reserved[7];
};

/* Map it, all and read-only by default. Errors: of mmap(2), as <linux/bpfmmap.h> has them. */
BPFMMAP_API int bpfmmap_region__map(const struct bpfmmap_region *region, struct bpfmmap_map *map,
				    const struct bpfmmap_map_opts *opts);

/*
 * Take it away; map is empty then. An empty one is fine. A mapping outlives the handle
 * that made it: region may be NULL.
 */
BPFMMAP_API int bpfmmap_region__unmap(const struct bpfmmap_region *region, struct bpfmmap_map *map);

/* Where element index is in a mapping of the whole region; index is not checked. */
static inline void *bpfmmap_map__at(const struct bpfmmap_map *map, __u32 value_size, __u32 index)
{
	return (char *)map->data + (size_t)index * (((size_t)value_size + 7) & ~(size_t)7);
}

/*
 * Elements
 */

/* value: value_size bytes. Errors: as BPFMMAP_IOC_LOOKUP and UPDATE. */
BPFMMAP_API int bpfmmap_region__lookup(const struct bpfmmap_region *region, __u32 index,
				       void *value);
BPFMMAP_API int bpfmmap_region__update(const struct bpfmmap_region *region, __u32 index,
				       const void *value, __u64 flags);

/* *count elements from index on, one behind the other in values; then how many are done. */
BPFMMAP_API int bpfmmap_region__lookup_batch(const struct bpfmmap_region *region, __u32 index,
					     __u32 *count, void *values);
BPFMMAP_API int bpfmmap_region__update_batch(const struct bpfmmap_region *region, __u32 index,
					     __u32 *count, const void *values);

/*
 * Freeze
 */

/* Now or not: EBUSY with a writer. */
BPFMMAP_API int bpfmmap_region__freeze(const struct bpfmmap_region *region);

/*
 * Now, whoever writes: writable mappings of all processes lose their pages, and touching them
 * gives SIGBUS. As BPFMMAP_IOC_FREEZE with REVOKE. EINVAL: the module is of version 3 or before.
 */
BPFMMAP_API int bpfmmap_region__freeze_revoke(const struct bpfmmap_region *region);

/*
 * Any way that BPFMMAP_IOC_FREEZE has, by its flags: with BPFMMAP_FREEZE_PROCESSES it is frozen for
 * processes only, and BPF programs go on writing. EINVAL: the module does not know it.
 */
BPFMMAP_API int bpfmmap_region__freeze_with(const struct bpfmmap_region *region, __u32 flags);

struct bpfmmap_freeze_opts {
	size_t sz;
	bool keep;		/* the request stays when the region is closed */
	__u8 reserved[7];
};

/* As soon as the last writer has left: 0 if that was now, or -EINPROGRESS. */
BPFMMAP_API int bpfmmap_region__freeze_when_idle(const struct bpfmmap_region *region,
						 const struct bpfmmap_freeze_opts *opts);

/* Take that request back, and those that the same user has made with keep. */
BPFMMAP_API int bpfmmap_region__freeze_cancel(const struct bpfmmap_region *region);

/*
 * The same, and wait for it: up to timeout_ms, or for ever (-1). What it asked for is taken
 * back when it returns an error. ETIMEDOUT; EINTR: a signal handler has run; EPERM, EBADF.
 */
BPFMMAP_API int bpfmmap_region__freeze_wait(const struct bpfmmap_region *region, int timeout_ms);

/*
 * Wait until somebody has frozen it. ETIMEDOUT; EINTR; ENOTTY: the module is of version 1,
 * which can't tell.
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
	__u32 flags;		/* BPFMMAP_PUBLISH_*: which of these are given */
	uid_t uid;
	gid_t gid;
	mode_t mode;
	int directory;		/* an fd of the directory for the name; 0: the root */
};

/*
 * As BPFMMAP_IOC_PUBLISH. name: up to 63 characters (ENAMETOOLONG), and not digits alone, which
 * are an id to bpfmmap(8) (EINVAL).
 */
BPFMMAP_API int bpfmmap_region__publish(const struct bpfmmap_region *region, const char *name,
					const struct bpfmmap_publish_opts *opts);

/* Take the name away, as unlink(2) does. Errors: of that; EINVAL, ENAMETOOLONG. */
BPFMMAP_API int bpfmmap_withdraw(const char *name);

#ifdef __cplusplus
}
#endif

#endif /* BPFMMAP_H */
