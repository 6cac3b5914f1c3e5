// SPDX-License-Identifier: GPL-2.0-only
/*
 * See known.h. A difference belongs here only if README says that it is meant; one
 * that no longer happens has to go from both.
 */
#include "fixture.h"
#include "known.h"
#include "step_tables.h"

#include <sys/utsname.h>

/* Each function gets a step, its results in both worlds, and one of the worlds. */
#define QUESTION(name)	static bool name(const struct step *step, \
					 const struct outcome *region, \
					 const struct outcome *kernel, \
					 const struct world *world)

static bool gives(const struct outcome *region, long ours,
		  const struct outcome *kernel, long theirs)
{
	return region->ret == ours && kernel->ret == theirs;
}

static bool has_mode(const struct step *step, const struct world *world, int mode)
{
	return (fcntl(world->fds[step->slot], F_GETFL) & O_ACCMODE) == mode;
}

/* True if the range of an mmap lies in the array. */
static bool fits(const struct step *step, const struct world *world)
{
	struct array_info info;
	size_t bytes;

	if (world->array->info(world->fds[step->slot], &info))
		return false;
	bytes = (size_t)info.max_entries * ((info.value_size + 7) & ~7U);
	bytes = (bytes + PAGE - 1) / PAGE * PAGE;
	return step->pages && world_bytes(step->c + step->pages) <= bytes;
}

static bool is_frozen(const struct step *step, const struct world *world)
{
	struct array_info info;

	return !world->array->info(world->fds[step->slot], &info) && info.frozen;
}

QUESTION(exec_mapping)
{
	(void)world;
	(void)kernel;
	/*
	 * if the array refuses it too, as when it is frozen, MAP_FIXED has unmapped the range
	 * before that
	 */
	return step->op == OP_MMAP && (step_prots[step->a % NR_PROTS] & PROT_EXEC) &&
	       region->ret == -EPERM;
}

QUESTION(readonly_fd_mapped)
{
	return step->op == OP_MMAP && gives(region, 0, kernel, -EINVAL) &&
	       step_prots[step->a % NR_PROTS] == (step_prots[step->a % NR_PROTS] & PROT_READ) &&
	       has_mode(step, world, O_RDONLY) && fits(step, world);
}

QUESTION(second_freeze)
{
	return step->op == OP_FREEZE && gives(region, -EPERM, kernel, -EBUSY) &&
	       is_frozen(step, world);
}

QUESTION(readonly_fd_frozen)
{
	/* before 6.12 the array of the kernel looks for writers only */
	return step->op == OP_FREEZE && region->ret == -EPERM &&
	       (kernel->ret == 0 || kernel->ret == -EBUSY) && has_mode(step, world, O_RDONLY);
}

QUESTION(advice_for_pages)
{
	(void)kernel;
	(void)world;
	if (step->op != OP_MADVISE)
		return false;
	/* also if both refuse it, but the array of the kernel has done a part of it */
	switch (step_advices[step->a % NR_ADVICES]) {
	case MADV_DONTNEED:
	case 24:	/* MADV_DONTNEED_LOCKED */
	case MADV_COLD:
	case MADV_PAGEOUT:
		return region->ret == -EINVAL;
	case 22:	/* MADV_POPULATE_READ */
	case 23:	/* MADV_POPULATE_WRITE */
		return region->ret == -EINVAL || region->ret == -EFAULT;
	default:
		return false;
	}
}

QUESTION(hole)
{
	(void)world;
	if (step->op != OP_MADVISE || step_advices[step->a % NR_ADVICES] != MADV_REMOVE ||
	    (kernel->ret != -ENODEV && kernel->ret != -EOPNOTSUPP))
		return false;
	/* the kernel's array refuses at the first mapping, a region goes on to the next one */
	return region->ret == 0 || (step->pages > 1 && (region->ret == -ENOMEM ||
		region->ret == -EACCES || region->ret == -EINVAL));
}

QUESTION(flushed)
{
	(void)world;
	return step->op == OP_MSYNC && gives(region, 0, kernel, -EINVAL);
}

QUESTION(locked_pages)
{
	bool all_readable = true;
	unsigned int i;

	for (i = step->page; i < step->page + step->pages && i < world_arena(); i++)
		all_readable &= world->states[i][0] == PAGE_READABLE;
	return step->op == OP_MLOCK && gives(region, 0, kernel, -ENOMEM) && !all_readable;
}

QUESTION(two_errors)
{
	uint64_t flags = step_element_flags[step->b % NR_ELEMENT_FLAGS];

	/* the fd can't read, and the flags are unknown to lookup */
	if (step->op == OP_LOOKUP && gives(region, -EPERM, kernel, -EINVAL))
		return flags && has_mode(step, world, O_WRONLY);
	/* no value, and a CPU in the flags, which only other kinds of maps know */
	return step->op == OP_UPDATE && gives(region, -EINVAL, kernel, -EFAULT) && flags >> 32;
}

/* The array of the kernel returns EFAULT for more than one mapping before other errors. */
QUESTION(several_moved)
{
	(void)world;
	return step->op == OP_MREMAP && kernel->ret == -EFAULT &&
	       (region->ret == 0 || region->ret == -EINVAL) &&
	       step->b % 3 && step->pages > 1 && step->a == step->pages;
}

/* True if the mapping of that page has PROT_READ. Some machines can read without it. */
static bool has_prot_read(const struct world *world, unsigned int page)
{
	const uintptr_t at = (uintptr_t)world_page(world, page);
	unsigned long start, end;
	bool readable = false;
	char line[256], prot;
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %c", &start, &end, &prot) == 3 &&
		    start <= at && at < end)
			readable = prot == 'r';
	if (maps)
		fclose(maps);
	return readable;
}

QUESTION(read_without_prot_read)
{
	return step->op == OP_MEM_READ && gives(region, 1, kernel, -EIO) &&
	       !has_prot_read(world, step->page);
}

QUESTION(both_fd_modes)
{
	(void)world;
	return step->op == OP_CREATE && region->ret == -EINVAL &&
	       (kernel->ret == -E2BIG || kernel->ret == -ENOMEM) &&
	       step_fd_flags[step->b % NR_FD_FLAGS] == (BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY);
}

const struct known known[] = {
	{
		.what = "PROT_EXEC is refused",
		.why = "nobody runs code from an array; in 7.3 anonymous inodes are noexec",
		.to = 6012,
		.is = exec_mapping,
		.parts = true,
	},
	{
		.what = "a read-only fd can be mapped read-only",
		.why = "bpf_map_mmap() looks at VM_SHARED, which a read-only file loses",
		.is = readonly_fd_mapped,
		.parts = true,
	},
	{
		.what = "a second freeze gives EPERM, not EBUSY",
		.why = "as map_freeze() of 6.12; EBUSY reads as \"try again\"",
		.to = 6011,
		.is = second_freeze,
	},
	{
		.what = "a read-only fd can't freeze",
		.why = "as map_freeze() of 6.12",
		.to = 6011,
		.is = readonly_fd_frozen,
		.parts = true,
	},
	{
		.what = "advice that drops or fetches pages is refused",
		.why = "the kernel gives it to no mapping without page references (VM_PFNMAP)",
		.is = advice_for_pages,
		.parts = true,
	},
	{
		.what = "MADV_REMOVE sets zeros",
		.why = "as on any file: it is fallocate(), which the kernel's array has none of",
		.is = hole,
		.parts = true,
	},
	{
		.what = "msync(MS_SYNC) works",
		.why = "as on any file: fsync of a region is 0, the kernel's array has none",
		.is = flushed,
	},
	{
		.what = "mlock brings no pages in, so it can't fail to",
		.why = "the kernel skips mappings without page references (VM_PFNMAP)",
		.is = locked_pages,
	},
	{
		.what = "of two errors in one lookup or update another comes first",
		.why = "as map_lookup_elem() and map_update_elem() of 7.3",
		.to = 6012,
		.is = two_errors,
	},
	{
		.what = "mremap moves several mappings at once",
		.why = "6.17: vma_multi_allowed() of mm/mremap.c, not with a get_unmapped_area()",
		.from = 6017,
		.is = several_moved,
		.parts = true,
	},
	{
		.what = "/proc/PID/mem reads a mapping without PROT_READ",
		.why = "PROC_MEM_FORCE_PTRACE, which Debian sets from 7 on, is not told to vm_ops",
		.from = 7000,
		.is = read_without_prot_read,
	},
	{
		.what = "an fd for neither reading nor writing is refused before all else",
		.why = "map_create() of 7.3 asks bpf_get_file_flag() when it has made the array",
		.from = 7003,
		.is = both_fd_modes,
		.seldom = true,
	},
};

const unsigned int nr_known = ARRAY_SIZE(known);

unsigned int kernel_version(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return 0;
	return major * 1000 + minor;
}

bool known_applies(const struct known *one)
{
	return kernel_version() >= one->from && (!one->to || kernel_version() <= one->to);
}

int known_find(const struct step *step, const struct outcome *region,
	       const struct outcome *kernel, const struct world *world)
{
	unsigned int i;

	for (i = 0; i < nr_known; i++)
		if (known_applies(&known[i]) && known[i].is(step, region, kernel, world))
			return i;
	return -1;
}
