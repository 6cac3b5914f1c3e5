// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpfmmap for BPF programs: functions that give them parts of regions (include/bpfmmap.bpf.h)
 *
 * A module of its own, so that the other needs neither BPF nor type information (BTF). What
 * a program gets is a plain pointer, valid until the program ends (see ../view.h): to use it costs
 * what it costs on a map's value, atomics included. The verifier knows its size by the name
 * of the argument, rdwr_buf_size or rdonly_buf_size, which has to be a constant when the program is
 * loaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irq_work.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/module.h>

#include "../view.h"
#include "compat.h"
#include "kfuncs.h"

/* The view that a handle of these may mean. Its handle has to be compared. */
static __always_inline const struct bpfmmap_view *find(u64 handle)
{
	return READ_ONCE(bpfmmap_views[handle % BPFMMAP_VIEWS]);
}

/* The verifier takes it for aligned to 8. A size of 0 is larger than anything, less 1. */
static __always_inline u8 *part(const struct bpfmmap_view *view, u64 off, u64 size, u64 limit)
{
	if (unlikely(off % 8 || off >= limit || size - 1 >= limit - off))
		return NULL;
	return view->data + off;
}

static __always_inline u8 *element(const struct bpfmmap_view *view, u32 index, u64 size,
				   u32 entries)
{
	if (unlikely(index >= entries || size - 1 >= view->value_size))
		return NULL;
	return view->data + (u64)index * view->elem_size;
}

__bpf_kfunc_start_defs();

/**
 * bpfmmap_slice() - a part of a region, to read and write
 * @handle: of BPFMMAP_IOC_HANDLE, on an fd that can write
 * @off: in bytes, a multiple of 8
 * @rdwr_buf_size: in bytes, a constant
 *
 * Return: the part, until the program ends; NULL: the handle is of no region that programs may read
 * and write, it is out of bounds, or the region is frozen for everybody, or about to be.
 */
__bpf_kfunc u8 *bpfmmap_slice(u64 handle, u64 off, const u64 rdwr_buf_size)
{
	const struct bpfmmap_view *view = find(handle);

	if (unlikely(view->handle != handle))
		return NULL;
	return part(view, off, rdwr_buf_size, READ_ONCE(view->writable));
}

/* The same to read only, by any handle, and of a frozen region too. */
__bpf_kfunc const u8 *bpfmmap_slice_ro(u64 handle, u64 off, const u64 rdonly_buf_size)
{
	const struct bpfmmap_view *view = find(handle);

	if (unlikely(view->handle_ro != handle && view->handle != handle))
		return NULL;
	return part(view, off, rdonly_buf_size, view->readable);
}

/**
 * bpfmmap_elem() - an element of a region, to read and write
 * @handle: as of bpfmmap_slice()
 * @index: of the element
 * @rdwr_buf_size: how much of it, up to value_size; a constant
 *
 * Return: as bpfmmap_slice().
 */
__bpf_kfunc u8 *bpfmmap_elem(u64 handle, u32 index, const u64 rdwr_buf_size)
{
	const struct bpfmmap_view *view = find(handle);

	if (unlikely(view->handle != handle))
		return NULL;
	return element(view, index, rdwr_buf_size, READ_ONCE(view->writable_entries));
}

/* The same to read only, by any handle, and of a frozen region too. */
__bpf_kfunc const u8 *bpfmmap_elem_ro(u64 handle, u32 index, const u64 rdonly_buf_size)
{
	const struct bpfmmap_view *view = find(handle);

	if (unlikely(view->handle_ro != handle && view->handle != handle))
		return NULL;
	return element(view, index, rdonly_buf_size, view->max_entries);
}

/**
 * bpfmmap_write() - store into a region, which programs may be allowed to write only
 * @handle: as of bpfmmap_slice()
 * @off: in bytes
 * @from: what to store
 * @from__sz: its length in bytes
 *
 * Return: 0; -ENOENT: the handle is of no region, or of a read-only fd; -E2BIG: out of bounds;
 * -EPERM: programs may only read, or the region is frozen for everybody, or about to be.
 */
__bpf_kfunc int bpfmmap_write(u64 handle, u64 off, const void *from, u32 from__sz)
{
	const struct bpfmmap_view *view = find(handle);
	u64 limit;

	if (view->handle != handle || !handle)
		return -ENOENT;
	limit = READ_ONCE(view->storable);
	if (!limit)
		return -EPERM;
	if (off >= limit || from__sz > limit - off)
		return -E2BIG;
	memcpy(view->data + off, from, from__sz);
	return 0;
}

/**
 * bpfmmap_wake() - wake those who poll the region (POLLIN)
 * @handle: as of bpfmmap_slice()
 *
 * Return: 0; -ENOENT: the handle is of no region, or of a read-only fd.
 */
__bpf_kfunc int bpfmmap_wake(u64 handle)
{
	const struct bpfmmap_view *view = find(handle);

	if (view->handle != handle || !handle)
		return -ENOENT;
	irq_work_queue(view->wake);
	return 0;
}

#if COMPAT_BPF_ITERATORS
struct bpf_iter_bpfmmap {
	__u64 opaque[2];
} __aligned(8);

struct bpf_iter_bpfmmap_kern {
	const struct bpfmmap_view *view;
	u32 next;
	u32 end;
} __aligned(8);

/**
 * bpf_iter_bpfmmap_new() - begin to walk over elements, to read (bpf_for_each(bpfmmap, ..))
 * @it: of the caller
 * @handle: as of bpfmmap_slice_ro()
 * @first: index of the first element
 * @nr: how many, or up to the last one that there is
 *
 * Return: 0; -ENOENT: the handle is of no region, and then there is no element.
 */
__bpf_kfunc int bpf_iter_bpfmmap_new(struct bpf_iter_bpfmmap *it, u64 handle, u32 first, u32 nr)
{
	struct bpf_iter_bpfmmap_kern *walk = (void *)it;
	const struct bpfmmap_view *view = find(handle);

	BUILD_BUG_ON(sizeof(*walk) > sizeof(*it));
	*walk = (struct bpf_iter_bpfmmap_kern) {};
	if ((view->handle_ro != handle && view->handle != handle) || !handle)
		return -ENOENT;
	walk->view = view;
	walk->next = min(first, view->max_entries);
	walk->end = walk->next + min(nr, view->max_entries - walk->next);
	return 0;
}

/*
 * Return: the first 8 bytes of the next element; NULL: there is none. The verifier lets nobody
 * store into what a function without a buffer size returns. elem_size is 8 at least.
 */
__bpf_kfunc u64 *bpf_iter_bpfmmap_next(struct bpf_iter_bpfmmap *it)
{
	struct bpf_iter_bpfmmap_kern *walk = (void *)it;

	if (walk->next >= walk->end)
		return NULL;
	return walk->view->data + (u64)walk->next++ * walk->view->elem_size;
}

__bpf_kfunc void bpf_iter_bpfmmap_destroy(struct bpf_iter_bpfmmap *it)
{
}
#endif

__bpf_kfunc_end_defs();

BTF_KFUNCS_START(kfuncs)
BTF_ID_FLAGS(func, bpfmmap_slice, KF_RET_NULL)
BTF_ID_FLAGS(func, bpfmmap_slice_ro, KF_RET_NULL)
BTF_ID_FLAGS(func, bpfmmap_elem, KF_RET_NULL)
BTF_ID_FLAGS(func, bpfmmap_elem_ro, KF_RET_NULL)
BTF_ID_FLAGS(func, bpfmmap_write)
BTF_ID_FLAGS(func, bpfmmap_wake)
#if COMPAT_BPF_ITERATORS
BTF_ID_FLAGS(func, bpf_iter_bpfmmap_new, KF_ITER_NEW)
BTF_ID_FLAGS(func, bpf_iter_bpfmmap_next, KF_ITER_NEXT | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_iter_bpfmmap_destroy, KF_ITER_DESTROY)
#endif
BTF_KFUNCS_END(kfuncs)

static const struct btf_kfunc_id_set kfunc_set = {
	.owner = THIS_MODULE,
	.set = &kfuncs,
};

/*
 * Has the kernel type information of this module? To register functions without any, or with
 * that of another kernel, gives 0, and no functions (3de4d22cc9ac, "bpf, btf: Warn but return no
 * error for NULL btf from __register_btf_kfunc_id_set()").
 */
static bool have_btf(void)
{
	struct kernfs_node *all, *ours;

	all = kernfs_find_and_get(kernel_kobj->sd, "btf");
	if (!all)
		return false;
	ours = kernfs_find_and_get(all, KBUILD_MODNAME);
	kernfs_put(all);
	kernfs_put(ours);
	return ours;
}

static int __init bpfmmap_bpf_init(void)
{
	unsigned int i;
	int err;

	if (!have_btf()) {
		pr_err("BPF programs can't use regions: this module was built without type information (BTF), or for another build of this kernel; see \"bpfmmap doctor\"\n");
		return -ENOENT;
	}
	/* never try: a kind that fails takes back those before (see compat.h) */
	for (i = 0; i < ARRAY_SIZE(compat_program_types); i++) {
		err = register_btf_kfunc_id_set(compat_program_types[i], &kfunc_set);
		if (err) {
			pr_err("BPF programs can't use regions: their functions were refused: error %d\n",
			       err);
			return err;
		}
	}
	bpfmmap_share_set_ready(true);
	return 0;
}

/* No program that calls these functions is left: it would hold the module. */
static void __exit bpfmmap_bpf_exit(void)
{
	bpfmmap_share_set_ready(false);
}

module_init(bpfmmap_bpf_init);
module_exit(bpfmmap_bpf_exit);

COMPAT_IMPORT_NS;
MODULE_DESCRIPTION("mmap-able, freezable arrays for BPF programs");
MODULE_AUTHOR("The bpfmmap authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(BPFMMAP_MODULE_VERSION);
