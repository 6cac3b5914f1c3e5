/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BPFMMAP_REQUEST_H
#define _BPFMMAP_REQUEST_H

#include <linux/types.h>
#include <uapi/linux/bpfmmap.h>

struct file;

union request_args {
	struct bpfmmap_version version;
	struct bpfmmap_create create;
	struct bpfmmap_next_id next_id;
	struct bpfmmap_open open;
	struct bpfmmap_withdraw withdraw;
	struct bpfmmap_info info;
	struct bpfmmap_freeze freeze;
	struct bpfmmap_element element;
	struct bpfmmap_batch batch;
	struct bpfmmap_publish publish;
	struct bpfmmap_restrict restricted;
	struct bpfmmap_mappings mappings;
};

/* Returns what the ioctl is to return. */
typedef int (*request_fn)(struct file *file, union request_args *args);

struct request {
	unsigned int cmd;
	unsigned int min_size;	/* of the struct's first version */
	unsigned int size;	/* of its newest */
	bool out;		/* args go back to the user, also after an error */
	request_fn fn;
};

long request_do(struct file *file, const struct request *request, size_t nr,
		unsigned int cmd, void __user *uargs);

#endif /* _BPFMMAP_REQUEST_H */
