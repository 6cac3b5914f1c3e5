#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# A published region and common programs.

load /extra/stage/lib.bash

@test "dd, cat, cmp, xxd and sha256sum take it for a file" {
	bpfmmap create table value_size 8 max_entries 8192
	seq 1 20000 | head -c 65536 >data
	dd if=data of="$REGIONS/table" bs=4096 conv=notrunc
	cmp data "$REGIONS/table"
	cat "$REGIONS/table" >copy
	cmp data copy
	[ "$(sha256sum <data)" = "$(sha256sum <"$REGIONS/table")" ]
	[ "$(xxd -s 100 -l 16 data)" = "$(xxd -s 100 -l 16 "$REGIONS/table")" ]
	dd if="$REGIONS/table" of=tail bs=1 skip=65344
	tail -c 192 data | cmp - tail
}

@test "there is no writing past its end, nor when it is frozen" {
	bpfmmap create table value_size 8 max_entries 8192
	head -c 65536 /dev/zero 1<>"$REGIONS/table"
	run -1 dd if=/dev/zero of="$REGIONS/table" bs=4096 seek=16 count=1 conv=notrunc
	[[ $output == *"No space left"* ]]
	bpfmmap freeze table
	run -1 dd if=/dev/zero of="$REGIONS/table" bs=8 count=1 conv=notrunc
	[[ $output == *"not permitted"* ]]
}

@test "its size does not change, nor by what would empty a file" {
	bpfmmap create table value_size 8 max_entries 8192
	run -1 truncate -s 0 "$REGIONS/table"
	run -1 dd if=/dev/zero of="$REGIONS/table" bs=8 count=1
	[[ $output == *"not permitted"* ]]
	truncate -s 65536 "$REGIONS/table"
	[ "$(stat -c '%F %s' "$REGIONS/table")" = "regular file 65536" ]
}

@test "two lines of Python read what root has written" {
	bpfmmap create table value_size 8 max_entries 1000 mode 0644
	bpfmmap update table 42 u64 4711
	run -0 as_nobody python3 -c '
import mmap, os, sys
m = mmap.mmap(os.open("/sys/fs/bpfmmap/table", os.O_RDONLY), 0, prot=mmap.PROT_READ)
print(int.from_bytes(m[42 * 8:43 * 8], sys.byteorder))'
	[ "$output" = 4711 ]
}

@test "a region of mode 0600 is its owner's alone" {
	bpfmmap create table value_size 8 max_entries 1000
	run -1 as_nobody python3 -c 'open("/sys/fs/bpfmmap/table", "rb")'
	[[ $output == *"Permission denied"* ]]
}

@test "the reader of the examples reads it" {
	bpfmmap create table value_size 8 max_entries 1000 mode 0644
	bpfmmap update table 42 u64 4711
	bpfmmap freeze table
	run -0 as_nobody python3 "$STAGE/reader.py" table
	[ "${lines[0]}" = "table: 1000 elements of 8 bytes, frozen" ]
	[ "${lines[1]}" = "42: 4711" ]
}

@test "a reader that goes away is told of only if that is no signal" {
	bpfmmap create table value_size 8 max_entries 100000
	bpfmmap dump table 2>said | head -n 1
	[ ! -s said ]
	python3 -c '
import signal, subprocess
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
dump = subprocess.Popen(["bpfmmap", "dump", "table"], stdout=subprocess.PIPE,
                        stderr=open("said", "w"), restore_signals=False)
dump.stdout.readline()
dump.stdout.close()
assert dump.wait() == 1'
	[ "$(<said)" = "Error: can't write the output: Broken pipe" ]
}

@test "a large region goes in and out whole" {
	bpfmmap create table value_size 12 max_entries 500000
	seq 1 1000000 | head -c 6000000 >data
	bpfmmap load table data
	bpfmmap dump table packed | cmp - data
	[ "$(bpfmmap dump table raw | wc -c)" = 7999996 ]
	[ "$(bpfmmap dump table | wc -l)" = 500000 ]
}
