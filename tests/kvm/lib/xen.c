// SPDX-License-Identifier: GPL-2.0-only
/* See xen.h. */
#include "harness.h"
#include "xen.h"

#define INTERCEPT_HCALL		2U

struct config {
	uint32_t flags, msr;
	uint64_t blob_addr_32, blob_addr_64;
	uint8_t blob_size_32, blob_size_64, pad[30];
};

struct attr {
	uint16_t type, pad[3];
	uint64_t value, more[7];
};

#define CONFIG		_IOW(KVMIO, 0x7a, struct config)
#define SET_ATTR	_IOW(KVMIO, 0xc9, struct attr)
#define VCPU_SET_ATTR	_IOW(KVMIO, 0xcb, struct attr)

const char *xen_configure(struct kvm_guest *guest)
{
	struct config args = { .flags = INTERCEPT_HCALL, .msr = XEN_MSR_HYPERCALLS };

	if (request(guest->vm, CONFIG, &args))
		return "KVM does not stand in for Xen on this kernel";
	return NULL;
}

int xen_set(struct kvm_guest *guest, uint16_t type, uint64_t value)
{
	struct attr args = { .type = type, .value = value };

	return request(guest->vm, SET_ATTR, &args);
}

int xen_set_vcpu(struct kvm_guest *guest, uint16_t type, uint64_t value)
{
	struct attr args = { .type = type, .value = value };

	return request(guest->vcpu, VCPU_SET_ATTR, &args);
}
