// SPDX-License-Identifier: GPL-2.0-only
/*
 * monitor: print what happens to regions, as it happens.
 *
 * The events are those of the module's tracepoints. They have the id of a region. What they do not
 * have is asked of the region itself, which may have changed by then, or be gone.
 *
 * With a name, the events of each region are shown that has this name when the first of its events
 * is read. A region is created before it has a name, so its creation is kept until it gets it.
 *
 * A process that is killed by SIGKILL leaves its instance of tracefs. After other signals and after
 * errors none is left: signals wait until they are looked for, and exit(3) removes the instance.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "commands.h"
#include "deadline.h"
#include "interrupt.h"
#include "module.h"
#include "output.h"
#include "place.h"
#include "region_arg.h"
#include "resources.h"
#include "state.h"
#include "tracing.h"

#define USEC_PER_S	1000000ULL

static const char * const tracepoints[] = {
	"bpfmmap_create", "bpfmmap_destroy", "bpfmmap_freeze", "bpfmmap_publish",
	"bpfmmap_withdraw",
};

enum kind { CREATED, PUBLISHED, WITHDRAWN, FREEZING, FROZEN, REVOKED, GONE, LOST, REFUSED };

static const char * const words[] = {
	[CREATED] = "created", [PUBLISHED] = "published", [WITHDRAWN] = "withdrawn",
	[FREEZING] = "freezing", [FROZEN] = "frozen", [REVOKED] = "revoked", [GONE] = "gone",
	[LOST] = "lost",
};

struct event {
	enum kind kind;
	__u32 id;
	uint64_t usec;			/* of CLOCK_MONOTONIC */
	__u32 value_size, max_entries;
	unsigned long long bytes;
	unsigned long long count;	/* of REVOKED, and of LOST if it is known */
	const char *scope;		/* of FROZEN; NULL: the region is gone */
	char name[BPFMMAP_PUBLISH_LEN];
};

/* A region while events are shown by name. */
struct known {
	__u32 id;
	bool shown;		/* it has, or had, the name */
	struct event created;	/* to be shown when it gets the name */
};

static struct monitor {
	struct tracing tracing;
	struct interrupt interrupt;
	struct deadline deadline;
	uint64_t count, printed;	/* how many events are to be shown; 0: all */
	__u32 id;			/* the only one that is shown, or 0 */
	const char *path;		/* the only one that is shown, or NULL */
	const char *name;		/* the last part of path */
	const char *own_name;		/* or a region that was created with this name */
	struct known *known;
	size_t known_count;
	bool late;			/* the time is over */
	int write_error;		/* why stdout can't be written, or 0 */
} monitor = { .tracing = { .pipe = -1, .instances = -1 } };

static void end_tracing(void)
{
	tracing_end(&monitor.tracing);
}

/* ---- what an event says ---- */

/* The rest of the text is a name, which may have any bytes. */
static void copy_name(struct event *event, const char *from)
{
	snprintf(event->name, sizeof(event->name), "%s", from);
}

/* Returns false if this is no event that the command knows. */
static bool parse(const struct tracing_record *record, struct event *event)
{
	const char *text = record->event;
	char which[16];
	int error, at = -1;

	*event = (struct event) { .usec = record->usec };
	if (sscanf(text, "bpfmmap_create: id=%u value_size=%u max_entries=%u bytes=%llu name=%n",
		   &event->id, &event->value_size, &event->max_entries, &event->bytes, &at) == 4 &&
	    at > 0) {
		event->kind = CREATED;
		copy_name(event, text + at);
		return true;
	}
	if (sscanf(text, "bpfmmap_destroy: id=%u bytes=%llu", &event->id, &event->bytes) == 2) {
		event->kind = GONE;
		return true;
	}
	if (sscanf(text, "bpfmmap_freeze: id=%u error=%d", &event->id, &error) == 2) {
		event->kind = !error ? FROZEN : error == -EINPROGRESS ? FREEZING : REFUSED;
		return true;
	}
	if (sscanf(text, "bpfmmap_%15[a-z]: id=%u name=%n", which, &event->id, &at) == 2 &&
	    at > 0) {
		event->kind = !strcmp(which, "publish") ? PUBLISHED : WITHDRAWN;
		copy_name(event, text + at);
		return event->kind == PUBLISHED || !strcmp(which, "withdraw");
	}
	return false;
}

/*
 * Ask the region for its state. Returns false if it is gone. It is opened with all rights, as an
 * fd with fewer does not tell its name.
 */
static bool ask(__u32 id, struct state *state)
{
	struct bpfmmap_region *region = bpfmmap_region__open_id(id, NULL);
	bool known;

	if (!region) {
		check_used_up("open a region");
		return false;
	}
	known = !state_of(region, state);
	bpfmmap_region__close(region);
	return known;
}

/* Get for whom it is frozen. Returns how many writers it was revoked from. */
static uint64_t ask_scope(struct event *event)
{
	struct state state;

	if (!ask(event->id, &state))
		return 0;
	event->scope = state_frozen_for(&state);
	return state.info.revoked;
}

/* ---- which events are shown ---- */

static struct known *find_known(__u32 id)
{
	for (size_t i = 0; i < monitor.known_count; i++)
		if (monitor.known[i].id == id)
			return &monitor.known[i];
	return NULL;
}

static struct known *get_known(__u32 id)
{
	struct known *known = find_known(id);

	if (!known) {
		monitor.known = more_memory(monitor.known, monitor.known_count + 1, sizeof(*known));
		known = &monitor.known[monitor.known_count++];
	}
	*known = (struct known) { .id = id, .created.kind = REFUSED };
	return known;
}

static void forget(struct known *known)
{
	*known = monitor.known[--monitor.known_count];
}

/*
 * Whether the region has the name now. If nobody has it any more, it is the region of the event
 * with this file name, unless that region has a name elsewhere.
 */
static bool has_name(const struct event *event)
{
	struct state state;
	struct stat st;

	if (!stat(monitor.path, &st))
		return st.st_ino == event->id && S_ISREG(st.st_mode) &&
		       module_has_path(monitor.path);
	if (event->kind != PUBLISHED && event->kind != WITHDRAWN)
		return false;
	if (strncmp(event->name, monitor.name, BPFMMAP_PUBLISH_LEN - 1))
		return false;
	return !ask(event->id, &state) || !state.info.published[0];
}

/* The regions that are there already. */
static int know_regions(void)
{
	struct states states;
	struct stat st;
	int status;

	if (!monitor.path)
		return DONE;
	if (!stat(monitor.path, &st) && module_has_path(monitor.path))
		get_known(st.st_ino)->shown = true;
	if (!monitor.own_name)
		return DONE;
	status = states_get(&states);
	if (status)
		return status;
	for (size_t i = 0; i < states.count; i++)
		if (!strcmp(states.entries[i].info.name, monitor.own_name))
			get_known(states.entries[i].info.id)->shown = true;
	states_free(&states);
	return DONE;
}

static void show(const struct event *event);

/* Returns true if the event is one of those that are shown, after what it makes known. */
static bool is_wanted(const struct event *event)
{
	struct known *known;

	if (monitor.id)
		return event->id == monitor.id;
	if (!monitor.path)
		return true;
	known = find_known(event->id);
	if (event->kind == CREATED) {
		known = get_known(event->id);
		known->created = *event;
		known->shown = (monitor.own_name && !strcmp(event->name, monitor.own_name)) ||
			       has_name(event);
		return known->shown;
	}
	if (known && known->shown)
		return true;
	if (!has_name(event))
		return false;
	if (!known)
		known = get_known(event->id);
	known->shown = true;
	if (known->created.kind == CREATED)
		show(&known->created);
	return true;
}

/* ---- the lines ---- */

/* ISO 8601, in UTC. */
static void wall_clock(uint64_t usec, char *text, size_t size)
{
	struct timespec real, monotonic;
	uint64_t now;
	char seconds[32];
	time_t time;
	struct tm tm;

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_REALTIME, &real);
	now = real.tv_sec * USEC_PER_S + real.tv_nsec / 1000;
	now -= monotonic.tv_sec * USEC_PER_S + monotonic.tv_nsec / 1000 - usec;
	time = now / USEC_PER_S;
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", gmtime_r(&time, &tm));
	snprintf(text, size, "%s.%06uZ", seconds, (unsigned int)(now % USEC_PER_S));
}

static void print_json(const struct event *event, const char *time)
{
	json_object_begin(NULL);
	json_string("time", time);
	json_string("event", words[event->kind]);
	if (event->kind != LOST)
		json_unsigned("id", event->id);
	switch (event->kind) {
	case CREATED:
		if (event->name[0])
			json_string("name", event->name);
		json_unsigned("bytes_value", event->value_size);
		json_unsigned("max_entries", event->max_entries);
		json_unsigned("bytes_memlock", event->bytes);
		break;
	case PUBLISHED:
	case WITHDRAWN:
		json_string("file_name", event->name);
		break;
	case FROZEN:
		if (event->scope)
			json_string("frozen_for", event->scope);
		break;
	case REVOKED:
		json_unsigned("revoked", event->count);
		break;
	case LOST:
		if (event->count)
			json_unsigned("count", event->count);
		break;
	default:
		break;
	}
	json_object_end();
}

static void print_text(const struct event *event, const char *time)
{
	char name[BPFMMAP_PUBLISH_LEN];

	strcpy(name, event->name);
	make_printable(name);
	if (event->kind != LOST)
		printf("%s region %u %s", time, event->id, words[event->kind]);
	switch (event->kind) {
	case CREATED:
		printf(": value_size %u, max_entries %u%s%s", event->value_size,
		       event->max_entries, name[0] ? ", name " : "", name);
		break;
	case PUBLISHED:
	case WITHDRAWN:
		printf(": %s", name);
		break;
	case FROZEN:
		if (event->scope)
			printf(" for %s", event->scope);
		break;
	case REVOKED:
		printf(" from %llu %s", event->count, event->count == 1 ? "writer" : "writers");
		break;
	case LOST:
		if (event->count)
			printf("%s %llu %s lost", time, event->count,
			       event->count == 1 ? "event was" : "events were");
		else
			printf("%s events were lost", time);
		break;
	default:
		break;
	}
	putchar('\n');
}

static bool is_enough(void)
{
	return monitor.count && monitor.printed >= monitor.count;
}

static void show(const struct event *event)
{
	char time[64];

	if (is_enough() || monitor.write_error)
		return;
	wall_clock(event->usec, time, sizeof(time));
	if (output_is_json())
		print_json(event, time);
	else
		print_text(event, time);
	monitor.printed++;
	if (fflush(stdout))
		monitor.write_error = errno;
}

static void show_all_of(struct event *event)
{
	uint64_t revoked = event->kind == FROZEN ? ask_scope(event) : 0;

	show(event);
	if (!revoked)
		return;
	event->kind = REVOKED;
	event->count = revoked;
	show(event);
}

static void handle(const struct tracing_record *record)
{
	struct event event;
	struct known *known;

	if (record->has_lost)
		show(&(struct event) { .kind = LOST, .usec = record->usec, .count = record->lost });
	if (!parse(record, &event) || event.kind == REFUSED)
		return;
	if (is_wanted(&event))
		show_all_of(&event);
	known = event.kind == GONE ? find_known(event.id) : NULL;
	if (known)
		forget(known);
}

/* ---- the loop ---- */

/* Show the next event. Returns 1; 0: there is none; -errno. */
static int step(struct tracing_record *record)
{
	int got = tracing_read(&monitor.tracing, record);

	if (got > 0)
		handle(record);
	return got;
}

/* Show what has happened until now. What happens meanwhile could go on for ever. */
static int finish(struct tracing_record *record)
{
	struct timespec now;
	uint64_t usec;
	int got;

	clock_gettime(CLOCK_MONOTONIC, &now);
	usec = now.tv_sec * USEC_PER_S + now.tv_nsec / 1000;
	do {
		got = step(record);
	} while (got > 0 && record->usec <= usec && !is_enough() && !monitor.write_error);
	return got < 0 ? got : 0;
}

/* Show events until something ends that. Returns 0 or -errno of the tracing. */
static int follow(void)
{
	struct pollfd fds[] = {
		{ .fd = monitor.tracing.pipe, .events = POLLIN },
		{ .fd = monitor.interrupt.fd, .events = POLLIN },
		/* a reader that goes away is an error, which needs no request */
		{ .fd = STDOUT_FILENO },
	};
	struct tracing_record record;

	while (!is_enough() && !monitor.write_error) {
		int left = deadline_left(&monitor.deadline), got;
		int ready = poll(fds, ARRAY_SIZE(fds), left);

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0)
			return -errno;
		if (!left || fds[1].revents) {
			monitor.late = !fds[1].revents;
			return finish(&record);
		}
		if (fds[2].revents) {
			monitor.write_error = fds[2].revents & POLLNVAL ? EBADF : EPIPE;
			break;
		}
		got = step(&record);
		if (got < 0)
			return got;
	}
	return 0;
}

/* Say why the output can't be written, unless the end of the command finds out itself. */
static int output_failed(bool by_signal)
{
	/* a reader that has enough ends other commands by this signal */
	if (monitor.write_error == EPIPE && by_signal)
		raise(SIGPIPE);
	if (!ferror(stdout))
		fail("can't write the output: %s", strerror(monitor.write_error));
	errno = monitor.write_error;
	return FAILED;
}

static int run(void)
{
	sighandler_t on_pipe = signal(SIGPIPE, SIG_IGN);
	int error = follow();

	end_tracing();
	signal(SIGPIPE, on_pipe);
	if (error)
		return fail("can't read the events: %s", strerror(-error));
	if (monitor.write_error)
		return output_failed(on_pipe == SIG_DFL);
	if (monitor.late && monitor.count && !is_enough())
		return fail("%llu of %llu events came within %llu s",
			    (unsigned long long)monitor.printed,
			    (unsigned long long)monitor.count,
			    (unsigned long long)monitor.deadline.seconds);
	return DONE;
}

/* ---- the words ---- */

static int take_count(struct args *args)
{
	const char *word = args_peek(args);

	if (args_take(args, "--count"))
		return args_number(args, "count", 1, UINT32_MAX, &monitor.count);
	args_next(args);
	if (number_of(word + strlen("--count="), UINT32_MAX, &monitor.count) && monitor.count)
		return DONE;
	return usage_error("'%s' is not a valid count; give a number from 1 to %u",
			   word + strlen("--count="), UINT32_MAX);
}

static int take_options(struct args *args)
{
	const char *word;
	int status = DONE;

	while (!status && (word = args_peek(args))) {
		if (!strcmp(word, "--count") || !strncmp(word, "--count=", 8))
			status = take_count(args);
		else if (!strcmp(word, "--timeout") || !strncmp(word, "--timeout=", 10))
			status = deadline_take(args, &monitor.deadline);
		else
			return args_end(args);
	}
	return status;
}

/* Nothing needs to have the name yet. */
static int take_region(struct args *args, struct place *place)
{
	struct region_arg arg;
	int status;

	if (!args_peek(args) || !strncmp(args_peek(args), "--", 2))
		return DONE;
	status = region_arg_parse(args, &arg);
	if (status)
		return status;
	if (arg.id) {
		monitor.id = arg.id;
		return DONE;
	}
	if (arg.by == BY_PATH && arg.text[0] != '/') {
		monitor.path = arg.text;
		monitor.name = strrchr(arg.text, '/') ? strrchr(arg.text, '/') + 1 : arg.text;
		return DONE;
	}
	status = place_of(arg.text, place);
	if (status)
		return status;
	monitor.path = place->path;
	monitor.name = place->name;
	if (arg.by == BY_NAME)
		monitor.own_name = arg.text;
	return DONE;
}

int do_monitor(struct args *args)
{
	struct place place;
	int device, status;

	status = take_region(args, &place) ?: take_options(args) ?: module_need_device();
	if (status)
		return status;
	status = interrupt_begin(&monitor.interrupt);
	if (status)
		return status;
	atexit(end_tracing);
	status = tracing_begin(&monitor.tracing, "bpfmmap", tracepoints, ARRAY_SIZE(tracepoints));
	if (status)
		return status;
	/* the module can't be unloaded while it is open, and then its events would end unnoticed */
	device = open(BPFMMAP_DEVICE, O_RDONLY | O_CLOEXEC);
	status = device < 0 ? fail("can't open " BPFMMAP_DEVICE ": %s", strerror(errno)) :
			      know_regions() ?: run();
	if (device >= 0)
		close(device);
	free(monitor.known);
	return status;
}
