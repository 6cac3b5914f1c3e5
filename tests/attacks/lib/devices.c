// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes by devices and sockets that take memory of a process, or a file of it, for what they
 * receive: each is given a mapping that can be stored to, or one that is read-only. Most need
 * hardware, or a network, to write something afterwards; they are refused before that.
 */
#include "attack.h"

#include <linux/fuse.h>
#include <linux/if_alg.h>
#include <linux/if_xdp.h>
#include <linux/io_uring.h>
#include <linux/udmabuf.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* A buffer for DMA out of the file itself. */
static void buffer_for_dma(struct target *t)
{
	struct udmabuf_create args = {
		.memfd = t->fd, .flags = UDMABUF_FLAGS_CLOEXEC, .size = PAGE,
	};
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), buffer;
	uint8_t *at;

	if (device < 0)
		return missing(t, "no udmabuf on this kernel");
	buffer = result(ioctl(device, UDMABUF_CREATE, &args));
	if (!freeze(t) || !passes(t, "UDMABUF_CREATE", buffer))
		return;
	at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, buffer, 0);
	if (passes(t, "mmap", at == MAP_FAILED ? -errno : 0))
		memset(at, THEIRS, PAGE);
}

/* Memory for the packets of a socket. */
static void xdp_memory(struct target *t)
{
	struct xdp_umem_reg args = { .len = LEN, .chunk_size = 2048 };
	int sock = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0), ret;
	uint8_t *at;

	if (sock < 0)
		return missing(t, "no AF_XDP on this kernel");
	at = writable(t);
	if (!at)
		return;
	args.addr = (uintptr_t)at;
	ret = result(setsockopt(sock, SOL_XDP, XDP_UMEM_REG, &args, sizeof(args)));
	munmap(at, LEN);
	if (freeze(t))
		passes(t, "XDP_UMEM_REG", ret);
}

/* As the headers of 7.3 have them. */
struct memory_region {
	uint64_t user_addr, size;
	uint32_t flags, id;
	uint64_t mmap_offset, resv[4];
};

struct receive_area {
	uint64_t addr, len, token;
	uint32_t flags, dmabuf_fd;
	uint64_t resv[2];
};

struct receive_queue {
	uint32_t if_idx, if_rxq, rq_entries, flags;
	uint64_t area_ptr, region_ptr;
	struct { uint32_t head, tail, rqes, resv2; uint64_t resv[2]; } offsets;
	uint32_t id, rx_buf_len;
	uint64_t event_desc, resv[2];
};

#define REGISTER_RECEIVE_QUEUE	32
#define REGISTER_MEMORY		34
#define USER_MEMORY		1	/* it lies where the process says */
#define WITHOUT_DEVICE		2	/* what arrives is copied into the area */

/* A ring that may receive without copies. */
static int receiving_ring(void)
{
	struct io_uring_params p = {
		.flags = 1 << 11 | 1 << 12 | 1 << 13,	/* CQE32, SINGLE_ISSUER, DEFER_TASKRUN */
	};

	return result(syscall(SYS_io_uring_setup, 4, &p));
}

static long register_area(int ring, void *at)
{
	struct memory_region refill = { .size = PAGE };
	struct receive_area area = { .addr = (uintptr_t)at, .len = LEN };
	struct receive_queue queue = {
		.rq_entries = 16, .flags = WITHOUT_DEVICE,
		.area_ptr = (uintptr_t)&area, .region_ptr = (uintptr_t)&refill,
	};

	return result(syscall(SYS_io_uring_register, ring, REGISTER_RECEIVE_QUEUE, &queue, 1));
}

static void zero_copy_receive(struct target *t)
{
	int ring = receiving_ring(), other = receiving_ring();
	uint8_t *at;
	long ret;

	if (other < 0 || register_area(other, memory(LEN)))
		return missing(t, "no zero-copy receive without a device on this kernel");
	at = writable(t);
	if (!at)
		return;
	ret = register_area(ring, at);
	munmap(at, LEN);
	if (freeze(t))
		passes(t, "register", ret);
}

static long register_memory(int ring, void *at)
{
	struct memory_region region = {
		.user_addr = (uintptr_t)at, .size = PAGE, .flags = USER_MEMORY,
	};
	struct { uint64_t region, flags, resv[2]; } args = { (uintptr_t)&region, 0, { 0 } };

	return result(syscall(SYS_io_uring_register, ring, REGISTER_MEMORY, &args, 1));
}

static void uring_memory_region(struct target *t)
{
	struct uring ring, other;
	uint8_t *at;
	long ret;

	if (!uring_open(t, &ring) || !uring_open(t, &other))
		return;
	if (register_memory(other.fd, memory(PAGE)))
		return missing(t, "no memory regions of io_uring before 6.13");
	at = writable(t);
	if (!at)
		return;
	ret = register_memory(ring.fd, at);
	munmap(at, LEN);
	if (freeze(t))
		passes(t, "register", ret);
}

/* Who serves a file system reads the kernel's first request into it. */
static void fuse_request(struct target *t)
{
	char place[32], options[96];
	uint8_t *at;
	int fuse;

	try_load_other("fuse");
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse < 0)
		return missing(t, "no FUSE on this kernel");
	snprintf(place, sizeof(place), "/tmp/fuse-%d", t->serial);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	if (mkdir(place, 0700) || mount("fuse", place, "fuse", 0, options))
		return missing(t, "a FUSE file system can't be mounted");
	at = frozen_view(t);
	if (at)
		passes(t, "read", result(read(fuse, at, LEN)));
	umount2(place, MNT_DETACH);
}

/* What a cipher makes of a message goes straight to where it is read to. */
static void cipher_text(struct target *t)
{
	struct sockaddr_alg address = {
		.salg_family = AF_ALG, .salg_type = "skcipher", .salg_name = "cbc(aes)",
	};
	struct {
		struct cmsghdr header;
		uint32_t op;
	} control = { { sizeof(control), SOL_ALG, ALG_SET_OP }, ALG_OP_ENCRYPT };
	struct iovec iov = { memory(PAGE), 64 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	int sock, work;
	uint8_t *at;

	try_load_other("af_alg");
	try_load_other("algif_skcipher");
	sock = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(sock, SOL_ALG, ALG_SET_KEY, "0123456789abcdef", 16))
		return missing(t, "no ciphers by sockets on this kernel");
	work = accept4(sock, NULL, NULL, SOCK_CLOEXEC);
	at = frozen_view(t);
	if (at && passes(t, "sendmsg", result(sendmsg(work, &message, 0))))
		passes(t, "read", result(read(work, at, 64)));
}

/* Counters of the protocol, which the kernel copies to pages that it has pinned for that. */
static void rds_counters(struct target *t)
{
	socklen_t len = LEN;
	uint8_t *at;
	int sock;

	try_load_other("rds");
	sock = socket(AF_RDS, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return missing(t, "no RDS on this kernel");
	at = frozen_view(t);
	if (at)
		passes(t, "getsockopt", result(getsockopt(sock, SOL_RDS, 10000 /* counters */, at,
							  &len)));
}

/* As in the kernel's headers, which programs do not get. */
struct vmci_handle {
	uint32_t context, resource;
};

struct vmci_doorbell {
	struct vmci_handle handle;
	uint16_t resource, action;
	int32_t result;
};

#define VMCI_CONTEXT		4243
#define VMCI_VERSION		(11 << 16)
#define VMCI_INIT_CONTEXT	_IO(7, 0xa0)
#define VMCI_NOTIFY_RESOURCE	_IO(7, 0xa5)
#define VMCI_VERSION2		_IO(7, 0xa7)
#define VMCI_SET_NOTIFY		_IO(7, 0xcb)

enum { VMCI_NOTIFY, VMCI_CREATE };

/* An error of VMCI has a number of its own, and comes beside the ioctl's. */
static int doorbell(int vmci, uint16_t action)
{
	struct vmci_doorbell args = {
		.handle = { VMCI_CONTEXT, 1 }, .resource = 1 /* it is one */, .action = action,
	};

	return request(vmci, VMCI_NOTIFY_RESOURCE, &args) ?: args.result < 0 ? -EIO : 0;
}

/* A machine of VMware's, without one: open, or -1. */
static int vmci_context(struct target *t)
{
	struct { uint32_t cid, flags; } context = { VMCI_CONTEXT, 0 };
	int version = VMCI_VERSION, vmci;

	try_load_other("vmw_vmci");
	vmci = open("/dev/vmci", O_RDWR | O_CLOEXEC);
	if (vmci >= 0 && ioctl(vmci, VMCI_VERSION2, &version) >= 0 &&
	    !request(vmci, VMCI_INIT_CONTEXT, &context) && !doorbell(vmci, VMCI_CREATE))
		return vmci;
	missing(t, "no VMCI on this kernel");
	return -1;
}

/* The kernel keeps the page, and a mapping of it, for a byte that says that a bell has rung. */
static void vmci_notification(struct target *t)
{
	struct { uint64_t at; int32_t result; uint32_t pad; } args = { 0 };
	int vmci = vmci_context(t), ret;
	uint8_t *at;

	if (vmci < 0)
		return;
	at = writable(t);
	if (!at)
		return;
	args.at = (uintptr_t)at;
	ret = request(vmci, VMCI_SET_NOTIFY, &args);
	if (!ret && args.result < 0)
		ret = -EFAULT;
	munmap(at, LEN);
	if (freeze(t) && passes(t, "VMCI_SET_NOTIFY", ret))
		passes(t, "the doorbell", doorbell(vmci, VMCI_NOTIFY));
}

const struct route device_routes[] = {
	{ .name = "udmabuf of its file", .run = buffer_for_dma },
	{ .name = "AF_XDP: memory for packets", .run = xdp_memory },
	{ .name = "io_uring: zero-copy receive into it", .run = zero_copy_receive },
	{ .name = "io_uring: a region of memory", .run = uring_memory_region },
	{ .name = "FUSE: a request read into it", .run = fuse_request },
	{ .name = "AF_ALG: a cipher's text read into it", .run = cipher_text },
	{ .name = "RDS: counters read into it", .run = rds_counters },
	{ .name = "VMCI: a byte that notifies", .run = vmci_notification },
	{ }
};
