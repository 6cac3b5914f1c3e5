#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# The command without the module, the file system, or the right to use them, or with an earlier module.

load /extra/stage/lib.bash
load /extra/stage/abuse.bash

@test "a module that is not loaded" {
	begin
	bpfmmap withdraw table
	umount "$REGIONS"
	rmmod bpfmmap
	for words in list "show table" "dump 1" "lookup table 0" "update 1 0 u64 1" "load table $NUMBERS" \
		"freeze 1" "wait table" "create new value_size 8 max_entries 1" "create new from $NUMBERS" \
		"publish 1 new" "withdraw table" "holders 1" "watch count 1" "monitor 1" stat; do
		# shellcheck disable=SC2086 # words
		failed "there is no /dev/bpfmmap; run modprobe bpfmmap as root, and bpfmmap doctor if that fails" bpfmmap $words
	done
	say bpfmmap version
	[[ $status = 0 && $output == *$'\nmodule not loaded' && ! $stderr ]]
	insmod /module/bpfmmap.ko
	mount_regions
}

@test "a file system that is not mounted" {
	begin
	umount "$REGIONS"
	for words in list "show table" "dump table" "lookup table 0" "update table 0 u64 1" \
		"load table $NUMBERS" "freeze table" "wait table" "publish id 1 new" "withdraw table" \
		"create new value_size 8 max_entries 1" "holders table" "watch count 1" stat; do
		# shellcheck disable=SC2086 # words
		failed "the file system bpfmmap is not mounted at $REGIONS; run bpfmmap list as root to mount it" as_member bpfmmap $words
		! mounted
	done
	mount_regions
	intact
}

@test "a module of an earlier version" {
	begin
	works "$(bpfmmap show table)" with_old_module bpfmmap show id 1
	works "0: 31 30 30 30 30 30 31 0a" with_old_module bpfmmap lookup id 1 0
	works "" with_old_module bpfmmap load id 1 "$NUMBERS"
	failed "the loaded module can't revoke; bpfmmap version lists its features" \
		with_old_module bpfmmap freeze id 1 --revoke
	failed "the loaded module can't freeze for processes alone; bpfmmap version lists its features" \
		with_old_module bpfmmap freeze id 1 --processes
	for how in --when-idle --wait --wait=5 --cancel; do
		failed "the loaded module can't freeze later; bpfmmap version lists its features" \
			with_old_module bpfmmap freeze id 1 "$how"
	done
	failed "the loaded module can't tell when a region is frozen; bpfmmap version lists its features" \
		with_old_module bpfmmap wait id 1
	works "Nobody." with_old_module bpfmmap holders id 1
	failed "the loaded module can't publish; bpfmmap version lists its features" \
		with_old_module bpfmmap create new value_size 8 max_entries 1
	failed "the loaded module can't publish; bpfmmap version lists its features" \
		with_old_module bpfmmap publish id 1 new
	[[ $(with_old_module bpfmmap version) == *$'\ninterface 1, features: batch' ]]
	intact
	hold H "$TABLE" rw
	say with_old_module bpfmmap freeze id 1
	[ "$status" = 1 ]
	[ ! "$output" ]
	[[ $stderr == "Error: region 1 has writers; freeze --wait waits for them, --revoke does not"$'\n'*" rw "* ]]
}

@test "a user without privileges" {
	begin
	bpfmmap create closed value_size 8 max_entries 1
	note >/tmp/noted
	while IFS='|' read -r words line; do
		# shellcheck disable=SC2086 # words
		failed "$line" as_nobody bpfmmap $words
	done <<-END
		create new value_size 8 max_entries 1|you may not open /dev/bpfmmap; its group may, see bpfmmap doctor
		create new from $NUMBERS|you may not open /dev/bpfmmap; its group may, see bpfmmap doctor
		update table 0 u64 1|you may not write $TABLE (-rw-r--r-- root root); its owner can allow it with chmod
		load table $NUMBERS|you may not write $TABLE (-rw-r--r-- root root); its owner can allow it with chmod
		freeze table|you may not read and write $TABLE (-rw-r--r-- root root); its owner can allow it with chmod
		dump closed|you may not read $REGIONS/closed (-rw------- root root); its owner can allow it with chmod
		wait closed|you may not read $REGIONS/closed (-rw------- root root); its owner can allow it with chmod
		holders closed|you may not read $REGIONS/closed (-rw------- root root); its owner can allow it with chmod
		publish table new|you may not read and write $TABLE (-rw-r--r-- root root); its owner can allow it with chmod
		withdraw table|you may not withdraw names in $REGIONS (drwxrwxr-t root bpfmmap); its owner can allow it with chmod
		dump id 1|only root can open a region by its id; a published region opens by its name
	END
	intact
	chmod 0600 "$NUMBERS"
	chmod 0666 "$TABLE"
	failed "can't open $NUMBERS: Permission denied" as_nobody bpfmmap load table "$NUMBERS"
	failed "can't open $NUMBERS: Permission denied" as_nobody bpfmmap update table 0 file "$NUMBERS"
	failed "can't open $NUMBERS: Permission denied" as_member bpfmmap create new from "$NUMBERS"
}
