// SPDX-License-Identifier: GPL-2.0-only
/*
 * Elements: lookup and update by index, one or a range
 *
 * A lookup copies straight out of the region. An update copies the user's value into a buffer
 * first, and from there into the region, so that a value whose copy fails half way leaves the
 * element as it was. It is a writer for all of that, the copy included, as bpf(2) has it. No lock
 * is held meanwhile: a copy may take as long as its user likes (userfaultfd). Only the second
 * copy is between begin and end store of the freeze, which a freeze that revokes waits for.
 *
 * Values of 1, 2, 4 and 8 bytes are loaded and stored as one: a reader of an element that is
 * being set, in a mapping too, sees the old or the new value. A value larger than the largest
 * buffer is looked through first and then set piece by piece, so that an update
 * that does not come to an end holds no more memory than any other.
 *
 * The order in which errors are found is that of kernel/bpf/syscall.c: may this
 * fd do it, can the value be read, and only then do flags and index make sense.
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
 * The buffer of an update is on the stack up to the first size, up to the second it is what an
 * earlier update on this CPU has left (if one has), and beyond that it is allocated each time,
 * up to the third.
 */
#define STACK_BOUNCE	256
#define SPARE_BOUNCE	SZ_4K
#define MAX_BOUNCE	SZ_64K

static DEFINE_PER_CPU(void *, spare);

/* Bytes that are copied out, or looked through, before the caller gives way to others. */
#define COPY_STEP	SZ_1M

/*
 * What bpf(2) finds out about before it copies the value: BPF_F_LOCK, BPF_F_CPU and
 * BPF_F_ALL_CPUS, which are for other kinds of maps, and the CPU above them.
 */
#define FLAGS_OF_OTHER_MAPS	(GENMASK_ULL(63, 32) | BIT_ULL(2) | BIT_ULL(3) | BIT_ULL(4))

static void *element(const struct bpfmmap_region *region, u32 index)
{
	return region->backing.data + bpfmmap_layout_offset(&region->layout, index);
}

/* Give way, and go on unless the caller has been killed. */
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
 * A buffer of len bytes: the caller's own where that is large enough. A spare one belongs to
 * nobody, so no memory cgroup is charged for it.
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

/* The module goes, and nobody is in here any more. */
void bpfmmap_element_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree(per_cpu(spare, cpu));
}

/* Both are aligned as the value's size asks for, if it is 2, 4 or 8. */
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

/* A size that the compiler knows costs the least. */
static unsigned long copy_value_in(void *to, const void __user *from, size_t size)
{
	if (size == sizeof(u64))
		return copy_from_user(to, from, sizeof(u64));
	return copy_from_user(to, from, size);
}

/**
 * bpfmmap_element_lookup() - copy an element to the user
 * @region: to be read
 * @args: flags, index and value as BPFMMAP_IOC_LOOKUP has them
 *
 * Context: may sleep and fault.
 * Return: 0, -EINVAL, -ENOENT, -EFAULT, -EINTR.
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
	/* as one, and the most frequent one at the least cost */
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

/* Can a value be read from its first byte to its last? Looks at a byte a page. */
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
 * Set an element whose value is larger than the buffer. It has been looked through; if it
 * can't be read any more, or the caller is killed, the pieces before that are set.
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

/* Set an element whose value is in the buffer. */
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
 * @region: the caller is a writer of it
 * @args: flags, index and value as BPFMMAP_IOC_UPDATE has them
 *
 * Context: may sleep and fault.
 * Return: 0, -EFAULT, -EINVAL, -E2BIG, -EEXIST, -ENOMEM, -EINTR; -EPERM: it has been revoked.
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

/* The number of elements from index on that exist and are done with one copy, up to nr. */
static u32 in_one_go(const struct bpfmmap_region *region, u32 index, u32 nr, size_t most_bytes)
{
	const struct bpfmmap_layout *layout = &region->layout;
	u32 left = bpfmmap_layout_has(layout, index) ? layout->max_entries - index : 0;
	u32 fit = max_t(size_t, most_bytes / layout->value_size, 1);

	return min3(nr, left, fit);
}

/**
 * bpfmmap_element_lookup_batch() - copy a range of elements to the user
 * @region: to be read
 * @args: as BPFMMAP_IOC_LOOKUP_BATCH has them; on return count is what was done
 *
 * Context: may sleep and fault.
 * Return: 0, -EINVAL, -ENOENT, -EFAULT, -EINTR.
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

		/* an index that wraps was beyond the end before it did */
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

/* Set the elements from index on to the values that lie in the buffer without gaps. */
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

/* Set nr elements from index on, which fit the buffer or are a single one. */
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
 * @region: the caller is a writer of it
 * @args: as BPFMMAP_IOC_UPDATE_BATCH has them; on return count is what was done
 *
 * Context: may sleep and fault.
 * Return: 0, -EINVAL, -E2BIG, -EFAULT, -ENOMEM, -EINTR; -EPERM: it has been revoked.
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
		/* some architectures copied more than they own up to: one by one to that */
		if (err != -EFAULT || nr == 1)
			goto out;
		step = 1;
	}
	err = 0;
out:
	bounce_put(own, bounce, room);
	return err;
}
