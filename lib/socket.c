// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * libbpfmmap: send and receive regions through Unix sockets
 *
 * A region is one byte of data with one fd. Whatever else a message brings, no fd of it stays
 * open: the other side may be hostile.
 */
#include "internal.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The file descriptor of a process in a message (SO_PASSPIDFD); newer than some C libraries. */
#ifndef SCM_PIDFD
#define SCM_PIDFD	0x04
#endif

/* Room for as many fds as a message can have (253), and for what options of a socket add. */
#define CONTROL_BYTES	2048

union control {
	struct cmsghdr align;
	char bytes[CONTROL_BYTES];
};

/* The first fd of a message, and the number of all. */
struct found {
	int fd;
	size_t count;
};

int bpfmmap_region__send(const struct bpfmmap_region *region, int sock)
{
	union control control = { .bytes = { 0 } };
	char byte = 0;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(sizeof(int)),
	};
	struct cmsghdr *part = CMSG_FIRSTHDR(&msg);

	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(part), &region->fd, sizeof(int));
	return failed(sendmsg(sock, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0);
}

/* Keep the first fd of part, and close the others. */
static void take_fds(const struct cmsghdr *part, struct found *found)
{
	const unsigned char *from = CMSG_DATA(part);
	size_t left = part->cmsg_len - CMSG_LEN(0);
	int fd;

	for (; left >= sizeof(fd); left -= sizeof(fd), from += sizeof(fd)) {
		memcpy(&fd, from, sizeof(fd));
		if (fd < 0)
			continue;
		if (part->cmsg_type == SCM_RIGHTS && !found->count++)
			found->fd = fd;
		else
			close(fd);
	}
}

/* Returns the only fd of the next message, or -errno. */
static int receive_fd(int sock)
{
	struct found found = { .fd = -1 };
	union control control;
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *part;
	ssize_t bytes;

	bytes = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	if (bytes < 0)
		return -errno;
	for (part = CMSG_FIRSTHDR(&msg); part; part = CMSG_NXTHDR(&msg, part))
		if (part->cmsg_level == SOL_SOCKET &&
		    (part->cmsg_type == SCM_RIGHTS || part->cmsg_type == SCM_PIDFD))
			take_fds(part, &found);
	if (found.count == 1 && !(msg.msg_flags & MSG_CTRUNC))
		return found.fd;
	if (found.count)
		close(found.fd);
	/* the kernel drops fds that the process has no number for, as there is room for all */
	if (msg.msg_flags & MSG_CTRUNC)
		return -EMFILE;
	if (found.count)
		return -EMSGSIZE;
	return bytes ? -ENOMSG : -ECONNRESET;
}

struct bpfmmap_region *bpfmmap_region__receive(int sock)
{
	return adopt_own(receive_fd(sock));
}
