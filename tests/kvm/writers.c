// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM writes into the memory of a guest by itself: clocks, interrupts, what hypervisors that it
 * stands in for would write. It remembers where, in ways of its own, for as long as the guest
 * lives. Is a region that is frozen safe from all of them?
 */
#include "writers.h"

#define TIMES	4	/* that each is provoked, in each state of the window */
#define MOST	48

static void fill(const struct writer *writer)
{
	memset(WINDOW, OURS, WRITER_PAGES * PAGE);
	if (writer->prepare)
		writer->prepare(WINDOW);
}

static void provoke(const struct writer *writer, struct kvm_guest *guest, unsigned int *n)
{
	unsigned int end = *n + TIMES;

	for (; *n < end; ++*n)
		writer->provoke(guest, *n);
}

/* Where it writes to what is in the window, or -1. */
static long written_at(const struct writer *writer, struct kvm_guest *guest, int fd,
		       unsigned int *n)
{
	uint8_t *before;
	long at;

	fill(writer);
	before = contents(fd, WRITER_PAGES);
	provoke(writer, guest, n);
	at = changed_at(fd, before, WRITER_PAGES);
	free(before);
	return at;
}

/* Where KVM can use the memory, it writes each time that it is provoked: so the test is one. */
static void assert_writes_to_memory(const struct writer *writer)
{
	struct kvm_guest *guest;
	unsigned int n = 0;
	const char *why;
	int fd;

	guest = start_guest(writer->flags, WRITER_PAGES);
	fd = make_memfd(WRITER_PAGES);
	map_window(fd, WRITER_PAGES, PROT_READ | PROT_WRITE);
	fill(writer);
	why = writer->set_up(guest);
	if (why)
		skip_because("%s", why);
	assert_true(written_at(writer, guest, fd, &n) >= 0);
	assert_true(written_at(writer, guest, fd, &n) >= 0);
	clear_up(NULL);
}

static void a_frozen_region_is_not_written_to(void **state)
{
	const struct writer *writer = *state;
	struct kvm_guest *guest;
	unsigned int n = 0;
	uint8_t *before;
	const char *why;
	long at;
	int fd;

	assert_writes_to_memory(writer);
	guest = start_guest(writer->flags, WRITER_PAGES);
	fd = make_region(WRITER_PAGES);
	map_window(fd, WRITER_PAGES, PROT_READ | PROT_WRITE);
	fill(writer);
	why = writer->set_up(guest);
	at = written_at(writer, guest, fd, &n);
	if (at >= 0)
		printf("# %s: KVM writes to a region at %#lx\n", writer->name, at);
	else
		printf("# %s: KVM does not write to a region%s%s\n", writer->name,
		       why ? ": " : "", why ?: "");

	fill(writer);
	assert_refused(try_freeze(fd), EBUSY);
	unmap_window(WRITER_PAGES);
	assert_ok(try_freeze(fd));
	before = contents(fd, WRITER_PAGES);
	provoke(writer, guest, &n);
	assert_unchanged(fd, before, WRITER_PAGES);

	/* what is there now can be read, and KVM is told of it anew */
	map_window(fd, WRITER_PAGES, PROT_READ);
	provoke(writer, guest, &n);
	assert_unchanged(fd, before, WRITER_PAGES);
	writer->set_up(guest);
	provoke(writer, guest, &n);
	assert_unchanged(fd, before, WRITER_PAGES);
	free(before);
}

int main(void)
{
	static const struct writer * const kinds[] = {
		clock_writers, apic_writers, emulated_writers, tracked_writers, xen_writers,
		hyperv_writers,
	};
	static struct CMUnitTest tests[MOST];
	const struct writer *writer;
	size_t i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		for (writer = kinds[i]; writer->name && nr < MOST; writer++)
			tests[nr++] = (struct CMUnitTest){
				.name = writer->name,
				.test_func = a_frozen_region_is_not_written_to,
				.teardown_func = clear_up,
				.initial_state = (void *)writer,
			};
	return _cmocka_run_group_tests("writers", tests, nr, enter_kvm, leave_kvm);
}
