// SPDX-License-Identifier: GPL-2.0-only
/* See access.h. */
#include "access.h"

#include "fixture.h"

#include <signal.h>

static __thread sigjmp_buf refused;
static __thread volatile sig_atomic_t touching;
static __thread uint32_t written;

static void segv(int sig)
{
	if (touching)
		siglongjmp(refused, 1);
	/* the fault comes again and ends the program */
	signal(sig, SIG_DFL);
}

void catch_segv(void)
{
	/* NODEFER: the jump leaves the mask as it is */
	struct sigaction action = { .sa_handler = segv, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
}

static uint32_t access_word(volatile uint32_t *words, bool write)
{
	volatile uint32_t number = REFUSED;

	if (!sigsetjmp(refused, 0)) {
		touching = true;
		/* no read before the write: it must fault as a write, in an emulator as well */
		if (write)
			words[1] = ++written;
		number = words[0];
	}
	touching = false;
	return number;
}

uint32_t look(const uint8_t *at)
{
	return access_word((void *)at, false);
}

uint32_t scribble(uint8_t *at)
{
	return access_word((void *)at, true);
}
