// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes by vhost: a thread of the kernel that writes to this process's memory for a device,
 * here for vsock, as it is the one that needs no network. The memory is where the rings and
 * buffers of a virtual machine would be; there is no machine.
 *
 * When somebody connects to the machine, the kernel puts the request into a buffer (of the
 * receive ring), and notes in a log which pages it has written to. Both are told to it
 * before the freeze. The log's pages are pinned for each write (set_bit_to_user()).
 */
#include "attack.h"

#include <linux/vhost.h>
#include <linux/virtio_ring.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <linux/vm_sockets.h>	/* older ones want what sys/socket.h has */

#define CID		4242
#define ENTRIES		4U
/*
 * The page, to the log, where the elements of the used ring begin: its bit is not set in OURS. What
 * stands before them is written at the start, too; the bit of the page before is set already.
 */
#define USED_PAGE	3U
#define SECONDS		5

/* The kernel's receive ring is 0, the other one is there because it has to be. */
struct ring {
	struct vring_desc desc[ENTRIES];
	struct vring_avail avail;
	uint16_t avail_ring[ENTRIES];
	struct vring_used used __attribute__((aligned(8)));
	struct vring_used_elem used_ring[ENTRIES];
};

struct device {
	int fd;
	int done, failed;	/* eventfds */
	struct ring *rings;
};

static bool load_vhost(struct target *t)
{
	static const char * const names[] = {
		"vsock", "vmw_vsock_virtio_transport_common", "vhost_iotlb", "vhost", "vhost_vsock",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		try_load_other(names[i]);
	if (!access("/dev/vhost-vsock", F_OK))
		return true;
	missing(t, "no vhost on this kernel");
	return false;
}

/* All of our memory is the machine's, at the same addresses. */
static int set_memory(struct device *device, void *at)
{
	struct {
		struct vhost_memory table;
		struct vhost_memory_region region[2];
	} memory = {
		.table.nregions = 2,
		.region = {
			{ (uintptr_t)device->rings, PAGE, (uintptr_t)device->rings, 0 },
			{ (uintptr_t)at, LEN, (uintptr_t)at, 0 },
		},
	};

	return request(device->fd, VHOST_SET_MEM_TABLE, &memory);
}

static int set_ring(struct device *device, unsigned int nr, bool log)
{
	struct ring *ring = &device->rings[nr];
	struct vhost_vring_state size = { nr, ENTRIES };
	struct vhost_vring_addr where = {
		.index = nr,
		.flags = log ? 1 << VHOST_VRING_F_LOG : 0,
		.desc_user_addr = (uintptr_t)ring->desc,
		.avail_user_addr = (uintptr_t)&ring->avail,
		.used_user_addr = (uintptr_t)&ring->used,
		.log_guest_addr = USED_PAGE * 4096 - offsetof(struct vring_used, ring),
	};
	struct vhost_vring_file done = { nr, device->done }, failed = { nr, device->failed };

	return request(device->fd, VHOST_SET_VRING_NUM, &size) ?:
	       request(device->fd, VHOST_SET_VRING_ADDR, &where) ?:
	       request(device->fd, VHOST_SET_VRING_CALL, &done) ?:
	       request(device->fd, VHOST_SET_VRING_ERR, &failed);
}

/* One buffer, and the log if there is to be one. */
static bool start(struct target *t, struct device *device, void *buffer, void *at, void *log)
{
	uint64_t cid = CID, log_base = (uintptr_t)log;
	struct ring *ring;
	int on = 1;

	device->fd = open("/dev/vhost-vsock", O_RDWR | O_CLOEXEC);
	if (!passes(t, "open", result(device->fd)))
		return false;
	device->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	device->failed = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	device->rings = memory(PAGE);
	memset(device->rings, 0, PAGE);
	ring = &device->rings[0];
	ring->desc[0] = (struct vring_desc){ (uintptr_t)buffer, PAGE, VRING_DESC_F_WRITE, 0 };
	ring->avail.idx = 1;
	return passes(t, "VHOST_SET_OWNER", request(device->fd, VHOST_SET_OWNER, NULL)) &&
	       passes(t, "VHOST_SET_MEM_TABLE", set_memory(device, at)) &&
	       (!log || passes(t, "VHOST_SET_LOG_BASE",
			       request(device->fd, VHOST_SET_LOG_BASE, &log_base))) &&
	       passes(t, "the receive ring", set_ring(device, 0, log)) &&
	       passes(t, "the other ring", set_ring(device, 1, false)) &&
	       passes(t, "VHOST_VSOCK_SET_GUEST_CID",
		      request(device->fd, VHOST_VSOCK_SET_GUEST_CID, &cid)) &&
	       passes(t, "VHOST_VSOCK_SET_RUNNING",
		      request(device->fd, VHOST_VSOCK_SET_RUNNING, &on));
}

/* A request arrives, and the kernel is done with it. */
static void receive(struct target *t, struct device *device)
{
	struct sockaddr_vm to = { .svm_family = AF_VSOCK, .svm_cid = CID, .svm_port = 1 };
	struct pollfd events[] = { { device->done, POLLIN, 0 }, { device->failed, POLLIN, 0 } };
	int sock = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (!passes(t, "socket", result(sock)))
		return;
	if (connect(sock, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS) {
		passes(t, "connect", -errno);
		return;
	}
	if (poll(events, ARRAY_SIZE(events), SECONDS * 1000) < 1)
		_exit(97);
	/* of a copy that failed the kernel says no more than that */
	if (events[1].revents & POLLIN)
		passes(t, "vhost's copy", -EFAULT);
}

/* What is mapped there next can be read; in an array that does not freeze all stays. */
static bool freeze_at(struct target *t, uint8_t *at)
{
	if (t->control)
		return freeze(t);
	munmap(at, LEN);
	return freeze(t) &&
	       passes(t, "mmap", mmap(at, LEN, PROT_READ, MAP_SHARED | MAP_FIXED, t->fd, 0) == at ?
				 0 : -errno);
}

static void buffer_kept(struct target *t)
{
	struct device device;
	uint8_t *at;

	if (!load_vhost(t))
		return;
	at = writable(t);
	if (at && start(t, &device, at, at, NULL) && freeze_at(t, at))
		receive(t, &device);
}

static void log_kept(struct target *t)
{
	struct device device;
	uint8_t *at, *buffer;

	if (!load_vhost(t))
		return;
	at = writable(t);
	buffer = memory(LEN);
	if (at && start(t, &device, buffer, buffer, at) && freeze_at(t, at))
		receive(t, &device);
}

const struct route vhost_routes[] = {
	{ .name = "vhost: a buffer of a machine's in it", .run = buffer_kept },
	{ .name = "vhost: the log of pages written to", .run = log_kept },
	{ }
};
