// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine of KVM outlives the process that made it, when another process holds it. KVM is told
 * that the memory goes by an MMU notifier, but the notifier is taken away before the mappings
 * are when a process ends. So what KVM has in a cache stays there (gfn_to_pfn_cache), and is
 * written to when somebody rings an event channel by an eventfd: no CPU has to run for that. From
 * 6.13 on such a cache takes the pages of a region.
 *
 * So a region whose writer has ended that way is not frozen any more: see LOST in freeze.c. A
 * region that did not get into the cache, or has left it before, is frozen as ever.
 */
#include "passed_fd.h"
#include "window.h"
#include "xen.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#define GSI	0
#define PORT	5
#define MASK	0x880	/* in a shared info of 32 bits, behind the events that are pending */
#define EVENTS	128	/* bytes of each */

enum host_answer { USES_IT, CAN_NOT, NO_GUEST, NO_XEN, BROKEN };

/* What the process that makes the machine is to do, and what it left behind. */
struct host {
	int file;		/* what is to be the shared info */
	int prot;		/* of its mapping */
	bool unmaps;		/* before it ends */
	int event;
	int sockets[2];
	int vm;			/* as we hold it */
};

static int connect_event(struct kvm_guest *guest, int event)
{
	struct {
		struct kvm_irq_routing table;
		struct kvm_irq_routing_entry entry;
	} routing = {
		.table.nr = 1,
		.entry = {
			.gsi = GSI, .type = KVM_IRQ_ROUTING_XEN_EVTCHN,
			.u.xen_evtchn = { .port = PORT, .priority = XEN_TWO_LEVELS },
		},
	};
	struct kvm_irqfd irqfd = { .fd = event, .gsi = GSI };

	return request(guest->vm, KVM_SET_GSI_ROUTING, &routing) ?:
	       request(guest->vm, KVM_IRQFD, &irqfd);
}

/* It leaves the machine to us and ends, without undoing anything. */
static int be_host(void *arg)
{
	struct host *host = arg;
	struct kvm_guest guest;
	int ret;

	if (kvm_guest_start(&guest, GUEST_APIC))
		return NO_GUEST;
	if (xen_configure(&guest))
		return NO_XEN;
	if (mmap(WINDOW, PAGE, host->prot, MAP_SHARED | MAP_FIXED_NOREPLACE, host->file, 0) !=
	    WINDOW || kvm_guest_window(&guest, PAGE, WINDOW))
		return BROKEN;
	ret = xen_set(&guest, XEN_SHARED_INFO, GUEST_WINDOW / PAGE);
	if (connect_event(&guest, host->event) || try_send_fd(host->sockets[1], guest.vm))
		return BROKEN;
	if (host->unmaps)
		munmap(WINDOW, PAGE);
	return ret ? CAN_NOT : USES_IT;
}

/* None is pending, and all are masked: so that nobody is told who waits for them. */
static void prepare(int file)
{
	uint8_t *at = map_window(file, 1, PROT_READ | PROT_WRITE);

	memset(at, 0, PAGE);
	memset(at + MASK, 0xff, EVENTS);
	unmap_window(1);
}

static void stop_hosting(struct host *host)
{
	const int fds[] = { host->vm, host->event, host->sockets[0], host->sockets[1] };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

/* Another process makes the machine with that as its memory, and ends. Does KVM use the memory? */
static bool host_and_end(struct host *host)
{
	enum host_answer answer;

	prepare(host->file);
	host->event = eventfd(0, EFD_CLOEXEC);
	assert_true(host->event >= 0);
	assert_ok(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, host->sockets));
	answer = in_child(be_host, host);
	if (answer == NO_GUEST)
		skip_because("no guest of KVM on this kernel");
	if (answer == NO_XEN)
		skip_because("KVM does not stand in for Xen on this kernel");
	assert_true(answer == USES_IT || answer == CAN_NOT);
	host->vm = try_receive_fd(host->sockets[0]);
	assert_true(host->vm >= 0);
	return answer == USES_IT;
}

static void ring(struct host *host)
{
	const uint64_t one = 1;

	assert_int_equal(write(host->event, &one, sizeof(one)), sizeof(one));
	/* what can't be done at once is left to a worker */
	usleep(200000);
}

/* Where ringing changes it, or -1. */
static long changed_by_ringing(struct host *host)
{
	uint8_t *before = contents(host->file, 1);
	long at;

	ring(host);
	at = changed_at(host->file, before, 1);
	free(before);
	return at;
}

/* Memory that KVM can use on every kernel. To be told, and judged by nobody. */
static void show_what_happens_to_a_memfd(void)
{
	struct host host = { .file = make_memfd(1), .prot = PROT_READ | PROT_WRITE };

	assert_true(host_and_end(&host));
	printf("# a memfd %s when its process has ended\n",
	       changed_by_ringing(&host) < 0 ? "is not written to" : "is written to");
	stop_hosting(&host);
}

static void assert_freezes_and_stays(struct host *host)
{
	assert_ok(try_freeze(host->file));
	assert_int_equal(changed_by_ringing(host), -1);
}

static void a_region_in_a_cache_is_never_frozen(void **state)
{
	struct host host = { .file = make_region(1), .prot = PROT_READ | PROT_WRITE };

	(void)state;
	show_what_happens_to_a_memfd();
	if (host_and_end(&host)) {
		/* also on a kernel that forgets it: the module has no way to ask */
		assert_int_equal(info(host.file).writers, 0);
		assert_refused(try_freeze(host.file), EBUSY);
		assert_refused(try_freeze_with(host.file, BPFMMAP_FREEZE_REVOKE), EBUSY);
		printf("# a region that is not frozen %s\n",
		       changed_by_ringing(&host) < 0 ? "is not written to" : "is written to");
		assert_refused(try_freeze(host.file), EBUSY);
	} else {
		printf("# KVM does not take a region for it, so it is frozen\n");
		assert_freezes_and_stays(&host);
	}
	stop_hosting(&host);
}

static void a_region_that_was_unmapped_before_is_frozen(void **state)
{
	struct host host = {
		.file = make_region(1), .prot = PROT_READ | PROT_WRITE, .unmaps = true,
	};

	(void)state;
	host_and_end(&host);
	assert_freezes_and_stays(&host);
	stop_hosting(&host);
}

static void a_reader_that_ends_does_not_keep_it_from_freezing(void **state)
{
	struct host host = { .file = make_region(1), .prot = PROT_READ };

	(void)state;
	assert_false(host_and_end(&host));
	assert_freezes_and_stays(&host);
	stop_hosting(&host);
}

#define TEST(test)	cmocka_unit_test_teardown(test, clear_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_region_in_a_cache_is_never_frozen),
		TEST(a_region_that_was_unmapped_before_is_frozen),
		TEST(a_reader_that_ends_does_not_keep_it_from_freezing),
	};

	return RUN_KVM_GROUP(tests);
}
