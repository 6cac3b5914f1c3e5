#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# The archive has a newer kernel, and apt upgrades to it; but the headers are just those of
# the kernel that runs, as who has installed them by its release has them. DKMS can't build the module for the
# new one, and that is no reason to stop anything.

load lib.bash

@test "apt upgrades the kernel without its headers" {
	apt-mark manual "linux-headers-$(uname -r)"
	# with the metapackage they would come along
	apt-get -qy purge linux-headers-cloud-amd64
	cp /srv/tests/updates.list /etc/apt/sources.list.d/
	apt-get -qq update
	succeeds apt-get -qy full-upgrade
	[ "$(newest_kernel)" != "$(uname -r)" ]
	newest_kernel >"$KEPT/release"
	succeeds dpkg --audit
	same "$output" ""
	same "$(dkms status | grep -c bpfmmap)" 1
	dkms_has "$(uname -r)"
}
