#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# The package is removed while the module is in use.

load lib.bash

@test "while a region is in use, the module stays loaded, and apt says so" {
	as alice bpfmmap create prices value_size 8 max_entries 1000
	succeeds apt-get -qy remove bpfmmap-dkms
	# newer versions end their lines like a terminal
	has "${output//$'\r'/}" "^bpfmmap is in use and stays loaded until the next boot$"
	[ -d /sys/module/bpfmmap ]
	mountpoint -q /sys/fs/bpfmmap
	as alice bpfmmap update prices 42 u64 4711
	as alice bpfmmap withdraw prices
}

@test "installed again, it is as it was" {
	succeeds apt-get -qy install bpfmmap-dkms
	device_is_right
	mount_is_right
	succeeds as alice bpfmmap doctor
	first_program_works
}
