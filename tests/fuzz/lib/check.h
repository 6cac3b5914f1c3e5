/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must be true after each call, seen from outside
 *
 * Each region that a slot has is looked at: its info, its state, its bytes. broken() ends the
 * case if
 *  - a property has changed that never changes, or the state of a freeze went back
 *  - a byte has changed though the region was frozen, or though no call could change it
 *  - the info tells other numbers of mappings and writers than /proc/PID/maps and smaps
 *  - a mapping of a frozen region takes a store
 *  - there are bytes behind the end of a name that are not 0
 */
#ifndef BPFMMAP_TESTS_FUZZ_CHECK_H
#define BPFMMAP_TESTS_FUZZ_CHECK_H

#include "case.h"

void check_begin(void);		/* before the first call of a case */

/* After a call, or two at the same time (second is not NULL). */
void check_call(const struct call *first, long ret, const struct call *second, long second_ret);

/* At the end of a case: all that takes long. */
void check_end(void);

#endif /* BPFMMAP_TESTS_FUZZ_CHECK_H */
