/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * libbpfmmap: what its files share
 *
 * Inside the library an error is a negative number on its way up; errno is set in one
 * place, by failed() or failed_null(), when it leaves.
 */
#ifndef BPFMMAP_INTERNAL_H
#define BPFMMAP_INTERNAL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpfmmap.h>

struct bpfmmap_region {
	int fd;
	__u32 id;
	__u32 value_size;
	__u32 max_entries;
	__u64 bytes;
	char name[BPFMMAP_NAME_LEN];
};

/* -errno as the caller of the library gets it: in errno too. */
int failed(int err);
void *failed_null(int err);

/* ioctl(), returning -errno. */
int request(int fd, unsigned long cmd, void *args);

/* The same of /dev/bpfmmap, which is open for as long as that takes. */
int control_request(unsigned long cmd, void *args);

/* A second fd of the region behind fd, with less rights (flags). */
int restricted_fd(int fd, __u32 flags);

/*
 * Copy name into a field of size bytes that is zero, its NUL included: 0 or -ENAMETOOLONG.
 */
int take_name(char *to, size_t size, const char *name);

/* Digits alone: the command takes such for an id, so no region is to be called that. */
bool is_number(const char *name);

/*
 * The path of a region by its name: 0, -ENAMETOOLONG, or -EINVAL if it leads elsewhere.
 */
#define NAME_PATH_MAX	(sizeof(BPFMMAP_PUBLISH_DIR) + BPFMMAP_PUBLISH_LEN)
int name_path(char path[NAME_PATH_MAX], const char *name);

/*
 * Copy the caller's options, from, into the len bytes of a struct that mean something to
 * this library, to: what the caller's does not have yet is zero. 0, or -EINVAL if it has
 * something set that is not known here, a field reserved at the end included.
 */
int take_opts(void *to, size_t len, const void *from);

#endif /* BPFMMAP_INTERNAL_H */
