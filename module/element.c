// SPDX-License-Identifier: GPL-2.0-only
/*
 * Elements: lookup and update by index, one or a range
 *
 * In the region an element takes elem_size bytes, at the user's value_size.
 *
 * A lookup copies straight out of the region. An update goes through a bounce
 * buffer, so that a value whose copy fails half way leaves the element as it was;
 * it is a writer for all of that, the copy included, as bpf(2) has it. No lock is
 * held meanwhile: a copy may take as long as its user likes (userfaultfd). Values of
 * 1, 2, 4 and 8 bytes are loaded and stored as one: who reads an element while it is
 * set, in a mapping too, sees the old or the new value. A value larger than the largest
 * bounce buffer is looked through first and then set piece by piece, so that an update
 * that does not come to an end holds no more memory than any other.
 *
 * The order in which errors are found is that of kernel/bpf/syscall.c: may this
 * fd do it, can the value be read, and only then do flags and index make sense.
 */
#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "element.h"
#include "region.h"

/*
 * The buffer of an update is on the stack up to the first size, up to the second what an
 * earlier update on this CPU has left (if one has), and beyond that allocated each time,
 * up to the third.
 */
#define STACK_BOUNCE	256
#define SPARE_BOUNCE	SZ_4K
#define MAX_BOUNCE	SZ_64K

static DEFINE_PER_CPU(void *, spare);

/* What is copied out, or looked through, between two looks around. */
#define COPY_STEP	SZ_1M

/*
 * What bpf(2) finds out about before it copies the value: BPF_F_LOCK, BPF_F_CPU and
 * BPF_F_ALL_CPUS, which are for other kinds of maps, and the CPU above them.
 */
#define FLAGS_OF_OTHER_MAPS	(GENMASK_ULL(63, 32) | BIT_ULL(2) | BIT_ULL(3) | BIT_ULL(4))

static void *element(const struct region *region, u32 index)
{
	index = array_index_nospec(index, region->max_entries);
	return region->backing.data + (u64)index * region->elem_size;
}

/* Give way, and go on unless the caller has been killed. */
static int look_around(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

static int copy_out(void __user *to, const void *from, size_t len)
{
	while (len) {
		size_t step = min_t(size_t, len, COPY_STEP);
		int err = look_around();

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
 * A bounce buffer of len bytes: the caller's own where that is enough. A spare one is
 * nobody's, so that no memory cgroup is charged for it.
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
void element_exit(void)
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
 * element_lookup() - copy an element to the user
 * @region: to be read
 * @args: flags, index and value as BPFMMAP_IOC_LOOKUP has them
 *
 * Context: may sleep and fault.
 * Return: 0, -EINVAL, -ENOENT, -EFAULT, -EINTR.
 */
int element_lookup(struct region *region, const struct bpfmmap_element *args)
{
	void __user *to = u64_to_user_ptr(args->value);
	const void *from;
	u64 value;

	if (args->flags)
		return -EINVAL;
	if (args->index >= region->max_entries)
		return -ENOENT;
	from = element(region, args->index);
	/* as one, and the most frequent one at the least cost */
	switch (region->value_size) {
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
		return copy_out(to, from, region->value_size);
	}
}

/* Can a value be read from its first byte to its last? Looks at a byte a page. */
static int look_through(const u8 __user *from, size_t len)
{
	const u8 __user *last = from + len - 1;
	size_t done;
	u8 byte __maybe_unused;
	int err;

	for (done = 0; done < len; done += PAGE_SIZE) {
		err = done % COPY_STEP ? 0 : look_around();
		if (err)
			return err;
		if (get_user(byte, from + done))
			return -EFAULT;
	}
	return get_user(byte, last) ? -EFAULT : 0;
}

/*
 * Set an element whose value is larger than the bounce buffer. It has been looked through;
 * if it can't be read any more, or the caller is killed, the pieces before that are set.
 */
static int set_in_pieces(void *to, const u8 __user *from, size_t len, void *bounce)
{
	while (len) {
		size_t step = min_t(size_t, len, MAX_BOUNCE);
		int err = look_around();

		if (err)
			return err;
		if (copy_from_user(bounce, from, step))
			return -EFAULT;
		memcpy(to, bounce, step);
		to += step;
		from += step;
		len -= step;
	}
	return 0;
}

/**
 * element_update() - set an element from the user's value
 * @region: the caller is a writer of it
 * @args: flags, index and value as BPFMMAP_IOC_UPDATE has them
 *
 * Context: may sleep and fault.
 * Return: 0, -EFAULT, -EINVAL, -E2BIG, -EEXIST, -ENOMEM, -EINTR.
 */
int element_update(struct region *region, const struct bpfmmap_element *args)
{
	const u8 __user *from = u64_to_user_ptr(args->value);
	const bool in_pieces = region->value_size > MAX_BOUNCE;
	const size_t room = min_t(size_t, region->value_size, MAX_BOUNCE);
	u8 own[STACK_BOUNCE] __aligned(8);
	void *bounce;
	int err;

	if (args->flags & FLAGS_OF_OTHER_MAPS)
		return -EINVAL;
	bounce = bounce_get(own, room);
	if (!bounce)
		return -ENOMEM;

	if (in_pieces)
		err = look_through(from, region->value_size);
	else
		err = copy_value_in(bounce, from, room) ? -EFAULT : 0;
	if (err)
		goto out;
	err = -EINVAL;
	if (args->flags > BPFMMAP_EXIST)
		goto out;
	err = -E2BIG;
	if (args->index >= region->max_entries)
		goto out;
	err = -EEXIST;
	if (args->flags == BPFMMAP_NOEXIST)
		goto out;

	err = 0;
	if (in_pieces)
		err = set_in_pieces(element(region, args->index), from, region->value_size,
				    bounce);
	else
		copy_value(element(region, args->index), bounce, room);
out:
	bounce_put(own, bounce, room);
	return err;
}

/* How many of nr elements from index on exist, and are done with one copy. */
static u32 in_one_go(const struct region *region, u32 index, u32 nr, size_t most_bytes)
{
	u32 left = index < region->max_entries ? region->max_entries - index : 0;
	u32 fit = max_t(size_t, most_bytes / region->value_size, 1);

	return min3(nr, left, fit);
}

/**
 * element_lookup_batch() - copy a range of elements to the user
 * @region: to be read
 * @args: as BPFMMAP_IOC_LOOKUP_BATCH has them; on return count is what was done
 *
 * Context: may sleep and fault.
 * Return: 0, -EINVAL, -ENOENT, -EFAULT, -EINTR.
 */
int element_lookup_batch(struct region *region, struct bpfmmap_batch *args)
{
	bool packed = region->value_size == region->elem_size;
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
		err = copy_out(values, element(region, index), (size_t)nr * region->value_size);
		if (err)
			return err;
		values += (size_t)nr * region->value_size;
		args->count += nr;
	}
	return 0;
}

/* A batch of values that don't fit the bounce buffer, the one at index. */
static int update_large(const struct region *region, u32 index, const u8 __user *from,
			void *bounce)
{
	int err = look_through(from, region->value_size);

	if (err)
		return err;
	return set_in_pieces(element(region, index), from, region->value_size, bounce);
}

/* Spread values that lie one behind the other over the elements from index on. */
static void scatter(const struct region *region, u32 index, const void *values, u32 nr)
{
	void *to = element(region, index);

	if (region->value_size == sizeof(u64)) {
		for (; nr; nr--, to += sizeof(u64), values += sizeof(u64))
			WRITE_ONCE(*(u64 *)to, *(const u64 *)values);
		return;
	}
	if (region->value_size == region->elem_size) {
		memcpy(to, values, (size_t)nr * region->value_size);
		return;
	}
	for (; nr; nr--, to += region->elem_size, values += region->value_size)
		copy_value(to, values, region->value_size);
}

/**
 * element_update_batch() - set a range of elements from the user's values
 * @region: the caller is a writer of it
 * @args: as BPFMMAP_IOC_UPDATE_BATCH has them; on return count is what was done
 *
 * Context: may sleep and fault.
 * Return: 0, -EINVAL, -E2BIG, -EFAULT, -ENOMEM, -EINTR.
 */
int element_update_batch(struct region *region, struct bpfmmap_batch *args)
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

	room = (size_t)region->value_size * in_one_go(region, 0, wanted, MAX_BOUNCE);
	room = min_t(size_t, room, MAX_BOUNCE);
	bounce = bounce_get(own, room);
	if (!bounce)
		return -ENOMEM;

	while (args->count < wanted) {
		u32 index = args->index + args->count;
		u32 nr = in_one_go(region, index, wanted - args->count, step);
		size_t len = (size_t)nr * region->value_size;

		err = nr ? look_around() : -E2BIG;
		if (err)
			goto out;
		if (len > MAX_BOUNCE) {
			err = update_large(region, index, values, bounce);
			if (err)
				goto out;
			values += len;
			args->count++;
			continue;
		}
		if (!copy_from_user(bounce, values, len)) {
			scatter(region, index, bounce, nr);
			values += len;
			args->count += nr;
			continue;
		}
		/* some architectures copied more than they own up to: one by one to that */
		err = -EFAULT;
		if (nr == 1)
			goto out;
		step = 1;
	}
	err = 0;
out:
	bounce_put(own, bounce, room);
	return err;
}
