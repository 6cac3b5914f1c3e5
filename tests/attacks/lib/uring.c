// SPDX-License-Identifier: GPL-2.0-only
/* io_uring by its system calls, with a ring of one request. See attack.h. */
#include "attack.h"

#include <linux/io_uring.h>

bool uring_open(struct target *t, struct uring *ring)
{
	struct io_uring_params p = { 0 };
	uint8_t *at;

	ring->fd = syscall(SYS_io_uring_setup, 1, &p);
	if (ring->fd < 0 || !(p.features & IORING_FEAT_SINGLE_MMAP)) {
		missing(t, "no io_uring on this kernel");
		return false;
	}
	at = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		  PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->sqes = mmap(NULL, p.sq_entries * sizeof(struct io_uring_sqe),
			  PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES);
	if (at == MAP_FAILED || ring->sqes == MAP_FAILED)
		_exit(95);
	ring->sq_tail = (void *)(at + p.sq_off.tail);
	ring->sq_array = (void *)(at + p.sq_off.array);
	ring->cq_head = (void *)(at + p.cq_off.head);
	ring->cq_tail = (void *)(at + p.cq_off.tail);
	ring->cqes = (void *)(at + p.cq_off.cqes);
	ring->cq_mask = *(unsigned int *)(at + p.cq_off.ring_mask);
	return true;
}

int uring_submit(struct uring *ring, const struct io_uring_sqe *sqe)
{
	ring->sqes[0] = *sqe;
	ring->sq_array[0] = 0;
	__atomic_store_n(ring->sq_tail, *ring->sq_tail + 1, __ATOMIC_RELEASE);
	return result(syscall(SYS_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0));
}

int uring_wait(struct uring *ring)
{
	unsigned int head = *ring->cq_head;
	int res;

	while (__atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE) == head)
		if (syscall(SYS_io_uring_enter, ring->fd, 0, 1, IORING_ENTER_GETEVENTS,
			    NULL, 0) < 0)
			return -errno;
	res = ring->cqes[head & ring->cq_mask].res;
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	return res;
}
