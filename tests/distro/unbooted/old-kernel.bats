#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# One kernel is not supported: DKMS leaves that one out, and goes on.

load ../lib.bash

old=5.4.0-1-amd64

setup_file() {
	mkdir -p /lib/modules/$old /usr/src/linux-headers-$old/include
	ln -s /usr/src/linux-headers-$old /lib/modules/$old/build
	printf 'all modules clean:\n\tfalse\n' >/usr/src/linux-headers-$old/Makefile
	cp /boot/config-* /usr/src/linux-headers-$old/.config
	cp /boot/config-* /boot/config-$old
	cp /srv/tests/ours.list /etc/apt/sources.list.d/
	apt-get -qq update
}

@test "the package is installed, and built for the other kernel" {
	succeeds apt-get -qy install bpfmmap-dkms
	succeeds dpkg --audit
	same "$output" ""
	same "$(dkms status | grep -c 'bpfmmap.*installed')" 1
}

@test "DKMS skips the old kernel, with its code for that" {
	run dkms build -m bpfmmap -v "$(version)" -k $old
	same "$status" 77
}

@test "an old kernel that is installed later does not fail for it" {
	run run-parts --exit-on-error --arg=$old /etc/kernel/header_postinst.d
	if dpkg --compare-versions "$(dpkg-query -W -f '${Version}' dkms)" lt 3.1; then
		# DKMS of Debian 12 counts each kernel without a module as a failure
		has "$output" "BUILD_EXCLUSIVE directive which does not match this kernel"
	else
		same "$status" 0
	fi
}
