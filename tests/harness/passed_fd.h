/* SPDX-License-Identifier: GPL-2.0-only */
/* A descriptor in a message over a Unix socket, which is how another process gets it. */
#ifndef BPFMMAP_TESTS_PASSED_FD_H
#define BPFMMAP_TESTS_PASSED_FD_H

/* 0, or -errno. */
int try_send_fd(int sock, int fd);
/* The descriptor as the receiver has it, or -errno; -ENOMSG: there is none in the message. */
int try_receive_fd(int sock);

#endif /* BPFMMAP_TESTS_PASSED_FD_H */
