#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# load and dump show their progress on a terminal, if they take a while. Here they wait for
# the other end of a pipe.

load /extra/stage/lib.bash

MIB=1048576

large_region() {
	bpfmmap create large value_size $MIB max_entries 8
	mkfifo slow
}

@test "load shows on a terminal how far it is" {
	large_region
	{
		head -c $((4 * MIB)) /dev/zero
		sleep 1
		head -c $((4 * MIB)) /dev/zero
	} >slow 3>&- &
	script -qec 'bpfmmap load large slow' screen </dev/null >/dev/null
	grep -q $'\rload: [0-9.]* MiB\033\[K' screen
	# at the end the progress is removed
	tail -c 200 screen | grep -q $'\r\033\[K'
}

@test "dump shows on a terminal how far it is, and of how much" {
	large_region
	{
		head -c $((4 * MIB)) >/dev/null
		sleep 1
		cat >/dev/null
	} <slow 3>&- &
	script -qec 'bpfmmap dump large raw >slow' screen </dev/null >/dev/null
	grep -qE $'\rdump: [0-9.]+ MiB of 8\.0 MiB \([0-9]+%\)\033\[K' screen
}

@test "elsewhere they say nothing" {
	large_region
	{
		head -c $((4 * MIB)) /dev/zero
		sleep 1
		head -c $((4 * MIB)) /dev/zero
	} >slow 3>&- &
	run -0 --separate-stderr bpfmmap load large slow
	[ -z "$output$stderr" ]
}
