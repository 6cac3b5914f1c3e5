#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# A system without headers can't build the module: nothing else stops because of that, and the
# module is built as soon as headers are installed.

load ../lib.bash

@test "the packages are installed all the same" {
	cp /srv/tests/ours.list /etc/apt/sources.list.d/
	apt-get -qq update
	apt-get -qy purge '^linux-headers-.*'
	succeeds apt-get -qy install bpfmmap-dkms
	has "$output" "[Hh]eaders"
	succeeds dpkg --audit
	same "$output" ""
	same "$(dkms status | grep bpfmmap)" "bpfmmap/$(version): added"
}

@test "with the headers, DKMS builds the module" {
	cp /srv/tests/updates.list /etc/apt/sources.list.d/
	apt-get -qq update
	# shellcheck disable=SC2086 # two of them
	succeeds apt-get -qy install $META
	dkms_has "$(newest_kernel)"
}
