#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# create NAME from FILE: the region has the same bytes as the file.

load /extra/stage/lib.bash

# bytes COUNT: print that many bytes, of which neighbours differ.
bytes() {
	seq 1 "$1" | head -c "$1"
}

# same FILE NAME: cmp and sha256sum find the same bytes in both.
same() {
	cmp "$1" "$REGIONS/$2"
	[ "$(sha256sum <"$1")" = "$(sha256sum <"$REGIONS/$2")" ]
	[ "$(stat -c %s "$1")" = "$(stat -c %s "$REGIONS/$2")" ]
}

# shape NAME: value_size and max_entries.
shape() {
	bpfmmap -j show "$1" | jq -c '[.bytes_value, .max_entries]'
}

@test "a file of any length is one value, and the region's file has that length" {
	for size in 1 7 8 9 4095 4096 4097 65537; do
		bytes $size >file
		[ "$(bpfmmap create "of-$size" from file)" = "$REGIONS/of-$size" ]
		same file "of-$size"
		[ "$(shape "of-$size")" = "[$size,1]" ]
		is "of-$size" frozen 0
	done
}

@test "a large one is copied piece by piece" {
	bytes 5000001 >file
	bpfmmap create large from file
	same file large
}

@test "with value_size it is as many values as there are" {
	bytes 4800 >file
	bpfmmap create eights from file value_size 8
	same file eights
	[ "$(shape eights)" = "[8,600]" ]
	bpfmmap create wide from file value_size 1600 mode 0644
	same file wide
	[ "$(shape wide)" = "[1600,3]" ]
	[ "$(stat -c %a "$REGIONS/wide")" = 644 ]
	bpfmmap create whole from file value_size 4800
	same file whole
	bytes 12 >file
	bpfmmap create twelve from file value_size 12
	same file twelve
}

# refused MESSAGE WORD...: the command fails, and has made nothing.
refused() {
	local message=$1 said status=0

	shift
	said=$(bpfmmap create refused "$@" 2>&1) || status=$?
	[ "$status: $said" = "1: Error: $message" ] || {
		echo "$status: $said"
		return 1
	}
	[ ! -e "$REGIONS/refused" ]
}

@test "what would not be the same bytes is refused" {
	bytes 1001 >file
	refused "file has 1001 bytes, which is not a multiple of value_size 8; give another value_size, or none" \
		from file value_size 8
	refused "file has 1001 bytes, which is not a multiple of value_size 2000; give another value_size, or none" \
		from file value_size 2000
	bytes 60 >file
	refused "values of 12 bytes begin at multiples of 8 in a region, not in file; give a multiple of 8 as value_size, or create it with zeros and load" \
		from file value_size 12
	: >file
	refused "file is empty, and a region has at least one byte" from file
	refused "can't open nowhere: No such file or directory" from nowhere
	refused "can't read /tmp: Is a directory" from /tmp
	truncate -s 3G file
	refused "file has 3221225472 bytes, and a value has 2147483647 at most; give a value_size: a multiple of 8 that divides the length" \
		from file
	[ "$(bpfmmap -j list)" = "[]" ]
}

@test "standard input, a pipe and a file of /proc end when they end" {
	bytes 3000001 >file
	bpfmmap create piped from - <file
	same file piped
	bpfmmap create piped-2 from - < <(cat file)
	same file piped-2
	refused "standard input has 3000001 bytes, which is not a multiple of value_size 8; give another value_size, or none" \
		from - value_size 8 < <(cat file)
	bpfmmap create proc from /proc/version
	cmp /proc/version "$REGIONS/proc"
	bpfmmap create rest from - < <(bytes 9)
	cmp "$REGIONS/rest" <(bytes 9)
	# now the first line has been read
	seq 1 5 >lines
	{
		read -r _
		bpfmmap create rest-2 from -
	} <lines
	[ "$(cat "$REGIONS/rest-2")" = "$(seq 2 5)" ]
	run -1 bpfmmap create nothing from - </dev/null
	[ "$output" = "Error: standard input is empty, and a region has at least one byte" ]
}

@test "freeze: whoever sees it sees it full and frozen" {
	bytes 2000000 >file
	python3 "$STAGE/first_sight.py" "$REGIONS/table" 3>&- >seen &
	watcher=$!
	until_true grep -q watching seen
	bpfmmap create table from file freeze mode 0444
	wait "$watcher"
	[ "$(tail -n 1 seen)" = "frozen, $(sha256sum <file | cut -d' ' -f1)" ]
	is table frozen 1
	same file table
	run -1 dd if=/dev/zero of="$REGIONS/table" bs=8 count=1 conv=notrunc
	bpfmmap create zeros value_size 8 max_entries 8 freeze
	is zeros frozen 1
}

@test "a name that is taken is left alone" {
	bytes 100 >file
	bytes 200 >other
	bpfmmap create table from file
	run -1 bpfmmap create table from other
	[ "$output" = "Error: the name 'table' is taken; choose another one, or withdraw it" ]
	same file table
	[ "$(bpfmmap -j list | jq length)" = 1 ]
	mkdir "$REGIONS/team"
	run -1 bpfmmap create team from other
	[ "$output" = "Error: the name 'team' is taken; choose another one, or withdraw it" ]
	bpfmmap create team/table from other
	same other team/table
}

@test "a region can be made of another one" {
	bytes 1001 >file
	bpfmmap create one from file freeze
	bpfmmap create two from "$REGIONS/one"
	same "$REGIONS/one" two
	is two frozen 0
}
