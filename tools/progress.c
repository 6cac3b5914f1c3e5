// SPDX-License-Identifier: GPL-2.0-only
/*
 * The progress of a long operation, on a terminal's stderr.
 *
 * An operation that ends within half a second shows nothing.
 */
#include <stdio.h>
#include <unistd.h>

#include "progress.h"
#include "state.h"

#define FIRST_MS	500
#define NEXT_MS		100

void progress_begin(struct progress *progress, const char *what, uint64_t total, bool shown)
{
	*progress = (struct progress) {
		.what = what,
		.total = total,
		.shown = shown && isatty(STDERR_FILENO),
	};
	clock_gettime(CLOCK_MONOTONIC, &progress->last);
}

void progress_at(struct progress *progress, uint64_t done)
{
	char text[32], of[32];
	struct timespec now;
	long elapsed;

	if (!progress->shown)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	elapsed = (now.tv_sec - progress->last.tv_sec) * 1000 +
		  (now.tv_nsec - progress->last.tv_nsec) / 1000000;
	if (elapsed < (progress->drawn ? NEXT_MS : FIRST_MS))
		return;
	progress->last = now;
	progress->drawn = true;
	human_bytes(done, text, sizeof(text));
	if (progress->total)
		fprintf(stderr, "\r%s: %s of %s (%d%%)\033[K", progress->what, text,
			human_bytes(progress->total, of, sizeof(of)),
			(int)(100.0 * done / progress->total));
	else
		fprintf(stderr, "\r%s: %s\033[K", progress->what, text);
}

void progress_end(struct progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
}
