#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# A stock kernel with module.sig_enforce=1: which modules it refuses, and that doctor says why.

load /extra/stage/lib.bash

OFF="ok    secureboot  off, as there is no UEFI"

setup() {
	stage
}

@test "the kernel's own module is let in" {
	insmod /module/dummy.ko
	rmmod dummy
}

@test "one without a signature is refused" {
	refused "Loading of unsigned module is rejected"
	says "$OFF" "FAIL  signatures  modules need one, and this one has none (lockdown none, sig_enforce Y); make dkms in its source"
}

@test "one that a stranger signed is refused" {
	sign stranger
	refused "Loading of module with unavailable key is rejected"
	says "$OFF" "ok    signatures  modules need one, and this one has one (lockdown none, sig_enforce Y)" \
		"warn  key         the module is signed with a key that is not known here; try to load it; modprobe bpfmmap"
}

@test "one that DKMS signed is refused, for want of a way to enrol its key" {
	sign stranger
	cp "$STAGE/stranger.der" /var/lib/dkms/mok.pub
	refused "Loading of module with unavailable key is rejected"
	says "$OFF" "ok    signatures  modules need one, and this one has one (lockdown none, sig_enforce Y)" \
		"warn  key         /var/lib/dkms/mok.pub can't be enrolled without UEFI; boot without module.sig_enforce=1"
}
