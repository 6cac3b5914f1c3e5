/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests' BPF programs share, with each other and with the tests that run them. */
#ifndef BPFMMAP_TESTS_COMMON_H
#define BPFMMAP_TESTS_COMMON_H

#include <linux/types.h>

/* What a program that is run by a test is told. */
struct program_args {
	__u64 handle;
	__u64 offset;	/* or an index */
	__u64 value;
	__u64 user;	/* an address of the caller's */
};

/* What a program returns that got no part of the region. */
#define GOT_NULL	1000

#ifdef __bpf__
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpfmmap.bpf.h>
#endif

#endif /* BPFMMAP_TESTS_COMMON_H */
