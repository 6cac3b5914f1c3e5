#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# JSON: it matches the schema that is installed, and -p is -j with spaces.

load /extra/stage/lib.bash

# said NAME CMD...: keep the output, which must match that definition in the schema.
said() {
	local name=$1
	shift

	number=$((number + 1))
	"$@" >"$name.$number.json" || :
}

@test "all JSON is as the schema says" {
	number=0
	said list bpfmmap -j list
	said region bpfmmap -j create table value_size 8 max_entries 4 name t mode 0644
	said region bpfmmap -j create other value_size 4 max_entries 3 numa_node 0
	said list bpfmmap -j list
	said list as_nobody bpfmmap -j list
	said region bpfmmap -j show table
	said region as_nobody bpfmmap -j show other
	said nothing bpfmmap -j update table 1 u64 5
	said nothing bpfmmap -j load table - </dev/null
	said dump bpfmmap -j dump table
	said dump bpfmmap -j dump table u16
	said dump bpfmmap -p dump table s64 count 2
	said element bpfmmap -j lookup table 1
	said element bpfmmap -j lookup table 1 u64
	said error bpfmmap -j lookup table 4
	said error bpfmmap -j lst
	said error bpfmmap -p show nothing
	said stat bpfmmap -j stat
	said version bpfmmap -j version
	said version bpfmmap -jV
	said doctor bpfmmap -j doctor
	hold H "$REGIONS/table" rw fdr
	said holders bpfmmap -j holders table
	said error bpfmmap -j freeze table
	said region bpfmmap -j freeze table --when-idle
	let_go H
	said list bpfmmap -j watch count 1
	said nothing bpfmmap -j withdraw table
	said region bpfmmap -j freeze other
	said region bpfmmap -j wait other
	said region as_nobody bpfmmap -j show other
	hold H "$REGIONS/other" r
	bpfmmap create third value_size 8 max_entries 512
	ln "$REGIONS/third" "$REGIONS/other-name"
	said region bpfmmap -j show third
	said list bpfmmap -j list
	hold G "$REGIONS/third" rw
	said region bpfmmap -j freeze third --revoke
	said stat as_nobody bpfmmap -j stat
	printf '%s\n' "lines value_size 8 max_entries 4" "wrong" "third value_size 16 max_entries 1" >regions
	said apply bpfmmap -j apply --dry-run regions
	said apply bpfmmap -j apply regions nowhere
	said apply bpfmmap -p apply regions
	python3 "$STAGE/validate.py" "$STAGE/share/bpfmmap/schema.json" ./*.json
}

@test "the keys are bpftool's where the thing is the same" {
	bpfmmap create table value_size 8 max_entries 8192 name squares
	[ "$(bpfmmap -j show table | jq -c '[.id, .type, .name, .flags, .bytes_key, .bytes_value,
		.max_entries, .bytes_memlock, .frozen]')" = \
		'[1,"array","squares",0,4,8,8192,65536,0]' ]
}

@test "-p says what -j says" {
	bpfmmap create table value_size 8 max_entries 3
	for command in list "show table" "dump table" "dump table u32" "holders table" "lst"; do
		# shellcheck disable=SC2086 # words
		[ "$(bpfmmap -j $command | jq -c .)" = "$(bpfmmap -p $command | jq -c .)" ]
	done
}
