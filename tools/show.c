// SPDX-License-Identifier: GPL-2.0-only
/* show: all attributes of one region. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "names.h"
#include "output.h"
#include "region_arg.h"
#include "state.h"

/* A caller who may not open the region gets what the attributes of its file say. */
static bool state_without_opening(const struct region_arg *arg, struct state *state)
{
	char path[PATH_MAX];

	return region_arg_path(arg, path, sizeof(path)) && access(path, R_OK) &&
	       errno == EACCES && !state_of_file(path, state);
}

static void print_name(const char *name, bool first)
{
	char path[PATH_MAX], text[PATH_MAX];
	struct stat st;
	bool known;

	snprintf(path, sizeof(path), BPFMMAP_PUBLISH_DIR "/%s", name);
	known = !stat(path, &st);
	make_printable(path);
	printf("%-12s %s", first ? "published" : "", path);
	if (known)
		printf("  %s", owner_and_mode(&st, text, sizeof(text)));
	putchar('\n');
}

/* What BPF programs may do, that have the handle; NULL: nothing. */
static const char *programs_can(__u32 flags)
{
	if (flags & BPFMMAP_F_PROG)
		return "read and write";
	if (flags & BPFMMAP_F_RDONLY_PROG)
		return "read";
	return flags & BPFMMAP_F_WRONLY_PROG ? "write" : NULL;
}

static void print(const struct state *state)
{
	const struct bpfmmap_info *info = &state->info;
	char text[64];

	printf("id           %u\n", info->id);
	if (info->name[0])
		printf("name         %s\n", info->name);
	if (!state->names_count && info->published[0])
		print_name(info->published, true);
	for (size_t i = 0; i < state->names_count; i++)
		print_name(state->names[i], !i);
	if (!state->unopened) {
		printf("value_size   %u\n", info->value_size);
		printf("max_entries  %u\n", info->max_entries);
	}
	printf("bytes        %llu\n", (unsigned long long)info->bytes);
	printf("size         %llu\n", (unsigned long long)state->size);
	if (info->numa_node >= 0)
		printf("numa_node    %d\n", info->numa_node);
	if (info->huge_runs)
		printf("huge_runs    %llu\n", (unsigned long long)info->huge_runs);
	if (!state->unopened) {
		printf("mappings     %llu\n", (unsigned long long)info->mappings);
		printf("writers      %llu\n", (unsigned long long)info->writers);
	}
	if (info->revoked)
		printf("revoked      %llu\n", (unsigned long long)info->revoked);
	if (programs_can(info->flags))
		printf("programs     %s\n", programs_can(info->flags));
	printf("state        %s\n", state_word(state));
	if (!state->unopened)
		printf("creator      %s\n", user_name(info->creator_uid, text, sizeof(text)));
	else
		puts("Only those who may read the region see the rest.");
}

static int open_and_ask(const struct region_arg *arg, struct state *state)
{
	struct bpfmmap_region *region = region_arg_open(arg, BPFMMAP_F_RDONLY);
	int error;

	if (!region)
		return FAILED;
	error = state_of(region, state);
	bpfmmap_region__close(region);
	return error ? fail("can't get the state of the region: %s", strerror(-error)) : DONE;
}

int do_show(struct args *args)
{
	struct region_arg arg;
	struct state state;
	int status;

	/* as with bpftool: without a region, all regions */
	if (!args_peek(args))
		return do_list(args);
	status = region_arg_parse(args, &arg) ?: args_end(args);
	if (!status && !state_without_opening(&arg, &state))
		status = open_and_ask(&arg, &state);
	if (status)
		return status;
	status = state_find_names(&state);
	if (!status && output_is_json())
		state_json(&state);
	else if (!status)
		print(&state);
	state_free(&state);
	return status;
}
