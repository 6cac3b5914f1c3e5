// SPDX-License-Identifier: GPL-2.0-only
/* dump: print elements, for a person, as JSON or as bytes. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "element.h"
#include "output.h"
#include "progress.h"
#include "region_arg.h"
#include "value.h"

/* The bytes that are read at a time; one value if a value is larger. */
#define CHUNK_BYTES	(1024 * 1024)

struct dump {
	const struct value_type *type;	/* NULL: bytes */
	bool raw;			/* bytes as in the region, else packed */
	__u32 from, count;
};

static int take_dump(struct args *args, struct dump *dump)
{
	bool has_format = false, has_from = false, has_count = false;
	uint64_t number;
	const char *word;
	int status;

	*dump = (struct dump) { .type = value_hex, .count = UINT32_MAX };
	while ((word = args_peek(args))) {
		if (!has_from && args_take(args, "from")) {
			status = args_number(args, "index", 0, UINT32_MAX, &number);
			dump->from = number;
			has_from = true;
		} else if (!has_count && args_take(args, "count")) {
			status = args_number(args, "count", 1, UINT32_MAX, &number);
			dump->count = number;
			has_count = true;
		} else if (!has_format &&
			   (value_type(word) || !strcmp(word, "raw") || !strcmp(word, "packed"))) {
			dump->type = value_type(word);
			dump->raw = !strcmp(word, "raw");
			has_format = true;
			status = DONE;
			args_next(args);
		} else {
			return args_end(args);
		}
		if (status)
			return status;
	}
	return DONE;
}

/*
 * Print the bytes of the region with the gaps between values. Like the region's file, they end
 * with the last value.
 */
static int dump_raw(const struct bpfmmap_region *region, const struct dump *dump, char *buffer,
		    struct progress *progress)
{
	__u64 at = dump->from * bpfmmap_region__stride(region);
	__u64 end = at + (dump->count - 1) * bpfmmap_region__stride(region) +
		    bpfmmap_region__value_size(region);
	const __u64 begin = at;
	ssize_t got;

	while (at < end) {
		got = pread(bpfmmap_region__fd(region), buffer,
			    end - at < CHUNK_BYTES ? end - at : CHUNK_BYTES, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return fail("can't read region %u at byte %llu: %s",
				    bpfmmap_region__id(region), (unsigned long long)at,
				    got ? strerror(errno) : "it ends there");
		if (fwrite(buffer, 1, got, stdout) != (size_t)got)
			return FAILED;	/* main() says what there is to say */
		at += got;
		progress_at(progress, at - begin);
	}
	return DONE;
}

static bool print_one(const struct dump *dump, int index_width, __u32 index, const void *value,
		      __u32 value_size)
{
	if (!dump->type)
		return fwrite(value, value_size, 1, stdout) == 1;
	if (output_is_json())
		value_json(index, value, value_size, dump->type);
	else
		value_print(stdout, index_width, index, value, value_size, dump->type);
	return !ferror(stdout);
}

static int dump_values(const struct bpfmmap_region *region, const struct dump *dump, char *values,
		       __u32 in_chunk, struct progress *progress)
{
	bool array = output_is_json(), printed = true;
	__u32 value_size = bpfmmap_region__value_size(region);
	__u32 index = dump->from, left = dump->count, count, i;
	int error = 0, index_width;

	index_width = snprintf(NULL, 0, "%u", dump->from + dump->count - 1);
	if (array)
		json_array_begin(NULL);
	while (left && printed) {
		count = left < in_chunk ? left : in_chunk;
		error = bpfmmap_region__lookup_batch(region, index, &count, values);
		for (i = 0; i < count && printed; i++)
			printed = print_one(dump, index_width, index + i,
					    values + (size_t)i * value_size, value_size);
		index += count;
		left -= count;
		if (error)
			break;
		progress_at(progress, (__u64)(index - dump->from) * value_size);
	}
	if (array)
		json_array_end();
	if (error)
		return element_error(region, index, -error);
	return printed ? DONE : FAILED;	/* main() says what there is to say */
}

static int dump(const struct bpfmmap_region *region, struct dump *dump)
{
	__u32 value_size = bpfmmap_region__value_size(region);
	__u32 entries = bpfmmap_region__max_entries(region);
	__u32 in_chunk = value_size < CHUNK_BYTES ? CHUNK_BYTES / value_size : 1;
	struct progress progress;
	char *buffer;
	int status;

	if (dump->from >= entries)
		return element_error(region, dump->from, ENOENT);
	if (dump->count > entries - dump->from)
		dump->count = entries - dump->from;
	if (dump->type && value_type_fits(dump->type, value_size))
		return FAILED;
	if (output_is_json() && !dump->type)
		return usage_error("raw and packed are bytes, not JSON; "
				   "omit -j, or use hex or u8 to s64");

	buffer = malloc(dump->raw ? CHUNK_BYTES : (size_t)in_chunk * value_size);
	if (!buffer)
		return fail("no memory for a value of %u bytes", value_size);
	/* values on the same terminal show the progress themselves */
	progress_begin(&progress, "dump", (__u64)dump->count * value_size, !isatty(STDOUT_FILENO));
	if (dump->raw)
		status = dump_raw(region, dump, buffer, &progress);
	else
		status = dump_values(region, dump, buffer, in_chunk, &progress);
	progress_end(&progress);
	free(buffer);
	return status;
}

int do_dump(struct args *args)
{
	struct bpfmmap_region *region;
	struct region_arg arg;
	struct dump what;
	int status;

	status = region_arg_parse(args, &arg) ?: take_dump(args, &what);
	if (status)
		return status;
	region = region_arg_open(&arg, BPFMMAP_F_RDONLY);
	if (!region)
		return FAILED;
	status = dump(region, &what);
	bpfmmap_region__close(region);
	return status;
}
