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
#include "interrupt.h"
#include "output.h"
#include "progress.h"
#include "region_arg.h"

/* The bytes that are read at a time; one value if a value is larger. */
#define CHUNK_BYTES	(1024 * 1024)

/* What is loaded, and from where. */
struct load {
	const struct bpfmmap_region *region;
	const char *name;	/* of the file, in messages */
	int fd;
	bool raw;
	__u64 room;		/* the bytes that the region takes */
	__u64 done;		/* the bytes that it has got */
	struct stat st;		/* of the file, before it was read */
	struct interrupt interrupt;
};

/*
 * Fill the buffer, or read until the file ends. Returns the number of bytes, or -1 with errno:
 * EINTR if a signal has come, with which the bytes in the buffer are lost.
 */
static ssize_t read_full(struct load *load, char *buffer, size_t size)
{
	size_t got = 0;
	ssize_t bytes;

	while (got < size) {
		if (!interrupt_wait(&load->interrupt, load->fd)) {
			errno = EINTR;
			return -1;
		}
		bytes = read(load->fd, buffer + got,
			     size - got < CHUNK_BYTES ? size - got : CHUNK_BYTES);
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

/* Check the length of a file that has one, before anything is written. */
static int check_length(const struct load *load)
{
	__u32 value_size = bpfmmap_region__value_size(load->region);
	off_t at = lseek(load->fd, 0, SEEK_CUR);
	__u64 size;

	/* a file in /proc has 0 bytes, however many can be read */
	if (!S_ISREG(load->st.st_mode) || at < 0 || load->st.st_size <= at)
		return DONE;
	/* another program may have read a part of standard input */
	size = load->st.st_size - at;
	if (!load->raw && size % value_size)
		return fail("%s has %llu bytes, which is not a multiple of the %u bytes of a value",
			    load->name, (unsigned long long)size, value_size);
	if (size > load->room)
		return fail("%s has %llu bytes, and region %u takes %llu; "
			    "use a region that is large enough",
			    load->name, (unsigned long long)size,
			    bpfmmap_region__id(load->region), (unsigned long long)load->room);
	return DONE;
}

/* Print an error if the length of the file has changed. Returns DONE or FAILED. */
static int check_unchanged(const struct load *load)
{
	struct stat now;

	if (!S_ISREG(load->st.st_mode) || fstat(load->fd, &now) ||
	    now.st_size == load->st.st_size)
		return DONE;
	return fail("%s had %llu bytes, and has %llu now; load it again", load->name,
		    (unsigned long long)load->st.st_size, (unsigned long long)now.st_size);
}

static int too_long(const struct load *load)
{
	return fail("%s has more than the %llu bytes that region %u takes; "
		    "the rest was not loaded",
		    load->name, (unsigned long long)load->room,
		    bpfmmap_region__id(load->region));
}

static int torn(const struct load *load, size_t got)
{
	__u32 value_size = bpfmmap_region__value_size(load->region);

	return fail("%s ends %llu bytes into element %llu; values have %u bytes", load->name,
		    (unsigned long long)got % value_size,
		    (unsigned long long)(load->done + got) / value_size, value_size);
}

static int cant_read(const struct load *load)
{
	if (errno == EINTR)
		return fail("the load was interrupted; region %u has the first %llu bytes of %s",
			    bpfmmap_region__id(load->region), (unsigned long long)load->done,
			    load->name);
	return fail("can't read %s: %s", load->name, strerror(errno));
}

static int store(struct load *load, const char *buffer, size_t size)
{
	int status = load->raw ? store_raw(load->region, load->done, buffer, size) :
				 store_packed(load->region, load->done, buffer, size);

	load->done += size;
	return status;
}

/* Load all that can be read, a buffer at a time. */
static int load_all(struct load *load, char *buffer, size_t size)
{
	__u32 value_size = bpfmmap_region__value_size(load->region);
	struct progress progress;
	int status = DONE;
	ssize_t got = 1;

	progress_begin(&progress, "load", S_ISREG(load->st.st_mode) ? load->st.st_size : 0, true);
	while (!status && got) {
		got = read_full(load, buffer, size);
		if (got < 0) {
			status = cant_read(load);
		} else if ((__u64)got > load->room - load->done) {
			status = store(load, buffer, load->room - load->done);
			status = status ?: check_unchanged(load) ?: too_long(load);
		} else if (!load->raw && got % value_size) {
			status = check_unchanged(load) ?: torn(load, got);
		} else {
			status = store(load, buffer, got);
			progress_at(&progress, load->done);
		}
	}
	progress_end(&progress);
	return status ?: check_unchanged(load);
}

static int load_file(struct load *load)
{
	const struct bpfmmap_region *region = load->region;
	__u32 value_size = bpfmmap_region__value_size(region);
	size_t size = CHUNK_BYTES;
	char *buffer;
	int status;

	load->room = load->raw ? file_size(region) :
				 (__u64)value_size * bpfmmap_region__max_entries(region);
	if (fstat(load->fd, &load->st))
		return cant_read(load);
	status = check_length(load);
	if (status)
		return status;
	if (!load->raw)
		size = value_size < size ? size / value_size * value_size : value_size;
	buffer = malloc(size);
	if (!buffer)
		return fail("no memory for a value of %u bytes", value_size);
	status = interrupt_begin(&load->interrupt);
	if (!status) {
		status = load_all(load, buffer, size);
		interrupt_end(&load->interrupt);
	}
	free(buffer);
	return status;
}

int do_load(struct args *args)
{
	struct bpfmmap_region *region;
	struct load load = {};
	struct region_arg arg;
	const char *path;
	bool from_stdin;
	int status;

	status = region_arg_parse(args, &arg) ?: args_string(args, "a file", &path);
	if (status)
		return status;
	if (!args_take(args, "packed"))
		load.raw = args_take(args, "raw");
	status = args_end(args);
	if (status)
		return status;
	from_stdin = !strcmp(path, "-");
	load.name = from_stdin ? "standard input" : path;
	load.fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (load.fd < 0)
		return fail("can't open %s: %s", path, strerror(errno));
	region = region_arg_open(&arg, BPFMMAP_F_WRONLY);
	if (region) {
		load.region = region;
		status = load_file(&load);
		bpfmmap_region__close(region);
	} else {
		status = FAILED;
	}
	if (!from_stdin)
		close(load.fd);
	if (!status)
		output_nothing();
	return status;
}
