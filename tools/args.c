// SPDX-License-Identifier: GPL-2.0-only
/* The words of a command line, taken one by one. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "output.h"

const char *args_peek(const struct args *args)
{
	return *args->words;
}

const char *args_next(struct args *args)
{
	return *args->words ? *args->words++ : NULL;
}

bool args_take(struct args *args, const char *word)
{
	if (!*args->words || strcmp(*args->words, word))
		return false;
	args->words++;
	return true;
}

int args_string(struct args *args, const char *what, const char **value)
{
	*value = args_next(args);
	if (*value)
		return DONE;
	return usage_error("%s lacks %s; see: bpfmmap help %s", args->command, what, args->command);
}

bool number_of(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	/* strtoull() takes blanks and signs as well */
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && !*end && *value <= max;
}

int args_number(struct args *args, const char *what, uint64_t min, uint64_t max, uint64_t *value)
{
	const char *text;
	int status = args_string(args, what, &text);

	if (status)
		return status;
	if (number_of(text, max, value) && *value >= min)
		return DONE;
	return usage_error("'%s' is not a valid %s; give a number from %llu to %llu", text, what,
			   (unsigned long long)min, (unsigned long long)max);
}

int args_end(struct args *args)
{
	if (!*args->words)
		return DONE;
	return usage_error("%s does not take '%s'; see: bpfmmap help %s", args->command,
			   *args->words, args->command);
}
