/* SPDX-License-Identifier: GPL-2.0-only */
/* What a shell may complete a word to. */
#ifndef TOOLS_COMPLETE_H
#define TOOLS_COMPLETE_H

#include "commands.h"

/* The word by which the completions of the shells call this. It is in no help. */
#define COMPLETE	"__complete"
/* The exit status if the paths of files complete the word; otherwise it is 0. */
#define COMPLETE_FILES	3

/*
 * Print each word that the last of these words, which may be empty, may become: one a line, perhaps
 * with a tab and its description. words: those behind bpfmmap, then NULL; commands: up to one
 * without a name.
 */
int complete(char **words, const struct command *commands);

#endif
