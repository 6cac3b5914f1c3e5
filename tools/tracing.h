/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of tracepoints, by an instance of tracefs of this process alone: a folder with a buffer
 * and settings that nobody else reads or changes.
 */
#ifndef TOOLS_TRACING_H
#define TOOLS_TRACING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the longest event of the module takes, with what stands before it. */
#define TRACING_RECORD_BYTES	1024

struct tracing {
	int pipe;	/* can be read when there is an event */
	int instances;	/* the folder that has the instance; -1: there is none */
	char name[32];
};

struct tracing_record {
	bool has_lost;		/* events were lost just before it */
	uint64_t lost;		/* how many; 0: the kernel does not know */
	uint64_t usec;		/* of CLOCK_MONOTONIC */
	const char *event;	/* the name of the event, a colon, a blank, its fields */
	char text[TRACING_RECORD_BYTES];
};

/*
 * Begin with these events of the group, and remove what processes have left that were killed.
 * Returns DONE, or FAILED after an error message; then nothing is left either.
 */
int tracing_begin(struct tracing *tracing, const char *group, const char * const *events,
		  size_t count);

/* Read the next event. Returns 1; 0: there is none now; -errno. */
int tracing_read(const struct tracing *tracing, struct tracing_record *record);

/* Remove the instance. This may be called again. */
void tracing_end(struct tracing *tracing);

#endif
