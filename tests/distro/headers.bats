#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# A boot without the module, as headers are missing: its effects, and how to repair it.

load lib.bash

@test "the system is up, and its log says which module is missing" {
	same "$(uname -r)" "$(<"$KEPT/release")"
	# versions of systemd differ in how grave this is
	run systemctl is-system-running --wait
	has "$output" "^(running|degraded)$"
	same "$(systemctl --failed --plain --no-legend | grep -v '^systemd-modules-load\.service ')" ""
	systemctl is-active multi-user.target
	has "$(journalctl -b -t systemd-modules-load)" "Failed to find module 'bpfmmap'"
	[ ! -e /dev/bpfmmap ]
	# without the directory nothing is mounted, and that is no failure
	same "$(systemctl is-failed sys-fs-bpfmmap.mount)" inactive
	same "$(systemctl is-failed bpfmmap-apply.service)" inactive
}

@test "the command says what is the matter in one line" {
	run as alice bpfmmap create prices value_size 8 max_entries 1000
	[ "$status" != 0 ]
	same "${#lines[@]}" 1
	has "$output" "^Error: .*(/dev/bpfmmap|module|doctor)"
}

@test "doctor names the headers, and with them DKMS builds the module" {
	run as alice bpfmmap doctor
	same "$status" 1
	same "$(sed -n 's/^FAIL  headers .*; //p' <<<"$output")" "apt-get install linux-headers-$(uname -r)"
	succeeds apt-get -qy install "linux-headers-$(uname -r)"
	dkms_has "$(uname -r)"
	run as alice bpfmmap doctor
	has "$output" "^FAIL  module .*; modprobe bpfmmap$"
	modprobe bpfmmap
	udevadm settle
	mounts_in_time
	succeeds as alice bpfmmap doctor
	systemctl restart systemd-modules-load
	# the table of /etc/bpfmmap.d has come with the mount
	succeeds bpfmmap wait boot/licence --timeout=60
	succeeds systemctl start reader.service
}
