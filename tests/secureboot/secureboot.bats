#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# A stock kernel under Secure Boot, which trusts the keys of the firmware and of the owner: which
# modules it loads, and that doctor says why.

load /extra/stage/lib.bash

EFIVARS=/sys/firmware/efi/efivars
ON="ok    secureboot  on"
NONE="FAIL  signatures  modules need one, and this one has none (lockdown integrity, sig_enforce Y); make dkms in its source"
ONE="ok    signatures  modules need one, and this one has one (lockdown integrity, sig_enforce Y)"
LOADED="ok    signatures  modules need one, and this one has it (lockdown integrity, sig_enforce Y)"

setup() {
	stage
	cp /extra/secureboot.keys/* "$STAGE/"
	cp "$STAGE/mok.der" /var/lib/dkms/mok.pub
	if [ ! -d /sys/module/efivarfs ]; then
		insmod /module/efivarfs.ko
		mount -t efivarfs efivarfs "$EFIVARS"
	fi
}

# accepted: the installed module loads, and passes the contract tests, which load it themselves.
accepted() {
	insmod "$INSTALLED"
	says "$ON" "$LOADED"
	[ "$(cat /sys/module/bpfmmap/taint)" = O ]
	rmmod bpfmmap
	mount --bind "$INSTALLED" /module/bpfmmap.ko
	/extra/contract/freeze >"$BATS_TEST_TMPDIR/freeze" || cat "$BATS_TEST_TMPDIR/freeze"
	umount /module/bpfmmap.ko
	! grep "^not ok" "$BATS_TEST_TMPDIR/freeze"
	grep "^ok" "$BATS_TEST_TMPDIR/freeze"
}

@test "the kernel is locked down" {
	[ "$(cat /sys/kernel/security/lockdown)" = "none [integrity] confidentiality" ]
}

@test "one without a signature is refused" {
	refused "Loading of unsigned module is rejected"
	says "$ON" "$NONE"
}

@test "one that the owner's key signed is let in, and keeps the contract" {
	sign mok
	says "$ON" "$ONE" "ok    key         /var/lib/dkms/mok.pub signed the module, and is enrolled"
	accepted
}

@test "one that the firmware's key signed is let in" {
	cp "$STAGE/db.der" /var/lib/dkms/mok.pub
	sign db
	says "$ON" "$ONE" "ok    key         /var/lib/dkms/mok.pub signed the module, and is enrolled"
	accepted
}

@test "one that was changed behind its signature is refused" {
	sign mok
	printf X | dd of="$INSTALLED" bs=1 seek=4096 conv=notrunc 2>/dev/null
	refused .
}

@test "one by a key that is not enrolled is refused, also while that waits for it" {
	cp "$STAGE/stranger.der" /var/lib/dkms/mok.pub
	sign stranger
	refused "Loading of module with unavailable key is rejected"
	says "$ON" "$ONE" "FAIL  key         /var/lib/dkms/mok.pub signed the module, and is not enrolled; mokutil --import /var/lib/dkms/mok.pub, reboot, and choose Enroll MOK"
	# the request that mokutil --import leaves for the next boot
	{
		printf '\7\0\0\0'
		cat "$STAGE/stranger.der"
	} >"$BATS_TEST_TMPDIR/new"
	dd if="$BATS_TEST_TMPDIR/new" of="$EFIVARS/MokNew-605dab50-e046-4300-abb6-3dd810dd8b23" bs=64k 2>/dev/null
	says "$ON" "$ONE" "FAIL  key         /var/lib/dkms/mok.pub waits to be enrolled; reboot, and choose Enroll MOK"
	refused "Loading of module with unavailable key is rejected"
}
