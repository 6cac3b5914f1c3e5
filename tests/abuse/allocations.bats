#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# Commands whose allocations fail, each in turn: see allocations.py.

load /extra/stage/lib.bash

NUMBERS=/tmp/numbers
TABLE=$REGIONS/table

# in_turn [-t] RESET CHECK ARGUMENT...: the command with these arguments, as text, and without -t
# as JSON too. A colon means that there is nothing to reset or to check but the table.
in_turn() {
	local forms=("" -j)

	if [ "$1" = -t ]; then
		forms=("")
		shift
	fi
	cp "$NUMBERS" in
	for form in "${forms[@]}"; do
		# shellcheck disable=SC2086 # no word at all if it is empty
		"${as[@]}" python3 "$STAGE/allocations.py" "$1" "$2" bpfmmap $form "${@:3}"
	done
	cmp "$NUMBERS" "$TABLE"
	rm -f in fired
	# the command left nothing behind
	[ -z "$(ls -A)" ]
}

# make_regions: a table of numbers, and a region of two names.
make_regions() {
	as=()
	mkdir work
	cd work || return
	seq 1000001 1002000 | head -c 8000 >"$NUMBERS"
	bpfmmap create table from "$NUMBERS" value_size 8 mode 0644 name numbers
	bpfmmap create other value_size 8 max_entries 8
	ln "$REGIONS/other" "$REGIONS/again"
}

@test "list" {
	make_regions
	in_turn : : list
}

@test "list, without privileges" {
	make_regions
	chmod 0777 .
	as=(as_member)
	in_turn : : list
}

@test "show" {
	make_regions
	in_turn : : show other
}

@test "show, without the right to open it" {
	make_regions
	chmod 0777 .
	as=(as_member)
	in_turn : : show other
}

@test "create" {
	make_regions
	in_turn "rm -f $REGIONS/new" "[ ! -e $REGIONS/new ]" create new value_size 8 max_entries 10
}

@test "create from a file and from a pipe" {
	make_regions
	in_turn "rm -f $REGIONS/new" "[ ! -e $REGIONS/new ]" create new from "$NUMBERS"
	in_turn "rm -f $REGIONS/new" "[ ! -e $REGIONS/new ]" \
		create new from /proc/self/mountinfo freeze mode 0640 owner member group nogroup
}

@test "dump" {
	make_regions
	in_turn : : dump table count 3
	in_turn : : dump numbers u32 from 900 count 3
	in_turn -t : : dump table packed
	in_turn -t : : dump table raw
}

@test "lookup" {
	make_regions
	in_turn : : lookup table 7 s16
}

@test "load" {
	make_regions
	bpfmmap create new value_size 8 max_entries 1000
	in_turn "head -c 8000 /dev/zero 1<>$REGIONS/new" \
		"[ ! \"\$(tr -d '\\0' <$REGIONS/new)\" ] || cmp $NUMBERS $REGIONS/new" load new "$NUMBERS"
	in_turn "head -c 8000 /dev/zero 1<>$REGIONS/new" \
		"[ ! \"\$(tr -d '\\0' <$REGIONS/new)\" ] || cmp $NUMBERS $REGIONS/new" load new - raw
}

@test "update" {
	make_regions
	in_turn : : update other 3 u16 1 2 3 4
	head -c 8 "$NUMBERS" >/tmp/value
	in_turn : : update table 0 file /tmp/value
}

@test "publish" {
	make_regions
	# it stays without a name, too
	hold H "$TABLE" fd
	in_turn "rm -f $TABLE" "[ ! -e $TABLE ]" publish id 1 table mode 0600 owner member
}

@test "freeze" {
	make_regions
	in_turn "rm -f $REGIONS/new; bpfmmap create new from $NUMBERS" "cmp $NUMBERS $REGIONS/new" freeze new
	in_turn "rm -f $REGIONS/new; bpfmmap create new from $NUMBERS" "cmp $NUMBERS $REGIONS/new" \
		freeze new --revoke
}

@test "wait" {
	make_regions
	bpfmmap freeze table
	in_turn : : wait table --timeout=20
}

@test "holders" {
	make_regions
	hold H "$TABLE" fd rw r
	in_turn : : holders table
}

@test "stat" {
	make_regions
	# but for the memory that is available, which changes
	in_turn : : stat
}

@test "doctor" {
	make_regions
	in_turn : : doctor --root=/extra/stage
}

@test "version" {
	make_regions
	in_turn : : version
}

@test "help" {
	make_regions
	in_turn -t : : help
}

@test "monitor" {
	make_regions
	# shellcheck disable=SC2016 # the other shell expands it
	in_turn : 'test -z "$(ls /sys/kernel/tracing/instances)"' monitor table --timeout=0
}
