#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# wait: until there is a region of that name, and until it is frozen.

load /extra/stage/lib.bash

# waits: the process in $waiter still waits after a while.
waits() {
	sleep 0.5
	kill -0 "$waiter"
}

@test "it returns when the region is frozen, and at once when it is already" {
	bpfmmap create table value_size 8 max_entries 512 mode 0644
	as_nobody bpfmmap wait table 3>&- &
	waiter=$!
	waits
	bpfmmap update table 1 u64 1
	waits
	bpfmmap freeze table
	wait "$waiter"
	run -0 --separate-stderr bpfmmap wait table
	[ -z "$output$stderr" ]
	[ "$(bpfmmap -j wait id 1 | jq .frozen)" = 1 ]
	bpfmmap wait "$REGIONS/table" --timeout=5
}

@test "it waits for what is not there yet, published or moved there" {
	bpfmmap wait table 3>&- &
	waiter=$!
	waits
	bpfmmap create other value_size 8 max_entries 512
	waits
	bpfmmap create table value_size 8 max_entries 512
	waits
	bpfmmap freeze table
	wait "$waiter"

	mkdir "$REGIONS/team"
	bpfmmap wait team/prices 3>&- &
	waiter=$!
	waits
	bpfmmap freeze other
	mv "$REGIONS/other" "$REGIONS/team/prices"
	wait "$waiter"
}

@test "create with freeze wakes who waits for the name" {
	seq 1 1000 >file
	bpfmmap wait table --timeout=60 3>&- &
	waiter=$!
	waits
	bpfmmap create table from file freeze
	wait "$waiter"
}

@test "a timeout is an error, and it takes that long" {
	bpfmmap create table value_size 8 max_entries 512
	before=${EPOCHREALTIME/./}
	run -1 bpfmmap wait table 1
	[ "$output" = "Error: region 1 is not frozen after 1 s" ]
	run -1 bpfmmap wait nothing --timeout=1
	[ "$output" = "Error: nothing is published as 'nothing' after 1 s" ]
	run -1 bpfmmap -j wait nothing timeout 0
	[ "$output" = "{\"error\":\"nothing is published as 'nothing' after 0 s\"}" ]
	[ $((${EPOCHREALTIME/./} - before)) -ge 2000000 ]
}

@test "a directory that goes, and a file system that goes, end it" {
	mkdir "$REGIONS/team"
	bpfmmap wait team/table 2>said 3>&- &
	waiter=$!
	waits
	rmdir "$REGIONS/team"
	run -1 wait "$waiter"
	grep -qx "Error: there is no directory $REGIONS/team; mkdir makes one" said
	bpfmmap wait table 2>said 3>&- &
	waiter=$!
	waits
	umount "$REGIONS"
	run -1 wait "$waiter"
	grep -qx "Error: $REGIONS is not, or no longer, in the file system of regions" said
}

@test "a directory that one may not list is good enough for what is there" {
	mkdir -m 0711 "$REGIONS/closed"
	bpfmmap create closed/table value_size 8 max_entries 512 mode 0644 freeze
	as_nobody bpfmmap wait closed/table
	run -1 as_nobody bpfmmap wait closed/other
	[ "$output" = "Error: can't watch the directory $REGIONS/closed: Permission denied" ]
}

@test "who may not read it is told so" {
	bpfmmap create table value_size 8 max_entries 512
	run -1 as_nobody bpfmmap wait table
	[ "$output" = "Error: you may not read $REGIONS/table (-rw------- root root); its owner can allow it with chmod" ]
}
