#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# watch, with and without a terminal.

load /extra/stage/lib.bash

@test "elsewhere than on a terminal it is a block each time" {
	bpfmmap create table value_size 8 max_entries 512
	run -0 bpfmmap watch 0.1 count 3
	[ "$(grep -c '^ *ID ' <<<"$output")" = 3 ]
	[ "$(grep -c ' table ' <<<"$output")" = 3 ]
	[[ $output != *$'\033'* ]]
}

@test "with -j it is an array each time" {
	bpfmmap create table value_size 8 max_entries 512
	run -0 bpfmmap -j watch 0.1 count 2
	[ "$(jq -c '[.[].id]' <<<"$output")" = $'[1]\n[1]' ]
}

# on_terminal STTY CMD...: what the command shows on a terminal with these settings.
on_terminal() {
	script -qec "stty $1; ${*:2}" screen </dev/null >/dev/null
	tr -d '\r' <screen
}

@test "it shows as many regions as the terminal has room for, and 20 if that has no size" {
	for name in a b c d e; do
		bpfmmap create "table-$name" value_size 8 max_entries 512
	done
	run -0 on_terminal "rows 0 cols 0" bpfmmap watch 0.1 count 1
	[ "$(grep -c ' table-. ' <<<"$output")" = 5 ]
	[[ $output != *" more"* ]]
	for setting in "rows 7" "rows 0; export LINES=7"; do
		run -0 on_terminal "$setting" bpfmmap watch 0.1 count 1
		[ "$(grep -c ' table-. ' <<<"$output")" = 3 ]
		[[ $output == *"  and 2 more"* ]]
	done
}

@test "on a terminal it is drawn in place, and ctrl-C gives the screen back" {
	bpfmmap create table value_size 8 max_entries 512
	# the pipe for ctrl-C stays open until it is needed
	mkfifo keys
	script -qec 'bpfmmap watch 0.1' screen <keys >/dev/null 3>&- &
	watch=$!
	exec {key}>keys
	until_true grep -q ' table ' screen
	printf '\003' >&"$key"
	wait "$watch"
	exec {key}>&-
	grep -q $'\033\[?1049h' screen
	grep -q $'\033\[H' screen
	tail -c 100 screen | grep -q $'\033\[?25h\033\[?1049l'
}
