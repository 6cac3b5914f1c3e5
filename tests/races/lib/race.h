/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A race: threads that change the same memory at the same time, again and again
 *
 * Racers go in rounds. The last one to finish a round prepares the next one alone, for example
 * maps memory again. Then each racer waits for a short random time and does its step. A racer that
 * is "alone" is in no round: it does its step as often as it can. Another thread takes a CPU away
 * from the racers at random moments.
 *
 * A race takes SECONDS_OF_RACE (environment; 8 by default), and each racer must have got something
 * done by then. The runner reads the messages of the kernel.
 *
 * Steps run in threads, so they do not assert, but call wrong().
 */
#ifndef BPFMMAP_TESTS_RACE_H
#define BPFMMAP_TESTS_RACE_H

#include "fixture.h"

#include <pthread.h>

struct racer {
	const char *what;	/* what its steps count as, in the plural */
	bool (*step)(struct racer *self, unsigned long round);	/* true: it did something */
	bool alone;

	/* race() fills these in */
	pthread_t thread;
	unsigned int seed;
	unsigned long count;
};

/* prepare may be NULL. try_race() is for children: it returns what was wrong, or NULL. */
void race(void (*prepare)(unsigned long round), struct racer *racers, size_t nr);
const char *try_race(void (*prepare)(unsigned long round), struct racer *racers, size_t nr);

/* Report a failure, which ends the race. Only the first one is kept. */
void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A random number below most; and an empty loop of that many turns. */
unsigned int any(struct racer *self, unsigned int most);
void spin(unsigned int turns);

#endif /* BPFMMAP_TESTS_RACE_H */
