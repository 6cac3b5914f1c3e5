#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# What is given to the command, as numbers with units, as hex and beyond a limit, and what it gives
# in columns.

load /extra/stage/lib.bash

@test "columns fit what is in them" {
	bpfmmap create long_name value_size 8 max_entries 512 name fifteen_letters
	bpfmmap create wide value_size 268435455 max_entries 1
	mv "$REGIONS/wide" "$REGIONS/größe"
	for number in 1 2 3; do
		ln "$REGIONS/long_name" "$REGIONS/another_name_$number"
	done
	# in characters, of which two take two bytes
	bpfmmap list | LC_ALL=C.UTF-8 python3 -c '
import sys
heading, *rows = sys.stdin.read().splitlines()
assert len(rows) == 2
for row in rows:
    for word in ("MAPPINGS", "WRITERS"):
        end = heading.index(word) + len(word)
        assert row[end - 1] == "0" and row[end] == " ", (heading, row)
    assert row[heading.index("STATE"):] == "open", (heading, row)'
	hold H "$REGIONS/long_name" rw fdr
	bpfmmap holders long_name | python3 -c '
import sys
heading, *rows = sys.stdin.read().splitlines()
assert len(rows) == 3
for row in rows:
    for word in heading.split():
        if word != "PID":
            at = heading.index(word)
            assert row[at - 1] == " " and row[at] != " ", (heading, row)'
	run ! grep ' $' <(bpfmmap list; bpfmmap stat; bpfmmap holders long_name)
}

@test "the name of a process can't move the cursor" {
	bpfmmap create table value_size 8 max_entries 512
	python3 -c '
import os, sys, time
os.open(sys.argv[1], os.O_RDONLY)
open("/proc/self/comm", "w").write("\033[31mred")
open("ready", "w").close()
time.sleep(1000)' "$REGIONS/table" 3>&- &
	holder=$!
	until_true [ -e ready ]
	run -0 bpfmmap holders table
	kill "$holder"
	[[ $output == *"  ?[31mred "* ]]
	[[ $output != *$'\033'* ]]
}

@test "a create that is over a limit says over which" {
	limits=/sys/module/bpfmmap/parameters
	for number in 1 2 3 4 5 6 7; do
		bpfmmap create "table-$number" value_size 8 max_entries 512
	done
	echo 8 >"$limits/max_regions"
	run -1 as_member bpfmmap create more value_size 8 max_entries 512
	[ "$output" = "Error: the number of regions is 7, and max_regions allows 8, the last eighth of them for root alone; withdraw some, or ask root to raise it in $limits" ]
	bpfmmap create more value_size 8 max_entries 512
	run -1 bpfmmap create over value_size 8 max_entries 512
	[ "$output" = "Error: the number of regions is 8, and max_regions allows 8, the last eighth of them for root alone; withdraw some, or ask root to raise it in $limits" ]
	echo 9 >"$limits/max_regions"
	echo 1048576 >"$limits/max_total_bytes"
	run -1 bpfmmap create over value_size 1M max_entries 1
	[ "$output" = "Error: the region is more than all regions together may have; bpfmmap stat shows the limits" ]
	echo 0 >"$limits/max_regions"
	echo 0 >"$limits/max_total_bytes"
}

@test "a create for BPF programs that would be one too many says so" {
	ulimit -n 2048
	# not by as_member, whose pid would not be that of the program
	setpriv --reuid 1000 --regid 1000 --groups 700 python3 -c '
import fcntl, os, struct, time
control = os.open("/dev/bpfmmap", os.O_RDWR)
kept = [fcntl.ioctl(control, 0xc028bb01, bytearray(struct.pack("=6I16s", 40, 1 << 28, 8, 1, 0, 0, b"")))
        for _ in range(1024)]
print("ready", flush=True)
time.sleep(1000)' 3>&- >ready &
	holder=$!
	until_true grep -q ready ready
	run -1 as_member bpfmmap create more value_size 8 max_entries 1 prog
	[ "$output" = "Error: there are too many regions for BPF programs; there may be 4096, and one user may have a quarter of them" ]
	as_member bpfmmap create more value_size 8 max_entries 1
	kill "$holder"
	wait "$holder" || :
}

@test "a number of bytes may have a unit" {
	while read -r size bytes; do
		bpfmmap create table value_size "$size" max_entries 1
		is table bytes_value "$bytes"
		bpfmmap withdraw table
	done <<-END
		4K 4096
		4k 4096
		0x10K 16384
		3KiB 3072
		64M 67108864
		4096 4096
	END
}

@test "hex is taken as xxd -p prints it, in one word, in several, and with line breaks" {
	bpfmmap create table value_size 100 max_entries 4
	seq 100 200 | head -c 100 >value
	xxd -p value >hex
	[ "$(wc -l <hex)" = 4 ]
	bpfmmap update table 0 hex "$(<hex)"
	# shellcheck disable=SC2046 # words
	bpfmmap update table 1 hex $(<hex)
	bpfmmap update table 2 hex "$(tr -d '\n' <hex)"
	# shellcheck disable=SC2046 # words
	bpfmmap update table 3 hex $(xxd -p -c 1 value)
	for number in 0 1 2 3; do
		bpfmmap dump table packed from $number count 1 | cmp - value
	done
}
