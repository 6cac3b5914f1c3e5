// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of tracepoints, from trace_pipe of an instance of tracefs: see
 * Documentation/trace/ftrace.rst.
 *
 * An event is text, which can hold the name of a file, and such a name can have a new line and
 * what looks like another event. So the text does not tell where an event ends. The reads do: if a
 * read of one byte begins an event, the next read gives the rest of it, and no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "array.h"
#include "output.h"
#include "place.h"
#include "resources.h"
#include "tracing.h"

#define TRACEFS		"/sys/kernel/tracing"
#define IN_DEBUGFS	"/sys/kernel/debug/tracing"
#define PREFIX		"bpfmmap-"

/* What a write to each file sets. Others may have changed what a new instance begins with. */
static const struct setting {
	const char *file, *value;
	bool optional;	/* some kernels do not have it */
} settings[] = {
	/* for each CPU; some thousand events */
	{ "buffer_size_kb", "256", false },
	/* wake a reader for each event */
	{ "buffer_percent", "0", true },
	{ "trace_clock", "mono", false },
	{ "trace_options", "context-info", false },
	{ "trace_options", "overwrite", false },
	{ "trace_options", "noraw", true },
	{ "trace_options", "nohex", true },
	{ "trace_options", "nobin", true },
	{ "trace_options", "nofields", true },
	{ "trace_options", "noverbose", true },
	{ "trace_options", "nostacktrace", true },
	{ "trace_options", "nouserstacktrace", true },
	{ "tracing_on", "1", false },
};

/* Print why this can't be done, from errno. */
static int refused(const char *what, const char *path)
{
	static const char only_root[] =
		"only root can monitor regions; the kernel shows its tracepoints to no one else";
	const int error = errno;

	if (error != EPERM && error != EACCES)
		return fail("can't %s %s: %s", what, path, strerror(error));
	if (geteuid())
		return fail("%s", only_root);
	return fail("can't %s %s: %s; most containers and locked-down kernels allow no tracing",
		    what, path, strerror(error));
}

static bool is_tracefs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == TRACEFS_MAGIC;
}

/* Find tracefs; root mounts it if it is missing. */
static int find_tracefs(const char **path)
{
	*path = TRACEFS;
	if (is_tracefs(TRACEFS))
		return DONE;
	if (is_tracefs(IN_DEBUGFS)) {
		*path = IN_DEBUGFS;
		return DONE;
	}
	if (access(TRACEFS, F_OK))
		return fail("there is no " TRACEFS "; this kernel has no tracepoints");
	if (mount("tracefs", TRACEFS, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return refused("mount tracefs at", TRACEFS);
	fprintf(stderr, "Mounted tracefs at " TRACEFS ".\n");
	return DONE;
}

/* Whether the process with this id is a command of ours, which may use its instance. */
static bool is_ours(const char *pid)
{
	char path[64], command[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = open_file(path);
	if (!file)
		return false;
	if (!fgets(command, sizeof(command), file))
		command[0] = 0;
	fclose(file);
	return !strcmp(command, "bpfmmap\n");
}

/*
 * Remove the instances of processes that are gone. The kernel does not remove one whose trace_pipe
 * is open, so it does not matter if the process can't be seen from here.
 */
static void reclaim(const char *directory, int instances)
{
	DIR *dir = open_directory(directory);
	const struct dirent *entry;
	const char *pid;

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			continue;
		pid = entry->d_name + strlen(PREFIX);
		if (all_digits(pid) && (strtol(pid, NULL, 10) == getpid() || !is_ours(pid)))
			unlinkat(instances, entry->d_name, AT_REMOVEDIR);
	}
	if (dir)
		closedir(dir);
}

/* Write to a file of the instance. Returns 0 or -errno. */
static int put(const struct tracing *tracing, const char *file, const char *value)
{
	char path[128];
	int fd, error = 0;

	snprintf(path, sizeof(path), "%s/%s", tracing->name, file);
	fd = openat(tracing->instances, path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		error = -errno;
	close(fd);
	return error;
}

static int set_up(const struct tracing *tracing)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		int error = put(tracing, settings[i].file, settings[i].value);

		if (!error || (settings[i].optional && (error == -ENOENT || error == -EINVAL)))
			continue;
		errno = -error;
		return refused("set up", settings[i].file);
	}
	return DONE;
}

static int enable_events(const struct tracing *tracing, const char *group,
			 const char * const *events, size_t count)
{
	char file[96];

	for (size_t i = 0; i < count; i++) {
		int error;

		snprintf(file, sizeof(file), "events/%s/%s/enable", group, events[i]);
		error = put(tracing, file, "1");
		if (error == -ENOENT)
			return fail("this kernel does not show the tracepoint %s of the module",
				    events[i]);
		if (!error)
			continue;
		errno = -error;
		return refused("enable", events[i]);
	}
	return DONE;
}

static int open_pipe(struct tracing *tracing)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/trace_pipe", tracing->name);
	tracing->pipe = openat(tracing->instances, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return tracing->pipe < 0 ? refused("open", "trace_pipe") : DONE;
}

int tracing_begin(struct tracing *tracing, const char *group, const char * const *events,
		  size_t count)
{
	const char *tracefs;
	char directory[64];
	int status;

	*tracing = (struct tracing) { .pipe = -1, .instances = -1 };
	status = find_tracefs(&tracefs);
	if (status)
		return status;
	snprintf(directory, sizeof(directory), "%s/instances", tracefs);
	tracing->instances = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (tracing->instances < 0)
		return refused("open", directory);
	reclaim(directory, tracing->instances);
	snprintf(tracing->name, sizeof(tracing->name), PREFIX "%d", getpid());
	if (mkdirat(tracing->instances, tracing->name, 0700)) {
		status = refused("make a folder in", directory);
		close(tracing->instances);
		tracing->instances = -1;
		return status;
	}
	/* what others have set for it counts when the pipe is opened */
	put(tracing, "trace_options", "nolatency-format");
	/* the pipe is open before the rest, so that nobody takes the instance for an old one */
	status = open_pipe(tracing) ?: set_up(tracing) ?:
		 enable_events(tracing, group, events, count);
	if (status)
		tracing_end(tracing);
	return status;
}

/*
 * What stands before the event: "COMMAND-PID [CPU] FLAGS SECONDS.MICROSECONDS: ". A command has up
 * to 15 bytes, which may be any. That is too few for a time and the beginning of an event.
 */
static bool find_event(struct tracing_record *record, const char *text)
{
	static const char before[] = ": bpfmmap_", after[] = ": id=";

	for (const char *at = text; (at = strstr(at, before)); at++) {
		const char *name_end = at + strlen(before), *time = at;
		unsigned long long seconds;
		unsigned int usec;
		int length = -1;

		name_end += strspn(name_end, "abcdefghijklmnopqrstuvwxyz_");
		while (time > text && time[-1] != ' ')
			time--;
		if (strncmp(name_end, after, strlen(after)) ||
		    sscanf(time, "%llu.%6u%n", &seconds, &usec, &length) != 2 ||
		    time + length != at)
			continue;
		record->usec = seconds * 1000000 + usec;
		record->event = at + 2;
		return true;
	}
	return false;
}

static int parse(struct tracing_record *record)
{
	const char *text = record->text;
	unsigned long long lost = 0;
	int length = -1;

	record->has_lost = false;
	if (sscanf(text, "CPU:%*d [LOST %llu EVENTS]%n", &lost, &length) < 1 || length < 0)
		sscanf(text, "CPU:%*d [LOST EVENTS]%n", &length);
	if (length > 0 && text[length] == '\n') {
		record->has_lost = true;
		record->lost = lost;
		text += length + 1;
	}
	return find_event(record, text) ? 1 : -EPROTO;
}

int tracing_read(const struct tracing *tracing, struct tracing_record *record)
{
	ssize_t first, rest;

	first = read(tracing->pipe, record->text, 1);
	if (first < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!first)
		return 0;
	rest = read(tracing->pipe, record->text + 1, sizeof(record->text) - 2);
	if (rest < 0)
		return -errno;
	/* the last byte is the end of the line */
	if (record->text[rest] != '\n')
		return -EPROTO;
	record->text[rest] = 0;
	return parse(record);
}

void tracing_end(struct tracing *tracing)
{
	if (tracing->instances < 0)
		return;
	/* an instance whose pipe is open can't be removed */
	if (tracing->pipe >= 0)
		close(tracing->pipe);
	unlinkat(tracing->instances, tracing->name, AT_REMOVEDIR);
	close(tracing->instances);
	tracing->pipe = -1;
	tracing->instances = -1;
}
