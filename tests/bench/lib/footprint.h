/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BPFMMAP_BENCH_FOOTPRINT_H
#define BPFMMAP_BENCH_FOOTPRINT_H

#include <stddef.h>

/*
 * Tell what memory contenders take beyond their data, at this size. To be called before
 * anything of that size has been there: the page tables of the kernel's own addresses
 * stay when what they were made for goes.
 */
void tell_footprints(size_t bytes);

#endif /* BPFMMAP_BENCH_FOOTPRINT_H */
