// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions by which BPF programs use regions (include/bpfmmap.bpf.h)
 *
 * They are in a module of their own, so that bpfmmap.ko needs neither BPF nor type information
 * (BTF). A program gets a plain pointer that is valid until the program ends (see ../view.h). The
 * verifier takes the size behind the pointer from the argument with the name rdwr_buf_size or
 * rdonly_buf_size, which must be a constant when the program is loaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irq_work.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/module.h>

#include "../view.h"
#include "compat.h"
#include "kfuncs.h"

/* Returns the view in the slot of the handle. The caller must compare the handles. */
static __always_inline const struct bpfmmap_view *find(u64 handle)
{
	return READ_ONCE(bpfmmap_views[handle % BPFMMAP_VIEWS]);
}

/* The verifier expects an aligned pointer. With size 0, size - 1 is the largest u64. */
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
 * bpfmmap_slice() - return a part of a region to read and write
 * @handle: from BPFMMAP_IOC_HANDLE of an fd that can write
 * @off: start of the part in bytes, a multiple of 8
 * @rdwr_buf_size: size of the part in bytes, a constant
 *
 * Return: pointer that is valid until the program ends; NULL: the handle is not that of a region
 * that programs may read and write, the part is out of bounds, or the region is frozen for
 * everybody, or a freeze for everybody has begun.
 */
__bpf_kfunc u8 *bpfmmap_slice(u64 handle, u64 off, const u64 rdwr_buf_size)
{
	const struct bpfmmap_view *view = find(handle);

	if (unlikely(view->handle != handle))
		return NULL;
	return part(view, off, rdwr_buf_size, READ_ONCE(view->writable));
}

/* The same to read only, with either handle, and also of a frozen region. */
__bpf_kfunc const u8 *bpfmmap_slice_ro(u64 handle, u64 off, const u64 rdonly_buf_size)
{
	const struct bpfmmap_view *view = find(handle);

	if (unlikely(view->handle_ro != handle && view->handle != handle))
		return NULL;
	return part(view, off, rdonly_buf_size, view->readable);
}

/**
 * bpfmmap_elem() - return an element of a region to read and write
 * @handle: as for bpfmmap_slice()
 * @index: index of the element
 * @rdwr_buf_size: bytes of the element, up to value_size; a constant
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

/* The same to read only, with either handle, and also of a frozen region. */
__bpf_kfunc const u8 *bpfmmap_elem_ro(u64 handle, u32 index, const u64 rdonly_buf_size)
{
	const struct bpfmmap_view *view = find(handle);

	if (unlikely(view->handle_ro != handle && view->handle != handle))
		return NULL;
	return element(view, index, rdonly_buf_size, view->max_entries);
}

/**
 * bpfmmap_write() - copy bytes to a region; it works with BPFMMAP_F_WRONLY_PROG, too
 * @handle: as for bpfmmap_slice()
 * @off: where in the region, in bytes
 * @from: bytes to copy
 * @from__sz: number of bytes
 *
 * Return: 0; -ENOENT: the handle is that of no region or of a read-only fd; -E2BIG: out of bounds;
 * -EPERM: programs may only read, or the region is frozen for everybody, or a freeze for everybody
 * has begun.
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
 * bpfmmap_wake() - wake the processes that poll the region for POLLIN
 * @handle: as for bpfmmap_slice()
 *
 * Return: 0; -ENOENT: the handle is that of no region or of a read-only fd.
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
 * bpf_iter_bpfmmap_new() - begin to iterate over elements (bpf_for_each(bpfmmap, ..))
 * @it: iterator of the caller
 * @handle: as for bpfmmap_slice_ro()
 * @first: index of the first element
 * @nr: number of elements; it ends earlier at the last element of the region
 *
 * Return: 0; -ENOENT: the handle is that of no region. Then the iterator has no element.
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
 * Returns the first 8 bytes of the next element, or NULL after the last one. Programs can only
 * read them, as the verifier allows no store to the result of a function without a buffer size.
 * elem_size is at least 8.
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
 * Returns true if the kernel has accepted the type information of this module. Without it, or with
 * that of another kernel, registration returns 0 and registers nothing (3de4d22cc9ac, "bpf, btf:
 * Warn but return no error for NULL btf from __register_btf_kfunc_id_set()").
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

	/* add_kfunc_call() of kernel/bpf/verifier.c would refuse each program */
	if (!IS_ENABLED(CONFIG_BPF_JIT)) {
		pr_err("BPF programs can't use regions: this kernel has no JIT for BPF, without which they call no functions of modules\n");
		return -EOPNOTSUPP;
	}
	if (!have_btf()) {
		pr_err("BPF programs can't use regions: this module was built without type information (BTF), or for another build of this kernel; see \"bpfmmap doctor\"\n");
		return -ENOENT;
	}
	/* a kind that fails removes the earlier ones (compat.h), so each of these must succeed */
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

/* No program that calls these functions is loaded, as it would hold the module. */
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
