#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# The command with a stdin, stdout or stderr that it can't use, other languages, terminals and signals.

load /extra/stage/lib.bash
load /extra/stage/abuse.bash

@test "stdout that is closed" {
	begin
	for words in list "show table" "dump table" "dump table raw" "lookup table 0" stat version help \
		"holders table" "watch count 1" doctor "help dump" "-j list" "-p show table" "-j lst"; do
		# shellcheck disable=SC2086 # words
		failed "$WRITE Bad file descriptor" without_stdout bpfmmap $words
	done
	# nothing to write: nothing to say
	works "" without_stdout bpfmmap load table "$NUMBERS"
	works "" without_stdout bpfmmap update table 0 file /tmp/first
	intact
}

@test "stdout that is full" {
	begin
	for words in list "show table" "dump table" "dump table packed" "dump table raw" "lookup table 0" \
		stat version help "holders table" "watch count 1" doctor "-j dump table" "-p stat" "-j lst"; do
		# shellcheck disable=SC2086 # words
		failed "$WRITE No space left on device" to_full bpfmmap $words
	done
	intact
}

@test "a reader that is gone, and no signal that says so" {
	begin
	for words in list "show table" "dump table" "dump table raw" "-j dump table" "lookup table 0" stat \
		"watch 0.1"; do
		# shellcheck disable=SC2086 # words
		failed "$WRITE Broken pipe" to_nobody bpfmmap $words
	done
	intact
}

@test "a reader that has enough ends the command by a signal" {
	begin
	for words in "dump table" "dump table raw" "-j dump table" "watch 0.1"; do
		# shellcheck disable=SC2086 # words
		{ bpfmmap $words 2>said || echo $? >status; } | head -c 1
		# it may have written all before the reader went
		[[ ! -e status || $(<status) = 141 ]]
		[ ! -s said ]
		rm -f said status
		intact
	done
	intact
}

@test "what is made is there, though its name could not be printed" {
	begin
	say to_full bpfmmap create new from "$NUMBERS"
	expect 1 "" "Error: $WRITE No space left on device"
	cmp "$NUMBERS" "$REGIONS/new"
	bpfmmap withdraw new
	intact
}

@test "an error that can't be printed is no output, and no bytes of a region" {
	begin
	for words in "update table 4711 u64 1" "freeze table --wait=soon" "freeze table --cancel" \
		"lookup table 4711" "load table /tmp" "publish table table" "show chair" \
		"create new from /tmp value_size 8"; do
		for place in without_stderr without_any; do
			# shellcheck disable=SC2086 # words
			say "$place" bpfmmap $words
			[ "$status" = 1 ] || [ "$status" = 2 ]
			[ ! "$output" ]
			intact
		done
	done
	without_any bpfmmap update table 999 file "$NUMBERS" || [ $? = 1 ]
	intact
}

@test "stdin that is closed, or a directory" {
	begin
	for words in "load table -" "load table - raw" "create new from -" "create new from - value_size 8" \
		"update table 0 file -"; do
		# shellcheck disable=SC2086 # words
		failed "can't read standard input: Bad file descriptor" without_stdin bpfmmap $words
		# shellcheck disable=SC2086 # words
		failed "can't read standard input: Is a directory" from_directory bpfmmap $words
	done
	# the file is not stdin, whatever its number
	failed "/tmp/nine has 9 bytes, which is not a multiple of the 8 bytes of a value" \
		without_stdin bpfmmap load table /tmp/nine
	works "" without_stdin bpfmmap load table "$NUMBERS"
	works "0: 31 30 30 30 30 30 31 0a" without_stdin bpfmmap lookup table 0
	intact
}

@test "other languages change neither words nor numbers" {
	begin
	for locale in de_DE.UTF-8 tr_TR.UTF-8; do
		# it is there, and a comma begins its fractions
		[ "$(in_locale "$locale" python3 -c 'import locale
locale.setlocale(locale.LC_ALL, "")
print(locale.localeconv()["decimal_point"])')" = , ]
		for words in list "show table" "dump table" "-j dump table s16" "watch 0.1 count 1" help; do
			# shellcheck disable=SC2086 # words
			diff <(bpfmmap $words | mask) <(in_locale "$locale" bpfmmap $words | mask)
		done
		failed "there is no /tmp/chair; bpfmmap list shows what is published" \
			in_locale "$locale" bpfmmap show /tmp/chair
		failed "can't open /tmp/chair: No such file or directory" \
			in_locale "$locale" bpfmmap load table /tmp/chair
		misused "'0,5' is not a valid interval; give a number of seconds from 0.1 to 86400" \
			in_locale "$locale" bpfmmap watch 0,5
		# I without a dot, of which others make another letter
		failed "nothing is published as 'TABLE_I/i'; bpfmmap list shows what is" \
			in_locale "$locale" bpfmmap show TABLE_I/i
	done
	intact
}

@test "terminals of odd sizes" {
	begin
	for size in "rows 0 cols 0" "rows 1 cols 1" "rows 5 cols 20" "rows 500 cols 1000"; do
		[[ $(terminal "$size" bpfmmap watch 0.1 count 2) == *$'\033[?1049h'*table*$'\033[?25h\033[?1049l'* ]]
		[[ $(terminal "$size" bpfmmap dump table u64 count 2) == *"0:"*"1:"* ]]
		[[ $(TERM='' terminal "$size" bpfmmap list) == *" table "* ]]
	done
	# no terminal at all, not even one that controls the process
	[[ $(setsid bpfmmap watch 0.1 count 1 </dev/null) == *" table "* ]]
	intact
}

@test "an error of watch stays on the terminal" {
	begin
	# the terminal's input stays open
	mkfifo keys
	script -qec '/usr/bin/setpriv --reuid 1000 --regid 1000 --groups 700 bpfmmap watch 0.1' screen <keys \
		>/dev/null 3>&- &
	watch=$!
	exec {key}>keys
	until_true grep -qs ' table ' screen || cat -v screen
	umount "$REGIONS"
	run -1 wait "$watch"
	mount_regions
	exec {key}>&-
	tail -c 200 screen | tr -d '\r' | grep -q $'\033\\[?25h\033\\[?1049lError: the file system .*'
	rm screen keys
	intact
}

@test "a signal ends load, and it says how much is loaded" {
	begin
	bpfmmap create large value_size 1048576 max_entries 8
	for signal in INT TERM HUP; do
		for form in packed raw; do
			dd if=/dev/zero of="$REGIONS/large" bs=1048576 count=8 conv=notrunc 2>/dev/null
			ends_by "$signal" bpfmmap load large slow "$form"
			[ "$status" = $((128 + $(kill -l "$signal"))) ]
			[ "$(<said)" = "Error: the load was interrupted; region 2 has the first 2097152 bytes of slow" ]
			cmp -n 2097152 "$REGIONS/large" <(head -c 2097152 /dev/zero | tr '\0' A)
			[ "$(tail -c +2097153 "$REGIONS/large" | tr -d '\0' | wc -c)" = 0 ]
			is large writers 0
		done
	done
	rm said
	bpfmmap withdraw large
	intact
}

@test "a signal while nothing comes ends load at once" {
	begin
	mkfifo slow
	bpfmmap load table slow 2>said 3>&- &
	child=$!
	exec {end}>slow
	# it sleeps in its read
	until_true grep -q pipe_read "/proc/$child/wchan" || until_true grep -q '^State:.S' "/proc/$child/status"
	kill -TERM "$child"
	run -143 wait "$child"
	exec {end}>&-
	[ "$(<said)" = "Error: the load was interrupted; region 1 has the first 0 bytes of slow" ]
	rm slow said
	intact
}

@test "a signal ends create from, dump and watch, and nothing is left" {
	begin
	bpfmmap create large value_size 1048576 max_entries 8
	note >/tmp/noted
	for signal in INT TERM; do
		ends_by "$signal" bpfmmap create new from slow value_size 8
		[ "$status" = $((128 + $(kill -l "$signal"))) ]
		[ ! -s said ]
		mkfifo slow
		env --default-signal=INT bpfmmap dump large raw >slow 2>said 3>&- &
		child=$!
		exec {end}<slow
		head -c 1000 <&"$end" >/dev/null
		kill "-$signal" "$child"
		status=0
		wait "$child" || status=$?
		[ "$status" = $((128 + $(kill -l "$signal"))) ]
		exec {end}<&-
		[ ! -s said ]
		rm slow
		env --default-signal=INT bpfmmap watch 0.1 >watched 2>said 3>&- &
		child=$!
		until_true grep -q table watched
		kill "-$signal" "$child"
		wait "$child"
		[ ! -s said ]
		rm said watched
		intact
	done
	is large writers 0
	is large mappings 0
	intact
}
