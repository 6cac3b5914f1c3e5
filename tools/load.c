// SPDX-License-Identifier: GPL-2.0-only
/*
 * load: copy the bytes of a file into a region.
 *
 * packed (the default): the values follow each other without gaps, as dump packed prints them.
 * raw: each value begins at a multiple of 8, as in the region and as dump raw, cat and dd
 * print them. Both begin at element 0. Elements beyond the end of the file keep their values.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "element.h"
#include "output.h"
#include "progress.h"
#include "region_arg.h"

/* The bytes that are read at a time; one value if a value is larger. */
#define CHUNK_BYTES	(1024 * 1024)

/* Fill the buffer, or read until the file ends. Returns the number of bytes, or -1 with errno. */
static ssize_t read_full(int fd, char *buffer, size_t size)
{
	size_t got = 0;
	ssize_t bytes;

	while (got < size) {
		bytes = read(fd, buffer + got, size - got);
		if (bytes < 0 && errno == EINTR)
			continue;
		if (bytes < 0)
			return -1;
		if (!bytes)
			break;
		got += bytes;
	}
	return got;
}

static int store_raw(const struct bpfmmap_region *region, __u64 at, const char *bytes, size_t size)
{
	size_t done = 0;
	ssize_t wrote;

	while (done < size) {
		wrote = pwrite(bpfmmap_region__fd(region), bytes + done, size - done, at + done);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return element_error(region, (at + done) / bpfmmap_region__stride(region),
					     errno);
		done += wrote;
	}
	return DONE;
}

static int store_packed(const struct bpfmmap_region *region, __u64 at, const char *values,
			size_t size)
{
	__u32 value_size = bpfmmap_region__value_size(region);
	__u32 index = at / value_size, count = size / value_size;
	int error = bpfmmap_region__update_batch(region, index, &count, values);

	return error ? element_error(region, index + count, -error) : DONE;
}

/* The length of the region's file, which ends with the last value. */
static __u64 file_size(const struct bpfmmap_region *region)
{
	return (bpfmmap_region__max_entries(region) - 1ULL) * bpfmmap_region__stride(region) +
	       bpfmmap_region__value_size(region);
}

static int too_long(const char *name, const struct bpfmmap_region *region, __u64 room)
{
	return fail("%s has more than the %llu bytes that region %u takes; "
		    "the rest was not loaded",
		    name, (unsigned long long)room, bpfmmap_region__id(region));
}

static int load(const struct bpfmmap_region *region, int fd, const char *name, bool raw)
{
	__u32 value_size = bpfmmap_region__value_size(region);
	__u64 room = raw ? file_size(region) :
			   (__u64)value_size * bpfmmap_region__max_entries(region);
	size_t chunk = raw || value_size >= CHUNK_BYTES ? CHUNK_BYTES :
							   CHUNK_BYTES / value_size * value_size;
	struct progress progress;
	int status = DONE;
	__u64 done = 0;
	struct stat st;
	ssize_t got;
	char *buffer;

	if (fstat(fd, &st))
		return fail("can't ask how long %s is: %s", name, strerror(errno));
	/* report the wrong length before anything is written */
	if (S_ISREG(st.st_mode) && !raw && st.st_size % value_size)
		return fail("%s has %llu bytes, which is not a multiple of the %u bytes of a value",
			    name, (unsigned long long)st.st_size, value_size);
	if (S_ISREG(st.st_mode) && (__u64)st.st_size > room)
		return fail("%s has %llu bytes, and region %u takes %llu; "
			    "use a region that is large enough",
			    name, (unsigned long long)st.st_size, bpfmmap_region__id(region),
			    (unsigned long long)room);
	if (!raw && chunk < value_size)
		chunk = value_size;
	buffer = malloc(chunk);
	if (!buffer)
		return fail("no memory for a value of %u bytes", value_size);
	progress_begin(&progress, "load", S_ISREG(st.st_mode) ? st.st_size : 0, true);
	while (!status) {
		got = read_full(fd, buffer, chunk);
		if (got < 0)
			status = fail("can't read %s: %s", name, strerror(errno));
		if (got <= 0)
			break;
		if (done + got > room) {
			status = raw ? store_raw(region, done, buffer, room - done) :
				       store_packed(region, done, buffer, room - done);
			status = status ?: too_long(name, region, room);
			break;
		}
		if (!raw && got % value_size) {
			status = fail("%s ends %llu bytes into element %llu; values have %u bytes",
				      name, (unsigned long long)got % value_size,
				      (unsigned long long)(done + got) / value_size, value_size);
			break;
		}
		status = raw ? store_raw(region, done, buffer, got) :
			       store_packed(region, done, buffer, got);
		done += got;
		progress_at(&progress, done);
	}
	progress_end(&progress);
	free(buffer);
	return status;
}

int do_load(struct args *args)
{
	struct bpfmmap_region *region;
	struct region_arg arg;
	const char *name;
	bool raw = false;
	int status, fd;

	status = region_arg_parse(args, &arg) ?: args_string(args, "a file", &name);
	if (status)
		return status;
	if (!args_take(args, "packed"))
		raw = args_take(args, "raw");
	status = args_end(args);
	if (status)
		return status;
	fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (fd < 0)
		return fail("can't open %s: %s", name, strerror(errno));
	region = region_arg_open(&arg, BPFMMAP_F_WRONLY);
	if (region) {
		status = load(region, fd, fd == STDIN_FILENO ? "standard input" : name, raw);
		bpfmmap_region__close(region);
	} else {
		status = FAILED;
	}
	if (fd != STDIN_FILENO)
		close(fd);
	if (!status)
		output_json(NULL);
	return status;
}
