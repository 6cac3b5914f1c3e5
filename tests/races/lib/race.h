/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A race: threads that do things to the same memory at the same time, over and over
 *
 * Racers go in rounds. The last one to arrive at the end of a round prepares the next one
 * alone, as by mapping again what they have filled; then each waits for a moment of its own
 * and does its step. A racer that is "alone" is in no round: it does its step as often as it
 * can. A thread that nobody sees takes a CPU away from the racers at random moments.
 *
 * It goes on for SECONDS_OF_RACE (environment; 8 by default), and each racer must have got
 * something done by then. What the kernel has to say about it, the runner reads in its log.
 *
 * Steps run in threads: there a test does not assert, but says what is wrong().
 */
#ifndef BPFMMAP_TESTS_RACE_H
#define BPFMMAP_TESTS_RACE_H

#include "fixture.h"

#include <pthread.h>

struct racer {
	const char *what;	/* its steps count, in the plural */
	bool (*step)(struct racer *self, unsigned long round);	/* did it get something done? */
	bool alone;

	/* race() fills these in */
	pthread_t thread;
	unsigned int seed;
	unsigned long count;
};

/* prepare may be NULL. try_race() is for children: returns what was wrong, or NULL. */
void race(void (*prepare)(unsigned long round), struct racer *racers, size_t nr);
const char *try_race(void (*prepare)(unsigned long round), struct racer *racers, size_t nr);

/* Only the first is remembered, and ends the race. */
void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A number below most, and so many turns of an empty loop. */
unsigned int any(struct racer *self, unsigned int most);
void spin(unsigned int turns);

#endif /* BPFMMAP_TESTS_RACE_H */
