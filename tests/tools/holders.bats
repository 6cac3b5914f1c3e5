#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# Who holds a region, and what freeze does then.

load /extra/stage/lib.bash

# held FILTER: apply a filter of jq to the holders of table.
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

# called: the name of the mapping of process H in /proc.
called() {
	grep -o '/[^ ]*bpfmmap.*' "/proc/$H/maps" | sort -u
}

@test "a region is found under whatever name it was opened, and whatever became of that" {
	bpfmmap create table value_size 8 max_entries 512
	hold H "$REGIONS/table" rw
	mv "$REGIONS/table" "$REGIONS/renamed"
	[ "$(called)" = "$REGIONS/renamed" ]
	[ "$(bpfmmap -j holders renamed | jq '[.holders[] | select(.bytes)] | length')" = 1 ]
	[ "$(bpfmmap -j holders renamed | jq '[.holders[] | select(.fd)] | length')" = 1 ]

	mkdir "$REGIONS/team"
	ln "$REGIONS/renamed" "$REGIONS/team/linked"
	bpfmmap withdraw renamed
	bpfmmap create renamed value_size 8 max_entries 512
	[ "$(bpfmmap -j holders renamed | jq '.holders | length')" = 0 ]
	[ "$(bpfmmap -j holders team/linked | jq '.holders | length')" = 2 ]
	bpfmmap withdraw team/linked
	[ "$(bpfmmap -j holders id 1 | jq '.holders | length')" = 2 ]
	[ "$(bpfmmap -j holders id 1 | jq .unseen_mappings)" = 0 ]
}

@test "a region without a name, in another mount, or held by its path alone" {
	hold H - rw fd
	[[ $(called) == "/bpfmmap:1 (deleted)" ]]
	[ "$(bpfmmap -j holders id 1 | jq -c '[.holders[] | [.pid, has("fd")]] | unique')" = \
		"[[$H,false],[$H,true]]" ]

	bpfmmap create table value_size 8 max_entries 512
	mkdir elsewhere
	mount --bind "$REGIONS" elsewhere
	hold G elsewhere/table rw
	umount -l elsewhere
	[ "$(held '[.holders[] | .pid] | unique | tojson')" = "[$G]" ]
	[ "$(held '[.holders[] | select(.bytes)] | length')" = 1 ]
	let_go G
	hold G "$REGIONS/table" path
	[ "$(held '.holders | map(del(.fd)) | tojson')" = \
		"[{\"pid\":$G,\"comm\":\"python3\",\"readable\":false,\"writable\":false}]" ]
	bpfmmap holders table | grep -E "^ *$G  python3 +- +fd +- +fd [0-9]+$"
}

@test "a file with the same number in another file system is another" {
	for name in a b c d e f g h; do
		bpfmmap create $name value_size 8 max_entries 512
	done
	mkdir other
	mount -t tmpfs tmpfs other
	head -c 8192 /dev/zero >other/file
	number=$(stat -c %i other/file)
	[ "$number" -le 8 ]
	hold H other/file rw fd
	[ "$(bpfmmap holders "$number")" = Nobody. ]
	let_go H
	umount other
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

@test "freeze --revoke says whom it took the writing from, in JSON too" {
	bpfmmap create table value_size 8 max_entries 8192
	hold H "$REGIONS/table" rw fork
	hold G "$REGIONS/table" r fd
	until_true [ "$(held '[.holders[] | select(.bytes and .writable)] | length')" = 2 ]
	run -0 bpfmmap -j freeze table --revoke
	[ "$(jq -c '[.frozen, .revoked, .writers]' <<<"$output")" = "[1,2,0]" ]
	[ "$(jq -c '.revoked_from | [.hidden_processes, .unseen_mappings]' <<<"$output")" = "[0,0]" ]
	[ "$(jq -c '[.revoked_from.holders[] | [.comm, .bytes, .writable]]' <<<"$output")" = \
		'[["python3",65536,true],["python3",65536,true]]' ]
	[ "$(jq "[.revoked_from.holders[] | select(.pid == $H)] | length" <<<"$output")" = 1 ]
	[ "$(jq "[.revoked_from.holders[] | select(.pid == $G)] | length" <<<"$output")" = 0 ]
}

@test "freeze --revoke is SIGBUS to who writes, and nothing to who reads" {
	bpfmmap create table value_size 8 max_entries 512
	bpfmmap update table 0 u64 4711
	hold R "$REGIONS/table" r
	python3 "$STAGE/write_on.py" "$REGIONS/table" 3>&- >said &
	writer=$!
	until_true grep -q writing said
	bpfmmap freeze table --revoke
	run -135 wait "$writer"
	let_go R
	is table frozen 1
	is table revoked 0
}

@test "freeze --revoke without privilege tells of what it can't see" {
	bpfmmap create table value_size 8 max_entries 512 mode 0666
	hold H "$REGIONS/table" rw
	run -0 as_nobody bpfmmap freeze table --revoke
	[[ ${lines[0]} == "Region 1 is frozen. "* ]]
	[[ $output == *"1 of its mappings is held by processes that can't be seen from here."* ]]
}
