/* SPDX-License-Identifier: GPL-2.0-only */
/* What kvm_guest.c needs of the CPU. */
#ifndef BPFMMAP_TESTS_KVM_GUEST_CPU_H
#define BPFMMAP_TESTS_KVM_GUEST_CPU_H

#include "kvm_guest.h"

/* Is this machine's architecture the one that guests are made for? */
bool kvm_guest_cpu_known(void);
/* Its features and tables. 0, -errno. */
int kvm_guest_cpu_init(struct kvm_guest *guest);

#endif /* BPFMMAP_TESTS_KVM_GUEST_CPU_H */
