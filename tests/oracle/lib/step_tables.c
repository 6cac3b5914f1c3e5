// SPDX-License-Identifier: GPL-2.0-only
/* See step_tables.h. */
#include "fixture.h"
#include "step_tables.h"
#include "world.h"

static const struct step_size sizes[NR_SIZES] = {
	/* around the sizes of words and pages */
	{ 1, 1 }, { 8, 1 }, { 7, 3 }, { 9, 3 }, { 8, 511 }, { 8, 512 }, { 8, 513 },
	{ 4, 1024 }, { 12, 300 }, { 24, 170 }, { 4095, 1 }, { 4096, 1 }, { 4097, 1 },
	{ 4096, 4 }, { 100, 200 }, { 5000, 3 }, { 65536, 1 }, { 20000, 1 },
	/* refused */
	{ 0, 1 }, { 8, 0 }, { 0, 0 }, { UINT32_MAX, 1 }, { INT32_MAX + 1U, 1 }, { UINT32_MAX, 0 },
};

/* With larger units the size is as many bytes short of its last page as with units of a page. */
struct step_size step_size(unsigned int number)
{
	struct step_size size = sizes[number % NR_SIZES];
	size_t stride = ((size_t)size.value_size + 7) & ~7UL, pages;

	if (number % NR_SIZES >= NR_GOOD_SIZES)
		return size;
	pages = (stride * size.max_entries + PAGE - 1) / PAGE;
	size.max_entries += (world_bytes(world_block()) - PAGE) * pages / stride;
	return size;
}

const uint32_t step_fd_flags[NR_FD_FLAGS] = {
	0, BPFMMAP_F_RDONLY, BPFMMAP_F_WRONLY, BPFMMAP_F_RDONLY | BPFMMAP_F_WRONLY, 1U << 31,
};

const int step_prots[NR_PROTS] = {
	PROT_READ, PROT_READ | PROT_WRITE, PROT_WRITE, PROT_NONE,
	PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC,
};

const int step_map_flags[NR_MAP_FLAGS] = {
	MAP_SHARED, MAP_SHARED_VALIDATE, MAP_SHARED | MAP_POPULATE, MAP_SHARED | MAP_NORESERVE,
	MAP_SHARED | MAP_LOCKED, MAP_PRIVATE, MAP_SHARED_VALIDATE | MAP_SYNC,
};

/* All advices except those that ask for memory errors (tests/attacks has these). */
const int step_advices[NR_ADVICES] = {
	MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE,
	MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_MERGEABLE, MADV_UNMERGEABLE,
	MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK,
	MADV_KEEPONFORK, MADV_COLD, MADV_PAGEOUT, 22 /* MADV_POPULATE_READ */,
	23 /* MADV_POPULATE_WRITE */, 24 /* MADV_DONTNEED_LOCKED */, 25 /* MADV_COLLAPSE */, 999,
};

const int step_msync_flags[NR_MSYNC_FLAGS] = {
	MS_SYNC, MS_ASYNC, MS_INVALIDATE, MS_SYNC | MS_ASYNC,
};

const uint64_t step_element_flags[NR_ELEMENT_FLAGS] = { 0, 1, 2, 3, 4, 1ULL << 8, 1ULL << 32 };

const char *const step_advice_names[NR_ADVICES] = {
	"NORMAL", "RANDOM", "SEQUENTIAL", "WILLNEED", "DONTNEED", "FREE",
	"REMOVE", "DONTFORK", "DOFORK", "MERGEABLE", "UNMERGEABLE",
	"HUGEPAGE", "NOHUGEPAGE", "DONTDUMP", "DODUMP", "WIPEONFORK",
	"KEEPONFORK", "COLD", "PAGEOUT", "POPULATE_READ",
	"POPULATE_WRITE", "DONTNEED_LOCKED", "COLLAPSE", "999",
};

const char *const step_prot_names[NR_PROTS] = {
	"READ", "READ|WRITE", "WRITE", "NONE", "READ|EXEC", "READ|WRITE|EXEC",
};

const char *const step_map_names[NR_MAP_FLAGS] = {
	"SHARED", "SHARED_VALIDATE", "SHARED|POPULATE", "SHARED|NORESERVE", "SHARED|LOCKED",
	"PRIVATE", "SHARED_VALIDATE|SYNC",
};

const char *const step_fd_flag_names[NR_FD_FLAGS] = {
	"0", "RDONLY", "WRONLY", "RDONLY|WRONLY", "1 << 31",
};
