// SPDX-License-Identifier: GPL-2.0-only
/*
 * The modules of KVM, and a machine that is kept. See kvm_guest.h.
 *
 * The first machine of KVM switches code in the scheduler on (preempt_notifier_key), and the last
 * one switches it off. QEMU before 8.1 as an emulator may translate that code while another CPU
 * writes it, and keep the result: then the kernel dies of its own breakpoint. So a machine without
 * a CPU stays from the first guest to the last. While that machine is made or closed, no other CPU
 * schedules: a thread runs there and does not sleep.
 */
#include "harness.h"
#include "kvm_guest.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define MOST_CPUS	64

struct holder {
	pthread_t thread;
	int cpu;
	atomic_bool *release;
	atomic_bool there;
};

static int kept_kvm = -1, kept_vm = -1;

static bool move_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

/* Runs before all other threads, and makes no system call. */
static void *hold(void *arg)
{
	const struct sched_param first = { .sched_priority = 1 };
	struct holder *holder = arg;

	if (move_to(holder->cpu))
		sched_setscheduler(0, SCHED_FIFO, &first);
	holder->there = true;
	while (!*holder->release)
		;
	return NULL;
}

/* fn() with all CPUs but one held. */
static void alone(void (*fn)(void))
{
	static struct holder holders[MOST_CPUS];
	int cpus = sysconf(_SC_NPROCESSORS_ONLN), cpu;
	atomic_bool release = false;
	cpu_set_t before;

	sched_getaffinity(0, sizeof(before), &before);
	move_to(0);
	for (cpu = 1; cpu < cpus && cpu < MOST_CPUS; cpu++) {
		holders[cpu] = (struct holder){ .cpu = cpu, .release = &release };
		pthread_create(&holders[cpu].thread, NULL, hold, &holders[cpu]);
		while (!holders[cpu].there)
			sched_yield();
	}
	fn();
	release = true;
	for (cpu = 1; cpu < cpus && cpu < MOST_CPUS; cpu++)
		pthread_join(holders[cpu].thread, NULL);
	sched_setaffinity(0, sizeof(before), &before);
}

static void make_kept(void)
{
	kept_vm = ioctl(kept_kvm, KVM_CREATE_VM, 0);
}

static void close_kept(void)
{
	close(kept_vm);
}

static void keep(void)
{
	if (kept_vm >= 0)
		return;
	kept_kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kept_kvm >= 0)
		alone(make_kept);
}

void kvm_let_go(void)
{
	if (kept_vm >= 0)
		alone(close_kept);
	if (kept_kvm >= 0)
		close(kept_kvm);
	kept_kvm = -1;
	kept_vm = -1;
}

static const char *because(const char *step, int ret)
{
	static char why[64];

	snprintf(why, sizeof(why), "%s at %s", strerrorname_np(-ret), step);
	return why;
}

static const char *unload(void)
{
	int ret;

	kvm_let_go();
	ret = try_unload_other("kvm_amd");
	if (ret && ret != -ENOENT)
		return because("unloading kvm-amd", ret);
	ret = try_unload_other("kvm");
	return ret && ret != -ENOENT ? because("unloading kvm", ret) : NULL;
}

const char *kvm_load(const char *kvm, const char *kvm_amd)
{
	static const char * const names[] = { "irqbypass", "kvm", "ccp", "kvm-amd" };
	const char * const parameters[] = { "", kvm ?: "", "", kvm_amd ?: "" };
	const char *reason;
	size_t i;
	int ret;

	reason = kvm || kvm_amd ? unload() : NULL;
	if (reason)
		return reason;
	/* a missing module may be built in; if it is not, that shows below */
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		ret = try_load_other_with(names[i], parameters[i]);
		if (ret && ret != -ENOENT)
			return because(names[i], ret);
	}
	if (access("/dev/kvm", F_OK))
		return "no /dev/kvm on this kernel";
	keep();
	return NULL;
}
