// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages of a region, and the accounts of them
 *
 * Pages are the region's own: chunks of order 9 as long as the allocator hands
 * them out for nothing, smaller rows and single pages from there on, all charged to the
 * creator's memory cgroup. vmap() joins them, so that the kernel sees one array (a single
 * row is one already). A large region must fail without harm when memory is
 * short, which is why this is a loop of our own: __vmalloc() calls the OOM killer and
 * can't be interrupted.
 *
 * Nobody but us ever has a reference to one of these pages. The count of references is 0
 * from the allocation until just before the page is freed, so whoever finds a page by its
 * number (KVM does, through a mapping that it follows) and asks for a reference gets none.
 * A reference would outlive the mapping that it was found by, and with it the freeze. To
 * memory offlining a count of 0 means "about to be free, wait for it", so a memory
 * notifier tells it otherwise; it knows our pages by their mark in page->private.
 *
 *	pages		0 .. 511 | 512 .. 1023 | 1024 | 1025 | ...
 *			chunk 0	 | chunk 1     | each its pointer  (nr_chunks = 2)
 *	blocks[]	0	 | 1	       | 2    | 3    | ...
 *
 * Limits are module parameters. What all regions hold is counted in usage, which
 * is raised before the pages are taken and lowered after they are back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/memory.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/page_ref.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/thread_info.h>
#include <linux/vmalloc.h>

#include "backing.h"

#define CHUNK_PAGES	((unsigned int)BIT(BACKING_CHUNK_ORDER))

/* Others take memory while we do: look every so many pages whether it still lasts. */
#define LOOK_PAGES	64U

/* Pages in a row are a bonus: take them if they are there, neither reclaim nor wait for them. */
#define GFP_CHUNK	((((GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_COMP | __GFP_NOWARN | \
			    __GFP_NORETRY) & ~__GFP_RECLAIM) | __GFP_KSWAPD_RECLAIM))

/* A page is wanted: reclaim for it, but rather fail than have somebody killed. */
#define GFP_PAGE	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

static unsigned long long max_region_bytes;
module_param(max_region_bytes, ullong, 0644);
MODULE_PARM_DESC(max_region_bytes, "largest region, in bytes (default 0: no limit)");

static unsigned long long max_total_bytes;
module_param(max_total_bytes, ullong, 0644);
MODULE_PARM_DESC(max_total_bytes, "all regions together, in bytes (default 0: no limit)");

static unsigned int max_regions;
module_param(max_regions, uint, 0644);
MODULE_PARM_DESC(max_regions, "number of regions (default 0: no limit)");

static struct {
	spinlock_t lock;	/* protects the two below; innermost */
	u64 bytes;
	unsigned int regions;
} usage = {
	.lock = __SPIN_LOCK_UNLOCKED(usage.lock),
};

static bool over(u64 wanted, u64 limit)
{
	return limit && wanted > limit;
}

static int usage_charge(u64 bytes)
{
	const char *limit = NULL;

	/* vmap() counts pages in an int */
	if (bytes >> PAGE_SHIFT > INT_MAX)
		return -E2BIG;
	if (over(bytes, max_region_bytes)) {
		pr_warn_ratelimited("a region of %llu bytes is over max_region_bytes=%llu\n",
				    bytes, max_region_bytes);
		return -E2BIG;
	}

	spin_lock(&usage.lock);
	if (over(usage.bytes + bytes, max_total_bytes)) {
		limit = "max_total_bytes";
	} else if (over(usage.regions + 1ULL, max_regions)) {
		limit = "max_regions";
	} else {
		usage.bytes += bytes;
		usage.regions++;
	}
	spin_unlock(&usage.lock);

	if (!limit)
		return 0;
	pr_warn_ratelimited("a region of %llu bytes more is over %s\n", bytes, limit);
	return -ENOSPC;
}

static void usage_uncharge(u64 bytes)
{
	spin_lock(&usage.lock);
	usage.bytes -= bytes;
	usage.regions--;
	spin_unlock(&usage.lock);
}

/*
 * Is there no room for so many pages more? What can't come true is refused at once,
 * instead of after seconds of reclaim, and the last of the memory is left to others:
 * the next to ask for a page (vmap() for its tables is one) need not be as patient
 * as we are, and would call the OOM killer. What is left must be more than the
 * kernel's own reserve, which si_mem_available() has taken off, may grow by in a
 * moment (watermark_boost_factor).
 */
static bool memory_is_short(unsigned int nr_pages)
{
	unsigned long reserve = min(totalram_pages() / 16, SZ_256M / PAGE_SIZE);
	unsigned long tables = nr_pages / 128UL;	/* blocks[], and what vmap() wants */
	long available = si_mem_available();

	return available < 0 || nr_pages + tables + reserve > (unsigned long)available;
}

/* Its address is what page->private of the first page of each block is. */
static const char mark;

/* From here on nobody takes a reference to a page of the block (tail pages have none at all). */
static void take_block(struct page *page)
{
	set_page_private(page, (unsigned long)&mark);
	/* a full barrier: who sees no references sees the mark; fails for nobody but us */
	WARN_ON_ONCE(!page_ref_freeze(page, 1));
}

static void free_block(struct page *page, unsigned int order)
{
	WARN_ON_ONCE(page_ref_count(page));
	init_page_count(page);
	set_page_private(page, 0);
	__free_pages(page, order);
}

/* Is it the first page of a block of ours? */
static bool is_ours(struct page *page)
{
	return !page_ref_count(page) && page_private(page) == (unsigned long)&mark;
}

/* Memory that is to be taken away: not while pages of regions are in it. */
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

/**
 * backing_init() - before the first region
 *
 * Return: 0, -errno.
 */
int __init backing_init(void)
{
	return register_memory_notifier(&offline_notifier);
}

/* After the last region. */
void backing_exit(void)
{
	unregister_memory_notifier(&offline_notifier);
}

/* What was taken at once goes back at once. */
static void free_blocks(struct backing *backing, unsigned int nr)
{
	unsigned int i = 0, order;

	while (i < nr) {
		order = compound_order(backing->blocks[i]);
		free_block(backing->blocks[i], order);
		i += i < backing->nr_chunks ? 1 : BIT(order);
		cond_resched();
	}
}

/* Without a node of its own a region is where its creator's memory policy says. */
static struct page *alloc_some(int numa_node, gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (numa_node == NUMA_NO_NODE)
		page = alloc_pages(gfp, order);
	else
		page = alloc_pages_node(numa_node, gfp, order);
	if (page)
		take_block(page);
	return page;
}

/* A node that was asked for is more than pages in a row of another. */
static gfp_t node_gfp(gfp_t gfp, int numa_node)
{
	return numa_node == NUMA_NO_NODE ? gfp : gfp | __GFP_THISNODE;
}

static struct page *alloc_chunk(const struct backing *backing, unsigned int i, int numa_node)
{
	/* after the first single page no more chunks: i would not be aligned */
	if (backing->nr_pages - i < CHUNK_PAGES || backing->nr_chunks != i / CHUNK_PAGES ||
	    i % CHUNK_PAGES)
		return NULL;
	return alloc_some(numa_node, node_gfp(GFP_CHUNK, numa_node), BACKING_CHUNK_ORDER);
}

/*
 * Pages with a pointer each, but as many at once as there are in a row, which costs little
 * more than one. Where memory is in pieces *order comes down to those, once for a region.
 * Returns how many there are now in pages[]; 0: not even one.
 */
static unsigned int alloc_row(struct page **pages, unsigned int wanted, int numa_node,
			      unsigned int *order)
{
	struct page *page = NULL;
	unsigned int i;

	while (*order && !page) {
		if (wanted >= BIT(*order))
			page = alloc_some(numa_node, node_gfp(GFP_CHUNK, numa_node), *order);
		if (!page)
			--*order;
	}
	if (!page)
		page = alloc_some(numa_node, GFP_PAGE, 0);
	if (!page)
		return 0;
	for (i = 0; i < BIT(*order); i++)
		pages[i] = page + i;
	return i;
}

static int alloc_all_pages(struct backing *backing, int numa_node)
{
	unsigned int order = BACKING_CHUNK_ORDER - 1;
	unsigned int i = 0, nr = 0, row;
	struct page *page;
	int err;

	while (i < backing->nr_pages) {
		/*
		 * EINTR if a handler is to run; what only woke us (SIGCONT, a debugger, the
		 * freezer) is none of the caller's. Not signal_pending(), which is true for
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
			backing->blocks[nr++] = page;
			i += CHUNK_PAGES;
		} else {
			row = alloc_row(backing->blocks + nr, backing->nr_pages - i, numa_node,
					&order);
			if (!row)
				goto err_free;
			nr += row;
			i += row;
		}
		cond_resched();
	}
	return 0;

err_free:
	free_blocks(backing, nr);
	return err;
}

static unsigned int nr_blocks(const struct backing *backing)
{
	return backing->nr_pages - backing->nr_chunks * (CHUNK_PAGES - 1);
}

static struct page **alloc_array(unsigned int nr)
{
	return kvmalloc_array(nr, sizeof(struct page *),
			      GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
}

/*
 * Need they not be joined? The kernel has all of its memory mapped, only not in our order.
 * Rows that happen to be neighbours won't do: it lets nobody copy from one into the next
 * (CONFIG_HARDENED_USERCOPY).
 */
static bool in_a_row(const struct backing *backing)
{
	return backing->nr_pages == BIT(compound_order(backing->blocks[0]));
}

static void *join(const struct backing *backing)
{
	struct page **pages;
	unsigned int i;
	void *data;

	if (in_a_row(backing))
		return page_address(backing->blocks[0]);
	if (!backing->nr_chunks)
		return vmap(backing->blocks, backing->nr_pages, VM_MAP, PAGE_KERNEL);

	pages = alloc_array(backing->nr_pages);
	if (!pages)
		return NULL;
	for (i = 0; i < backing->nr_pages; i++)
		pages[i] = backing_page(backing, i);
	data = vmap(pages, backing->nr_pages, VM_MAP, PAGE_KERNEL);
	kvfree(pages);
	return data;
}

/* There was room for single pages only; a chunk takes one place for 512. */
static int shrink_array(struct backing *backing)
{
	const unsigned int nr = nr_blocks(backing);
	struct page **blocks;

	if (!backing->nr_chunks)
		return 0;
	blocks = alloc_array(nr);
	if (!blocks)
		return -ENOMEM;
	memcpy(blocks, backing->blocks, nr * sizeof(*blocks));
	kvfree(backing->blocks);
	backing->blocks = blocks;
	return 0;
}

/**
 * backing_alloc() - take zeroed pages for a region
 * @backing: what to fill in
 * @bytes: a multiple of PAGE_SIZE, not 0
 * @numa_node: to be preferred, or NUMA_NO_NODE
 *
 * Context: may sleep, holds no locks.
 * Return: 0; -E2BIG, -ENOSPC: over a limit; -ENOMEM; -ERESTARTNOHAND: a signal came.
 */
int backing_alloc(struct backing *backing, u64 bytes, int numa_node)
{
	int err;

	err = usage_charge(bytes);
	if (err)
		return err;

	backing->nr_pages = bytes >> PAGE_SHIFT;
	backing->nr_chunks = 0;
	err = -ENOMEM;
	if (memory_is_short(backing->nr_pages))
		goto err_uncharge;

	backing->blocks = alloc_array(backing->nr_pages);
	if (!backing->blocks)
		goto err_uncharge;

	err = alloc_all_pages(backing, numa_node);
	if (err)
		goto err_free_array;

	err = shrink_array(backing);
	if (err)
		goto err_free_blocks;
	err = -ENOMEM;
	backing->data = join(backing);
	if (!backing->data)
		goto err_free_blocks;
	return 0;

err_free_blocks:
	free_blocks(backing, nr_blocks(backing));
err_free_array:
	kvfree(backing->blocks);
err_uncharge:
	usage_uncharge(bytes);
	return err;
}

/**
 * backing_free() - give the pages back
 * @backing: filled in by backing_alloc()
 *
 * Nobody maps them any more. Context: may sleep.
 */
void backing_free(struct backing *backing)
{
	if (!in_a_row(backing))
		vunmap(backing->data);
	free_blocks(backing, nr_blocks(backing));
	kvfree(backing->blocks);
	usage_uncharge((u64)backing->nr_pages << PAGE_SHIFT);
}
