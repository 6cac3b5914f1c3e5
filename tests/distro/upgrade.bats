#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# The archive has a newer kernel, and apt upgrades: DKMS builds the module for it.

load lib.bash

@test "apt upgrades the kernel" {
	cp /srv/tests/updates.list /etc/apt/sources.list.d/
	succeeds apt-get -qq update
	succeeds apt-get -qy full-upgrade
	[ "$(newest_kernel)" != "$(uname -r)" ]
	newest_kernel >"$KEPT/release"
	succeeds dpkg --audit
	same "$output" ""
}

@test "DKMS has built the module for it, and kept the other" {
	dkms_has "$(newest_kernel)"
	dkms_has "$(uname -r)"
}

@test "what runs goes on" {
	first_program_works
}
