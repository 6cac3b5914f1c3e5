// SPDX-License-Identifier: GPL-2.0-only
/* See passed_fd.h. */
#include "harness.h"
#include "passed_fd.h"

#include <sys/socket.h>

/* A message of one byte with room for one descriptor. */
struct message {
	struct msghdr header;
	struct iovec iov;
	char byte;
	union {
		char buffer[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
};

static void make(struct message *message)
{
	memset(message, 0, sizeof(*message));
	message->iov = (struct iovec) { &message->byte, 1 };
	message->header.msg_iov = &message->iov;
	message->header.msg_iovlen = 1;
	message->header.msg_control = message->control.buffer;
	message->header.msg_controllen = sizeof(message->control.buffer);
}

int try_send_fd(int sock, int fd)
{
	struct message message;
	struct cmsghdr *header;
	long ret;

	make(&message);
	header = CMSG_FIRSTHDR(&message.header);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	ret = result(sendmsg(sock, &message.header, 0));
	return ret < 0 ? ret : 0;
}

int try_receive_fd(int sock)
{
	struct message message;
	long ret;
	int fd;

	make(&message);
	ret = result(recvmsg(sock, &message.header, MSG_CMSG_CLOEXEC));
	if (ret < 0)
		return ret;
	if (!CMSG_FIRSTHDR(&message.header))
		return -ENOMSG;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message.header)), sizeof(fd));
	return fd;
}
