#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# The command with numbers, names and options that are wrong or odd.

load /extra/stage/lib.bash
load /extra/stage/abuse.bash

# What is no number, or not one of these.
NO_SIZES=(-1 +1 ' 1' '1 ' 1KB 1kib 1Kx 1P K 1e3 1.5 "1,5" 0x 0xg 08 0b1 eight '' ٣ $'1\n' nan inf
	99999999999999999999 18446744073709551616 0x10000000000000000)
NO_NUMBERS=("${NO_SIZES[@]}" 1k 1K 1KiB)

# bad_number WHAT RANGE CMD...: no number is taken where a word of CMD is @.
bad_number() {
	local number words

	for number in "${NO_NUMBERS[@]}"; do
		words=("${@:3}")
		misused "'${number//$'\n'/?}' is not a valid $1; give $2" "${words[@]//@/$number}"
	done
}

@test "what is no number for create" {
	begin
	for number in "${NO_SIZES[@]}" 2G 2097152K 0K; do
		misused "'${number//$'\n'/?}' is not a valid value_size; give a number from 1 to 2147483647, or one with K, M or G, such as 64K" \
			bpfmmap create new value_size "$number" max_entries 1
	done
	bad_number max_entries "a number from 1 to 4294967295" bpfmmap create new value_size 8 max_entries @
	bad_number numa_node "a number from 0 to 2147483647" \
		bpfmmap create new value_size 8 max_entries 1 numa_node @
	bad_number mode "an octal number of r and w bits, such as 0644" \
		bpfmmap create new value_size 8 max_entries 1 mode @
	intact
}

@test "what is no number for other commands" {
	begin
	bad_number index "a number from 0 to 4294967295" bpfmmap lookup table @
	bad_number index "a number from 0 to 4294967295" bpfmmap dump table from @
	bad_number count "a number from 1 to 4294967295" bpfmmap dump table count @
	bad_number id "a number from 1 to 2147483647" bpfmmap show id @
	bad_number u64 "0 to 18446744073709551615" bpfmmap update table 0 u64 @
	bad_number timeout "a number from 0 to 2147483" bpfmmap wait table --timeout @
	bad_number time "a number of seconds up to 2147483" bpfmmap wait table --timeout=@
	bad_number time "a number of seconds up to 2147483" bpfmmap freeze table --wait=@
	for byte in -1 +1 1k 0x 100 0x100 0g0g ''; do
		misused "'$byte' is not a valid byte; give 00 to ff, or bytes of two digits each as xxd -p prints them" bpfmmap update table 0 hex 0 0 0 0 0 0 0 "$byte"
	done
	for number in - --1 -+1 '- 1' -129 128 -1k; do
		misused "'$number' is not a valid s8; give -128 to 127" bpfmmap update table 0 s8 "$number"
	done
	for seconds in -1 0 0.05 86401 1k 1s '' nan inf -inf 1e9 0,5 eight; do
		misused "'$seconds' is not a valid interval; give a number of seconds from 0.1 to 86400" \
			bpfmmap watch "$seconds"
	done
	intact
}

@test "hexadecimal and octal numbers are numbers" {
	begin
	works "9: $(bpfmmap lookup table 9 | cut -c 4-)" bpfmmap lookup table 0x9
	works "8: $(bpfmmap lookup table 8 | cut -c 4-)" bpfmmap lookup table 010
	works "999: $(bpfmmap lookup table 999 | cut -c 6-)" bpfmmap dump table from 0x3e7 count 4294967295
	intact
}

@test "what nobody is called" {
	begin
	for name in -1 1k '' $'a\nb' 4294967296 chair; do
		failed "there is no user '${name//$'\n'/?}'; give a name that getent passwd knows, or a number" \
			bpfmmap create new value_size 8 max_entries 1 owner "$name"
		failed "there is no group '${name//$'\n'/?}'; give a name that getent group knows, or a number" \
			bpfmmap create new value_size 8 max_entries 1 group "$name"
	done
	intact
}

LETTERS="a name has up to 63 of A-Z a-z 0-9 _ . - and begins with none of . -"

@test "names that no region can have" {
	begin
	long=$(printf 'a%.0s' {1..64})
	longer=$(printf 'a%.0s' {1..5000})
	for name in "$long" täble 'a b' $'a\tb' $'a\nb' $'a\033[2Jb' .table . .. new/ 'a*' 'a"b' $'\303'; do
		shown=${name//[$'\t\n\033']/?}
		failed "'$shown' can't be published; $LETTERS" \
			bpfmmap create "$name" value_size 8 max_entries 1
		failed "'$shown' can't be published; $LETTERS" bpfmmap publish id 1 "$name"
		[ "$name" = .. ] || failed "'$shown' can't be published; $LETTERS" \
			bpfmmap create "$name" from "$NUMBERS"
	done
	failed "'-table' can't be published; $LETTERS" bpfmmap create -- -table value_size 8 max_entries 1
	failed "'${longer:0:20}...' is too long for a path" bpfmmap create "$longer" from "$NUMBERS"
	misused "a name can't be empty" bpfmmap create '' value_size 8 max_entries 1
	misused "a name can't be empty" bpfmmap publish table ''
	misused "a name can't be empty" bpfmmap withdraw ''
	failed "'4711' can't be published; digits alone mean an id" \
		bpfmmap create 4711 value_size 8 max_entries 1
	failed "there is no directory $REGIONS/chair; mkdir makes one" \
		bpfmmap create chair/table value_size 8 max_entries 1
	failed "$TABLE is not a directory; give a name without it" \
		bpfmmap create table/new value_size 8 max_entries 1
	intact
}

@test "names that no region has" {
	begin
	long=$(printf 'a%.0s' {1..64})
	longer=$(printf 'a%.0s' {1..5000})
	for name in "$long" "$longer" täble 'a b' $'a\nb' $'a\033[2Jb' -table --table 'a*' $'\303' 1.5 ' 1'; do
		shown=${name//[$'\n\033']/?}
		for command in show dump holders freeze; do
			failed "no region is called '$shown'; bpfmmap list shows the regions" \
				bpfmmap "$command" -- "$name"
		done
		[ "$name" = "$longer" ] || failed "nothing is published as '$shown'; bpfmmap list shows what is" \
			bpfmmap withdraw -- "$name"
	done
	for command in show "lookup --" wait; do
		# shellcheck disable=SC2086 # words
		misused "a region's name can't be empty; bpfmmap list shows the regions" bpfmmap $command ''
	done
	failed "there is no ./chair; bpfmmap list shows what is published" bpfmmap show ./chair
	failed "/ is not a region; bpfmmap list shows the regions" bpfmmap show /
	failed "/tmp/numbers is not a region; bpfmmap list shows the regions" bpfmmap dump /tmp/numbers
	failed "can't open /$longer: File name too long" bpfmmap show "/$longer"
	misused "'0' is not a valid id; give a number from 1 to 2147483647" bpfmmap show 0
	misused "'2147483648' is not a valid id; give a number from 1 to 2147483647" bpfmmap show 2147483648
	intact
}

@test "names with odd bytes are shown in one line, and as JSON" {
	begin
	run -1 bpfmmap -j show $'a\n"b\\\033\001é\303'
	[ "$(jq -r .error <<<"$output")" = \
		"no region is called '"$'a\n"b\\\033\001é\357\277\275'"'; bpfmmap list shows the regions" ]
	intact
}

@test "options twice, unknown, incomplete, and behind --" {
	begin
	for word in "value_size 8" "max_entries 1" "name new" "numa_node 0" populate freeze prog; do
		# shellcheck disable=SC2086 # words
		misused "${word%% *} may be given once; see: bpfmmap help create" \
			bpfmmap create new value_size 8 max_entries 1 name new numa_node 0 populate freeze prog $word
	done
	misused "from may be given once; see: bpfmmap help create" bpfmmap create new from a from b
	misused "mode, owner and group may be given once each" \
		bpfmmap create new value_size 8 max_entries 1 mode 0600 mode 0600
	misused "mode, owner and group may be given once each" bpfmmap publish table new owner 0 owner 0
	while IFS='|' read -r words line; do
		# shellcheck disable=SC2086 # words
		misused "$line" bpfmmap $words
	done <<-END
		|there is no command; bpfmmap help lists them
		--|there is no command; bpfmmap help lists them
		--jason list|there is no option '--jason'; bpfmmap help lists them
		--json=yes list|there is no option '--json=yes'; bpfmmap help lists them
		-jx list|there is no option '-jx'; bpfmmap help lists them
		- list|there is no option '-'; bpfmmap help lists them
		list -x|list does not take '-x'; see: bpfmmap help list
		list -- -j|list does not take '-j'; see: bpfmmap help list
		list -- --|list does not take '--'; see: bpfmmap help list
		LIST|there is no command 'LIST'; bpfmmap help lists them
		dump table u8 u8|dump does not take 'u8'; see: bpfmmap help dump
		dump table from 1 from 2|dump does not take 'from'; see: bpfmmap help dump
		dump table count|dump lacks count; see: bpfmmap help dump
		dump table -- hex --|dump does not take '--'; see: bpfmmap help dump
		lookup table 1 hex 2|lookup does not take '2'; see: bpfmmap help lookup
		load table|load lacks a file; see: bpfmmap help load
		load table $NUMBERS raw packed|load does not take 'packed'; see: bpfmmap help load
		load table $NUMBERS hex|load does not take 'hex'; see: bpfmmap help load
		freeze table --wait --revoke|freeze does not take '--revoke'; see: bpfmmap help freeze
		freeze table --wait 5|freeze does not take '5'; see: bpfmmap help freeze
		wait table --timeout|wait lacks timeout; see: bpfmmap help wait
		wait table --timeout=1 --timeout=1|wait does not take '--timeout=1'; see: bpfmmap help wait
		watch 1 2|watch does not take '2'; see: bpfmmap help watch
		watch count 1 1|watch does not take '1'; see: bpfmmap help watch
		publish|publish lacks a region; give its id, its name or its path: bpfmmap help publish
		publish table new mode|publish lacks a mode; see: bpfmmap help publish
		publish table new owner|publish lacks a user; see: bpfmmap help publish
		withdraw table table|withdraw does not take 'table'; see: bpfmmap help withdraw
		holders table all|holders does not take 'all'; see: bpfmmap help holders
		show id 1 2|show does not take '2'; see: bpfmmap help show
		show name|show lacks a name; see: bpfmmap help show
		stat -x|stat does not take '-x'; see: bpfmmap help stat
		doctor --root|doctor does not take '--root'; see: bpfmmap help doctor
		version 1|version does not take '1'; see: bpfmmap help version
		help list list|help does not take 'list'; see: bpfmmap help help
	END
	works "$(bpfmmap -j show table)" bpfmmap -j -j show --json -- table
	intact
}
