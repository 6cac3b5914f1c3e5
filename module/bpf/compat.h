/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels for functions of BPF programs, from 6.1 up (see ../compat.h) */
#ifndef _BPFMMAP_BPF_COMPAT_H
#define _BPFMMAP_BPF_COMPAT_H

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>

#include "probe/features.h"

/* 6.3: 57e7c169cd6a ("bpf: Add __bpf_kfunc tag for marking kernel functions as kfuncs") */
#ifndef __bpf_kfunc
#define __bpf_kfunc	__used noinline
#endif

/* 6.7: 391145ba2acc ("bpf: Add __bpf_kfunc_{start,end}_defs macros") */
#ifndef __bpf_kfunc_start_defs
#define __bpf_kfunc_start_defs()						\
	__diag_push();								\
	__diag_ignore_all("-Wmissing-declarations", "kfuncs are for programs");	\
	__diag_ignore_all("-Wmissing-prototypes", "kfuncs are for programs")
#define __bpf_kfunc_end_defs()	__diag_pop()
#endif

/* 6.9: 6f3189f38a3e ("bpf: treewide: Annotate BPF kfuncs in BTF"), and wanted since */
#ifndef BTF_KFUNCS_START
#define BTF_KFUNCS_START(name)	BTF_SET8_START(name)
#define BTF_KFUNCS_END(name)	BTF_SET8_END(name)
#endif

/* 6.4: 06accc8779c1 ("bpf: add support for open-coded iterator loops") */
#ifdef KF_ITER_NEW
#define COMPAT_BPF_ITERATORS	1
#else
#define COMPAT_BPF_ITERATORS	0
#endif

/*
 * The kinds of programs. From 6.2 on one stands for all. Before, each of these has a hook of its
 * own; LSM has that of tracing, and to register for it twice, or for a kind that has none, takes
 * the others away.
 */
static const enum bpf_prog_type compat_program_types[] = {
#if HAS_COMMON_KFUNCS
	BPF_PROG_TYPE_UNSPEC,
#else
	BPF_PROG_TYPE_SYSCALL,
	BPF_PROG_TYPE_TRACING,
	BPF_PROG_TYPE_SCHED_CLS,
	BPF_PROG_TYPE_XDP,
	BPF_PROG_TYPE_STRUCT_OPS,
#endif
};

/* MODULE_IMPORT_NS() takes a word up to 6.12, and then a string. This is what both become. */
#define COMPAT_IMPORT_NS	MODULE_INFO(import_ns, "BPFMMAP_BPF")

#endif /* _BPFMMAP_BPF_COMPAT_H */
