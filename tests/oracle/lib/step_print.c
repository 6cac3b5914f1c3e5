// SPDX-License-Identifier: GPL-2.0-only
/* See step.h: printing steps, and reading them in again. */
#include "fixture.h"
#include "step.h"
#include "step_tables.h"

static const char *const remap_names[] = { "in place", "to page", "DONTUNMAP to page" };

void step_print(const struct step *step, char *to, size_t size)
{
	const struct step *s = step;
	int n = 0;

	if (s->in_thread) {
		n = snprintf(to, size, "in a thread: ");
		to += n;
		size -= n;
	}
	switch (s->op) {
	case OP_CREATE:
		snprintf(to, size, "slot %u = create(value_size %u, max_entries %u, flags %s)",
			 s->slot, step_size(s->a).value_size, step_size(s->a).max_entries,
			 step_fd_flag_names[s->b % NR_FD_FLAGS]);
		break;
	case OP_OPEN_ID:
		snprintf(to, size, "slot %u = open_id(object %u, flags %s)", s->slot, s->a,
			 step_fd_flag_names[s->b % NR_FD_FLAGS]);
		break;
	case OP_CLOSE:
		snprintf(to, size, "close(slot %u)", s->slot);
		break;
	case OP_DUP:
		snprintf(to, size, "slot %u = dup(slot %u)", s->a, s->slot);
		break;
	case OP_PASS:
		snprintf(to, size, "slot %u = slot %u sent over a socket", s->a, s->slot);
		break;
	case OP_MMAP:
		snprintf(to, size, "mmap(page %u, %u pages, %s, %s, slot %u, offset %u pages)",
			 s->page, s->pages, step_prot_names[s->a % NR_PROTS],
			 step_map_names[s->b % NR_MAP_FLAGS], s->slot, s->c);
		break;
	case OP_MUNMAP:
		snprintf(to, size, "munmap(page %u, %u pages)", s->page, s->pages);
		break;
	case OP_MPROTECT:
		snprintf(to, size, "mprotect(page %u, %u pages, %s)", s->page, s->pages,
			 step_prot_names[s->a % NR_PROTS]);
		break;
	case OP_MREMAP:
		snprintf(to, size, "mremap(page %u, %u pages, %u pages, %s %u)", s->page, s->pages,
			 s->a, remap_names[s->b % ARRAY_SIZE(remap_names)], s->c);
		break;
	case OP_MADVISE:
		snprintf(to, size, "madvise(page %u, %u pages, MADV_%s)", s->page, s->pages,
			 step_advice_names[s->a % NR_ADVICES]);
		break;
	case OP_MSYNC:
		snprintf(to, size, "msync(page %u, %u pages, %#x)", s->page, s->pages, s->a);
		break;
	case OP_MLOCK:
		snprintf(to, size, "%s(page %u, %u pages)", s->a ? "munlock" : "mlock", s->page,
			 s->pages);
		break;
	case OP_READ:
		snprintf(to, size, "read byte %u of page %u", s->a * world_unit, s->page);
		break;
	case OP_WRITE:
		snprintf(to, size, "write %u to byte %u of page %u", s->b,
			 s->a * world_unit, s->page);
		break;
	case OP_MEM_READ:
		snprintf(to, size, "read byte %u of page %u by /proc/self/mem",
			 s->a * world_unit, s->page);
		break;
	case OP_MEM_WRITE:
		snprintf(to, size, "write %u to byte %u of page %u by /proc/self/mem", s->b,
			 s->a * world_unit, s->page);
		break;
	case OP_FUTEX_WAKE:
		snprintf(to, size, "futex(page %u, FUTEX_WAKE)", s->page);
		break;
	case OP_LOOKUP:
		snprintf(to, size, "lookup(slot %u, index %u, flags %#llx%s)", s->slot, s->a,
			 (unsigned long long)step_element_flags[s->b % NR_ELEMENT_FLAGS],
			 s->c % 8 == 1 ? ", no pointer" : "");
		break;
	case OP_UPDATE:
		snprintf(to, size, "update(slot %u, index %u, all %u, flags %#llx%s)",
			 s->slot, s->a, s->c,
			 (unsigned long long)step_element_flags[s->b % NR_ELEMENT_FLAGS],
			 s->c % 8 == 1 ? ", no pointer" : "");
		break;
	case OP_LOOKUP_BATCH:
		snprintf(to, size, "lookup_batch(slot %u, from %u, count %u)", s->slot, s->a,
			 s->b);
		break;
	case OP_UPDATE_BATCH:
		snprintf(to, size, "update_batch(slot %u, from %u, count %u, all %u)", s->slot,
			 s->a, s->b, s->c);
		break;
	case OP_FREEZE:
		snprintf(to, size, "freeze(slot %u)", s->slot);
		break;
	case OP_NEXT_ID:
		snprintf(to, size, "next_id(after object %u)", s->a);
		break;
	case OP_FORK:
		snprintf(to, size, "fork, and the child goes on:");
		break;
	case OP_EXIT:
		snprintf(to, size, "exit, if this is a child");
		break;
	case OP_EXEC:
		snprintf(to, size, "fork and exec another program");
		break;
	default:
		snprintf(to, size, "no such step");
	}
}

int step_encode(const struct step *s, char *to, size_t size)
{
	return snprintf(to, size, "%x.%x.%x.%x.%x.%x.%x.%x", s->op, s->slot, s->page, s->pages,
			s->a, s->b, s->c, s->in_thread);
}

const char *step_decode(const char *from, struct step *s)
{
	unsigned int op;
	int len = 0;

	if (sscanf(from, "%x.%x.%x.%x.%x.%x.%x.%x%n", &op, &s->slot, &s->page, &s->pages,
		   &s->a, &s->b, &s->c, &s->in_thread, &len) != 8)
		return NULL;
	if (op >= NR_OPS || s->slot >= SLOTS || s->page + s->pages > world_arena())
		return NULL;
	s->op = op;
	from += len;
	return *from == ',' ? from + 1 : from;
}
