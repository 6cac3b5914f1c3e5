// SPDX-License-Identifier: GPL-2.0-only
/*
 * wait: wait until there is a region with a name, and until it is frozen.
 *
 * The name is checked again after the watch on the directory is set, so a name that appears in
 * between is not missed. Then the command waits for the region that has the name at that time,
 * also if the name goes away.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "commands.h"
#include "deadline.h"
#include "module.h"
#include "output.h"
#include "place.h"
#include "region_arg.h"
#include "state.h"

static int take_timeout(struct args *args, struct deadline *deadline)
{
	*deadline = (struct deadline) {};
	if (!args_peek(args))
		return DONE;
	return deadline_take(args, deadline) ?: args_end(args);
}

/*
 * Wait until an entry appears in the directory. Returns DONE, or FAILED after an error
 * message.
 */
static int wait_for_event(int watch, const struct place *place, const struct deadline *deadline)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct pollfd poll_fd = { .fd = watch, .events = POLLIN };
	int ready = poll(&poll_fd, 1, deadline_left(deadline));

	if (!ready)
		return fail("nothing is published as '%s' after %llu s", place->text,
			    (unsigned long long)deadline->seconds);
	if (ready < 0 || read(watch, events, sizeof(events)) < 0)
		return fail("can't wait for '%s': %s", place->text, strerror(errno));
	return DONE;
}

/* The directory may have been removed and made again. */
static int watch_directory(int watch, const struct place *place)
{
	const __u32 events = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR;

	if (inotify_add_watch(watch, place->directory, events) >= 0) {
		if (module_has_path(place->directory))
			return DONE;
		return fail("%s is not, or no longer, in the file system of regions",
			    place->directory);
	}
	if (errno == ENOENT || errno == ENOTDIR)
		return fail("there is no directory %s; mkdir makes one", place->directory);
	return fail("can't watch the directory %s: %s", place->directory, strerror(errno));
}

static struct bpfmmap_region *open_when_there(int watch, const struct place *place,
					      const struct deadline *deadline)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts, .flags = BPFMMAP_F_RDONLY);
	struct bpfmmap_region *region;
	bool watched = false;

	for (;;) {
		region = bpfmmap_region__open_path(place->path, &opts);
		if (region)
			return region;
		if (errno != ENOENT) {
			region_arg_say_why_not(place->path, opts.flags);
			return NULL;
		}
		/* check once more, as the name may have appeared before the watch was set */
		if (watched && wait_for_event(watch, place, deadline))
			return NULL;
		if (watch_directory(watch, place))
			return NULL;
		watched = true;
	}
}

static struct bpfmmap_region *wait_for_name(const struct place *place,
					    const struct deadline *deadline)
{
	int watch = inotify_init1(IN_CLOEXEC);
	struct bpfmmap_region *region;

	if (watch < 0) {
		fail("can't watch a directory: %s", strerror(errno));
		return NULL;
	}
	region = open_when_there(watch, place, deadline);
	close(watch);
	return region;
}

static int wait_frozen(const struct bpfmmap_region *region, const struct deadline *deadline)
{
	int error = bpfmmap_region__wait_frozen(region, deadline_left(deadline));

	switch (-error) {
	case 0:
		return state_say_json(region);
	case ENOTTY:
		return module_lacks("tell when a region is frozen");
	case ETIMEDOUT:
		return fail("region %u is not frozen after %llu s", bpfmmap_region__id(region),
			    (unsigned long long)deadline->seconds);
	default:
		return fail("can't wait for region %u: %s", bpfmmap_region__id(region),
			    strerror(-error));
	}
}

int do_wait(struct args *args)
{
	struct bpfmmap_region *region;
	struct deadline deadline;
	struct region_arg arg;
	struct place place;
	int status;

	status = region_arg_parse(args, &arg) ?: take_timeout(args, &deadline);
	if (status)
		return status;
	if (arg.by == BY_NAME || (arg.by == BY_PATH && arg.text[0] == '/')) {
		status = place_of(arg.text, &place) ?: place_need(&place);
		if (status)
			return status;
		region = wait_for_name(&place, &deadline);
	} else {
		region = region_arg_open(&arg, BPFMMAP_F_RDONLY);
	}
	if (!region)
		return FAILED;
	status = wait_frozen(region, &deadline);
	bpfmmap_region__close(region);
	return status;
}
