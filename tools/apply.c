// SPDX-License-Identifier: GPL-2.0-only
/*
 * apply: make the regions that files describe, as at boot.
 *
 * A line of such a file is what create takes: a name and words. What exists is never changed, as
 * somebody may use it: it agrees with its line, or the difference is an error. An error concerns
 * its line alone, and the other lines go on. A region without freeze may be written to and frozen
 * by its users, so its bytes and its state are not compared.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "content.h"
#include "create.h"
#include "module.h"
#include "names.h"
#include "output.h"
#include "publish.h"
#include "region_arg.h"
#include "resources.h"
#include "state.h"

#define DEFAULT_DIRECTORY	"/etc/bpfmmap.d"
#define MAX_WORDS		64
#define MODE_DEFAULT		0600
/* What a region is for, which is decided when it is made. */
#define FLAGS	(BPFMMAP_F_PROG | BPFMMAP_F_RDONLY_PROG | BPFMMAP_F_WRONLY_PROG | \
		 BPFMMAP_F_POPULATE)

struct apply {
	bool dry_run;
	bool failed;
	size_t regions;		/* the lines that describe one */
	struct described {
		char *path, *where;
	} *described;		/* the regions so far */
	size_t described_count;
};

/*
 * Cut a line into words, which stay in it. Blanks in double quotes belong to the word. Returns
 * DONE, or FAILED after an error message.
 */
static int cut(char *line, char *words[MAX_WORDS + 1])
{
	size_t count = 0;
	char *to;

	for (;;) {
		line += strspn(line, " \t\r\n");
		if (!*line)
			break;
		if (count == MAX_WORDS)
			return fail("the line has more than %d words; describe one region on it",
				    MAX_WORDS);
		words[count++] = line;
		for (to = line; *line && !strchr(" \t\r\n", *line); line++) {
			if (*line != '"') {
				*to++ = *line;
				continue;
			}
			for (line++; *line && *line != '"'; line++)
				*to++ = *line;
			if (!*line)
				return fail("a quote has no end; put \" behind the word as well");
		}
		if (*line)
			line++;
		*to = 0;
	}
	words[count] = NULL;
	return DONE;
}

/* Each name may be described once, also with another word for the same place. */
static int take_place(struct apply *apply, const struct place *place, const char *where)
{
	struct described *described;

	for (size_t i = 0; i < apply->described_count; i++)
		if (!strcmp(apply->described[i].path, place->path))
			return fail("'%s' is described in %s already; remove one of the lines",
				    place->text, apply->described[i].where);
	apply->described = more_memory(apply->described, apply->described_count + 1,
				       sizeof(*described));
	described = &apply->described[apply->described_count++];
	described->path = more_memory(NULL, strlen(place->path) + 1, 1);
	strcpy(described->path, place->path);
	described->where = more_memory(NULL, strlen(where) + 1, 1);
	strcpy(described->where, where);
	return DONE;
}

/* The differences that were found, in words. */
struct differences {
	char text[1024];
	size_t length;
};

__attribute__((format(printf, 2, 3)))
static void differs(struct differences *found, const char *format, ...)
{
	const size_t room = sizeof(found->text) - found->length;
	va_list args;
	int length;

	length = snprintf(found->text + found->length, room, "%s", found->length ? ", " : "");
	va_start(args, format);
	length += vsnprintf(found->text + found->length + length, room - length, format, args);
	va_end(args);
	/* what finds no room is left out, as the first differences are enough */
	if ((size_t)length < room)
		found->length += length;
	else
		found->text[found->length] = 0;
}

static void compare_shape(const struct create *create, const struct bpfmmap_info *info,
			  struct differences *found)
{
	if (info->value_size != create->value_size)
		differs(found, "value_size is %u and not %llu", info->value_size,
			(unsigned long long)create->value_size);
	if (info->max_entries != create->max_entries)
		differs(found, "max_entries is %u and not %llu", info->max_entries,
			(unsigned long long)create->max_entries);
	if (create->name && strcmp(create->name, info->name))
		differs(found, "name is '%s' and not '%s'", info->name, create->name);
	if (create->opts.flags & BPFMMAP_F_NUMA_NODE &&
	    info->numa_node != (int)create->opts.numa_node)
		differs(found, "numa_node is %d and not %d", info->numa_node,
			(int)create->opts.numa_node);
	if ((info->flags ^ create->opts.flags) & BPFMMAP_F_POPULATE)
		differs(found, "it %s populate",
			info->flags & BPFMMAP_F_POPULATE ? "has" : "lacks");
	if ((info->flags ^ create->opts.flags) & FLAGS & ~BPFMMAP_F_POPULATE)
		differs(found, "it is for other BPF programs (prog, rdonly_prog, wronly_prog)");
	if (create->freeze && !info->frozen)
		differs(found, "it is not frozen");
}

static void compare_file(const struct create *create, const struct stat *st,
			 struct differences *found)
{
	const struct bpfmmap_publish_opts *opts = &create->publish;
	const uid_t uid = opts->flags & BPFMMAP_PUBLISH_UID ? opts->uid : geteuid();
	const gid_t gid = opts->flags & BPFMMAP_PUBLISH_GID ? opts->gid : getegid();
	const mode_t mode = opts->flags & BPFMMAP_PUBLISH_MODE ? opts->mode : MODE_DEFAULT;
	char is[64], not[64];

	if (st->st_uid != uid)
		differs(found, "owner is %s and not %s", user_name(st->st_uid, is, sizeof(is)),
			user_name(uid, not, sizeof(not)));
	if (st->st_gid != gid)
		differs(found, "group is %s and not %s", group_name(st->st_gid, is, sizeof(is)),
			group_name(gid, not, sizeof(not)));
	if ((st->st_mode & 07777) != mode)
		differs(found, "mode is %04o and not %04o", st->st_mode & 07777, mode);
}

/* Print the error if there is a difference. Returns DONE or FAILED. */
static int compare_with(struct create *create, const struct bpfmmap_region *region,
			struct content *content)
{
	struct differences found = {};
	struct state state;
	bool same = true;
	struct stat st;
	int error;

	error = state_of(region, &state);
	if (error)
		return fail("can't get the state of the region: %s", strerror(-error));
	if (fstat(bpfmmap_region__fd(region), &st))
		return fail("can't get the state of the region: %s", strerror(errno));
	compare_shape(create, &state.info, &found);
	compare_file(create, &st, &found);
	if (content && create->freeze && !found.length) {
		if (content_compare(content, region, &same))
			return FAILED;
		if (!same)
			differs(&found, "its bytes are not those of %s", create->file);
	}
	if (!found.length)
		return DONE;
	return fail("%s exists and is left as it is, but differs: %s; "
		    "change the line, or withdraw the region and apply again",
		    create->place.path, found.text);
}

/* The region, or something else, exists. */
static int compare(struct create *create)
{
	BPFMMAP_OPTS(bpfmmap_open_opts, opts, .flags = BPFMMAP_F_RDONLY);
	struct bpfmmap_region *region;
	struct content content;
	int status = DONE;

	region = bpfmmap_region__open_path(create->place.path, &opts);
	if (!region) {
		region_arg_say_why_not(create->place.path, opts.flags);
		return FAILED;
	}
	if (create->file)
		status = content_open(&content, create->file);
	if (!status && create->file) {
		status = content_shape(&content, &create->value_size, &create->max_entries);
		status = status ?: compare_with(create, region, &content);
		content_close(&content);
	} else if (!status) {
		status = compare_with(create, region, NULL);
	}
	bpfmmap_region__close(region);
	return status;
}

/* Find out whether the region could be made, and make nothing. */
static int try(struct create *create)
{
	struct content content;
	int status = publish_check(&create->place);

	if (status || !create->file)
		return status;
	status = content_open(&content, create->file);
	if (status)
		return status;
	status = content_shape(&content, &create->value_size, &create->max_entries);
	content_close(&content);
	return status;
}

static int make(struct create *create)
{
	struct bpfmmap_region *region;

	if (place_make_directory(&create->place))
		return FAILED;
	region = create_region(create);
	if (!region)
		return FAILED;
	bpfmmap_region__close(region);
	return DONE;
}

static int apply_line(struct apply *apply, char *line, const char *where, const char **result)
{
	char *words[MAX_WORDS + 1];
	struct args args = { .words = words, .command = "create" };
	struct create create;
	struct stat st;
	int status;

	*result = "failed";
	status = cut(line, words) ?: create_take(&args, &create);
	if (status)
		return status;
	if (create.file && create.file[0] != '/')
		return fail("'%s' is not a path that begins with a slash; give the whole path",
			    create.file);
	status = take_place(apply, &create.place, where);
	if (status)
		return status;
	if (!lstat(create.place.path, &st)) {
		status = compare(&create);
		*result = status ? "different" : "unchanged";
	} else if (apply->dry_run) {
		status = try(&create);
		*result = status ? "failed" : "missing";
	} else {
		status = make(&create);
		*result = status ? "failed" : "created";
	}
	if (!status && !output_is_json()) {
		make_printable(create.place.path);
		printf("%-9s  %s\n", *result, create.place.path);
	} else if (output_is_json()) {
		json_string("path", create.place.path);
	}
	return status;
}

static void one_line(struct apply *apply, char *line, const char *path, unsigned int number)
{
	char where[PATH_MAX + 16];
	const char *result;

	snprintf(where, sizeof(where), "%s:%u", path, number);
	apply->regions++;
	if (output_is_json()) {
		json_object_begin(NULL);
		json_string("file", path);
		json_unsigned("line", number);
	}
	output_in(where);
	if (apply_line(apply, line, where, &result))
		apply->failed = true;
	output_in(NULL);
	if (output_is_json()) {
		json_string("result", result);
		json_object_end();
	}
}

/* An error that concerns a whole file. */
static void cant_read(struct apply *apply, const char *path)
{
	const int error = errno;

	apply->failed = true;
	if (output_is_json()) {
		json_object_begin(NULL);
		json_string("file", path);
	}
	output_in(path);
	fail("can't read it: %s", strerror(error));
	output_in(NULL);
	if (output_is_json()) {
		json_string("result", "failed");
		json_object_end();
	}
}

static void one_file(struct apply *apply, const char *path)
{
	unsigned int number = 0;
	FILE *file = open_file(path);
	char *line = NULL, *text;
	size_t size = 0;

	if (!file) {
		cant_read(apply, path);
		return;
	}
	while (next_line(file, &line, &size)) {
		number++;
		text = line + strspn(line, " \t\r\n");
		if (*text && *text != '#')
			one_line(apply, text, path, number);
	}
	if (ferror(file))
		cant_read(apply, path);
	free(line);
	fclose(file);
}

static int is_conf(const struct dirent *entry)
{
	const size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
	       !strcmp(entry->d_name + length - 5, ".conf");
}

/* All *.conf in a directory, in the order of their bytes. */
static void one_directory(struct apply *apply, const char *path)
{
	char file[PATH_MAX];
	struct dirent **entries;
	int count;

	count = scandir(path, &entries, is_conf, alphasort);
	if (count < 0) {
		check_used_up("list a directory");
		cant_read(apply, path);
		return;
	}
	for (int i = 0; i < count; i++) {
		snprintf(file, sizeof(file), "%s%s%s", path,
			 path[strlen(path) - 1] == '/' ? "" : "/", entries[i]->d_name);
		one_file(apply, file);
		free(entries[i]);
	}
	free(entries);
}

static void one_path(struct apply *apply, const char *path)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		one_directory(apply, path);
	else
		one_file(apply, path);
}

static int take_words(struct args *args, struct apply *apply, char **paths)
{
	const char *word;

	while ((word = args_next(args))) {
		if (!strcmp(word, "--dry-run"))
			apply->dry_run = true;
		else if (word[0] == '-')
			return usage_error("apply does not take '%s'; see: bpfmmap help apply",
					   word);
		else
			*paths++ = (char *)word;
	}
	*paths = NULL;
	return DONE;
}

static void free_described(struct apply *apply)
{
	for (size_t i = 0; i < apply->described_count; i++) {
		free(apply->described[i].path);
		free(apply->described[i].where);
	}
	free(apply->described);
}

int do_apply(struct args *args)
{
	struct apply apply = {};
	/* the words that are no options take the places of all words */
	char **paths = args->words;
	int status;

	status = take_words(args, &apply, paths);
	if (!status && !apply.dry_run)
		status = module_need_device() ?: module_need_names();
	if (status)
		return status;
	if (output_is_json())
		json_array_begin(NULL);
	if (*paths)
		for (; *paths; paths++)
			one_path(&apply, *paths);
	else if (!access(DEFAULT_DIRECTORY, F_OK))
		one_directory(&apply, DEFAULT_DIRECTORY);
	if (output_is_json())
		json_array_end();
	else if (!apply.regions && !apply.failed)
		puts("No region is described; man bpfmmap.d says how that is done.");
	free_described(&apply);
	return apply.failed ? FAILED : DONE;
}
