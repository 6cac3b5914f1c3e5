// SPDX-License-Identifier: GPL-2.0-only
/*
 * A network block device whose server is a process of ours: it answers every read
 * with THEIRS, but the one at SLOW only when it is told to. See attack.h.
 */
#include "attack.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/fs.h>
#include <linux/nbd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define DISK_PAGES	256UL

static bool receive(int sock, void *to, size_t len)
{
	return recv(sock, to, len, MSG_WAITALL) == (ssize_t)len;
}

static void serve(int sock, struct slow_disk *disk)
{
	struct nbd_request request;
	struct nbd_reply reply = { .magic = htonl(NBD_REPLY_MAGIC) };
	uint8_t *data = memory(DISK_PAGES * PAGE);
	size_t len;
	char byte;

	while (receive(sock, &request, sizeof(request))) {
		len = ntohl(request.len);
		if (ntohl(request.type) != NBD_CMD_READ || len > DISK_PAGES * PAGE)
			break;
		if (be64toh(request.from) == SLOW &&
		    (write(disk->arrived[1], "", 1) != 1 || read(disk->go[0], &byte, 1) != 1))
			break;
		memcpy(&reply.handle, &request.handle, sizeof(reply.handle));
		if (send(sock, &reply, sizeof(reply), MSG_NOSIGNAL) != sizeof(reply) ||
		    send(sock, data, len, MSG_NOSIGNAL) != (ssize_t)len)
			break;
	}
	_exit(0);
}

static bool start(struct slow_disk *disk, const char *path)
{
	int control = open(path, O_RDWR), sock[2];

	disk->fd = open(path, O_RDONLY | O_DIRECT);
	if (disk->fd < 0 || control < 0 || pipe(disk->arrived) || pipe(disk->go) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, sock))
		return false;
	if (ioctl(control, NBD_SET_SOCK, sock[0]) || ioctl(control, NBD_SET_BLKSIZE, PAGE) ||
	    ioctl(control, NBD_SET_SIZE_BLOCKS, DISK_PAGES))
		return false;
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(sock[0]);
		serve(sock[1], disk);
	}
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(sock[1]);
		_exit(ioctl(control, NBD_DO_IT));
	}
	close(sock[1]);
	return true;
}

/* It comes with the start of the device, which the other process waits in. */
static bool has_size(struct slow_disk *disk)
{
	uint64_t bytes = 0;
	int tries;

	for (tries = 0; tries < 500 && !bytes; tries++) {
		usleep(10000);
		ioctl(disk->fd, BLKGETSIZE64, &bytes);
	}
	return bytes;
}

bool slow_disk_open(struct target *t, struct slow_disk *disk)
{
	int nr = t->serial % 16;
	char path[32];

	snprintf(path, sizeof(path), "/dev/nbd%d", nr);
	if (try_load_other("nbd")) {
		missing(t, "no network block device on this kernel");
		return false;
	}
	if (!start(disk, path) || !has_size(disk)) {
		missing(t, "the network block device does not start");
		return false;
	}
	return true;
}

bool slow_disk_wait(struct slow_disk *disk, int done)
{
	struct pollfd wait[2] = {
		{ .fd = disk->arrived[0], .events = POLLIN },
		{ .fd = done, .events = POLLIN },
	};

	poll(wait, 2, -1);
	return !wait[1].revents;
}

void slow_disk_go(struct slow_disk *disk)
{
	if (write(disk->go[1], "", 1) != 1)
		_exit(96);
}
