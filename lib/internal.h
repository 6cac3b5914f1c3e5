/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * libbpfmmap: functions that its files share
 *
 * Functions of this header return an error as -errno. A function of the interface passes it to
 * failed() or failed_null(), which set errno.
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

/* Set errno from -errno, and return what the library's caller gets. */
int failed(int err);
void *failed_null(int err);

/* ioctl() that returns -errno after an error. */
int request(int fd, unsigned long cmd, void *args);

/* A request of /dev/bpfmmap, which is opened and closed for it. Returns as request(). */
int control_request(unsigned long cmd, void *args);

/* A new fd of the region of fd, without the rights in flags. Returns the fd or -errno. */
int restricted_fd(int fd, __u32 flags);

/* Make a handle of fd, and close fd after an error. A negative fd is -errno, and passed on. */
struct bpfmmap_region *adopt_own(int fd);

/* Copy name to a field of size bytes, which are zero. Returns 0 or -ENAMETOOLONG. */
int take_name(char *to, size_t size, const char *name);

/* Returns true if name consists of digits alone. Such a name is refused: bpfmmap(8) reads an id. */
bool is_number(const char *name);

/*
 * Make the path of the region that has this name. Returns 0; -ENAMETOOLONG; -EINVAL: a part of
 * the name is empty or starts with a dot.
 */
#define NAME_PATH_MAX	(sizeof(BPFMMAP_PUBLISH_DIR) + BPFMMAP_PUBLISH_LEN)
int name_path(char path[NAME_PATH_MAX], const char *name);

/*
 * Copy the caller's options (from, or NULL) to the first len bytes of a struct (to). len ends
 * before a field reserved. Fields that the caller's struct lacks become zero. Returns 0; -EINVAL:
 * the caller's struct has a byte behind len that is not zero, or its size is too small.
 */
int take_opts(void *to, size_t len, const void *from);

#endif /* BPFMMAP_INTERNAL_H */
