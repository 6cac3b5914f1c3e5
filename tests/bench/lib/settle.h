/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BPFMMAP_BENCH_SETTLE_H
#define BPFMMAP_BENCH_SETTLE_H

/* Bring the guest and this process to where what is measured depends on little else. */
void settle(void);

#endif /* BPFMMAP_BENCH_SETTLE_H */
