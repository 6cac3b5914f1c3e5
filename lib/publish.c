// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* libbpfmmap: the ids and the names that regions are found by. */
#include "internal.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

int bpfmmap_next_id(__u32 start_id, __u32 *next_id)
{
	struct bpfmmap_next_id args = { .size = sizeof(args), .start_id = start_id };
	int err;

	err = control_request(BPFMMAP_IOC_NEXT_ID, &args);
	if (!err)
		*next_id = args.next_id;
	return failed(err);
}

int bpfmmap_region__publish(const struct bpfmmap_region *region, const char *name,
			    const struct bpfmmap_publish_opts *opts)
{
	struct bpfmmap_publish args = { .size = sizeof(args) };
	struct bpfmmap_publish_opts known;
	int err;

	err = take_opts(&known, sizeof(known), opts);
	if (!err)
		err = take_name(args.name, sizeof(args.name), name);
	if (err)
		return failed(err);
	args.flags = known.flags;
	args.uid = known.uid;
	args.gid = known.gid;
	args.mode = known.mode;
	return failed(request(region->fd, BPFMMAP_IOC_PUBLISH, &args));
}

int bpfmmap_withdraw(const char *name)
{
	struct bpfmmap_withdraw args = { .size = sizeof(args) };
	int err;

	err = take_name(args.name, sizeof(args.name), name);
	return failed(err ? err : control_request(BPFMMAP_IOC_WITHDRAW, &args));
}

static int is_region(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && (entry->d_type == DT_CHR || entry->d_type == DT_UNKNOWN);
}

/* By bytes, so that the order is the same in every locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int bpfmmap_each_published(int (*fn)(const char *name, void *arg), void *arg)
{
	struct dirent **entries;
	int count, i, ret = 0;

	count = scandir(BPFMMAP_PUBLISH_DIR, &entries, is_region, by_name);
	/* the directory comes with the first name and goes with the last */
	if (count < 0)
		return errno == ENOENT ? 0 : -errno;
	for (i = 0; i < count; i++) {
		if (!ret)
			ret = fn(entries[i]->d_name, arg);
		free(entries[i]);
	}
	free(entries);
	return ret;
}
