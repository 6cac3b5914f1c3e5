// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bytes of a file, for a region.
 *
 * cmp and sha256sum must find the same bytes in the region as in the file. In a region each
 * value begins at a multiple of 8, and the region's file ends with the last value. So the
 * bytes are the same if there is one value, or if value_size is a multiple of 8 that divides
 * the file's length.
 *
 * The size of a pipe, or of a file in /proc or /sys, is known only at its end. Such a file is read
 * into memory first.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "content.h"
#include "output.h"
#include "progress.h"
#include "resources.h"

#define CHUNK_BYTES	(1024 * 1024)

/* The memory for a file without a size doubles, up to steps of this size. */
#define MOST_BYTES_MORE	(64 * 1024 * 1024)

/* A file in /sys says that it has a page, however much can be read. */
#define LARGEST_PAGE	(64 * 1024)

static int cant_read(const struct content *content)
{
	return fail("can't read %s: %s", content->name, strerror(errno));
}

/*
 * Make room for more bytes. The region will take as much memory as the bytes do, and a file without
 * an end must not take what other programs need. Returns false if there is not enough.
 */
static bool grow(struct content *content, size_t *room)
{
	size_t more = *room < MOST_BYTES_MORE ? *room ?: CHUNK_BYTES : MOST_BYTES_MORE;
	unsigned long long available = available_memory();
	char *bytes;

	if (available && available < *room + more)
		return false;
	bytes = realloc(content->bytes, *room + more);
	if (!bytes)
		return false;
	content->bytes = bytes;
	*room += more;
	return true;
}

/* Read until the end of the file. */
static int slurp(struct content *content)
{
	size_t room = 0;
	ssize_t got = 1;

	while (got) {
		if (content->size == room && !grow(content, &room))
			return fail("there is no memory for the data from %s; "
				    "put it into a file first", content->name);
		got = read(content->fd, content->bytes + content->size, room - content->size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cant_read(content);
		content->size += got;
	}
	return DONE;
}

static int look_at(struct content *content)
{
	struct stat st;
	off_t at;

	if (fstat(content->fd, &st))
		return cant_read(content);
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return cant_read(content);
	}
	/* another program may have read a part of standard input */
	at = lseek(content->fd, 0, SEEK_CUR);
	if (S_ISREG(st.st_mode) && at >= 0 && st.st_size - at > LARGEST_PAGE)
		content->size = st.st_size - at;
	else
		return slurp(content);
	return DONE;
}

int content_open(struct content *content, const char *path)
{
	int status;

	*content = (struct content) {
		.name = strcmp(path, "-") ? path : "standard input",
		.fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO,
	};
	if (content->fd < 0)
		return fail("can't open %s: %s", path, strerror(errno));
	status = look_at(content);
	if (status)
		content_close(content);
	return status;
}

void content_close(struct content *content)
{
	free(content->bytes);
	if (content->fd != STDIN_FILENO)
		close(content->fd);
}

int content_shape(const struct content *content, uint64_t *value_size, uint64_t *max_entries)
{
	const uint64_t size = content->size;

	if (!size)
		return fail("%s is empty, and a region has at least one byte", content->name);
	if (!*value_size && size > INT_MAX)
		return fail("%s has %llu bytes, and a value has %d at most; "
			    "give a value_size: a multiple of 8 that divides the length",
			    content->name, (unsigned long long)size, INT_MAX);
	if (!*value_size)
		*value_size = size;
	if (size % *value_size)
		return fail("%s has %llu bytes, which is not a multiple of value_size %llu; "
			    "give another value_size, or none", content->name,
			    (unsigned long long)size, (unsigned long long)*value_size);
	if (size != *value_size && *value_size % 8)
		return fail("values of %llu bytes begin at multiples of 8 in a region, not in %s; "
			    "give a multiple of 8 as value_size, or create it with zeros and load",
			    (unsigned long long)*value_size, content->name);
	if (size / *value_size > UINT32_MAX)
		return fail("%s has %llu values, and a region has %u at most; "
			    "give a larger value_size",
			    content->name, (unsigned long long)(size / *value_size), UINT32_MAX);
	*max_entries = size / *value_size;
	return DONE;
}

/* Returns 0 or -errno. */
static int store(const struct bpfmmap_region *region, uint64_t at, const char *bytes, size_t size)
{
	ssize_t wrote;

	while (size) {
		wrote = pwrite(bpfmmap_region__fd(region), bytes, size, at);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return -errno;
		at += wrote;
		bytes += wrote;
		size -= wrote;
	}
	return 0;
}

static int cant_store(int error)
{
	return fail("can't fill the region: %s", strerror(-error));
}

int content_store(struct content *content, const struct bpfmmap_region *region)
{
	struct progress progress;
	uint64_t done = 0;
	int error = 0;
	ssize_t got;
	char *chunk;

	if (content->bytes) {
		error = store(region, 0, content->bytes, content->size);
		return error ? cant_store(error) : DONE;
	}
	chunk = malloc(CHUNK_BYTES);
	if (!chunk)
		return fail("there is no memory for a part of %s", content->name);
	progress_begin(&progress, "create", content->size, true);
	do {
		got = read(content->fd, chunk, CHUNK_BYTES);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || done + got > content->size)
			break;
		error = store(region, done, chunk, got);
		done += got;
		progress_at(&progress, done);
	} while (!error);
	progress_end(&progress);
	free(chunk);
	if (error)
		return cant_store(error);
	if (got < 0)
		return cant_read(content);
	if (done != content->size || got)
		return fail("%s has changed while it was read; try again", content->name);
	return DONE;
}

/* Compare bytes with those of the region at this place. Returns 0 or -errno. */
static int differ_at(const struct bpfmmap_region *region, uint64_t at, const char *bytes,
		     size_t size, char *room, bool *same)
{
	ssize_t got;

	for (; size && *same; size -= got, bytes += got, at += got) {
		got = pread(bpfmmap_region__fd(region), room,
			    size < CHUNK_BYTES ? size : CHUNK_BYTES, at);
		if (got < 0)
			return -errno;
		*same = got && !memcmp(room, bytes, got);
	}
	return 0;
}

int content_compare(struct content *content, const struct bpfmmap_region *region, bool *same)
{
	char *chunk = malloc(2 * CHUNK_BYTES);
	uint64_t done = 0;
	ssize_t got = 1;
	int error = 0;

	if (!chunk)
		return fail("there is no memory for a part of %s", content->name);
	*same = true;
	if (content->bytes)
		error = differ_at(region, 0, content->bytes, content->size, chunk, same);
	while (!content->bytes && !error && *same && got > 0) {
		got = read(content->fd, chunk, CHUNK_BYTES);
		if (got > 0)
			error = differ_at(region, done, chunk, got, chunk + CHUNK_BYTES, same);
		if (got > 0)
			done += got;
	}
	free(chunk);
	if (error)
		return fail("can't read the region: %s", strerror(-error));
	return got < 0 ? cant_read(content) : DONE;
}
