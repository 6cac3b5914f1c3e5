/* SPDX-License-Identifier: GPL-2.0-only */
/* Pass a descriptor to another process, by a message over a Unix socket. */
#ifndef BPFMMAP_TESTS_PASSED_FD_H
#define BPFMMAP_TESTS_PASSED_FD_H

/* 0, or -errno. */
int try_send_fd(int sock, int fd);
/* The new descriptor, or -errno; -ENOMSG: the message has none. */
int try_receive_fd(int sock);

#endif /* BPFMMAP_TESTS_PASSED_FD_H */
