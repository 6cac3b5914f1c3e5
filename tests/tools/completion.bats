#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# Completion in bash. (zsh and fish get the same words; make -C tools check tests their parts.)

load /extra/stage/lib.bash

# offered WORD...: print what is offered for the last word, which may be empty, one a line.
offered() {
	# shellcheck source=/dev/null
	. "$STAGE/share/bash-completion/completions/bpfmmap"
	COMP_WORDS=(bpfmmap "$@")
	COMP_CWORD=$#
	_bpfmmap
	printf '%s\n' "${COMPREPLY[@]}"
}

# offers WORDS WORD...: exactly these words are offered.
offers() {
	local expected=$1 found

	shift
	run -0 offered "$@"
	found=$(sort <<<"$output" | tr '\n' ' ')
	[ "${found% }" = "$expected" ] || {
		echo "bpfmmap $*: '$expected' expected, offered: $output"
		return 1
	}
}

@test "commands and options" {
	offers "create" c
	offers "apply" a
	offers "list load lookup" l
	offers "--json" --j
	offers "--pretty" show --p
	offers "doctor dump" help d
	offers "--dry-run" apply --d
	# it is in no help
	offers "" __
	run ! grep -q __complete <(bpfmmap help)
}

@test "regions, by id and by name" {
	# whole pages, also of 64 KiB
	bpfmmap create table value_size 8 max_entries 8192 name squares
	bpfmmap create chairs value_size 8 max_entries 4
	offers "1 2 chairs id name path table" show ""
	offers "table" dump t
	offers "table" monitor --count=3 t
	offers "" monitor table t
	offers "1 2" -j holders id ""
	offers "squares" lookup name s
	offers "/sys/fs/bpfmmap/chairs" freeze /sys/fs/bpfmmap/c
	offers "chairs table" withdraw ""
	offers "" withdraw table ""
	# with a description, which fish and zsh show
	[ "$(bpfmmap __complete show ta)" = $'table\t64.0 KiB, open' ]
	[ "$(bpfmmap __complete show 1)" = $'1\ttable' ]
	# other characters are quoted, or left out if they would begin a line
	mv "$REGIONS/table" "$REGIONS/a b"
	mv "$REGIONS/chairs" "$REGIONS"/$'c\nd'
	offers 'a\ b' dump a
	offers "" dump c
	umount "$REGIONS"
	offers "id name path" show ""
	run ! mounted
}

@test "types and forms" {
	offers "s16 s32 s64 s8" dump 1 s
	offers "hex" lookup name squares 0 h
	offers "file" update 1 0 f
	offers "packed" load 1 data p
	offers "--when-idle" freeze 1 --when
	offers "--revoke" freeze table --r
	offers "--timeout=" wait table --t
	offers "--count=" monitor --c
	offers "--timeout=" monitor --count=3 table --t
	offers "mode" publish 1 name m
	offers "freeze from group max_entries mode name numa_node owner populate prog rdonly_prog value_size wronly_prog" create chairs ""
	touch data
	offers "data" create chairs from d
	offers "data" load chairs d
	offers "data" update chairs 0 file d
	offers "data" apply d
	offers "" create chairs value_size ""
	offers "" dump chairs from ""
	offers "root" create chairs owner r
}
