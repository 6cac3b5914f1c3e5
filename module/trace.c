// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints of trace.h, defined in a file of their own: all files fire them, and none of
 * them depends on another one for that.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
