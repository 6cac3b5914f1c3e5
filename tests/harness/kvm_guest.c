// SPDX-License-Identifier: GPL-2.0-only
/* The machine of a guest: its memory, and how it runs. See kvm_guest.h. */
#include "harness.h"
#include "kvm_guest.h"
#include "kvm_guest_cpu.h"

#define LOW_LEN		(64 * KIB)
#define RING_LEN	(64 * KIB)
#define WINDOW_SLOT	1

static const char *because(const char *step, long ret)
{
	static char why[96];

	snprintf(why, sizeof(why), "%s at %s", strerrorname_np(-ret), step);
	return why;
}

static int enable(int fd, uint32_t cap, uint64_t arg)
{
	struct kvm_enable_cap args = { .cap = cap, .args = { arg } };

	return request(fd, KVM_ENABLE_CAP, &args);
}

static const char *make(struct kvm_guest *guest)
{
	int ret;

	guest->kvm = result(open("/dev/kvm", O_RDWR | O_CLOEXEC));
	if (guest->kvm < 0)
		return because("/dev/kvm", guest->kvm);
	guest->vm = request(guest->kvm, KVM_CREATE_VM, NULL);
	if (guest->vm < 0)
		return because("KVM_CREATE_VM", guest->vm);
	if (guest->flags & GUEST_RING) {
		ret = enable(guest->vm, KVM_CAP_DIRTY_LOG_RING, RING_LEN);
		if (ret)
			return because("KVM_CAP_DIRTY_LOG_RING", ret);
	}
	if (guest->flags & GUEST_APIC) {
		ret = request(guest->vm, KVM_CREATE_IRQCHIP, NULL);
		if (ret)
			return because("KVM_CREATE_IRQCHIP", ret);
	}
	guest->vcpu = request(guest->vm, KVM_CREATE_VCPU, NULL);
	if (guest->vcpu < 0)
		return because("KVM_CREATE_VCPU", guest->vcpu);
	guest->run_len = request(guest->kvm, KVM_GET_VCPU_MMAP_SIZE, NULL);
	guest->run = mmap(NULL, guest->run_len, PROT_READ | PROT_WRITE, MAP_SHARED, guest->vcpu, 0);
	if (guest->run == MAP_FAILED)
		return because("the mapping of its state", -errno);
	guest->low = mmap(NULL, LOW_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	if (guest->low == MAP_FAILED)
		return because("its memory", -errno);
	ret = kvm_guest_slot(guest, 0, 0, LOW_LEN, guest->low, 0);
	if (ret)
		return because("KVM_SET_USER_MEMORY_REGION", ret);
	ret = kvm_guest_cpu_init(guest);
	return ret ? because("its CPU", ret) : NULL;
}

const char *kvm_guest_start(struct kvm_guest *guest, unsigned int flags)
{
	const char *reason;

	*guest = (struct kvm_guest){
		.kvm = -1, .vm = -1, .vcpu = -1, .flags = flags,
		.run = MAP_FAILED, .low = MAP_FAILED,
	};
	if (!kvm_guest_cpu_known())
		return "guests of KVM are made for x86";
	reason = kvm_load(NULL, NULL);
	if (!reason)
		reason = make(guest);
	if (reason)
		kvm_guest_stop(guest);
	return reason;
}

static void let_go(void *at, size_t len)
{
	if (at != MAP_FAILED)
		munmap(at, len);
}

void kvm_guest_stop(struct kvm_guest *guest)
{
	const int fds[] = { guest->vcpu, guest->vm, guest->kvm };
	size_t i;

	let_go(guest->run, guest->run_len);
	let_go(guest->low, LOW_LEN);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int kvm_guest_slot(struct kvm_guest *guest, int nr, uint32_t physical, size_t bytes, void *at,
		   uint32_t flags)
{
	struct kvm_userspace_memory_region args = {
		.slot = nr, .flags = flags, .guest_phys_addr = physical, .memory_size = bytes,
		.userspace_addr = (uintptr_t)at,
	};

	return request(guest->vm, KVM_SET_USER_MEMORY_REGION, &args);
}

int kvm_guest_window(struct kvm_guest *guest, size_t bytes, void *at)
{
	return kvm_guest_slot(guest, WINDOW_SLOT, GUEST_WINDOW, bytes, at, 0);
}

void kvm_guest_load(struct kvm_guest *guest, const struct kvm_program *program)
{
	memcpy(guest->low + GUEST_CODE, program->code, program->end - program->code);
}

int kvm_guest_run(struct kvm_guest *guest)
{
	int ret = request(guest->vcpu, KVM_RUN, NULL);

	return ret < 0 ? ret : (int)guest->run->exit_reason;
}

int kvm_guest_run_at(struct kvm_guest *guest, uint32_t address)
{
	kvm_guest_reset(guest, address);
	return kvm_guest_run(guest);
}

int kvm_guest_port(const struct kvm_guest *guest)
{
	return guest->run->exit_reason == KVM_EXIT_IO ? guest->run->io.port : -1;
}

volatile uint32_t *kvm_guest_word(struct kvm_guest *guest, unsigned int nr)
{
	return (volatile uint32_t *)(guest->low + GUEST_WORDS) + nr;
}
