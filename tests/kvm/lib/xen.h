/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How KVM is told to stand in for Xen, as in its headers of x86: there are none elsewhere, and
 * older ones lack what is newer.
 */
#ifndef BPFMMAP_TESTS_KVM_XEN_H
#define BPFMMAP_TESTS_KVM_XEN_H

#include "kvm_guest.h"

#define XEN_TWO_LEVELS	0xffffffffU	/* the way of events that KVM knows */

/* Attributes. */
enum {
	XEN_LONG_MODE = 0, XEN_SHARED_INFO = 1, XEN_SHARED_INFO_HVA = 6,	/* of the machine */
	XEN_VCPU_INFO = 0, XEN_TIME_INFO = 1, XEN_RUNSTATE_ADDRESS = 2, XEN_RUNSTATE = 3,
	XEN_VCPU_INFO_HVA = 9,							/* of the CPU */
};

/* The guest writes this register to have its hypercall page filled. */
#define XEN_MSR_HYPERCALLS	0x40000200U

/* NULL, or why KVM does not do that. */
const char *xen_configure(struct kvm_guest *guest);
/* 0, -errno. */
int xen_set(struct kvm_guest *guest, uint16_t type, uint64_t value);
int xen_set_vcpu(struct kvm_guest *guest, uint16_t type, uint64_t value);

#endif /* BPFMMAP_TESTS_KVM_XEN_H */
