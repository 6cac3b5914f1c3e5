#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# A system whose compiler does not work. (The packages depend on one, so it can't be missing.)

load ../lib.bash

compiler=$(readlink -f /usr/bin/gcc)

@test "the headers bring the compiler, and keep it" {
	package=$(dpkg-query -S "$compiler" | cut -d: -f1)
	succeeds apt-get -s remove "$package"
	has "$output" "^Remv linux-headers-"
}

@test "without it the package can't be set up, and says so" {
	cp /srv/tests/ours.list /etc/apt/sources.list.d/
	apt-get -qq update
	mv "$compiler" "$compiler.gone"
	run apt-get -qy install bpfmmap-dkms bpfmmap-tools
	same "$status" 100
	has "$output" "^(Error! *)?(Consult|See) .*/bpfmmap/.*/make.log "
	run bpfmmap doctor
	has "$output" "^FAIL  compiler .*; apt-get install gcc make$"
}

@test "with it, all is well again" {
	mv "$compiler.gone" "$compiler"
	succeeds dpkg --configure -a
	succeeds dpkg --audit
	same "$output" ""
	[ "$(dkms status | grep -c 'bpfmmap.*installed')" = 1 ]
}
