/* SPDX-License-Identifier: GPL-2.0-only */
/* The progress of a long operation, on a terminal's stderr. */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct progress {
	const char *what;
	uint64_t total;		/* bytes, or 0 if not known */
	struct timespec last;	/* time of the last drawing, or of the begin */
	bool shown, drawn;
};

/* shown: draw if stderr is a terminal */
void progress_begin(struct progress *progress, const char *what, uint64_t total, bool shown);
void progress_at(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress);

#endif
