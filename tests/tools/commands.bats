#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# All commands and errors as a user sees them; the sessions are in golden/.

load /extra/stage/lib.bash

@test "a region from its making to its end" {
	transcript life
}

@test "all ways to name a region" {
	transcript names
}

@test "bytes in and out" {
	transcript files
}

@test "what is wrong is said in a line, with what is right" {
	transcript errors
}

@test "what is left without privileges" {
	transcript nobody
}

@test "who is in the way of a freeze" {
	transcript holders
}

@test "the file system is mounted by root, where nobody has" {
	transcript mount
}

@test "help" {
	transcript help
}

# in_little_memory CMD...: run it with less memory than a region has.
in_little_memory() (
	ulimit -v 131072
	"$@"
)

@test "a value that there is no memory for is said in a line, too" {
	bpfmmap create big value_size 268435456 max_entries 1
	for command in "lookup big 0" "lookup big 0 u8" "update big 0 u8 1" "dump big"; do
		# shellcheck disable=SC2086 # words
		run -1 --separate-stderr in_little_memory bpfmmap $command
		[ "$output" = "" ]
		# shellcheck disable=SC2154 # bats sets it
		[ "$stderr" = "Error: no memory for a value of 268435456 bytes" ]
	done
	run -1 in_little_memory bpfmmap -j lookup big 0
	[ "$output" = '{"error":"no memory for a value of 268435456 bytes"}' ]
	is big writers 0
}

# The transcripts have sizes that are whole pages of 4, 16 and 64 KiB.
@test "a region's bytes are rounded up to this machine's pages" {
	page=$(python3 -c 'import mmap; print(mmap.PAGESIZE)')
	bpfmmap create part value_size 12 max_entries 4
	bpfmmap create full value_size 8 max_entries $((page / 8))
	bpfmmap create over value_size 8 max_entries $((page / 8 + 1))
	[ "$(bpfmmap -j list | jq -c '[.[].bytes_memlock]')" = "[$page,$page,$((2 * page))]" ]
	[ "$(bpfmmap list | grep -c " $((page / 1024)).0 KiB ")" = 2 ]
	bpfmmap show part | grep -x "bytes  *$page"
	bpfmmap show over | grep -x "bytes  *$((2 * page))"
	bpfmmap stat | grep -E "^bytes +$((4 * page / 1024))\.0 KiB "
	bpfmmap stat | grep -E "^largest +$((2 * page / 1024))\.0 KiB "
	# the file ends with the last value
	[ "$(wc -c <"$REGIONS/over")" = $((page + 8)) ]
	[ "$(wc -c <"$REGIONS/part")" = 60 ]
	hold H "$REGIONS/over" rw "r@$page+8"
	bpfmmap holders over | grep " bytes 0 to $((2 * page - 1)) at "
	bpfmmap holders over | grep " bytes $page to $((2 * page - 1)) at "
}

# Nor do they show bytes of numbers, which have another order on big-endian machines.
@test "numbers have the machine's byte order, in and out" {
	bytes="f1 02 03 04 0a 0b 0c ff"
	bpfmmap create table value_size 8 max_entries 2
	# shellcheck disable=SC2086 # words
	bpfmmap update table 0 hex $bytes
	python3 - "$bytes" >types <<'END'
import struct, sys
value = bytes.fromhex(sys.argv[1])
for form, name in zip("BbHhIiQq", "u8 s8 u16 s16 u32 s32 u64 s64".split()):
    print(name, *struct.unpack(f"={8 // struct.calcsize(form)}{form}", value))
END
	[ "$(wc -l <types)" = 8 ]
	while read -r type numbers; do
		[ "$(bpfmmap lookup table 0 "$type" | xargs)" = "0: $numbers" ]
		[ "$(bpfmmap dump table "$type" count 1 | xargs)" = "0: $numbers" ]
		# shellcheck disable=SC2086 # words
		bpfmmap update table 1 "$type" $numbers
		[ "$(bpfmmap lookup table 1)" = "1: $bytes" ]
		bpfmmap update table 1 u64 0
	done <types
}
