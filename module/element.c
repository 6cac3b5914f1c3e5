// SPDX-License-Identifier: GPL-2.0-only
/*
 * Elements: lookup and update of one element or a range
 *
 * A lookup copies from the region to the user. An update copies the user's value to a buffer, and
 * then from the buffer to the region, so the element is unchanged if the first copy fails. An
 * update is a writer during both copies, as in map_update_elem() of kernel/bpf/syscall.c. It holds
 * no lock meanwhile, as the first copy may last as long as the user wants (userfaultfd). A
 * freeze by revoke waits for the second copy only, which is a store section
 * (bpfmmap_freeze_begin_store(), I6).
 *
 * Values of 1, 2, 4 and 8 bytes are loaded and stored as one, so a concurrent reader, also one
 * by a mapping, sees either the old or the new value. A value above MAX_BOUNCE bytes is first read
 * through and then set in pieces, so an update holds no more memory than that, however long it
 * lasts.
 *
 * Errors are checked in the order of map_update_elem() and array_map_update_elem()
 * (kernel/bpf/arraymap.c): first the rights of the fd, then the user's value, then flags and index.
 */
#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "element.h"
#include "region.h"

/*
 * Sizes of an update's buffer in bytes. It is on the stack up to STACK_BOUNCE. Up to SPARE_BOUNCE
 * it is the spare buffer of this CPU, or allocated if there is none. Up to MAX_BOUNCE it is
 * allocated for each update.
 */
#define STACK_BOUNCE	256
#define SPARE_BOUNCE	SZ_4K
#define MAX_BOUNCE	SZ_64K

/* A buffer of SPARE_BOUNCE bytes that an earlier update has left, or NULL. */
static DEFINE_PER_CPU(void *, spare);

/* Bytes that are copied out, or read through, between two calls of give_way(). */
#define COPY_STEP	SZ_1M

/*
 * Flags that bpf(2) refuses before it copies the value (bpf_map_check_op_flags() in
 * include/linux/bpf.h): BPF_F_LOCK, BPF_F_CPU and BPF_F_ALL_CPUS, which belong to other types of
 * maps, and the CPU number in the upper half.
 */
#define FLAGS_OF_OTHER_MAPS	(GENMASK_ULL(63, 32) | BIT_ULL(2) | BIT_ULL(3) | BIT_ULL(4))

static void *element(const struct bpfmmap_region *region, u32 index)
{
	return region->backing.data + bpfmmap_layout_offset(&region->layout, index);
}

/* Let other tasks run. Returns 0; -EINTR: the caller has been killed. */
static int give_way(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

static int copy_out(void __user *to, const void *from, size_t len)
{
	while (len) {
		size_t step = min_t(size_t, len, COPY_STEP);
		int err = give_way();

		if (err)
			return err;
		if (copy_to_user(to, from, step))
			return -EFAULT;
		to += step;
		from += step;
		len -= step;
	}
	return 0;
}

/*
 * Get a buffer of len bytes. own is the caller's, of STACK_BOUNCE bytes. A spare buffer outlives
 * the update, so no memory cgroup is charged for it.
 */
static void *bounce_get(void *own, size_t len)
{
	const gfp_t gfp = __GFP_NOWARN | __GFP_RETRY_MAYFAIL;

	if (len <= STACK_BOUNCE)
		return own;
	if (len <= SPARE_BOUNCE)
		return this_cpu_xchg(spare, NULL) ?: kmalloc(SPARE_BOUNCE, GFP_KERNEL | gfp);
	return kvmalloc(len, GFP_KERNEL_ACCOUNT | gfp);
}

static void bounce_put(void *own, void *bounce, size_t len)
{
	if (bounce == own)
		return;
	if (len <= SPARE_BOUNCE)
		bounce = this_cpu_xchg(spare, bounce);
	kvfree(bounce);
}

/* Called when the module is unloaded. No update is running. */
void bpfmmap_element_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree(per_cpu(spare, cpu));
}

/* Copy a value. If size is 2, 4 or 8, both addresses are multiples of it. */
static void copy_value(void *to, const void *from, size_t size)
{
	switch (size) {
	case 1:
		WRITE_ONCE(*(u8 *)to, READ_ONCE(*(const u8 *)from));
		break;
	case 2:
		WRITE_ONCE(*(u16 *)to, READ_ONCE(*(const u16 *)from));
		break;
	case 4:
		WRITE_ONCE(*(u32 *)to, READ_ONCE(*(const u32 *)from));
		break;
	case 8:
		WRITE_ONCE(*(u64 *)to, READ_ONCE(*(const u64 *)from));
		break;
	default:
		memcpy(to, from, size);
	}
}

/* Copy a value from the user. A copy of constant size is the fastest. */
static unsigned long copy_value_in(void *to, const void __user *from, size_t size)
{
	if (size == sizeof(u64))
		return copy_from_user(to, from, sizeof(u64));
	return copy_from_user(to, from, size);
}

/**
 * bpfmmap_element_lookup() - copy an element to the user
 * @region: region to read
 * @args: arguments of BPFMMAP_IOC_LOOKUP
 *
 * Context: may sleep and fault; the caller holds no locks.
 * Return: 0; -EINVAL: flags is not 0; -ENOENT: index is too large; -EFAULT: value can't be
 * written; -EINTR: the caller was killed.
 */
int bpfmmap_element_lookup(struct bpfmmap_region *region, const struct bpfmmap_element *args)
{
	void __user *to = u64_to_user_ptr(args->value);
	const void *from;
	u64 value;

	if (args->flags)
		return -EINVAL;
	if (!bpfmmap_layout_has(&region->layout, args->index))
		return -ENOENT;
	from = element(region, args->index);
	/* load small values as one; 8 bytes, the most frequent size, by the fastest copy */
	switch (region->layout.value_size) {
	case 1:
		return put_user(READ_ONCE(*(const u8 *)from), (u8 __user *)to);
	case 2:
		return put_user(READ_ONCE(*(const u16 *)from), (u16 __user *)to);
	case 4:
		return put_user(READ_ONCE(*(const u32 *)from), (u32 __user *)to);
	case 8:
		value = READ_ONCE(*(const u64 *)from);
		return copy_to_user(to, &value, sizeof(value)) ? -EFAULT : 0;
	default:
		return copy_out(to, from, region->layout.value_size);
	}
}

/* Test if a value can be read, by one byte of each page. Returns 0, -EFAULT, -EINTR. */
static int look_through(const u8 __user *from, size_t len)
{
	const u8 __user *last = from + len - 1;
	u8 __maybe_unused byte;
	size_t done;
	int err;

	for (done = 0; done < len; done += PAGE_SIZE) {
		err = done % COPY_STEP ? 0 : give_way();
		if (err)
			return err;
		if (get_user(byte, from + done))
			return -EFAULT;
	}
	return get_user(byte, last) ? -EFAULT : 0;
}

/*
 * Set an element whose value is larger than the buffer, and has been read through. If an error
 * occurs nevertheless, the pieces before it have been set. Returns 0; -EFAULT; -EINTR: killed;
 * -EPERM: revoked.
 */
static int set_in_pieces(struct bpfmmap_region *region, u32 index, const u8 __user *from,
			 void *bounce)
{
	size_t len = region->layout.value_size;
	void *to = element(region, index);

	while (len) {
		size_t step = min_t(size_t, len, MAX_BOUNCE);
		int err = give_way();

		if (err)
			return err;
		if (copy_from_user(bounce, from, step))
			return -EFAULT;
		bpfmmap_freeze_begin_store();
		if (bpfmmap_freeze_is_revoked(&region->freeze))
			err = -EPERM;
		else
			memcpy(to, bounce, step);
		bpfmmap_freeze_end_store();
		if (err)
			return err;
		to += step;
		from += step;
		len -= step;
	}
	return 0;
}

/* Set an element from the buffer. Returns 0; -EPERM: the region has been revoked. */
static int set(struct bpfmmap_region *region, u32 index, const void *bounce)
{
	int err = 0;

	bpfmmap_freeze_begin_store();
	if (bpfmmap_freeze_is_revoked(&region->freeze))
		err = -EPERM;
	else
		copy_value(element(region, index), bounce, region->layout.value_size);
	bpfmmap_freeze_end_store();
	return err;
}

/**
 * bpfmmap_element_update() - set an element from the user's value
 * @region: region that the caller is a writer of
 * @args: arguments of BPFMMAP_IOC_UPDATE
 *
 * Context: may sleep and fault; the caller holds no locks.
 * Return: 0; -EFAULT: value can't be read; -EINVAL: bad flags; -E2BIG: index is too large;
 * -EEXIST: BPFMMAP_NOEXIST; -ENOMEM: no buffer; -EINTR: the caller was killed; -EPERM: the region
 * has been revoked.
 */
int bpfmmap_element_update(struct bpfmmap_region *region, const struct bpfmmap_element *args)
{
	const u8 __user *from = u64_to_user_ptr(args->value);
	const size_t size = region->layout.value_size;
	const size_t room = min_t(size_t, size, MAX_BOUNCE);
	u8 own[STACK_BOUNCE] __aligned(8);
	void *bounce;
	int err;

	if (args->flags & FLAGS_OF_OTHER_MAPS)
		return -EINVAL;
	bounce = bounce_get(own, room);
	if (!bounce)
		return -ENOMEM;

	if (size > MAX_BOUNCE)
		err = look_through(from, size);
	else
		err = copy_value_in(bounce, from, size) ? -EFAULT : 0;
	if (err)
		goto out;
	err = -EINVAL;
	if (args->flags > BPFMMAP_EXIST)
		goto out;
	err = -E2BIG;
	if (!bpfmmap_layout_has(&region->layout, args->index))
		goto out;
	err = -EEXIST;
	if (args->flags == BPFMMAP_NOEXIST)
		goto out;

	if (size > MAX_BOUNCE)
		err = set_in_pieces(region, args->index, from, bounce);
	else
		err = set(region, args->index, bounce);
out:
	bounce_put(own, bounce, room);
	return err;
}

/*
 * The number of elements from index on that exist and fit one copy of most_bytes: nr at most, and
 * 1 at least if the element exists.
 */
static u32 in_one_go(const struct bpfmmap_region *region, u32 index, u32 nr, size_t most_bytes)
{
	const struct bpfmmap_layout *layout = &region->layout;
	u32 left = bpfmmap_layout_has(layout, index) ? layout->max_entries - index : 0;
	u32 fit = max_t(size_t, most_bytes / layout->value_size, 1);

	return min3(nr, left, fit);
}

/**
 * bpfmmap_element_lookup_batch() - copy a range of elements to the user
 * @region: region to read
 * @args: arguments of BPFMMAP_IOC_LOOKUP_BATCH; on return count is the number of elements done
 *
 * Context: may sleep and fault; the caller holds no locks.
 * Return: 0; -EINVAL: flags or reserved is not 0; -ENOENT: the range ends beyond the last element;
 * -EFAULT: values can't be written; -EINTR: the caller was killed.
 */
int bpfmmap_element_lookup_batch(struct bpfmmap_region *region, struct bpfmmap_batch *args)
{
	const struct bpfmmap_layout *layout = &region->layout;
	bool packed = layout->value_size == layout->elem_size;
	u8 __user *values = u64_to_user_ptr(args->values);
	u32 wanted = args->count;
	int err;

	args->count = 0;
	if (args->flags || args->reserved)
		return -EINVAL;

	while (args->count < wanted) {
		u32 index = args->index + args->count;
		u32 nr = in_one_go(region, index, wanted - args->count, packed ? COPY_STEP : 1);

		/* before index can wrap around it is beyond the last element */
		if (!nr)
			return -ENOENT;
		err = copy_out(values, element(region, index), (size_t)nr * layout->value_size);
		if (err)
			return err;
		values += (size_t)nr * layout->value_size;
		args->count += nr;
	}
	return 0;
}

/* Set nr elements from index on to values, which lie in the buffer without gaps. */
static void scatter(struct bpfmmap_region *region, u32 index, const void *values, u32 nr)
{
	const u32 value_size = region->layout.value_size, elem_size = region->layout.elem_size;
	void *to = element(region, index);

	if (value_size == sizeof(u64)) {
		for (; nr; nr--, to += sizeof(u64), values += sizeof(u64))
			WRITE_ONCE(*(u64 *)to, *(const u64 *)values);
		return;
	}
	if (value_size == elem_size) {
		memcpy(to, values, (size_t)nr * value_size);
		return;
	}
	for (; nr; nr--, to += elem_size, values += value_size)
		copy_value(to, values, value_size);
}

/* Set nr elements from index on. They fit the buffer, or nr is 1. */
static int update_some(struct bpfmmap_region *region, u32 index, const u8 __user *values, u32 nr,
		       void *bounce)
{
	size_t len = (size_t)nr * region->layout.value_size;
	int err;

	if (len > MAX_BOUNCE) {
		err = look_through(values, len);
		return err ?: set_in_pieces(region, index, values, bounce);
	}
	if (copy_from_user(bounce, values, len))
		return -EFAULT;
	err = 0;
	bpfmmap_freeze_begin_store();
	if (bpfmmap_freeze_is_revoked(&region->freeze))
		err = -EPERM;
	else
		scatter(region, index, bounce, nr);
	bpfmmap_freeze_end_store();
	return err;
}

/**
 * bpfmmap_element_update_batch() - set a range of elements from the user's values
 * @region: region that the caller is a writer of
 * @args: arguments of BPFMMAP_IOC_UPDATE_BATCH; on return count is the number of elements done
 *
 * Context: may sleep and fault; the caller holds no locks.
 * Return: 0; -EINVAL: flags or reserved is not 0; -E2BIG: the range ends beyond the last element;
 * -EFAULT: values can't be read; -ENOMEM: no buffer; -EINTR: the caller was killed; -EPERM: the
 * region has been revoked.
 */
int bpfmmap_element_update_batch(struct bpfmmap_region *region, struct bpfmmap_batch *args)
{
	const u8 __user *values = u64_to_user_ptr(args->values);
	u8 own[STACK_BOUNCE] __aligned(8);
	u32 wanted = args->count;
	size_t step = MAX_BOUNCE, room;
	void *bounce;
	int err;

	args->count = 0;
	if (args->flags || args->reserved)
		return -EINVAL;
	if (!wanted)
		return 0;

	room = (size_t)region->layout.value_size * in_one_go(region, 0, wanted, MAX_BOUNCE);
	room = min_t(size_t, room, MAX_BOUNCE);
	bounce = bounce_get(own, room);
	if (!bounce)
		return -ENOMEM;

	while (args->count < wanted) {
		u32 index = args->index + args->count;
		u32 nr = in_one_go(region, index, wanted - args->count, step);

		err = nr ? give_way() : -E2BIG;
		if (err)
			goto out;
		err = update_some(region, index, values, nr, bounce);
		if (!err) {
			values += (size_t)nr * region->layout.value_size;
			args->count += nr;
			continue;
		}
		/*
		 * On some architectures copy_from_user() returns less than it has copied before
		 * a fault. Go on with single elements up to the one that can't be read.
		 */
		if (err != -EFAULT || nr == 1)
			goto out;
		step = 1;
	}
	err = 0;
out:
	bounce_put(own, bounce, room);
	return err;
}
