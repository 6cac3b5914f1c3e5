// SPDX-License-Identifier: GPL-2.0-only
/* lookup and update: one element. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "element.h"
#include "output.h"
#include "region_arg.h"
#include "state.h"
#include "value.h"

int element_error(const struct bpfmmap_region *region, __u32 index, int error)
{
	__u32 id = bpfmmap_region__id(region), count = bpfmmap_region__max_entries(region);
	struct state state;

	switch (error) {
	case ENOENT:
	case E2BIG:
	case ENOSPC:
		return fail("region %u has no element %u; its last is %u", id, index, count - 1);
	case EPERM:
		if (state_of(region, &state))
			break;
		if (state.info.frozen)
			return fail("region %u is frozen; nobody can change it any more", id);
		if (state.info.frozen_for)
			return fail("region %u is frozen for processes; "
				    "no process can change it any more", id);
		break;
	case EBUSY:
		return fail("a freeze of region %u is pending; freeze --cancel takes it back", id);
	}
	return fail("element %u of region %u: %s", index, id, strerror(error));
}

/* Take REGION and INDEX, which lookup and update have in common. */
static int take_element(struct args *args, __u32 flags, struct bpfmmap_region **region,
			__u32 *index, void **value)
{
	struct region_arg arg;
	__u32 value_size;
	uint64_t number;
	int status;

	status = region_arg_parse(args, &arg) ?: args_number(args, "index", 0, UINT32_MAX, &number);
	if (status)
		return status;
	*region = region_arg_open(&arg, flags);
	if (!*region)
		return FAILED;
	*index = number;
	value_size = bpfmmap_region__value_size(*region);
	*value = malloc(value_size);
	if (*value)
		return DONE;
	bpfmmap_region__close(*region);
	return fail("no memory for a value of %u bytes", value_size);
}

int do_lookup(struct args *args)
{
	const struct value_type *type = value_hex;
	struct bpfmmap_region *region;
	void *value;
	__u32 index, value_size;
	int status, error;

	status = take_element(args, BPFMMAP_F_RDONLY, &region, &index, &value);
	if (status)
		return status;
	value_size = bpfmmap_region__value_size(region);
	if (args_peek(args) && value_type(args_peek(args)))
		type = value_type(args_next(args));
	status = args_end(args) ?: value_type_fits(type, value_size);
	if (!status) {
		error = bpfmmap_region__lookup(region, index, value);
		if (error)
			status = element_error(region, index, -error);
		else if (output_is_json())
			value_json(index, value, value_size, type);
		else
			value_print(stdout, 1, index, value, value_size, type);
	}
	free(value);
	bpfmmap_region__close(region);
	return status;
}

int do_update(struct args *args)
{
	struct bpfmmap_region *region;
	void *value;
	__u32 index;
	int status, error;

	status = take_element(args, BPFMMAP_F_WRONLY, &region, &index, &value);
	if (status)
		return status;
	status = args_value(args, value, bpfmmap_region__value_size(region));
	if (!status) {
		error = bpfmmap_region__update(region, index, value, BPFMMAP_ANY);
		if (error)
			status = element_error(region, index, -error);
		else
			output_nothing();
	}
	free(value);
	bpfmmap_region__close(region);
	return status;
}
