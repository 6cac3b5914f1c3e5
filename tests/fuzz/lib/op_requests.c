// SPDX-License-Identifier: GPL-2.0-only
/* See operation.h: the requests of the module, with good and bad structs. */
#include "fixture.h"
#include "operation.h"
#include "world.h"

#include <linux/fs.h>

/* Larger than any struct of the module, with room for a tail that it does not know. */
#define MOST_STRUCT	(2 * 4096)

#define GOOD_STRUCTS	24	/* bytes below it stand for a good struct in plain memory */

/* Where a struct lies. */
struct laid {
	uint8_t *at;
	uint8_t byte;			/* of the buffer */
	bool plain;			/* good, and it can be read and written */
};

static struct laid lay(const void *args, size_t len, uint8_t how)
{
	static __thread uint8_t copy[MOST_STRUCT], own[MOST_STRUCT];
	const unsigned int kind = how < GOOD_STRUCTS ? 0 : how - GOOD_STRUCTS;
	struct laid laid = { .byte = kind / 9 % 16, .plain = how < GOOD_STRUCTS };
	uint32_t size = len;
	size_t extent = len;

	memset(copy, 0, sizeof(copy));
	memcpy(copy, args, len);
	switch (kind % 9) {
	case 1:
		size = len + 8;
		extent = size;
		break;
	case 2:
		size = len + 8;
		extent = size;
		copy[len + 7] = 1;
		break;
	case 3:
		size = 0;
		break;
	case 4:
		size = len - 4;
		break;
	case 5:
		size = 4096;
		extent = size;
		break;
	case 6:
		size = 4096 + 8;
		break;
	case 7:
		size = UINT32_MAX;
		break;
	case 8:
		size = 4;
		break;
	default:
		break;
	}
	memcpy(copy, &size, sizeof(size));
	laid.at = buffer_is_plain(laid.byte) ? own : buffer(laid.byte, extent);
	if (!buffer_is_bad(laid.byte))
		guarded_copy(laid.at, copy, extent);
	return laid;
}

static long ask(int fd, unsigned long cmd, void *args, size_t len, uint8_t how)
{
	struct laid laid = lay(args, len, how);
	long ret = request(fd, cmd, laid.at);

	if (buffer_is_bad(laid.byte) && ret >= 0)
		broken("bad pointer: request %#lx gives %ld", cmd, ret);
	if (laid.plain)
		memcpy(args, laid.at, len);
	return ret;
}

static long ask_control(unsigned long cmd, void *args, size_t len, uint8_t how)
{
	int fd = open(BPFMMAP_DEVICE, O_RDWR | O_CLOEXEC);
	long ret;

	if (fd < 0)
		return -EFAULT;	/* what a request may give; an open may give more */
	ret = ask(fd, cmd, args, len, how);
	close(fd);
	return ret;
}

static const uint32_t value_sizes[] = {
	8, 4, 1, 100, 4096, 2, 16, 24, 257, 3, 4097, 65536, 9, 65537, 0, 0x7fffffff, 0x80000000,
	2097152, 256, 4088,
};

static const uint32_t entries[] = {
	512, 1, 100, 1024, 3, 8, 513, 511, 2, 262144, 16, 524289, 0, 0xffffffff, 0x20000000, 4096,
};

static const uint32_t create_flags[] = {
	0, 0, 0, 0, 0, BPFMMAP_F_POPULATE, BPFMMAP_F_RDONLY, BPFMMAP_F_WRONLY, BPFMMAP_F_NUMA_NODE,
	0, 0, BPFMMAP_F_PROG, BPFMMAP_F_RDONLY_PROG, BPFMMAP_F_WRONLY_PROG, ~0U,
	BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY, BPFMMAP_F_PROG | BPFMMAP_F_RDONLY_PROG, 1,
};

static long do_create(const uint8_t *a)
{
	struct bpfmmap_create args = {
		.flags = CHOOSE(create_flags, a[3]),
		.value_size = CHOOSE(value_sizes, a[1]),
		.max_entries = CHOOSE(entries, a[2]),
		.numa_node = args.flags & BPFMMAP_F_NUMA_NODE ? number(a[5]) : 0,
		.reserved = a[5] == 0xff,
	};
	const char *name = name_alone(a[5] / 16);

	memcpy(args.name, name, strnlen(name, sizeof(args.name)));
	return slot_set(a[0], ask_control(BPFMMAP_IOC_CREATE, &args, sizeof(args), a[4]));
}

static long do_open_id(const uint8_t *a)
{
	static const uint32_t flags[] = {
		0, BPFMMAP_F_RDONLY, BPFMMAP_F_WRONLY, BPFMMAP_F_NOFREEZE, ~0U,
		BPFMMAP_F_RDONLY | BPFMMAP_F_NOFREEZE, BPFMMAP_F_POPULATE,
	};
	struct bpfmmap_open args = {
		.id = a[1] < SLOTS ? world.ids[a[1]] : number(a[1]),
		.flags = CHOOSE(flags, a[2]),
	};

	return slot_set(a[0], ask_control(BPFMMAP_IOC_OPEN, &args, sizeof(args), a[3]));
}

static long do_next(const uint8_t *a)
{
	struct bpfmmap_next_id args = { .start_id = number(a[0]) };
	long ret = ask_control(BPFMMAP_IOC_NEXT_ID, &args, sizeof(args), a[1]);

	if (!ret && a[1] < GOOD_STRUCTS && args.next_id <= args.start_id)
		broken("next id: %u after %u", args.next_id, args.start_id);
	return ret;
}

static long do_version(const uint8_t *a)
{
	struct bpfmmap_version args = { };
	long ret = ask_control(BPFMMAP_IOC_VERSION, &args, sizeof(args), a[0]);

	if (!ret && a[0] < GOOD_STRUCTS && args.version != BPFMMAP_VERSION)
		broken("version: %u", args.version);
	return ret;
}

static long do_info(const uint8_t *a)
{
	struct bpfmmap_info args = { };

	return ask(slot_fd(a[0]), BPFMMAP_IOC_INFO, &args, sizeof(args), a[1]);
}

static long do_freeze(const uint8_t *a)
{
	static const uint32_t flags[] = {
		0, BPFMMAP_FREEZE_REVOKE, BPFMMAP_FREEZE_WHEN_IDLE,
		BPFMMAP_FREEZE_WHEN_IDLE | BPFMMAP_FREEZE_KEEP, BPFMMAP_FREEZE_CANCEL,
		BPFMMAP_FREEZE_CANCEL | BPFMMAP_FREEZE_KEEP, BPFMMAP_FREEZE_PROCESSES,
		BPFMMAP_FREEZE_PROCESSES | BPFMMAP_FREEZE_REVOKE,
		BPFMMAP_FREEZE_PROCESSES | BPFMMAP_FREEZE_WHEN_IDLE,
		BPFMMAP_FREEZE_PROCESSES | BPFMMAP_FREEZE_WHEN_IDLE | BPFMMAP_FREEZE_KEEP,
	};
	struct bpfmmap_freeze args = {
		.flags = a[1] < 32 ? CHOOSE(flags, a[1]) : a[1] / 2,
	};

	return ask(slot_fd(a[0]), BPFMMAP_IOC_FREEZE, &args, sizeof(args), a[2]);
}

/* What the info of the slot says; value_size is 0 if it is no region. */
static struct bpfmmap_info info_of(uint8_t slot)
{
	struct bpfmmap_info args = { .size = sizeof(args) };

	if (!world.ids[slot % SLOTS] || request(slot_fd(slot), BPFMMAP_IOC_INFO, &args))
		args.value_size = 0;
	return args;
}

static uint32_t index_of(uint8_t byte, const struct bpfmmap_info *of)
{
	switch (byte % 32) {
	case 30:
		return of->max_entries - 1;
	case 31:
		return of->max_entries;
	default:
		return number(byte);
	}
}

/* Values fit the scratch buffer, so that plain buffers are. */
static bool fits(const struct bpfmmap_info *of, uint64_t count)
{
	return of->value_size && count <= SCRATCH_BYTES / 2 / of->value_size;
}

static struct bpfmmap_element element_of(const uint8_t *a, const struct bpfmmap_info *of)
{
	size_t len = of->value_size < SCRATCH_BYTES ? of->value_size : SCRATCH_BYTES;

	return (struct bpfmmap_element){
		.index = index_of(a[1], of),
		.value = (uintptr_t)buffer(a[2], len),
		.flags = a[3] < 8 ? 0 : a[3] % 4 ? a[3] % 4 : 1ULL << (a[3] / 4),
	};
}

static long do_lookup(const uint8_t *a)
{
	const struct bpfmmap_info of = info_of(a[0]);
	struct bpfmmap_element args = element_of(a, &of);
	long ret;

	if (!fits(&of, 1) && buffer_is_plain(a[2]))
		return -EINVAL;
	ret = ask(slot_fd(a[0]), BPFMMAP_IOC_LOOKUP, &args, sizeof(args), a[4]);
	if (!ret && (buffer_is_bad(a[2]) || args.index >= of.max_entries))
		broken("lookup: index %u of %u, value at %#llx: 0", args.index, of.max_entries,
		       (unsigned long long)args.value);
	return ret;
}

/* Compare elements that were just updated with the values. */
static void compare(const uint8_t *a, const struct bpfmmap_info *of, uint32_t index, uint32_t count,
		    const uint8_t *values)
{
	static uint8_t stored[SCRATCH_BYTES];
	uint32_t i;

	for (i = 0; world.alone && i < count && i < 16; i++, values += of->value_size) {
		off_t at = (off_t)(index + i) * stride(of->value_size);

		if (pread(slot_fd(a[0]), stored, of->value_size, at) == (ssize_t)of->value_size &&
		    memcmp(stored, values, of->value_size))
			broken("update: element %u is not what was stored", index + i);
	}
}

static long do_update(const uint8_t *a)
{
	const struct bpfmmap_info of = info_of(a[0]);
	struct bpfmmap_element args = element_of(a, &of);
	long ret;

	if (!fits(&of, 1) && buffer_is_plain(a[2]))
		return -EINVAL;
	ret = ask(slot_fd(a[0]), BPFMMAP_IOC_UPDATE, &args, sizeof(args), a[4]);
	if (ret || a[4] >= GOOD_STRUCTS)
		return ret;
	if (buffer_is_bad(a[2]) || args.index >= of.max_entries || args.flags == BPFMMAP_NOEXIST)
		broken("update: index %u of %u, value at %#llx, flags %#llx: 0", args.index,
		       of.max_entries, (unsigned long long)args.value,
		       (unsigned long long)args.flags);
	if (buffer_is_plain(a[2]))
		compare(a, &of, args.index, 1, HIGH(args.value));
	return ret;
}

static long do_batch(const uint8_t *a, unsigned long cmd)
{
	const struct bpfmmap_info of = info_of(a[0]);
	uint32_t count = a[2] % 32 == 31 ? of.max_entries : number(a[2]);
	struct bpfmmap_batch args = {
		.index = index_of(a[1], &of),
		.count = count,
		.reserved = a[4] == 8,
		.values = (uintptr_t)buffer(a[3], fits(&of, count) ? count * of.value_size : 4096),
		.flags = a[4] == 9,
	};
	long ret;

	/* a plain buffer has an end, too */
	if (!fits(&of, count) && !buffer_is_bad(a[3]))
		return -EINVAL;
	ret = ask(slot_fd(a[0]), cmd, &args, sizeof(args), a[5]);
	if (a[5] >= GOOD_STRUCTS || ret == -EBADF || ret == -ENOTTY)
		return ret;
	/* what is refused before any element leaves count alone, as a struct that can't be read */
	if (ret && args.count == count)
		return ret;
	if (args.count > count || (!ret && args.count != count) ||
	    (args.count && (uint64_t)args.index + args.count > of.max_entries))
		broken("batch: %u of %u elements from %u on were done: %ld", args.count, count,
		       args.index, ret);
	if (args.count && buffer_is_bad(a[3]))
		broken("batch: %u elements at %#llx were done", args.count,
		       (unsigned long long)args.values);
	if (cmd == BPFMMAP_IOC_UPDATE_BATCH && buffer_is_plain(a[3]))
		compare(a, &of, args.index, args.count, HIGH(args.values));
	return ret;
}

static long do_lookup_batch(const uint8_t *a)
{
	return do_batch(a, BPFMMAP_IOC_LOOKUP_BATCH);
}

static long do_update_batch(const uint8_t *a)
{
	return do_batch(a, BPFMMAP_IOC_UPDATE_BATCH);
}

static long do_publish(const uint8_t *a)
{
	const char *name = name_alone(a[1]);
	struct bpfmmap_publish args = {
		.flags = a[2] < 64 ? a[2] % 8 : a[2] / 4,
		.uid = a[3] % 4 ? 1000 : number(a[3]),
		.gid = a[3] % 4 ? 1000 : number(a[3]),
		.mode = a[3] % 8 ? 0666 : number(a[3] / 8),
	};
	int dir = -1;
	long ret;

	memcpy(args.name, name, strnlen(name, sizeof(args.name)));
	shared->dirty |= DIRTY_NAMES;
	if (a[4]) {
		dir = open(name_path(a[4]), O_PATH | O_CLOEXEC);
		args.directory = a[4] % 16 == 15 ? slot_fd(a[4] / 16) : dir;
	}
	ret = ask(slot_fd(a[0]), BPFMMAP_IOC_PUBLISH, &args, sizeof(args), a[5]);
	if (dir >= 0)
		close(dir);
	return ret;
}

static long do_restrict(const uint8_t *a)
{
	static const uint32_t flags[] = {
		0, BPFMMAP_F_RDONLY, BPFMMAP_F_WRONLY, BPFMMAP_F_NOFREEZE, ~0U,
		BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY, BPFMMAP_F_POPULATE,
	};
	struct bpfmmap_restrict args = { .flags = CHOOSE(flags, a[2]) };

	return slot_set(a[1], ask(slot_fd(a[0]), BPFMMAP_IOC_RESTRICT, &args, sizeof(args), a[3]));
}

static long do_mappings(const uint8_t *a)
{
	uint32_t count = a[1] < 64 ? a[1] : number(a[1]);
	struct bpfmmap_mappings args = {
		.count = count,
		.entries = (uintptr_t)buffer(a[2], sizeof(struct bpfmmap_mapping_entry)),
	};
	long ret;

	ret = ask(slot_fd(a[0]), BPFMMAP_IOC_MAPPINGS, &args, sizeof(args), a[3]);
	if (!ret && a[3] < GOOD_STRUCTS && count && args.count && buffer_is_bad(a[2]))
		broken("mappings: %u entries at %#llx: 0", args.count,
		       (unsigned long long)args.entries);
	return ret;
}

static long do_handle(const uint8_t *a)
{
	struct bpfmmap_handle_args args = { .reserved = a[2] == 0xff };

	return ask(slot_fd(a[0]), BPFMMAP_IOC_HANDLE, &args, sizeof(args), a[1]);
}

/* Numbers near those of the module, with any direction and size, and some of files. */
static long do_raw(const uint8_t *a)
{
	static const unsigned long others[] = {
		FIONREAD, FIGETBSZ, FIBMAP, FIOCLEX, FIONBIO, FIOASYNC, FIOQSIZE, FS_IOC_GETFLAGS,
		FS_IOC_SETFLAGS, FICLONE, FIFREEZE, FIDEDUPERANGE,
	};
	unsigned long cmd = a[1] < 128 ? CHOOSE(others, a[1]) :
		_IOC(a[2] % 4, BPFMMAP_IOC_TYPE, a[1] % 32, number(a[2]) & 0x3fff);

	return request(slot_fd(a[0]), cmd, buffer(a[3], 64));
}

static long do_control(const uint8_t *a)
{
	return slot_set(a[0], result(open(BPFMMAP_DEVICE, (a[1] % 3) | O_CLOEXEC)));
}

const struct operation request_operations[] = {
	{ "create", 6, 60, do_create, STRICT, { ENOSPC, ENOMEM, EINTR, EMFILE, ENFILE } },
	{ "info", 2, 6, do_info, STRICT | GIVES_ZERO, { 0 } },
	{ "freeze", 3, 50, do_freeze, STRICT | GIVES_ZERO,
	  { EPERM, EBUSY, EINPROGRESS, ENOSPC, ENOMEM, ENOENT, EINTR } },
	{ "lookup", 5, 20, do_lookup, STRICT | GIVES_ZERO, { EPERM, ENOENT, EINTR } },
	{ "update", 5, 40, do_update, STRICT | GIVES_ZERO | MAY_WRITE,
	  { EPERM, EBUSY, EEXIST, ENOMEM, EINTR } },
	{ "lookups", 6, 20, do_lookup_batch, STRICT | GIVES_ZERO, { EPERM, ENOENT, EINTR } },
	{ "updates", 6, 40, do_update_batch, STRICT | GIVES_ZERO | MAY_WRITE | MAY_WRITE_PART,
	  { EPERM, EBUSY, ENOMEM, EINTR } },
	{ "publish", 6, 40, do_publish, STRICT | GIVES_ZERO,
	  { ENAMETOOLONG, EPERM, EACCES, ENOTDIR, EXDEV, ENOENT, EROFS, EEXIST, EALREADY,
	    ENOSPC, EAGAIN, ENOMEM } },
	{ "restrict", 4, 20, do_restrict, STRICT, { EMFILE, ENFILE, ENOMEM } },
	{ "mappings", 4, 12, do_mappings, STRICT | GIVES_ZERO, { ENOMEM, EINTR } },
	{ "handle", 3, 8, do_handle, STRICT | GIVES_ZERO, { EPERM, EOPNOTSUPP } },
	{ "openid", 4, 20, do_open_id, STRICT, { EPERM, ENOENT, EMFILE, ENFILE, ENOMEM } },
	{ "nextid", 2, 6, do_next, STRICT | GIVES_ZERO, { EPERM, ENOENT } },
	{ "version", 1, 3, do_version, STRICT | GIVES_ZERO, { 0 } },
	{ "raw", 4, 8, do_raw, MAY_WRITE | MAY_WRITE_PART, { 0 } },
	{ "control", 2, 3, do_control, 0, { 0 } },
	{ NULL, 0, 0, NULL, 0, { 0 } }
};
