// SPDX-License-Identifier: GPL-2.0-only
/*
 * freeze: at once, when idle, with a wait, with revoke, or for processes alone; and the cancel of a
 * pending freeze.
 *
 * A pending freeze ends with the open file that asked for it. --wait relies on that, so that
 * ctrl-C cancels the freeze. --when-idle has to outlive this process, so it asks the module to
 * keep the freeze.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "holders.h"
#include "module.h"
#include "output.h"
#include "region_arg.h"
#include "state.h"

#define WAYS	"--when-idle, --wait[=SECONDS], --cancel, --revoke or --processes"

enum how { NOW, WHEN_IDLE, WAIT, CANCEL, REVOKE, PROCESSES };

static int take_how(struct args *args, enum how *how, int *timeout_ms)
{
	const char *word = args_next(args);
	uint64_t seconds;

	*how = NOW;
	*timeout_ms = -1;
	if (!word)
		return DONE;
	if (!strcmp(word, "--when-idle")) {
		*how = WHEN_IDLE;
	} else if (!strcmp(word, "--cancel") || !strcmp(word, "cancel")) {
		*how = CANCEL;
	} else if (!strcmp(word, "--revoke")) {
		*how = REVOKE;
	} else if (!strcmp(word, "--processes")) {
		*how = PROCESSES;
	} else if (!strcmp(word, "--wait")) {
		*how = WAIT;
	} else if (!strncmp(word, "--wait=", 7)) {
		*how = WAIT;
		if (!number_of(word + 7, INT_MAX / 1000, &seconds))
			return usage_error("'%s' is not a valid time; "
					   "give a number of seconds up to %d",
					   word + 7, INT_MAX / 1000);
		*timeout_ms = seconds * 1000;
	} else {
		return usage_error("freeze does not take '%s'; it takes " WAYS, word);
	}
	return args_end(args);
}

static void list_json(const void *holders)
{
	holders_list_json(holders);
}

/* Print the error and the holders that cause it. */
static int still_held(const struct bpfmmap_region *region, const char *still)
{
	struct holders holders;

	if (holders_find(region, &holders))
		return FAILED;
	fail_with(list_json, &holders,
		  "region %u%s has writers; freeze --wait waits for them, --revoke does not",
		  bpfmmap_region__id(region), still);
	if (!output_is_json())
		holders_print(stderr, &holders);
	holders_free(&holders);
	return FAILED;
}

static int freeze_error(const struct bpfmmap_region *region, enum how how, int error)
{
	__u32 id = bpfmmap_region__id(region);
	struct state state;

	switch (error) {
	case EBUSY:
		return still_held(region, "");
	case ETIMEDOUT:
		return still_held(region, " still");
	case ENOENT:
		return fail("region %u has no pending freeze that you may cancel; "
			    "bpfmmap show shows its state", id);
	case EPERM:
		if (state_of(region, &state))
			break;
		if (state.info.frozen)
			return fail("region %u is frozen already; there is no way back", id);
		if (state.info.frozen_for)
			return fail("region %u is frozen for processes already; "
				    "there is no way back", id);
		break;
	case EACCES:
		return fail("you have no right to freeze region %u; "
			    "that requires permission to write to it",
			    id);
	case EINVAL:
	case ENOTTY:
		if (how != NOW)
			return module_lacks(how == REVOKE ? "revoke" :
					    how == PROCESSES ? "freeze for processes alone" :
					    "freeze later");
		break;
	}
	return fail("can't %s region %u: %s", how == CANCEL ? "take back the freeze of" : "freeze",
		    id, strerror(error));
}

/*
 * Print the writable mappings that the freeze took away: those that existed just before it. A
 * mapping that was made in between, or that can't be seen from here, is only in the module's
 * count.
 */
static int say_revoked(const struct bpfmmap_region *region, struct holders *holders)
{
	struct state state;
	int error;

	holders_keep_writable_mappings(holders);
	error = state_of(region, &state);
	if (error)
		return fail("can't get the state of the region: %s", strerror(-error));
	holders->unseen = state.info.revoked > holders->count ?
			  state.info.revoked - holders->count : 0;
	if (output_is_json()) {
		json_object_begin(NULL);
		state_members_json(&state);
		holders_json("revoked_from", holders);
		json_object_end();
	} else if (holders->count || holders->unseen) {
		printf("Region %u is frozen. Touching these mappings raises SIGBUS from now on:\n",
		       state.info.id);
		holders_print(stdout, holders);
	}
	return DONE;
}

static int revoke(const struct bpfmmap_region *region)
{
	struct holders holders;
	int status, error;

	status = holders_find(region, &holders);
	if (status)
		return status;
	error = bpfmmap_region__freeze_revoke(region);
	status = error ? freeze_error(region, REVOKE, -error) : say_revoked(region, &holders);
	holders_free(&holders);
	return status;
}

/* Print the state: all of it as JSON; for a person, only a freeze that is still pending. */
static int say_state(const struct bpfmmap_region *region)
{
	struct state state;
	int error = state_of(region, &state);

	if (error)
		return fail("can't get the state of the region: %s", strerror(-error));
	if (output_is_json())
		state_json(&state);
	else if (state.info.freeze_pending)
		printf("region %u freezes when its writers are gone; "
		       "now there %s %llu\n",
		       state.info.id, state.info.writers == 1 ? "is" : "are",
		       (unsigned long long)state.info.writers);
	return DONE;
}

static int freeze_by(const struct bpfmmap_region *region, enum how how, int timeout_ms)
{
	BPFMMAP_OPTS(bpfmmap_freeze_opts, processes, .processes = true);
	BPFMMAP_OPTS(bpfmmap_freeze_opts, keep, .keep = true);
	int error = 0;

	switch (how) {
	case NOW:
		error = bpfmmap_region__freeze(region);
		break;
	case WHEN_IDLE:
		error = bpfmmap_region__freeze_when_idle(region, &keep);
		if (error == -EINPROGRESS)
			error = 0;
		break;
	case WAIT:
		error = bpfmmap_region__freeze_wait(region, timeout_ms);
		break;
	case CANCEL:
		error = bpfmmap_region__freeze_cancel(region);
		break;
	case REVOKE:
		return revoke(region);
	case PROCESSES:
		error = bpfmmap_region__freeze_with(region, &processes);
		break;
	}
	return error ? freeze_error(region, how, -error) : say_state(region);
}

int do_freeze(struct args *args)
{
	struct bpfmmap_region *region;
	struct region_arg arg;
	int status, timeout_ms;
	enum how how;

	status = region_arg_parse(args, &arg) ?: take_how(args, &how, &timeout_ms);
	if (status)
		return status;
	region = region_arg_open(&arg, 0);
	if (!region)
		return FAILED;
	status = freeze_by(region, how, timeout_ms);
	bpfmmap_region__close(region);
	return status;
}
