// SPDX-License-Identifier: GPL-2.0-only
/*
 * create, publish, withdraw: regions and their names.
 *
 * What nobody has open or mapped, and nobody has published, is gone. So a region
 * that this tool creates has to be published before the tool ends.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "names.h"
#include "output.h"
#include "region_arg.h"
#include "state.h"

/* mode, owner or group, if one of them comes next; 0 if none does, -1 when that is wrong. */
static int take_publish_opt(struct args *args, struct bpfmmap_publish_opts *opts, int *status)
{
	__u32 flag;

	if (args_take(args, "mode")) {
		flag = BPFMMAP_PUBLISH_MODE;
		*status = args_mode(args, &opts->mode);
	} else if (args_take(args, "owner")) {
		flag = BPFMMAP_PUBLISH_UID;
		*status = args_user(args, &opts->uid);
	} else if (args_take(args, "group")) {
		flag = BPFMMAP_PUBLISH_GID;
		*status = args_group(args, &opts->gid);
	} else {
		return 0;
	}
	if (!*status && opts->flags & flag)
		*status = usage_error("mode, owner and group may be given once each");
	opts->flags |= flag;
	return *status ? -1 : 1;
}

static int publish_error(const struct bpfmmap_region *region, const char *name, int error)
{
	__u32 id = bpfmmap_region__id(region);
	struct state state;

	switch (error) {
	case EEXIST:
		return fail("the name '%s' is taken; take another one, or withdraw that", name);
	case EALREADY:
		if (state_of(region, &state))
			break;
		return fail("region %u is published already, as '%s'; withdraw that first", id,
			    state.info.published);
	case EINVAL:
	case ENAMETOOLONG:
		return fail("'%s' can't be published; "
			    "a name has up to %d of A-Z a-z 0-9 _ . - and begins with none of . -",
			    name, BPFMMAP_PUBLISH_LEN - 1);
	case EPERM:
		return fail("only root can give the device to other users; "
			    "you can give it to a group that you are in");
	case ENOSPC:
		return fail("as many regions as may be are published; "
			    "root can raise /sys/module/bpfmmap/parameters/max_published");
	}
	return fail("can't publish region %u as '%s': %s", id, name, strerror(error));
}

/* What it is now; JSON only. */
static int say_region(const struct bpfmmap_region *region)
{
	struct state state;
	int error = state_of(region, &state);

	if (error)
		return fail("can't ask the region how it stands: %s", strerror(-error));
	output_json(state_json(&state));
	return DONE;
}

int do_publish(struct args *args)
{
	BPFMMAP_OPTS(bpfmmap_publish_opts, opts);
	struct bpfmmap_region *region;
	struct region_arg arg;
	const char *name;
	int status, error;

	status = region_arg_parse(args, &arg);
	status = status ?: args_string(args, "a name to publish under", &name);
	if (status)
		return status;
	while (take_publish_opt(args, &opts, &status) > 0)
		;
	status = status ?: args_end(args);
	if (status)
		return status;
	region = region_arg_open(&arg, 0);
	if (!region)
		return FAILED;
	error = bpfmmap_region__publish(region, name, &opts);
	status = error ? publish_error(region, name, -error) : say_region(region);
	bpfmmap_region__close(region);
	return status;
}

int do_withdraw(struct args *args)
{
	const char *name;
	int status, error;

	status = args_string(args, "the name of a published region", &name) ?: args_end(args);
	status = status ?: module_is_there();
	if (status)
		return status;
	error = bpfmmap_withdraw(name);
	switch (-error) {
	case 0:
		output_json(NULL);
		return DONE;
	case ENOENT:
	case ENAMETOOLONG:
		return fail("nothing is published as '%s'; bpfmmap list shows what is", name);
	case EPERM:
		return fail("'%s' is not yours; "
			    "who published it can withdraw it, its owner, and root",
			    name);
	case EACCES:
		return fail("you may not open " BPFMMAP_DEVICE "; its group may: bpfmmap doctor");
	default:
		return fail("can't withdraw '%s': %s", name, strerror(-error));
	}
}

struct create {
	const char *published, *name;
	uint64_t value_size, max_entries;
	struct bpfmmap_create_opts opts;
	struct bpfmmap_publish_opts publish;
};

static int take_create(struct args *args, struct create *create)
{
	uint64_t number;
	int status;

	*create = (struct create) {
		.opts.sz = sizeof(create->opts),
		.publish.sz = sizeof(create->publish),
	};
	status = args_string(args, "a name", &create->published);
	if (status)
		return status;
	if (!strcmp(create->published, "value_size") || !strcmp(create->published, "max_entries"))
		return usage_error("create lacks a name, and an unpublished region would be gone; "
				   "bpfmmap create NAME value_size N max_entries N");
	while (!status && args_peek(args)) {
		if (args_take(args, "value_size")) {
			status = args_number(args, "value_size", 1, INT_MAX, &create->value_size);
		} else if (args_take(args, "max_entries")) {
			status = args_number(args, "max_entries", 1, UINT32_MAX,
					     &create->max_entries);
		} else if (args_take(args, "name")) {
			status = args_string(args, "a name", &create->name);
		} else if (args_take(args, "numa_node")) {
			status = args_number(args, "numa_node", 0, INT_MAX, &number);
			create->opts.flags |= BPFMMAP_F_NUMA_NODE;
			create->opts.numa_node = number;
		} else if (args_take(args, "populate")) {
			create->opts.flags |= BPFMMAP_F_POPULATE;
		} else if (!take_publish_opt(args, &create->publish, &status)) {
			status = args_end(args);
		}
	}
	if (status)
		return status;
	if (!create->value_size || !create->max_entries)
		return usage_error("create lacks %s; "
				   "bpfmmap create NAME value_size N max_entries N",
				   create->value_size ? "max_entries" : "value_size");
	return DONE;
}

static int create_error(const struct create *create, int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return fail("you may not open " BPFMMAP_DEVICE "; its group may: bpfmmap doctor");
	case E2BIG:
		return fail("%llu values of %llu bytes are more than a region may have; "
			    "bpfmmap stat shows the limit",
			    (unsigned long long)create->max_entries,
			    (unsigned long long)create->value_size);
	case ENOSPC:
		return fail("that is more than all regions together may have; "
			    "bpfmmap stat shows the limits");
	case ENOMEM:
		return fail("there is not enough memory for %llu values of %llu bytes; "
			    "bpfmmap stat shows how much there is",
			    (unsigned long long)create->max_entries,
			    (unsigned long long)create->value_size);
	case ENAMETOOLONG:
	case EINVAL:
		if (create->name)
			return fail("can't create that; a name has up to %d of A-Z a-z 0-9 _ .; "
				    "a numa_node is one that is online",
				    BPFMMAP_NAME_LEN - 1);
		return fail("can't create that; a numa_node is one that is online");
	default:
		return fail("can't create a region: %s", strerror(error));
	}
}

int do_create(struct args *args)
{
	struct bpfmmap_region *region;
	struct create create;
	int status, error;

	status = take_create(args, &create) ?: module_is_there();
	if (status)
		return status;
	region = bpfmmap_region__create(create.name, create.value_size, create.max_entries,
					&create.opts);
	if (!region)
		return create_error(&create, errno);
	error = bpfmmap_region__publish(region, create.published, &create.publish);
	status = error ? publish_error(region, create.published, -error) : say_region(region);
	if (!status && !output_is_json())
		printf("%s/%s\n", BPFMMAP_PUBLISH_DIR, create.published);
	bpfmmap_region__close(region);
	return status;
}
