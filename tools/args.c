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

/* Take the letter, or the two or three letters, of a unit at the end of a number. */
static int shift_of(const char *unit)
{
	static const char letters[] = "KMGT";
	const char *letter = strchr(letters, toupper((unsigned char)*unit));

	if (!letter || !*letter || (unit[1] && strcmp(unit + 1, "iB")))
		return -1;
	return 10 * (letter - letters + 1);
}

bool size_of(const char *text, uint64_t max, uint64_t *bytes)
{
	const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	size_t digits = hex ? 2 + strspn(text + 2, "0123456789abcdefABCDEF") :
			      strspn(text, "0123456789");
	char number[32];
	int shift;

	if (!text[digits])
		return number_of(text, max, bytes);
	shift = shift_of(text + digits);
	if (shift < 0 || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = 0;
	if (!number_of(number, max >> shift, bytes))
		return false;
	*bytes <<= shift;
	return true;
}

int args_size(struct args *args, const char *what, uint64_t min, uint64_t max, uint64_t *bytes)
{
	const char *text;
	int status = args_string(args, what, &text);

	if (status)
		return status;
	if (size_of(text, max, bytes) && *bytes >= min)
		return DONE;
	return usage_error("'%s' is not a valid %s; "
			   "give a number from %llu to %llu, or one with K, M or G, such as 64K",
			   text, what, (unsigned long long)min, (unsigned long long)max);
}

int args_end(struct args *args)
{
	if (!*args->words)
		return DONE;
	return usage_error("%s does not take '%s'; see: bpfmmap help %s", args->command,
			   *args->words, args->command);
}
