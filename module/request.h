/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_REQUEST_H
#define _BPFMMAP_REQUEST_H

#include <linux/build_bug.h>
#include <linux/types.h>
#include <uapi/linux/bpfmmap.h>

struct file;

union bpfmmap_request_args {
	struct bpfmmap_version version;
	struct bpfmmap_create create;
	struct bpfmmap_next_id next_id;
	struct bpfmmap_open open;
	struct bpfmmap_info info;
	struct bpfmmap_freeze freeze;
	struct bpfmmap_element element;
	struct bpfmmap_batch batch;
	struct bpfmmap_publish publish;
	struct bpfmmap_restrict restricted;
	struct bpfmmap_mappings mappings;
	struct bpfmmap_handle_args handle;
};

/* The function of a request. It returns the result of the ioctl. */
typedef int (*bpfmmap_request_fn)(struct file *file, union bpfmmap_request_args *args);

struct bpfmmap_request {
	unsigned int cmd;
	unsigned int min_size;	/* bytes of the struct's first version */
	unsigned int size;	/* bytes of its newest version */
	bool out;		/* the struct is copied back to the user, also after an error */
	bpfmmap_request_fn fn;
};

/* A line of a table. Compilation fails if the struct does not fit the number or the union. */
#define BPFMMAP_REQUEST(CMD, TYPE, FN, ...) {					\
	.cmd = BPFMMAP_IOC_##CMD,						\
	.min_size = BPFMMAP_##TYPE##_SIZE_V1,					\
	.size = _IOC_SIZE(BPFMMAP_IOC_##CMD) +					\
		BUILD_BUG_ON_ZERO(_IOC_TYPE(BPFMMAP_IOC_##CMD) != BPFMMAP_IOC_TYPE) + \
		BUILD_BUG_ON_ZERO(_IOC_SIZE(BPFMMAP_IOC_##CMD) < BPFMMAP_##TYPE##_SIZE_V1) + \
		BUILD_BUG_ON_ZERO(_IOC_SIZE(BPFMMAP_IOC_##CMD) >		\
				  sizeof(union bpfmmap_request_args)),		\
	.fn = (FN),								\
	__VA_ARGS__								\
}

long bpfmmap_request_do(struct file *file, const struct bpfmmap_request *table, size_t nr,
			unsigned int cmd, void __user *uargs);

#endif /* _BPFMMAP_REQUEST_H */
