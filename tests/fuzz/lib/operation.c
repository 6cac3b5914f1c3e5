// SPDX-License-Identifier: GPL-2.0-only
/* See operation.h. */
#include "fixture.h"
#include "operation.h"

static const struct operation * const tables[] = {
	request_operations, file_operations, name_operations, memory_operations, process_operations,
};

static const struct operation *operations[256];
static unsigned int nr, weights;

__attribute__((constructor))
static void gather(void)
{
	const struct operation *op;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (op = tables[i]; op->name; op++) {
			operations[nr++] = op;
			weights += op->weight;
		}
}

const struct operation *operation_of(unsigned int kind)
{
	return operations[kind];
}

unsigned int nr_operations(void)
{
	return nr;
}

int operation_find(const char *name, size_t len)
{
	unsigned int kind;

	for (kind = 0; kind < nr; kind++)
		if (strlen(operations[kind]->name) == len &&
		    !memcmp(operations[kind]->name, name, len))
			return kind;
	return -1;
}

unsigned int operation_any(uint64_t *seed)
{
	unsigned int at = random_below(seed, weights), kind = 0;

	while (at >= operations[kind]->weight)
		at -= operations[kind++]->weight;
	return kind;
}

static bool is_among(const int *errors, size_t most, int error)
{
	size_t i;

	for (i = 0; i < most && errors[i]; i++)
		if (errors[i] == error)
			return true;
	return false;
}

bool operation_may_give(const struct operation *op, int error, bool failing)
{
	/* the errors of every request, and of a slot that is no region */
	static const int of_requests[] = { ENOTTY, EFAULT, EINVAL, E2BIG, EBADF };

	/* ENOTSUPP and those that restart a system call are the kernel's own */
	if (error <= 0 || error > EHWPOISON)
		return false;
	if (!(op->traits & STRICT))
		return true;
	return is_among(op->errors, ARRAY_SIZE(op->errors), error) ||
	       is_among(of_requests, ARRAY_SIZE(of_requests), error) ||
	       (failing && error == ENOMEM);
}
