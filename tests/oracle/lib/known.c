// SPDX-License-Identifier: GPL-2.0-only
/*
 * See known.h. A difference belongs here only if README says that it is meant; one
 * that no longer happens has to go from both.
 */
#include "harness.h"
#include "known.h"

#include <sys/utsname.h>

/* Every question is of this form: a step, and what it gave in either world. */
#define QUESTION(name)	static bool name(const struct step *step, \
					 const struct outcome *region, \
					 const struct outcome *kernel)

static bool gives(const struct outcome *region, long ours,
		  const struct outcome *kernel, long theirs)
{
	return region->ret == ours && kernel->ret == theirs;
}

QUESTION(exec_mapping)
{
	return step->op == OP_MMAP && step->a >= 4 && region->ret == -EPERM &&
	       kernel->ret != -EPERM;
}

QUESTION(readonly_fd_mapped)
{
	return step->op == OP_MMAP && gives(region, 0, kernel, -EINVAL);
}

QUESTION(second_freeze)
{
	return step->op == OP_FREEZE && gives(region, -EPERM, kernel, -EBUSY);
}

QUESTION(readonly_fd_frozen)
{
	return step->op == OP_FREEZE && gives(region, -EPERM, kernel, 0);
}

QUESTION(advice_for_pages)
{
	/* also where both refuse, but the kernel's array has done a part of it */
	(void)kernel;
	return step->op == OP_MADVISE && region->ret < 0;
}

QUESTION(locked_pages)
{
	return step->op == OP_MLOCK && gives(region, 0, kernel, -ENOMEM);
}

QUESTION(two_errors)
{
	return (step->op == OP_LOOKUP || step->op == OP_UPDATE) && region->ret < 0 &&
	       kernel->ret < 0;
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

int known_find(const struct step *step, const struct outcome *region, const struct outcome *kernel)
{
	unsigned int i;

	for (i = 0; i < nr_known; i++)
		if (known_applies(&known[i]) && known[i].is(step, region, kernel))
			return i;
	return -1;
}
