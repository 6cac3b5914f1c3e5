// SPDX-License-Identifier: GPL-2.0-only
/*
 * holders: the processes that have a region open or mapped.
 *
 * This searches the file descriptors and the mappings of all processes in /proc. It recognizes
 * a region by its device and inode number, whatever name it was opened by, and also if that
 * name is gone. The module knows when each mapping was made, and by which process; for a copy
 * that fork made, this finds the ancestor.
 *
 * Processes that the caller may not look at are counted. Mappings that the module knows of,
 * but that no visible process has, are counted as well: they may belong to another pid
 * namespace.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "commands.h"
#include "holders.h"
#include "output.h"
#include "region_arg.h"
#include "resources.h"
#include "table.h"

#define PF_KTHREAD	0x00200000
#define NS_PER_S	1000000000ULL

/* The region that is searched for, and what the module says about it. */
struct search {
	struct holders *holders;
	struct bpfmmap_info info;
	dev_t device;		/* of the file system */
	struct bpfmmap_mapping_entry *made;
	__u32 made_count;
};

static FILE *open_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open_file(path);
}

/* Read /proc/PID/stat, which everybody may read. Returns 0 or -1. */
static int process_stat(pid_t pid, pid_t *parent, unsigned int *flags)
{
	FILE *file = open_proc(pid, "stat");
	char line[1024], *behind;
	int got = 0;

	if (!file)
		return -1;
	/* the command's name, in parentheses, may contain any character */
	behind = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	if (behind)
		got = sscanf(behind, ") %*c %d %*d %*d %*d %*d %u", parent, flags);
	fclose(file);
	return got == 2 ? 0 : -1;
}

static void add_holding(struct search *search, const struct holding *holding)
{
	struct holders *holders = search->holders;
	struct holding *added;
	FILE *file;

	holders->entries = more_memory(holders->entries, holders->count + 1, sizeof(*holding));
	added = &holders->entries[holders->count++];
	*added = *holding;
	file = open_proc(holding->pid, "comm");
	if (!file || !fgets(added->command, sizeof(added->command), file))
		strcpy(added->command, "?");
	added->command[strcspn(added->command, "\n")] = 0;
	if (file)
		fclose(file);
}

/*
 * Find the mmap call that a mapping is a part of. It was made by the same process or else by
 * its nearest ancestor, is of the same kind, and covered these bytes. Of several the newest is
 * chosen, as it may have replaced the others.
 */
static const struct bpfmmap_mapping_entry *made_by(const struct search *search,
						   const struct holding *holding)
{
	__u64 end = holding->offset + holding->end - holding->start;
	const struct bpfmmap_mapping_entry *made;
	unsigned int flags;
	pid_t pid = holding->pid;

	do {
		for (__u32 i = search->made_count; i-- > 0; ) {
			made = &search->made[i];
			if (made->pid == (__u32)pid &&
			    !!(made->flags & BPFMMAP_MAPPING_WRITABLE) == holding->writable &&
			    made->offset <= holding->offset && made->offset + made->bytes >= end)
				return made;
		}
	} while (!process_stat(pid, &pid, &flags) && pid > 0);
	return NULL;
}

/* Whether this line begins a mapping of the region, in maps or smaps. */
static bool parse_mapping(const struct search *search, const char *line, pid_t pid,
			  struct holding *holding)
{
	unsigned long long start, end, offset, inode;
	unsigned int major, minor;
	char permissions[8];

	if (sscanf(line, "%llx-%llx %7s %llx %x:%x %llu", &start, &end, permissions, &offset,
		   &major, &minor, &inode) != 7)
		return false;
	if (makedev(major, minor) != search->device || inode != search->info.id)
		return false;
	*holding = (struct holding) {
		.pid = pid,
		.fd = -1,
		.readable = true,
		.start = start,
		.end = end,
		.offset = offset,
	};
	return true;
}

/* Whether this line of smaps describes a mapping and does not begin one. */
static bool is_detail(const char *line)
{
	return isupper((unsigned char)*line);
}

/*
 * The mappings of a process that has some. smaps costs more than maps, but its flag mw shows
 * that mprotect may make a mapping writable, which is what freeze counts.
 */
static void find_in_smaps(struct search *search, pid_t pid)
{
	FILE *file = open_proc(pid, "smaps");
	const struct bpfmmap_mapping_entry *made;
	struct holding holding;
	bool ours = false;
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return;
	while (next_line(file, &line, &size)) {
		if (!is_detail(line)) {
			ours = parse_mapping(search, line, pid, &holding);
			continue;
		}
		if (!ours || strncmp(line, "VmFlags:", 8))
			continue;
		holding.writable = strstr(line, " mw");
		/* a frozen region has only those that a freeze has revoked */
		holding.revoked = holding.writable && search->info.frozen;
		made = made_by(search, &holding);
		if (made)
			holding.since_ns = made->since_ns;
		add_holding(search, &holding);
	}
	free(line);
	fclose(file);
}

/* 0 or -errno */
static int find_mappings(struct search *search, pid_t pid)
{
	FILE *file = open_proc(pid, "maps");
	struct holding holding;
	bool found = false;
	char *line = NULL;
	size_t size = 0;
	int error = 0;

	if (!file)
		return -errno;
	while (!found && next_line(file, &line, &size))
		found = parse_mapping(search, line, pid, &holding);
	if (ferror(file))
		error = -errno;
	free(line);
	fclose(file);
	if (found)
		find_in_smaps(search, pid);
	return error;
}

/* Whether this fd refers to the region. */
static bool is_region(const struct search *search, pid_t pid, const char *fd)
{
	char path[320];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, fd);
	return !stat(path, &st) && st.st_dev == search->device && st.st_ino == search->info.id;
}

/* Read the fdinfo of one fd. Returns false if the fd has been closed meanwhile. */
static bool parse_fdinfo(int dir, const char *name, struct holding *holding)
{
	unsigned int flags = 0;
	char line[256];
	FILE *file;
	int fd;

	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file) {
		check_used_up("open an fdinfo");
		return false;
	}
	while (fgets(line, sizeof(line), file))
		sscanf(line, "flags: %o", &flags);
	fclose(file);
	holding->fd = atoi(name);
	holding->readable = !(flags & O_PATH) && (flags & O_ACCMODE) != O_WRONLY;
	holding->writable = !(flags & O_PATH) && (flags & O_ACCMODE) != O_RDONLY;
	return true;
}

/* 0 or -errno */
static int find_fds(struct search *search, pid_t pid)
{
	struct holding holding;
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = open_directory(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		holding = (struct holding) { .pid = pid };
		if (is_region(search, pid, entry->d_name) &&
		    parse_fdinfo(dirfd(dir), entry->d_name, &holding))
			add_holding(search, &holding);
	}
	closedir(dir);
	return 0;
}

static void find_in_process(struct search *search, pid_t pid)
{
	unsigned int flags;
	pid_t parent;
	int error;

	/* kernel threads have neither, and not everybody may see that */
	if (process_stat(pid, &parent, &flags) || flags & PF_KTHREAD)
		return;
	error = find_fds(search, pid) ?: find_mappings(search, pid);
	if (error == -EACCES || error == -EPERM)
		search->holders->hidden++;
}

/* Get all mappings that the module knows. More may be made while this runs. */
static int get_made(const struct bpfmmap_region *region, struct search *search)
{
	__u32 room = 16;
	int error;

	for (;;) {
		search->made = more_memory(NULL, room, sizeof(*search->made));
		search->made_count = room;
		error = bpfmmap_region__mappings(region, search->made, &search->made_count);
		/* an earlier module does not know when they were made */
		if (error == -ENOTTY) {
			search->made_count = 0;
			return 0;
		}
		if (error || search->made_count <= room)
			return error;
		room = search->made_count + 16;
		free(search->made);
	}
}

static int by_pid(const void *a, const void *b)
{
	const struct holding *left = a, *right = b;

	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	if (left->fd != right->fd)
		return (unsigned int)left->fd < (unsigned int)right->fd ? -1 : 1;
	if (left->offset != right->offset)
		return left->offset < right->offset ? -1 : 1;
	return (left->start > right->start) - (left->start < right->start);
}

int holders_find(const struct bpfmmap_region *region, struct holders *holders)
{
	struct search search = { .holders = holders, .info.size = sizeof(search.info) };
	struct dirent *entry;
	__u64 seen = 0;
	struct stat st;
	pid_t pid;
	DIR *proc;
	int error;

	*holders = (struct holders) {};
	error = bpfmmap_region__info(region, &search.info) ?: get_made(region, &search);
	if (!error && fstat(bpfmmap_region__fd(region), &st))
		error = -errno;
	if (error) {
		free(search.made);
		return fail("can't get the mappings of the region: %s", strerror(-error));
	}
	search.device = st.st_dev;
	proc = open_directory("/proc");
	if (!proc) {
		free(search.made);
		return fail("can't look through the processes in /proc: %s", strerror(errno));
	}
	while ((entry = readdir(proc))) {
		pid = atoi(entry->d_name);
		if (pid > 0 && pid != getpid())
			find_in_process(&search, pid);
	}
	closedir(proc);
	free(search.made);
	if (holders->count)
		qsort(holders->entries, holders->count, sizeof(*holders->entries), by_pid);
	for (size_t i = 0; i < holders->count; i++)
		seen += holders->entries[i].fd < 0;
	if (search.info.mappings > seen)
		holders->unseen = search.info.mappings - seen;
	return DONE;
}

void holders_free(struct holders *holders)
{
	free(holders->entries);
}

void holders_keep_writable_mappings(struct holders *holders)
{
	size_t kept = 0;

	for (size_t i = 0; i < holders->count; i++)
		if (holders->entries[i].fd < 0 && holders->entries[i].writable)
			holders->entries[kept++] = holders->entries[i];
	holders->count = kept;
}

static __u64 clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* The age, for a person. */
static const char *age(__u64 since_ns, char *text, size_t size)
{
	unsigned long long seconds = (clock_ns(CLOCK_BOOTTIME) - since_ns) / NS_PER_S;

	if (!since_ns)
		snprintf(text, size, "-");
	else if (seconds < 60)
		snprintf(text, size, "%llus", seconds);
	else if (seconds < 3600)
		snprintf(text, size, "%llum%02llus", seconds / 60, seconds % 60);
	else if (seconds < 86400)
		snprintf(text, size, "%lluh%02llum", seconds / 3600, seconds / 60 % 60);
	else
		snprintf(text, size, "%llud%02lluh", seconds / 86400, seconds / 3600 % 24);
	return text;
}

static const char *access_word(const struct holding *holding)
{
	if (holding->revoked)
		return "lost";
	if (holding->readable)
		return holding->writable ? "rw" : "r";
	return holding->writable ? "w" : "-";
}

static void print_row(struct table *table, const struct holding *holding)
{
	char since[32];

	table_cell(table, "%d", holding->pid);
	table_cell(table, "%s", holding->command);
	table_cell(table, "%s", access_word(holding));
	table_cell(table, "%s", holding->fd < 0 ? "map" : "fd");
	table_cell(table, "%s", age(holding->since_ns, since, sizeof(since)));
	if (holding->fd < 0)
		table_cell(table, "bytes %llu to %llu at %#llx",
			   (unsigned long long)holding->offset,
			   (unsigned long long)(holding->offset + holding->end -
						holding->start - 1),
			   (unsigned long long)holding->start);
	else
		table_cell(table, "fd %d", holding->fd);
}

void holders_print(FILE *out, const struct holders *holders)
{
	static const struct column columns[] = {
		{ "PID", 7 }, { "COMMAND", -15 }, { "ACCESS", 0 }, { "HOLDS", 0 }, { "MAPPED", -9 },
		{ "WHAT", 0 },
	};
	struct table table;

	table_begin(&table, out, columns, ARRAY_SIZE(columns));
	do {
		for (size_t i = 0; i < holders->count; i++)
			print_row(&table, &holders->entries[i]);
	} while (holders->count && table_again(&table));
	if (!holders->count && !holders->hidden && !holders->unseen)
		fputs("Nobody.\n", out);
	if (holders->hidden)
		fprintf(out, "%zu %s can't be looked at (run as root).\n", holders->hidden,
			holders->hidden == 1 ? "process" : "processes");
	if (holders->unseen)
		fprintf(out,
			"%llu of its mappings %s held by processes that can't be seen from here.\n",
			(unsigned long long)holders->unseen, holders->unseen == 1 ? "is" : "are");
}

static void holding_json(const struct holding *holding)
{
	time_t since;
	char text[64];
	struct tm tm;

	json_object_begin(NULL);
	json_unsigned("pid", holding->pid);
	json_string("comm", holding->command);
	json_boolean("readable", holding->readable);
	json_boolean("writable", holding->writable);
	if (holding->fd >= 0) {
		json_unsigned("fd", holding->fd);
		json_object_end();
		return;
	}
	snprintf(text, sizeof(text), "%#llx", (unsigned long long)holding->start);
	json_boolean("revoked", holding->revoked);
	json_string("address", text);
	json_unsigned("bytes", holding->end - holding->start);
	json_unsigned("offset", holding->offset);
	if (holding->since_ns) {
		since = (clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME) + holding->since_ns) /
			NS_PER_S;
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&since, &tm));
		json_string("since", text);
	}
	json_object_end();
}

void holders_list_json(const struct holders *holders)
{
	json_array_begin("holders");
	for (size_t i = 0; i < holders->count; i++)
		holding_json(&holders->entries[i]);
	json_array_end();
}

void holders_json(const char *key, const struct holders *holders)
{
	json_object_begin(key);
	holders_list_json(holders);
	json_unsigned("hidden_processes", holders->hidden);
	json_unsigned("unseen_mappings", holders->unseen);
	json_object_end();
}

int do_holders(struct args *args)
{
	struct bpfmmap_region *region;
	struct region_arg arg;
	struct holders holders;
	int status;

	status = region_arg_parse(args, &arg) ?: args_end(args);
	if (status)
		return status;
	region = region_arg_open(&arg, BPFMMAP_F_RDONLY);
	if (!region)
		return FAILED;
	status = holders_find(region, &holders);
	bpfmmap_region__close(region);
	if (status)
		return status;
	if (output_is_json())
		holders_json(NULL, &holders);
	else
		holders_print(stdout, &holders);
	holders_free(&holders);
	return DONE;
}
