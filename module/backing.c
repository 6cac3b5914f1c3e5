// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backing: the pages of a region
 *
 * Pages are the region's own, and come in three sizes: chunks (contiguous, of order 9) as long
 * as the allocator has them at hand, then runs (contiguous, of a smaller order), then single
 * pages. All are charged to the creator's memory cgroup. vmap() joins them, so that the
 * kernel sees one array, unless the whole backing is one chunk or one run. A large region must
 * fail without harm when memory is short. That takes a loop of our own: __vmalloc() calls
 * the OOM killer and can't be interrupted.
 *
 * Nobody but us ever has a reference to one of these pages. The count of references is 0
 * from the allocation until just before the page is freed, so whoever finds a page by its
 * number (KVM does, through a mapping that it follows) and asks for a reference gets none.
 * A reference would outlive the mapping that it was found by, and with it the freeze. To
 * memory offlining a count of 0 means "about to be free, wait for it", so a memory
 * notifier tells it otherwise; it knows our pages by their mark in page->private.
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

/* Others take memory at the same time, so look whether it still lasts after this many pages. */
#define LOOK_PAGES	64U

/* Chunks and runs are a bonus: they are taken if they are there, without reclaim or waiting. */
#define GFP_CONTIGUOUS	((((GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_COMP | __GFP_NOWARN | \
			    __GFP_NORETRY) & ~__GFP_RECLAIM) | __GFP_KSWAPD_RECLAIM))

/* How often to look whether a reference that somebody else has to a new page is gone. */
#define MAX_TRIES	1000

/* A page is wanted: reclaim for it, but rather fail than have somebody killed. */
#define GFP_PAGE	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

/*
 * Has the machine too little memory for this many pages more? A request that can't be met
 * is refused at once, instead of after seconds of reclaim. The last part of the memory is left
 * to others: who asks for a page next (vmap() does, for its tables) may be less patient than
 * we are, and would call the OOM killer. What is left must be more than the kernel's
 * own reserve may grow by in a moment (watermark_boost_factor); si_mem_available() has
 * taken that reserve off.
 */
static bool memory_is_short(unsigned int nr_pages)
{
	unsigned long reserve = min(totalram_pages() / 16, SZ_256M / PAGE_SIZE);
	unsigned long tables = nr_pages / 128UL;	/* pages[], and what vmap() wants */
	long available = si_mem_available();

	return available < 0 || nr_pages + tables + reserve > (unsigned long)available;
}

/* Its address is what page->private of the first page of each chunk, run and single page is. */
static const char mark;

/*
 * I1: from here on nobody gets a reference to one of these pages (tail pages never have any). Some
 * may take one for a moment to what the page was before it came to us, and look again then.
 */
static bool own(struct page *first)
{
	unsigned int tries;

	set_page_private(first, (unsigned long)&mark);
	if (!COMPAT_NO_REFERENCES)
		return true;
	for (tries = 0; tries < MAX_TRIES; tries++) {
		/* a full barrier: if the count is seen to be 0, so is the mark */
		if (page_ref_freeze(first, 1))
			return true;
		cpu_relax();
	}
	set_page_private(first, 0);
	return false;
}

static void disown_and_free(struct page *first, unsigned int order)
{
	/* I1 */
	WARN_ON_ONCE(COMPAT_NO_REFERENCES && page_ref_count(first));
	if (COMPAT_NO_REFERENCES)
		init_page_count(first);
	set_page_private(first, 0);
	__free_pages(first, order);
}

/* Is it the first page of something that own() was called for? */
static bool is_ours(struct page *page)
{
	return !page_ref_count(page) && page_private(page) == (unsigned long)&mark;
}

/* Memory that has pages of regions in it does not go offline. */
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

/* Before the first region. Returns 0 or -errno. */
int __init bpfmmap_backing_init(void)
{
	return register_memory_notifier(&offline_notifier);
}

/* After the last region. */
void bpfmmap_backing_exit(void)
{
	unregister_memory_notifier(&offline_notifier);
}

/* A chunk or a run goes back as a whole. nr: how many of pages[] are filled in. */
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

/* Without a node of its own a region is where its creator's memory policy says. */
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

/* The node that was asked for matters more than contiguous pages do. */
static gfp_t node_gfp(gfp_t gfp, int numa_node)
{
	return numa_node == NUMA_NO_NODE ? gfp : gfp | __GFP_THISNODE;
}

static struct page *alloc_chunk(const struct bpfmmap_backing *backing, unsigned int i,
				int numa_node)
{
	/* after the first single page no more chunks: i would not be aligned */
	if (backing->nr_pages - i < CHUNK_PAGES || backing->nr_chunks != i / CHUNK_PAGES ||
	    i % CHUNK_PAGES)
		return NULL;
	return alloc_owned(numa_node, node_gfp(GFP_CONTIGUOUS, numa_node), BPFMMAP_CHUNK_ORDER);
}

/*
 * A run of the largest order that there is, or a single page, with a pointer to each page.
 * Where memory is fragmented *order comes down to what there is, once for a region. Returns
 * the number of pages in pages[]; 0: there is not even a single one.
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
		 * EINTR if a handler is to run; a wake-up without one (SIGCONT, a debugger, the
		 * freezer) does not matter to the caller. signal_pending() would be true for
		 * work that the kernel has in this process, too, and io_uring has a lot.
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

/* The length of pages[]. */
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
 * Is the backing a single chunk, run or page? Then it need not be joined: the kernel has it
 * mapped. Two runs that happen to be neighbours do not count, as the kernel allows no copy
 * from one into the next (CONFIG_HARDENED_USERCOPY).
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

/* pages[] had room for single pages only; a chunk takes one place for 512. */
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
 * bpfmmap_backing_alloc() - take zeroed pages for a region
 * @backing: what to fill in
 * @bytes: a multiple of PAGE_SIZE, not 0
 * @numa_node: to be preferred, or NUMA_NO_NODE
 *
 * Context: may sleep, holds no locks.
 * Return: 0; -E2BIG, -ENOSPC: over a limit; -ENOMEM; -ERESTARTNOHAND: a signal came.
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
 * bpfmmap_backing_free() - give the pages back
 * @backing: filled in by bpfmmap_backing_alloc()
 *
 * Nobody maps them any more. Context: may sleep.
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
