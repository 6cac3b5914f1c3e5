// SPDX-License-Identifier: GPL-2.0-only
/* See check.h. */
#include "fixture.h"
#include "check.h"
#include "operation.h"
#include "world.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define MOST_KNOWN	32
#define SUMMED		(64 * KIB)	/* bytes of a region that are compared after each call */
#define PIECES		16		/* of a larger region */

struct known {
	struct bpfmmap_info info;	/* as it was last seen */
	bool has_sum;
	uint64_t sum;
	/* as /proc/PID/smaps has them */
	unsigned long mappings, writable;
};

static struct known known[MOST_KNOWN];
static unsigned int nr_known;

static struct known *find(uint32_t id)
{
	unsigned int i;

	for (i = 0; i < nr_known; i++)
		if (known[i].info.id == id)
			return &known[i];
	return NULL;
}

static bool clean_behind_nul(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	return len < size && all(text + len, size - len, 0);
}

/* What every info must be. */
static void check_info(const struct bpfmmap_info *info)
{
	uint64_t bytes = (uint64_t)info->max_entries * stride(info->value_size);
	bool frozen = info->frozen_for != BPFMMAP_FROZEN_FOR_NOBODY;
	bool all_frozen = info->frozen_for == BPFMMAP_FROZEN_FOR_ALL;

	if (info->bytes != (bytes + PAGE - 1) / PAGE * PAGE)
		broken("info: %llu bytes", (unsigned long long)info->bytes);
	if (info->frozen_for > BPFMMAP_FROZEN_FOR_ALL ||
	    info->frozen != (unsigned int)all_frozen)
		broken("info: frozen %u, for %u", info->frozen, info->frozen_for);
	if (frozen && (info->writers || info->freeze_pending))
		broken("info: frozen with %llu writers, %u pending",
		       (unsigned long long)info->writers, info->freeze_pending);
	if (!frozen && info->revoked)
		broken("info: not frozen, and %llu revoked", (unsigned long long)info->revoked);
	if (!clean_behind_nul(info->name, sizeof(info->name)) ||
	    !clean_behind_nul(info->published, sizeof(info->published)))
		broken("info: bytes behind the end of a name");
}

static void check_same(const struct bpfmmap_info *was, const struct bpfmmap_info *is)
{
	if (was->value_size != is->value_size || was->max_entries != is->max_entries ||
	    was->flags != is->flags || was->numa_node != is->numa_node ||
	    was->creator_uid != is->creator_uid || memcmp(was->name, is->name, sizeof(is->name)))
		broken("info: a property of region %u has changed", is->id);
	if (is->frozen_for < was->frozen_for)
		broken("freeze: region %u was frozen for %u, and is for %u", is->id,
		       was->frozen_for, is->frozen_for);
}

static uint64_t size_of(const struct bpfmmap_info *info)
{
	return (uint64_t)(info->max_entries - 1) * stride(info->value_size) + info->value_size;
}

/* What system calls on an fd must tell of a state. */
static void check_fd(int fd, const struct bpfmmap_info *info)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDBAND };
	const uint64_t size = size_of(info);
	short wanted = 0;
	struct stat st;

	if (info->frozen_for == BPFMMAP_FROZEN_FOR_ALL)
		wanted |= POLLPRI;
	if (info->frozen_for)
		wanted |= POLLRDBAND;
	else if (!(info->fd_flags & BPFMMAP_F_RDONLY))
		wanted |= POLLOUT;
	if (poll(&poll_fd, 1, 0) >= 0 && (poll_fd.revents & ~POLLIN) != wanted)
		broken("poll: %#x instead of %#x, frozen for %u", poll_fd.revents, wanted,
		       info->frozen_for);
	if (!fstat(fd, &st) && (st.st_ino != info->id || (uint64_t)st.st_size != size))
		broken("stat: inode %lu of size %llu for region %u", (unsigned long)st.st_ino,
		       (unsigned long long)st.st_size, info->id);
}

static uint64_t add_to_sum(uint64_t sum, const uint8_t *bytes, size_t len)
{
	uint64_t word;
	size_t i;

	for (i = 0; i < len; i += sizeof(word)) {
		word = 0;
		memcpy(&word, bytes + i, len - i < sizeof(word) ? len - i : sizeof(word));
		sum = (sum ^ word) * 0x9e3779b97f4a7c15ULL;
		sum ^= sum >> 29;
	}
	return sum;
}

/* The bytes that are looked at after each call. False if this fd can't read them. */
static bool sum_of(int fd, const struct bpfmmap_info *info, uint64_t *sum)
{
	const uint64_t size = size_of(info);
	static uint8_t bytes[SUMMED];
	const size_t piece = size <= SUMMED ? SUMMED : SUMMED / PIECES;
	uint64_t step = size <= SUMMED ? SUMMED : (size - piece) / (PIECES - 1), at;
	long got;

	*sum = 0;
	for (at = 0; at < size; at += step) {
		got = pread(fd, bytes, piece, at);
		if (got < 0)
			return false;
		*sum = add_to_sum(*sum, bytes, got);
	}
	return true;
}

static void check_bytes(struct known *region, int fd, bool may_change)
{
	uint64_t sum;

	if (region->info.fd_flags & BPFMMAP_F_WRONLY || !sum_of(fd, &region->info, &sum))
		return;
	if (region->has_sum && region->sum != sum && !may_change)
		broken("bytes: region %u has changed, frozen for %u", region->info.id,
		       region->info.frozen_for);
	region->sum = sum;
	region->has_sum = true;
}

static void check_slot(unsigned int slot, bool may_change)
{
	struct bpfmmap_info info;
	struct known *region;
	int fd = world.fds[slot];
	bool was_frozen;
	int ret;

	/* a field that the module forgets would keep this */
	memset(&info, 0xff, sizeof(info));
	info.size = sizeof(info);
	ret = request(fd, BPFMMAP_IOC_INFO, &info);
	if (ret || info.id != world.ids[slot])
		broken("info: %d for region %u, id %u", ret, world.ids[slot], info.id);
	check_info(&info);
	check_fd(fd, &info);
	region = find(info.id);
	if (!region) {
		if (nr_known == MOST_KNOWN)
			return;
		region = &known[nr_known++];
		*region = (struct known){ .info = info };
		/* it may have been in another slot when it was written, so look first */
		may_change = true;
	}
	check_same(&region->info, &info);
	was_frozen = region->info.frozen_for;
	region->info = info;
	check_bytes(region, fd, may_change && !was_frozen);
}

/* Both ends of a mapping of a frozen region. */
static void check_store(const struct known *region, unsigned long start, unsigned long end)
{
	uint8_t byte = 0xa5;

	if (!guarded_copy(HIGH(start), &byte, 1) || !guarded_copy(HIGH(end - 1), &byte, 1))
		broken("freeze: a mapping of region %u at %#lx takes a store", region->info.id,
		       start);
}

/*
 * Count the mappings in maps or smaps of a process; own is true if it is this process. Each starts
 * with a line such as "7f0000-7f2000 rw-s 00000000 00:2a 17   /name", and in smaps
 * "VmFlags: rd wr sh mw" is in one of the lines that follow. A mapping that may be written has mw,
 * also while it has no w.
 */
static bool count_mappings(const char *path, bool own)
{
	unsigned long start, end, inode;
	unsigned int high, low;
	struct known *region = NULL;
	FILE *file = fopen(path, "re");
	char line[512];

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "VmFlags:", 8) && region) {
			region->writable += !!strstr(line, " mw");
			continue;
		}
		if (sscanf(line, "%lx-%lx %*s %*x %x:%x %lu", &start, &end, &high, &low,
			   &inode) != 5)
			continue;
		region = makedev(high, low) == world.device ? find(inode) : NULL;
		if (!region)
			continue;
		region->mappings++;
		if (own && region->info.frozen_for)
			check_store(region, start, end);
	}
	fclose(file);
	return true;
}

/* By maps, or by smaps, which takes longer and tells what is writable. */
static void check_mappings(const char *name)
{
	const bool flags = !strcmp(name, "smaps");
	bool complete;
	char path[64];
	unsigned int i;

	for (i = 0; i < nr_known; i++) {
		known[i].mappings = 0;
		known[i].writable = 0;
	}
	snprintf(path, sizeof(path), "/proc/self/%s", name);
	complete = count_mappings(path, true);
	for (i = 0; i < MOST_CHILDREN; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", world.children[i], name);
		if (world.children[i])
			complete = count_mappings(path, false) && complete;
	}
	for (i = 0; complete && i < SLOTS; i++) {
		struct known *region = world.ids[i] ? find(world.ids[i]) : NULL;
		struct bpfmmap_info now = { .size = sizeof(now) };

		if (!region || request(world.fds[i], BPFMMAP_IOC_INFO, &now))
			continue;
		if (now.mappings != region->mappings ||
		    (flags && now.writers + now.revoked != region->writable))
			broken("counts: %u: %llu maps, %llu writers, %llu revoked; %s: %lu, %lu",
			       now.id, (unsigned long long)now.mappings,
			       (unsigned long long)now.writers, (unsigned long long)now.revoked,
			       name, region->mappings, region->writable);
	}
}

static bool may_change(const struct call *call, long ret)
{
	unsigned int traits = operation_of(call->kind)->traits;

	return traits & MAY_WRITE_PART || (traits & MAY_WRITE && ret >= 0) || shared->used_arena;
}

static void check_result(const struct call *call, long ret)
{
	const struct operation *op = operation_of(call->kind);

	if (ret < 0 && !operation_may_give(op, -ret, call->nth))
		broken("errno: %s gives %ld", op->name, ret);
	if (ret > 0 && op->traits & GIVES_ZERO)
		broken("result: %s gives %ld", op->name, ret);
}

static bool changes_mappings(const struct call *call)
{
	return operation_of(call->kind)->traits & MAY_MAP;
}

void check_begin(void)
{
	nr_known = 0;
}

void check_call(const struct call *first, long ret, const struct call *second, long second_ret)
{
	bool change = may_change(first, ret) || second;
	unsigned int i;

	check_result(first, ret);
	if (second)
		check_result(second, second_ret);
	for (i = 0; i < SLOTS; i++)
		if (world.ids[i])
			check_slot(i, change);
	if (changes_mappings(first) || (second && changes_mappings(second)))
		check_mappings("maps");
	shared->used_arena = false;
}

/* The same bytes come from a lookup of all elements, from a mapping, and from read(2). */
static void check_ways(int fd, const struct bpfmmap_info *info)
{
	const size_t size = size_of(info);
	uint32_t count = info->max_entries, i;
	static uint8_t read[SUMMED], values[SUMMED];
	uint8_t *mapped;

	if (pread(fd, read, size, 0) != (ssize_t)size)
		return;
	if (try_batch(fd, BPFMMAP_IOC_LOOKUP_BATCH, 0, &count, values))
		broken("ways: region %u has no lookup of all elements", info->id);
	for (i = 0; i < count; i++)
		if (memcmp(values + i * info->value_size, read + i * stride(info->value_size),
			   info->value_size))
			broken("ways: element %u of region %u", i, info->id);
	mapped = mmap(NULL, info->bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		return;
	if (memcmp(mapped, read, size))
		broken("ways: a mapping of region %u", info->id);
	munmap(mapped, info->bytes);
}

void check_end(void)
{
	struct known *region;
	unsigned int i;

	check_mappings("smaps");
	for (i = 0; i < SLOTS; i++) {
		region = world.ids[i] ? find(world.ids[i]) : NULL;
		if (region && region->info.bytes <= SUMMED &&
		    !(fcntl(world.fds[i], F_GETFL) & O_WRONLY))
			check_ways(world.fds[i], &region->info);
	}
}
