#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# The archive has a newer kernel, and apt upgrades to it. The headers were installed by the
# release of the running kernel, so there are none of the new one. DKMS can't build the module for
# it, and nothing else stops because of that.

load lib.bash

@test "apt upgrades the kernel without its headers" {
	apt-mark manual "linux-headers-$(uname -r)"
	# the metapackage would install them too
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
