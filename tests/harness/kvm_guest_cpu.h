/* SPDX-License-Identifier: GPL-2.0-only */
/* What kvm_guest.c needs of the CPU. */
#ifndef BPFMMAP_TESTS_KVM_GUEST_CPU_H
#define BPFMMAP_TESTS_KVM_GUEST_CPU_H

#include "kvm_guest.h"

/* True if guests are made for the architecture of this machine. */
bool kvm_guest_cpu_known(void);
/* Set its features and tables. 0, -errno. */
int kvm_guest_cpu_init(struct kvm_guest *guest);

#endif /* BPFMMAP_TESTS_KVM_GUEST_CPU_H */
