// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backing: the pages of a region
 *
 * A region owns its pages. They are allocated in three sizes: chunks (512 contiguous pages, order
 * 9) while the allocator has free ones, then runs (contiguous pages of a smaller order), then
 * single pages. All are charged to the creator's memory cgroup. vmap() joins them to one array
 * for the kernel, unless the whole backing is one chunk, one run or one page. If memory is short
 * the allocation must fail early and harm no other process. __vmalloc() can't do this, as it
 * calls the OOM killer and can't be interrupted; hence the loop in alloc_all_pages().
 *
 * Nobody except this module ever has a reference to one of these pages (I1). The reference count
 * is 0 from the allocation until just before the page is freed. So if a part of the kernel finds
 * a page by its number, as KVM does when it follows a mapping, and asks for a reference, it gets
 * none. A reference would outlive the mapping that it was found by, and allow stores after the
 * freeze. Memory offlining waits for a page with count 0, as such a page is usually about to be
 * freed; a memory notifier makes it fail instead. The notifier recognizes our pages by the
 * mark in page->private.
 *
 *	page		0 .. 511 | 512 .. 1023 | 1024 | 1025 | ...
 *			chunk 0	 | chunk 1     | runs and single pages  (nr_chunks = 2)
 *	pages[]		0	 | 1	       | 2    | 3    | ...
 */
#include <linux/memory.h>
#include <linux/notifier.h>
#include <linux/page_ref.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/thread_info.h>
#include <linux/vmalloc.h>

#include "backing.h"
#include "compat.h"
#include "usage.h"

#define CHUNK_PAGES	((unsigned int)BIT(BPFMMAP_CHUNK_ORDER))

/* Other processes allocate at the same time, so check free memory again after this many pages. */
#define LOOK_PAGES	64U

/* Chunks and runs are optional: take those that are free, without reclaim or waiting. */
#define GFP_CONTIGUOUS	((((GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_COMP | __GFP_NOWARN | \
			    __GFP_NORETRY) & ~__GFP_RECLAIM) | __GFP_KSWAPD_RECLAIM))

/* Number of attempts to freeze the reference count of a new page. */
#define MAX_TRIES	1000

/* Single pages are required: reclaim memory for them, but fail before the OOM killer is called. */
#define GFP_PAGE	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

/*
 * Returns true if the machine has too little memory for nr_pages more pages. Then the allocation
 * fails at once, not after seconds of reclaim. A part of the memory is left free, as the next
 * allocation, for instance that of vmap() for its page tables, may call the OOM killer. This part
 * must be larger than the growth of the kernel's own reserve by watermark_boost_factor;
 * si_mem_available() has subtracted that reserve already.
 */
static bool memory_is_short(unsigned int nr_pages)
{
	unsigned long reserve = min(totalram_pages() / 16, SZ_256M / PAGE_SIZE);
	unsigned long tables = nr_pages / 128UL;	/* pages[], and page tables of vmap() */
	long available = si_mem_available();

	return available < 0 || nr_pages + tables + reserve > (unsigned long)available;
}

/* The first page of each chunk and run, and each single page, has its address in page->private. */
static const char mark;

/*
 * Mark the pages, and set their reference count to 0: from here on nobody gets a reference (I1;
 * tail pages never have any). Another CPU may hold a short reference to what the page was before
 * it was allocated, so the attempt is repeated.
 */
static bool own(struct page *first)
{
	unsigned int tries;

	set_page_private(first, (unsigned long)&mark);
	if (!COMPAT_NO_REFERENCES)
		return true;
	for (tries = 0; tries < MAX_TRIES; tries++) {
		/* it is a full barrier: a reader that sees count 0 sees the mark as well */
		if (page_ref_freeze(first, 1))
			return true;
		cpu_relax();
	}
	set_page_private(first, 0);
	return false;
}

static void disown_and_free(struct page *first, unsigned int order)
{
	/* I1: nobody has a reference */
	WARN_ON_ONCE(COMPAT_NO_REFERENCES && page_ref_count(first));
	if (COMPAT_NO_REFERENCES)
		init_page_count(first);
	set_page_private(first, 0);
	__free_pages(first, order);
}

/* Returns true if own() was called for this first page. */
static bool is_ours(struct page *page)
{
	return !page_ref_count(page) && page_private(page) == (unsigned long)&mark;
}

/* Memory notifier: refuse to offline memory that contains pages of regions. */
static int going_offline(struct notifier_block *block, unsigned long action, void *data)
{
	const struct memory_notify *range = data;
	unsigned long pfn;

	if (action != MEM_GOING_OFFLINE)
		return NOTIFY_OK;
	for (pfn = range->start_pfn; pfn < range->start_pfn + range->nr_pages; pfn++) {
		if (is_ours(pfn_to_page(pfn)))
			return notifier_from_errno(-EBUSY);
		if (pfn % LOOK_PAGES == 0)
			cond_resched();
	}
	return NOTIFY_OK;
}

static struct notifier_block offline_notifier = {
	.notifier_call = going_offline,
};

/* Called before the first region is created. Returns 0 or -errno. */
int __init bpfmmap_backing_init(void)
{
	return register_memory_notifier(&offline_notifier);
}

/* Called after the last region has been freed. */
void bpfmmap_backing_exit(void)
{
	unregister_memory_notifier(&offline_notifier);
}

/* Free the pages of the first nr pointers in pages[]: a chunk or a run is freed as a whole. */
static void free_pages_array(struct bpfmmap_backing *backing, unsigned int nr)
{
	unsigned int i = 0, order;

	while (i < nr) {
		order = compound_order(backing->pages[i]);
		disown_and_free(backing->pages[i], order);
		i += i < backing->nr_chunks ? 1 : BIT(order);
		cond_resched();
	}
}

/* Without a NUMA node the creator's memory policy applies. */
static struct page *alloc_owned(int numa_node, gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (numa_node == NUMA_NO_NODE)
		page = alloc_pages(gfp, order);
	else
		page = alloc_pages_node(numa_node, gfp, order);
	if (page && !own(page)) {
		__free_pages(page, order);
		page = NULL;
	}
	return page;
}

/* Prefer the requested node to contiguous pages. */
static gfp_t node_gfp(gfp_t gfp, int numa_node)
{
	return numa_node == NUMA_NO_NODE ? gfp : gfp | __GFP_THISNODE;
}

static struct page *alloc_chunk(const struct bpfmmap_backing *backing, unsigned int i,
				int numa_node)
{
	/* no chunk follows a run or a single page: nr_chunks covers the start of the region */
	if (backing->nr_pages - i < CHUNK_PAGES || backing->nr_chunks != i / CHUNK_PAGES ||
	    i % CHUNK_PAGES)
		return NULL;
	return alloc_owned(numa_node, node_gfp(GFP_CONTIGUOUS, numa_node), BPFMMAP_CHUNK_ORDER);
}

/*
 * Allocate a run of order *order at most, or a single page, and store a pointer to each page. In
 * fragmented memory *order is lowered to what is free, and never raised again for this region.
 * Returns the number of pages stored in pages[]; 0: there is no memory.
 */
static unsigned int alloc_run(struct page **pages, unsigned int wanted, int numa_node,
			      unsigned int *order)
{
	struct page *page = NULL;
	unsigned int i;

	while (*order && !page) {
		if (wanted >= BIT(*order))
			page = alloc_owned(numa_node, node_gfp(GFP_CONTIGUOUS, numa_node),
					   *order);
		if (!page)
			--*order;
	}
	if (!page)
		page = alloc_owned(numa_node, GFP_PAGE, 0);
	if (!page)
		return 0;
	for (i = 0; i < BIT(*order); i++)
		pages[i] = page + i;
	return i;
}

static int alloc_all_pages(struct bpfmmap_backing *backing, int numa_node)
{
	unsigned int order = BPFMMAP_CHUNK_ORDER - 1;
	unsigned int i = 0, nr = 0, run;
	struct page *page;
	int err;

	while (i < backing->nr_pages) {
		/*
		 * The caller gets EINTR if a signal handler runs. After a wake-up without a
		 * handler (SIGCONT, a debugger, the freezer) the call is restarted.
		 * signal_pending() would also be true for task work, of which io_uring has much.
		 */
		err = -ERESTARTNOHAND;
		if (test_thread_flag(TIF_SIGPENDING))
			goto err_free;
		err = -ENOMEM;
		if (i && i % LOOK_PAGES == 0 && memory_is_short(backing->nr_pages - i))
			goto err_free;

		page = alloc_chunk(backing, i, numa_node);
		if (page) {
			backing->nr_chunks++;
			backing->pages[nr++] = page;
			i += CHUNK_PAGES;
		} else {
			run = alloc_run(backing->pages + nr, backing->nr_pages - i, numa_node,
					&order);
			if (!run)
				goto err_free;
			nr += run;
			i += run;
		}
		cond_resched();
	}
	return 0;

err_free:
	free_pages_array(backing, nr);
	return err;
}

/* The number of pointers in pages[]. */
static unsigned int nr_pointers(const struct bpfmmap_backing *backing)
{
	return backing->nr_pages - backing->nr_chunks * (CHUNK_PAGES - 1);
}

static struct page **alloc_array(unsigned int nr)
{
	return kvmalloc_array(nr, sizeof(struct page *),
			      GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
}

/*
 * Returns true if the backing is a single chunk, run or page. The kernel has mapped such pages
 * already, so vmap() is not needed. Two adjacent runs need vmap(), as CONFIG_HARDENED_USERCOPY
 * forbids a copy across their border.
 */
static bool is_contiguous(const struct bpfmmap_backing *backing)
{
	return backing->nr_pages == BIT(compound_order(backing->pages[0]));
}

static void *join(const struct bpfmmap_backing *backing)
{
	struct page **pages;
	unsigned int i;
	void *data;

	if (is_contiguous(backing))
		return page_address(backing->pages[0]);
	if (!backing->nr_chunks)
		return vmap(backing->pages, backing->nr_pages, VM_MAP, PAGE_KERNEL);

	pages = alloc_array(backing->nr_pages);
	if (!pages)
		return NULL;
	for (i = 0; i < backing->nr_pages; i++)
		pages[i] = bpfmmap_backing_page(backing, i);
	data = vmap(pages, backing->nr_pages, VM_MAP, PAGE_KERNEL);
	kvfree(pages);
	return data;
}

/* pages[] was allocated for single pages. A chunk needs one pointer, not 512, so shrink it. */
static int shrink_array(struct bpfmmap_backing *backing)
{
	const unsigned int nr = nr_pointers(backing);
	struct page **pages;

	if (!backing->nr_chunks)
		return 0;
	pages = alloc_array(nr);
	if (!pages)
		return -ENOMEM;
	memcpy(pages, backing->pages, nr * sizeof(*pages));
	kvfree(backing->pages);
	backing->pages = pages;
	return 0;
}

/**
 * bpfmmap_backing_alloc() - allocate zeroed pages for a region
 * @backing: out: the pages
 * @bytes: size, a multiple of PAGE_SIZE above 0
 * @numa_node: preferred node, or NUMA_NO_NODE
 *
 * Context: may sleep; the caller holds no locks.
 * Return: 0; -E2BIG, -ENOSPC: a limit is exceeded (bpfmmap_usage_charge()); -ENOMEM;
 * -ERESTARTNOHAND: a signal is pending.
 */
int bpfmmap_backing_alloc(struct bpfmmap_backing *backing, u64 bytes, int numa_node)
{
	int err;

	err = bpfmmap_usage_charge(bytes);
	if (err)
		return err;

	backing->nr_pages = bytes >> PAGE_SHIFT;
	backing->nr_chunks = 0;
	err = -ENOMEM;
	if (memory_is_short(backing->nr_pages))
		goto err_uncharge;

	backing->pages = alloc_array(backing->nr_pages);
	if (!backing->pages)
		goto err_uncharge;

	err = alloc_all_pages(backing, numa_node);
	if (err)
		goto err_free_array;

	err = shrink_array(backing);
	if (err)
		goto err_free_pages;
	err = -ENOMEM;
	backing->data = join(backing);
	if (!backing->data)
		goto err_free_pages;
	return 0;

err_free_pages:
	free_pages_array(backing, nr_pointers(backing));
err_free_array:
	kvfree(backing->pages);
err_uncharge:
	bpfmmap_usage_uncharge(bytes);
	return err;
}

/**
 * bpfmmap_backing_free() - free the pages of a region
 * @backing: filled in by bpfmmap_backing_alloc(); no mapping is left (I4)
 *
 * Context: may sleep.
 */
void bpfmmap_backing_free(struct bpfmmap_backing *backing)
{
	const u64 bytes = (u64)backing->nr_pages << PAGE_SHIFT;

	if (!is_contiguous(backing))
		vunmap(backing->data);
	free_pages_array(backing, nr_pointers(backing));
	kvfree(backing->pages);
	backing->data = NULL;
	bpfmmap_usage_uncharge(bytes);
}
