#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# Who holds a region, and what freeze makes of it.

load /extra/stage/lib.bash

# held FILTER: what jq makes of the holders of table.
held() {
	bpfmmap -j holders table | jq -r "$1"
}

@test "a mapping is seen with its pid, bytes, rights and age" {
	bpfmmap create table value_size 8 max_entries 16384
	before=$(date +%s)
	hold H "$REGIONS/table" rw r@65536+65536
	after=$(date +%s)
	[ "$(held '[.holders[] | select(.bytes) | [.writable, .offset, .bytes]] | sort | tojson')" = \
		'[[false,65536,65536],[true,0,131072]]' ]
	[ "$(held '[.holders[] | [.pid, .comm]] | unique | tojson')" = "[[$H,\"python3\"]]" ]
	# a second more or less: clocks are read one after the other
	[ "$(held "[.holders[] | select(.bytes).since | fromdateiso8601 |
		. >= $before - 1 and . <= $after + 1] | all")" = true ]
	[ "$(held .hidden_processes)" = 0 ]
	[ "$(held .unseen_mappings)" = 0 ]
}

@test "regions by their own file, after open by id, are told apart" {
	bpfmmap create table value_size 8 max_entries 512
	bpfmmap create other value_size 8 max_entries 512
	hold H "$REGIONS/other" rw fd
	[ "$(held '.holders | length')" = 0 ]
	hold G "$REGIONS/table" fd fdr
	[ "$(held '[.holders[] | [.pid, .readable, .writable]] | tojson')" = \
		"[[$G,true,true],[$G,true,false]]" ]
}

@test "what fork has copied has the age of the original" {
	bpfmmap create table value_size 8 max_entries 512
	hold H "$REGIONS/table" rw fork
	until_true [ "$(held '[.holders[] | select(.bytes)] | length')" = 2 ]
	[ "$(held '[.holders[] | select(.bytes).since] | unique | length')" = 1 ]
	[ "$(held '[.holders[] | select(.bytes and .since)] | length')" = 2 ]
}

@test "a mapping of what was withdrawn is still found" {
	bpfmmap create table value_size 8 max_entries 512
	hold H "$REGIONS/table" rw
	bpfmmap withdraw table
	bpfmmap create table value_size 8 max_entries 512
	[ "$(held '.holders | length')" = 0 ]
	[ "$(bpfmmap -j holders id 1 | jq '[.holders[] | select(.bytes)] | length')" = 1 ]
}

@test "processes that one may not look at are counted" {
	bpfmmap create table value_size 8 max_entries 512 mode 0644
	hold H "$REGIONS/table" rw
	run -0 as_nobody bpfmmap holders table
	[[ $output == *"can't be looked at (run as root)."* ]]
	[[ $output == *"1 of its mappings is held by processes that can't be seen from here."* ]]
}

@test "freeze that is refused names who is in the way, in JSON too" {
	bpfmmap create table value_size 8 max_entries 512
	hold H "$REGIONS/table" rw
	run -1 bpfmmap -j freeze table
	[ "$(jq '.holders[] | select(.bytes).pid' <<<"$output")" = "$H" ]
	[[ $(jq -r .error <<<"$output") == "region 1 has writers; "* ]]
}

@test "freeze --wait comes back when the writer has gone" {
	bpfmmap create table value_size 8 max_entries 512
	hold H "$REGIONS/table" rw
	bpfmmap freeze table --wait 3>&- &
	waiter=$!
	until_true is table freeze_pending 1
	is table frozen 0
	let_go H
	wait "$waiter"
	is table frozen 1
}

@test "freeze --wait that is killed takes its request back" {
	bpfmmap create table value_size 8 max_entries 512
	hold H "$REGIONS/table" rw
	bpfmmap freeze table --wait 3>&- &
	waiter=$!
	until_true is table freeze_pending 1
	kill "$waiter"
	wait "$waiter" || :
	is table freeze_pending 0
	let_go H
	is table frozen 0
}

@test "freeze --when-idle stays without its process, until --cancel" {
	bpfmmap create table value_size 8 max_entries 512
	hold H "$REGIONS/table" rw
	bpfmmap freeze table --when-idle
	is table freeze_pending 1
	bpfmmap freeze table --cancel
	is table freeze_pending 0
	bpfmmap freeze table --when-idle
	let_go H
	is table frozen 1
}
