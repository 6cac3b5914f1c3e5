#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# The command with files that are wrong or change, and with hardly any room, files or memory.

# shellcheck disable=SC2030,SC2031 # say sets variables, in a test that is a shell of its own

load /extra/stage/lib.bash
load /extra/stage/abuse.bash

@test "files that are too short, too long, empty, no files, or not there" {
	begin
	head -c 8001 /dev/zero >long
	: >empty
	note >/tmp/noted
	failed "long has 8001 bytes, which is not a multiple of the 8 bytes of a value" bpfmmap load table long
	failed "long has 8001 bytes, and region 1 takes 8000; use a region that is large enough" \
		bpfmmap load table long raw
	failed "long has more bytes than the 8 of a value; it must have the same number" \
		bpfmmap update table 0 file long
	failed "/dev/zero has more bytes than the 8 of a value; it must have the same number" \
		bpfmmap update table 0 file /dev/zero
	failed "empty has fewer bytes than the 8 of a value; it must have the same number" \
		bpfmmap update table 0 file empty
	failed "empty is empty, and a region has at least one byte" bpfmmap create new from empty
	failed "/dev/null is empty, and a region has at least one byte" bpfmmap create new from /dev/null
	failed "long has 8001 bytes, which is not a multiple of value_size 8; give another value_size, or none" \
		bpfmmap create new from long value_size 8
	failed "values of 3 bytes begin at multiples of 8 in a region, not in long; give a multiple of 8 as value_size, or create it with zeros and load" \
		bpfmmap create new from long value_size 3
	for name in chair /chair/table "$NUMBERS/table"; do
		error="No such file or directory"
		[ "$name" != "$NUMBERS/table" ] || error="Not a directory"
		failed "can't open $name: $error" bpfmmap load table "$name"
		failed "can't open $name: $error" bpfmmap create new from "$name"
		failed "can't open $name: $error" bpfmmap update table 0 file "$name"
	done
	failed "can't read /tmp: Is a directory" bpfmmap create new from /tmp
	failed "can't read /tmp: Is a directory" bpfmmap load table /tmp
	failed "can't read /tmp: Is a directory" bpfmmap update table 0 file /tmp
	works "" bpfmmap load table empty
	works "" bpfmmap load table "$TABLE"
	exec {file}<long
	dd bs=8000 count=1 <&"$file" 2>/dev/null | cmp -n 8000 - /dev/zero
	failed "standard input has 1 bytes, which is not a multiple of the 8 bytes of a value" \
		bpfmmap load table - <&"$file"
	exec {file}<&-
	intact
}

@test "the rest of an open file is loaded, however long its beginning was" {
	begin
	cat "$NUMBERS" "$NUMBERS" >twice
	note >/tmp/noted
	{
		dd bs=8000 count=1 of=/dev/null 2>/dev/null
		bpfmmap load table -
	} <twice
	intact
}

@test "files that change while they are read" {
	begin
	bpfmmap create large value_size 1048576 max_entries 8
	for size in 0 1048576 1500000 4194304 9437184; do
		for command in "load large file" "load large file raw" "create new from file"; do
			head -c 3145728 /dev/zero | tr '\0' B >file
			note >/tmp/noted
			line="file had 3145728 bytes, and has $size now; load it again"
			[[ $command == load* ]] || line="file has changed while it was read; try again"
			# shellcheck disable=SC2086 # words
			failed "$line" while_it_becomes "$size" file bpfmmap $command
		done
	done
	# these say that they have 4096 bytes
	bpfmmap create attribute from /sys/kernel/mm/transparent_hugepage/enabled
	diff /sys/kernel/mm/transparent_hugepage/enabled "$REGIONS/attribute"
	bpfmmap withdraw attribute
	intact
}

@test "a file without an end fills no memory" {
	begin
	failed "there is no memory for the data from /dev/zero; put it into a file first" \
		bpfmmap create new from /dev/zero
	failed "there is no memory for the data from standard input; put it into a file first" \
		bpfmmap create new from - value_size 8 </dev/zero
	intact
	say bpfmmap load table /dev/zero
	expect 1 "" "Error: /dev/zero has more than the 8000 bytes that region 1 takes; the rest was not loaded"
}

@test "a full disk" {
	begin
	bpfmmap create large value_size 1048576 max_entries 1
	mkdir small
	mount -t tmpfs -o size=64k tmpfs small
	for words in "dump large raw" "dump large packed" "dump large" "-j dump large"; do
		# shellcheck disable=SC2016,SC2086 # variables of the other shell, and words
		say bash -c 'exec bpfmmap "$@" >small/out' - $words
		expect 1 "" "Error: $WRITE No space left on device"
	done
	# no command needs room there
	TMPDIR=$PWD/small bpfmmap list
	TMPDIR=$PWD/small bpfmmap create new from - </etc/passwd
	cmp /etc/passwd "$REGIONS/new"
	umount small
	rmdir small
}

# alike LINE ARGUMENT... -- CMD...: with CMD before it, the command says what it says without, or an
# error in one line with LINE in it.
alike() {
	local line=$1 words=() good usual=0
	shift

	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shift
	good=$(bpfmmap "${words[@]}" 2>&1) || usual=$?
	say "$@" bpfmmap "${words[@]}"
	if [ "$status" = 1 ] && [[ $stderr == "Error: "*"$line"* && $stderr != *$'\n'* ]]; then
		# doctor has printed what it had found
		[ ! "$output" ] || [ "${words[0]}" = doctor ]
	elif [ "${words[0]}" = -j ] && [[ $status = 1 && $output == '{"error":'*"$line"* ]]; then
		[ ! "$stderr" ]
	elif [ "$status" != "$usual" ] || [ "$(mask <<<"$output$stderr")" != "$(mask <<<"$good")" ]; then
		printf '%s\n' "$* bpfmmap ${words[*]} ended with $status:" "$output" "$stderr" "and not:" "$good"
		return 1
	fi
}

@test "hardly an open file" {
	begin
	mkdir "$REGIONS/team"
	ln "$TABLE" "$REGIONS/team/seats"
	note >/tmp/noted
	for count in 0 1 2 3 4 5 6; do
		for words in list "show table" "show id 1" "show team/seats" "dump table" "dump numbers" \
			"lookup table 0" "update table 0 file /tmp/first" "load table $NUMBERS" "holders table" \
			"watch count 1" "monitor table --timeout=0" "wait table --timeout=0" version doctor "publish table new" \
			"freeze table --cancel" "-j list"; do
			# shellcheck disable=SC2086 # words
			alike "Too many open files" $words -- few_files "$count"
		done
		[ -z "$(ls /sys/kernel/tracing/instances)" ]
		say few_files "$count" bpfmmap create new from "$NUMBERS"
		if [ "$status" = 0 ]; then
			[ "$output" = "$REGIONS/new" ]
			cmp "$NUMBERS" "$REGIONS/new"
			bpfmmap withdraw new
		else
			[[ $stderr == "Error: "*"Too many open files"* && $stderr != *$'\n'* ]]
		fi
		intact
	done
	intact
}

@test "files that may not be large" {
	begin
	for words in "dump table" "dump table raw" "-j dump table u64"; do
		# shellcheck disable=SC2086,SC2016 # words, and variables of the other shell
		say limit f 4 bash -c 'exec bpfmmap "$@" >out' - $words
		expect 1 "" "Error: $WRITE File too large"
		rm out
	done
	# a region is no file on a disk
	works "" limit f 1 bpfmmap load table "$NUMBERS"
	works "" limit f 0 bpfmmap load table "$NUMBERS" raw
	works "$REGIONS/new" limit f 1 bpfmmap create new from "$NUMBERS"
	cmp "$NUMBERS" "$REGIONS/new"
	bpfmmap withdraw new
	intact
}

@test "hardly any memory" {
	begin
	bpfmmap create big value_size 16777216 max_entries 1
	bpfmmap create half value_size 1048576 max_entries 1
	note >/tmp/noted
	failed "there is no memory for the data from standard input; put it into a file first" \
		limit v 16384 bpfmmap create new from - < <(head -c 33554432 /dev/zero)
	for words in "lookup big 0" "dump big" "update big 0 u8 1" "load big /dev/zero" "-p dump big"; do
		# shellcheck disable=SC2086 # words
		say limit v 16384 bpfmmap $words
		line="no memory for a value of 16777216 bytes"
		case $words in
		-p*) expect 1 $'{\n  "error": "'"$line"$'"\n}' "" ;;
		*) expect 1 "" "Error: $line" ;;
		esac
	done
	# the JSON of a value, which is much larger, takes no memory
	limit v 16384 bpfmmap -j lookup half 0 >/tmp/json
	[ "$(stat -c %s /tmp/json)" -gt 3000000 ]
	rm /tmp/json
	intact
}
