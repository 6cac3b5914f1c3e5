// SPDX-License-Identifier: GPL-2.0-only
/* See case.h. */
#include "fixture.h"
#include "case.h"
#include "operation.h"

static const struct { uint8_t how; char letter; } hows[] = {
	{ HOW_BESIDE, '@' }, { HOW_CHILD, '+' }, { HOW_USER, '^' },
};

/* Append to a text; what does not fit is left out. */
static void append(char *to, size_t size, int *len, const char *format, unsigned int number)
{
	size_t left = (size_t)*len < size ? size - *len : 0;

	*len += snprintf(left ? to + *len : NULL, left, format, number);
}

static void print_call(const struct call *call, char *to, size_t size, int *len)
{
	const struct operation *op = operation_of(call->kind);
	unsigned int nr = op->nr_args, i;
	const char *name;

	for (name = op->name; *name; name++)
		append(to, size, len, "%c", *name);
	while (nr && !call->args[nr - 1])
		nr--;
	for (i = 0; i < nr; i++)
		append(to, size, len, i ? ".%x" : ":%x", call->args[i]);
	if (call->nth)
		append(to, size, len, "%%%u", call->nth);
	for (i = 0; i < ARRAY_SIZE(hows); i++)
		if (call->how & hows[i].how)
			append(to, size, len, "%c", hows[i].letter);
}

int case_print(const struct test_case *from, char *to, size_t size)
{
	unsigned int i;
	int len = 0;

	*to = '\0';
	for (i = 0; i < from->nr; i++) {
		if (i)
			append(to, size, &len, "%c", ',');
		print_call(&from->calls[i], to, size, &len);
	}
	return len;
}

static const char *parse_args(const char *from, struct call *to, unsigned int nr)
{
	unsigned int i;
	char *end;

	for (i = 0; (i && *from == '.') || (!i && *from == ':'); i++) {
		unsigned long number = strtoul(from + 1, &end, 16);

		if (i >= nr || end == from + 1 || number > 0xff)
			return NULL;
		to->args[i] = number;
		from = end;
	}
	return from;
}

static const char *parse_call(const char *from, struct call *to)
{
	size_t len = strcspn(from, ":%@+^,"), i;
	int kind = operation_find(from, len);
	char *end;

	*to = (struct call){ };
	if (kind < 0)
		return NULL;
	to->kind = kind;
	from = parse_args(from + len, to, operation_of(kind)->nr_args);
	if (from && *from == '%') {
		unsigned long nth = strtoul(from + 1, &end, 10);

		if (!nth || nth > MOST_NTH)
			return NULL;
		to->nth = nth;
		from = end;
	}
	for (i = 0; from && i < ARRAY_SIZE(hows); i++)
		if (*from == hows[i].letter) {
			to->how |= hows[i].how;
			from++;
		}
	return from;
}

int case_parse(const char *from, struct test_case *to)
{
	to->nr = 0;
	while (*from && *from != '\n') {
		if (to->nr == MOST_CALLS)
			return -1;
		from = parse_call(from, &to->calls[to->nr++]);
		if (!from || (*from && *from != ',' && *from != '\n'))
			return -1;
		if (*from == ',')
			from++;
	}
	return to->nr ? 0 : -1;
}

/* Low bytes are the plain ones; they come more often, and in every second call nearly always. */
static uint8_t any_byte(uint64_t *seed, bool plain)
{
	if (plain)
		return random_below(seed, 3) ? 0 : random_below(seed, 4);
	switch (random_below(seed, 4)) {
	case 0:
		return 0;
	case 1:
		return random_below(seed, 4);
	case 2:
		return random_below(seed, 16);
	default:
		return random_below(seed, 256);
	}
}

static void make_up_how(uint64_t *seed, struct call *to)
{
	to->how = 0;
	to->nth = 0;
	if (!random_below(seed, 12))
		to->nth = 1 + random_below(seed, random_below(seed, 2) ? 3 : MOST_NTH);
	if (!random_below(seed, 12))
		to->how |= HOW_BESIDE;
	else if (!random_below(seed, 24))
		to->how |= HOW_CHILD;
	if (!random_below(seed, 24))
		to->how |= HOW_USER;
}

static struct call make_up_call(uint64_t *seed)
{
	struct call call = { .kind = operation_any(seed) };
	bool plain = random_below(seed, 2);
	unsigned int i;

	for (i = 0; i < operation_of(call.kind)->nr_args; i++)
		call.args[i] = any_byte(seed, plain);
	make_up_how(seed, &call);
	return call;
}

void case_make_up(uint64_t *seed, struct test_case *to)
{
	unsigned int i;

	to->nr = 2 + random_below(seed, random_below(seed, 3) ? 8 : MOST_CALLS - 1);
	for (i = 0; i < to->nr; i++)
		to->calls[i] = make_up_call(seed);
	/* without a region little can happen */
	to->calls[0] = (struct call){ .kind = operation_find("create", 6) };
	for (i = 1; i < 4; i++)
		to->calls[0].args[i] = any_byte(seed, false) % 16;
}

void case_cut(struct test_case *from, unsigned int at, unsigned int n)
{
	memmove(&from->calls[at], &from->calls[at + n],
		(from->nr - at - n) * sizeof(from->calls[0]));
	from->nr -= n;
}

static void insert(struct test_case *to, unsigned int at, const struct call *calls, unsigned int n)
{
	if (n > MOST_CALLS - to->nr)
		n = MOST_CALLS - to->nr;
	memmove(&to->calls[at + n], &to->calls[at], (to->nr - at) * sizeof(to->calls[0]));
	memcpy(&to->calls[at], calls, n * sizeof(*calls));
	to->nr += n;
}

static void change_arg(uint64_t *seed, struct call *call)
{
	unsigned int nr = operation_of(call->kind)->nr_args;
	uint8_t *arg;

	if (!nr)
		return;
	arg = &call->args[random_below(seed, nr)];
	switch (random_below(seed, 4)) {
	case 0:
		*arg += random_below(seed, 2) ? 1 : -1;
		break;
	case 1:
		*arg ^= 1 << random_below(seed, 8);
		break;
	default:
		*arg = any_byte(seed, random_below(seed, 2));
	}
}

static void mutate_once(uint64_t *seed, struct test_case *to, const struct test_case *other)
{
	unsigned int at = random_below(seed, to->nr), from = random_below(seed, other->nr);
	struct call call;

	switch (random_below(seed, 8)) {
	case 0:
		call = make_up_call(seed);
		insert(to, at + 1, &call, 1);
		break;
	case 1:
		if (to->nr > 1)
			case_cut(to, at, 1);
		break;
	case 2:
		call = to->calls[at];
		insert(to, at, &call, 1);
		break;
	case 3:
		insert(to, at + 1, &other->calls[from],
		       1 + random_below(seed, other->nr - from));
		break;
	case 4:
		/* the head of the one, and the tail of the other */
		to->nr = at + 1;
		insert(to, to->nr, &other->calls[from], other->nr - from);
		break;
	case 5:
		make_up_how(seed, &to->calls[at]);
		break;
	default:
		change_arg(seed, &to->calls[at]);
	}
}

void case_mutate(uint64_t *seed, struct test_case *to, const struct test_case *other)
{
	unsigned int n = 1 + random_below(seed, 4);

	while (n--)
		mutate_once(seed, to, other);
}
