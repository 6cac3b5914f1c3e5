// SPDX-License-Identifier: GPL-2.0-only
/* show: one region, all that there is to say. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "names.h"
#include "output.h"
#include "region_arg.h"
#include "state.h"

/*
 * Who may not open a published region is told what sysfs has. That the name is one
 * is for sysfs to say: a slash would lead elsewhere.
 */
static bool state_without_opening(const struct region_arg *arg, struct state *state)
{
	char path[sizeof(BPFMMAP_PUBLISH_DIR) + BPFMMAP_PUBLISH_LEN];

	if (arg->by != BY_NAME || strchr(arg->text, '/') ||
	    strlen(arg->text) >= BPFMMAP_PUBLISH_LEN)
		return false;
	snprintf(path, sizeof(path), BPFMMAP_PUBLISH_DIR "/%s", arg->text);
	return access(path, R_OK) && errno == EACCES && !state_from_sysfs(arg->text, state);
}

static void print(const struct state *state)
{
	const struct bpfmmap_info *info = &state->info;
	char path[sizeof(BPFMMAP_PUBLISH_DIR) + BPFMMAP_PUBLISH_LEN], text[64];
	struct stat st;

	printf("id           %u\n", info->id);
	if (info->name[0])
		printf("name         %s\n", info->name);
	if (info->published[0]) {
		snprintf(path, sizeof(path), BPFMMAP_PUBLISH_DIR "/%s", info->published);
		printf("published    %s", path);
		if (!stat(path, &st))
			printf("  %s", owner_and_mode(&st, text, sizeof(text)));
		putchar('\n');
	}
	printf("value_size   %u\n", info->value_size);
	printf("max_entries  %u\n", info->max_entries);
	printf("bytes        %llu\n", (unsigned long long)info->bytes);
	if (info->numa_node >= 0)
		printf("numa_node    %d\n", info->numa_node);
	if (info->huge_runs)
		printf("huge_runs    %llu\n", (unsigned long long)info->huge_runs);
	printf("mappings     %llu\n", (unsigned long long)info->mappings);
	printf("writers      %llu\n", (unsigned long long)info->writers);
	printf("state        %s\n", state_word(state));
	if (!state->from_sysfs)
		printf("creator      %s\n", user_name(info->creator_uid, text, sizeof(text)));
}

int do_show(struct args *args)
{
	struct bpfmmap_region *region;
	struct region_arg arg;
	struct state state;
	int status, error;

	/* bpftool's habit: without a region, all of them */
	if (!args_peek(args))
		return do_list(args);
	status = region_arg_parse(args, &arg) ?: args_end(args);
	if (status)
		return status;
	if (!state_without_opening(&arg, &state)) {
		region = region_arg_open(&arg, BPFMMAP_F_RDONLY);
		if (!region)
			return FAILED;
		error = state_of(region, &state);
		bpfmmap_region__close(region);
		if (error)
			return fail("can't ask the region how it stands: %s", strerror(-error));
	}
	if (output_is_json())
		output_json(state_json(&state));
	else
		print(&state);
	return DONE;
}
