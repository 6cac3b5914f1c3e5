#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# From a system without bpfmmap to its first region, by apt and the steps in README only.
# DKMS builds the module here.

load lib.bash

@test "apt installs the packages, and all of it works out" {
	cp /srv/tests/ours.list /etc/apt/sources.list.d/
	succeeds apt-get -qq update
	succeeds apt-get -qy install bpfmmap-dkms bpfmmap-tools libbpfmmap-dev
	for package in bpfmmap-dkms bpfmmap-tools libbpfmmap1 libbpfmmap-dev; do
		same "$package $(dpkg-query -W -f '${db:Status-Status}' "$package")" "$package installed"
	done
	succeeds dpkg --audit
	same "$output" ""
}

@test "DKMS has built the module for the kernel that runs" {
	dkms_has "$(uname -r)"
	[[ $(modinfo -n bpfmmap) == */lib/modules/"$(uname -r)"/updates/dkms/bpfmmap.ko* ]]
	same "$(modinfo -F vermagic bpfmmap | cut -d' ' -f1)" "$(uname -r)"
}

@test "there is a system group bpfmmap, with nobody in it" {
	IFS=: read -r name _ gid members < <(getent group bpfmmap)
	same "$name, $members" "bpfmmap, "
	[ "$gid" -lt 1000 ]
}

@test "the manual pages and the completions are where they belong" {
	for file in /usr/share/man/man8/bpfmmap.8.gz /usr/share/man/man3/bpfmmap.3.gz \
		/usr/share/man/man4/bpfmmap.4.gz \
		/usr/share/bash-completion/completions/bpfmmap \
		/usr/share/zsh/vendor-completions/_bpfmmap; do
		[ -s "$file" ] || {
			echo "there is no $file, but:"
			dpkg -L bpfmmap-tools libbpfmmap-dev | grep -E 'man|compl'
			return 1
		}
	done
	# shellcheck source=/dev/null
	source /usr/share/bash-completion/completions/bpfmmap
	complete -p bpfmmap
}

@test "doctor says that the module is not loaded, and what mends it does" {
	run bpfmmap doctor
	same "$status" 1
	has "$output" "^FAIL  module .*; modprobe bpfmmap$"
	modprobe bpfmmap
	udevadm settle
	device_is_right
	mounts_in_time
}

@test "alice joins the group, and is fine" {
	usermod -aG bpfmmap alice
	succeeds as alice bpfmmap doctor
	mkdir -p "$KEPT"
	uname -r >"$KEPT/release"
}
