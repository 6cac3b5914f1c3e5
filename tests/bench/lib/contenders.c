// SPDX-License-Identifier: GPL-2.0-only
/*
 * See contenders.h.
 *
 * Regions and the kernel's arrays are measured by their requests alone: no library of ours
 * around them, and what can be prepared once (the control device, the keys of a batch) is.
 * A memfd has no elements, so pread and pwrite stand in for lookup and update, and sealing
 * for freeze.
 */
#include "contenders.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/memfd.h>

#include "harness.h"
#include "measure.h"

#define HUGE_PAGE	(2 * MIB)

static int control;
static uint32_t keys[BATCH];

/*
 * A region
 */

static int region_create(size_t bytes)
{
	struct bpfmmap_create args = create_args(VALUE_SIZE, bytes / VALUE_SIZE);

	return request(control, BPFMMAP_IOC_CREATE, &args);
}

static int region_update(int fd, uint32_t index, const void *value)
{
	return try_update(fd, index, value, BPFMMAP_ANY);
}

static int region_lookup_batch(int fd, uint32_t count, void *values)
{
	return try_batch(fd, BPFMMAP_IOC_LOOKUP_BATCH, 0, &count, values);
}

static int region_update_batch(int fd, uint32_t count, const void *values)
{
	return try_batch(fd, BPFMMAP_IOC_UPDATE_BATCH, 0, &count, (void *)values);
}

/* Where there are no entries of 2 MiB there is nothing to do without. */
static bool has_huge(void)
{
	struct bpfmmap_version args = { .size = sizeof(args) };

	return !request(control, BPFMMAP_IOC_VERSION, &args) &&
	       (args.features & BPFMMAP_FEATURE_HUGE);
}

/*
 * The kernel's array
 */

static int array_create(size_t bytes)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "bench", sizeof(uint32_t), VALUE_SIZE,
			      bytes / VALUE_SIZE, &opts);
}

static int array_lookup(int fd, uint32_t index, void *value)
{
	return bpf_map_lookup_elem(fd, &index, value);
}

static int array_update(int fd, uint32_t index, const void *value)
{
	return bpf_map_update_elem(fd, &index, value, BPF_ANY);
}

static int array_lookup_batch(int fd, uint32_t count, void *values)
{
	uint32_t last;

	return bpf_map_lookup_batch(fd, NULL, &last, keys, values, &count, NULL);
}

static int array_update_batch(int fd, uint32_t count, const void *values)
{
	return bpf_map_update_batch(fd, keys, values, &count, NULL);
}

/*
 * A memfd, of pages or of huge pages
 */

static int memfd_of(size_t bytes, unsigned int flags)
{
	int fd, err;

	fd = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, bytes) || fallocate(fd, 0, 0, bytes)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int memfd_small(size_t bytes)
{
	return memfd_of(bytes, 0);
}

static int memfd_huge(size_t bytes)
{
	return memfd_of(bytes, MFD_HUGETLB | MFD_HUGE_2MB);
}

static void reserve_huge(size_t bytes)
{
	const char *path = "/proc/sys/vm/nr_hugepages";
	size_t pages = bytes / HUGE_PAGE;
	size_t got = 0;
	FILE *file;

	file = fopen(path, "w");
	if (!file || fprintf(file, "%zu\n", pages) < 0 || fclose(file))
		give_up("can't reserve huge pages");
	file = fopen(path, "r");
	if (!file || fscanf(file, "%zu", &got) != 1 || got != pages)
		give_up("%zu huge pages of %zu", got, pages);
	fclose(file);
}

static int memfd_seal(int fd)
{
	return result(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
}

static int read_values(int fd, uint32_t index, uint32_t count, void *values)
{
	ssize_t len = count * VALUE_SIZE;

	return pread(fd, values, len, index * VALUE_SIZE) == len ? 0 : -EIO;
}

static int write_values(int fd, uint32_t index, uint32_t count, const void *values)
{
	ssize_t len = count * VALUE_SIZE;

	return pwrite(fd, values, len, index * VALUE_SIZE) == len ? 0 : -EIO;
}

static int memfd_lookup(int fd, uint32_t index, void *value)
{
	return read_values(fd, index, 1, value);
}

static int memfd_update(int fd, uint32_t index, const void *value)
{
	return write_values(fd, index, 1, value);
}

static int memfd_lookup_batch(int fd, uint32_t count, void *values)
{
	return read_values(fd, 0, count, values);
}

static int memfd_update_batch(int fd, uint32_t count, const void *values)
{
	return write_values(fd, 0, count, values);
}

#define REGION							\
	.create = region_create, .freeze = try_freeze,		\
	.lookup = try_lookup, .update = region_update,		\
	.lookup_batch = region_lookup_batch, .update_batch = region_update_batch

const struct contender contenders[] = {
	{ .name = "region", REGION },
	{ .name = "region-4k", .off_by_a_page = true, .exists = has_huge, REGION },
	{
		.name = "array",
		.create = array_create, .freeze = bpf_map_freeze,
		.lookup = array_lookup, .update = array_update,
		.lookup_batch = array_lookup_batch, .update_batch = array_update_batch,
	},
	{
		.name = "memfd",
		.create = memfd_small, .freeze = memfd_seal,
		.lookup = memfd_lookup, .update = memfd_update,
		.lookup_batch = memfd_lookup_batch, .update_batch = memfd_update_batch,
	},
	{
		/* it can't be written to but by a mapping */
		.name = "hugetlb", .least_bytes = HUGE_PAGE,
		.reserve = reserve_huge,
		.create = memfd_huge, .freeze = memfd_seal,
		.lookup = memfd_lookup, .lookup_batch = memfd_lookup_batch,
	},
};

const size_t nr_contenders = ARRAY_SIZE(contenders);

void contenders_init(void)
{
	uint32_t i;

	control = open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC);
	if (control < 0)
		give_up("%s", BPFMMAP_DEVICE);
	for (i = 0; i < BATCH; i++)
		keys[i] = i;
}
