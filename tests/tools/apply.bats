#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# apply: the regions that files describe.

load /extra/stage/lib.bash

# applied STATUS CMD...: run it. Its stdout, its stderr and the status must be in the files out,
# err and what is given.
applied() {
	local expected=$1 status=0

	shift
	"$@" >said.out 2>said.err || status=$?
	touch out err
	diff out said.out
	diff err said.err
	[ "$status" = "$expected" ]
	rm out err
}

@test "it makes what is missing, and leaves what agrees" {
	seq 1 1000 >file
	mkdir conf.d
	cat >conf.d/20-tables.conf <<-END
		# a table that its owner writes

		prices value_size 4K max_entries 3 owner member group bpfmmap mode 0644 name p
		  team/inner/words   from "$PWD/a file"  freeze yes  mode 444
	END
	cat >conf.d/10-first.conf <<<"first value_size 8 max_entries 512 freeze no"
	echo "none of these" | tee conf.d/README conf.d/.hidden.conf conf.d/old.conf~ >/dev/null
	cp file "a file"

	printf '%s\n' "missing    $REGIONS/first" "missing    $REGIONS/prices" "missing    $REGIONS/team/inner/words" >out
	applied 0 bpfmmap apply --dry-run conf.d
	[ -z "$(ls "$REGIONS")" ]
	[ "$(bpfmmap -j list)" = "[]" ]

	printf '%s\n' "created    $REGIONS/first" "created    $REGIONS/prices" "created    $REGIONS/team/inner/words" >out
	applied 0 bpfmmap apply conf.d
	[ "$(bpfmmap -j show prices | jq -c '[.bytes_value, .max_entries, .frozen, .name]')" = '[4096,3,0,"p"]' ]
	[ "$(stat -c '%U:%G %a' "$REGIONS/prices")" = "member:bpfmmap 644" ]
	[ "$(stat -c '%U:%G %a' "$REGIONS/team/inner")" = "root:root 755" ]
	is team/inner/words frozen 1
	is first frozen 0
	cmp file "$REGIONS/team/inner/words"

	# what users write and freeze is theirs
	as_member bpfmmap update prices 1 file - < <(head -c 4096 /dev/zero)
	as_member bpfmmap freeze prices
	printf '%s\n' "unchanged  $REGIONS/first" "unchanged  $REGIONS/prices" "unchanged  $REGIONS/team/inner/words" >out
	applied 0 bpfmmap apply conf.d
	printf '%s\n' "unchanged  $REGIONS/first" "unchanged  $REGIONS/prices" "unchanged  $REGIONS/team/inner/words" >out
	applied 0 bpfmmap apply --dry-run conf.d/10-first.conf conf.d/20-tables.conf
	[ "$(bpfmmap -j list | jq -c 'map(.id)')" = "[1,2,3]" ]
}

@test "without words it is /etc/bpfmmap.d, which need not be there" {
	echo "No region is described; man bpfmmap.d says how that is done." >out
	applied 0 bpfmmap apply
	mkdir -p /etc/bpfmmap.d
	echo "table value_size 8 max_entries 512" >/etc/bpfmmap.d/table.conf
	echo "created    $REGIONS/table" >out
	applied 0 bpfmmap apply
	rm -r /etc/bpfmmap.d
}

@test "a bad line is named with what would be right, and the other regions go on" {
	seq 1 1000 >file
	: >empty
	cat >bad.conf <<-END
		one value_size 8 max_entries 512
		two value_size 8
		three value_size eight max_entries 1
		# four

		five value_size 8 max_entries 1 colour red
		six value_size 8 max_entries 1 owner somebody
		seven from file
		eight from $PWD/nowhere
		nine from $PWD/empty
		-ten value_size 8 max_entries 1
		/tmp/eleven value_size 8 max_entries 1
		value_size 8 max_entries 1
		twelve value_size 8 max_entries 1 mode "0644
		/sys/fs/bpfmmap/one value_size 8 max_entries 512
		thirteen value_size 8 max_entries 1 $(printf 'freeze %.0s' {1..80})
		fourteen from $PWD/file value_size 7
		last value_size 8 max_entries 512
	END
	cat >lines <<-END
		2: create lacks max_entries; bpfmmap create NAME value_size N max_entries N
		3: 'eight' is not a valid value_size; give a number from 1 to 2147483647, or one with K, M or G, such as 64K
		6: create does not take 'colour'; see: bpfmmap help create
		7: there is no user 'somebody'; give a name that getent passwd knows, or a number
		8: 'file' is not a path that begins with a slash; give the whole path
		9: can't open $PWD/nowhere: No such file or directory
		10: $PWD/empty is empty, and a region has at least one byte
		11: '-ten' can't be published; a name has up to 63 of A-Z a-z 0-9 _ . - and begins with none of . -
		12: /tmp is not in the file system of regions; give a name in /sys/fs/bpfmmap
		13: create lacks a name; without one it ends at once; bpfmmap create NAME value_size N max_entries N
		14: a quote has no end; put " behind the word as well
		15: '/sys/fs/bpfmmap/one' is described in bad.conf:1 already; remove one of the lines
		16: the line has more than 64 words; describe one region on it
		17: $PWD/file has 3893 bytes, which is not a multiple of value_size 7; give another value_size, or none
	END
	sed 's/^/Error: bad.conf:/' lines | tee err >err.kept
	printf '%s\n' "created    $REGIONS/one" "created    $REGIONS/last" >out
	applied 1 bpfmmap apply bad.conf
	[ "$(ls "$REGIONS")" = $'last\none' ]
	# the same as JSON
	run -1 bpfmmap -j apply bad.conf
	[ "$(jq -r '.[] | select(.error) | "\(.line): \(.error)"' <<<"$output")" = "$(<lines)" ]
	[ "$(jq -c '[.[] | select(.error | not) | [.line, .result, .path]]' <<<"$output")" = \
		"[[1,\"unchanged\",\"$REGIONS/one\"],[18,\"unchanged\",\"$REGIONS/last\"]]" ]
}

@test "a file that can't be read does not stop the others" {
	echo "table value_size 8 max_entries 512" >good.conf
	mkdir -p conf.d/directory.conf
	printf 'Error: %s\n' "nowhere: can't read it: No such file or directory" \
		"conf.d/directory.conf: can't read it: Is a directory" >err
	echo "created    $REGIONS/table" >out
	applied 1 bpfmmap apply nowhere conf.d good.conf
}

@test "a region that differs is left as it is, and each difference is named" {
	seq 1 1000 >file
	bpfmmap create table value_size 8 max_entries 512 mode 0644 name first
	bpfmmap create words from file mode 0444
	bpfmmap create open value_size 8 max_entries 512
	mkdir "$REGIONS/folder"
	before=$(bpfmmap -j list)
	differs() {
		printf '%s\n' "$1" >line
		echo "Error: line:1: $REGIONS/${1%% *} exists and is left as it is, but differs: $2; change the line, or withdraw the region and apply again" |
			tee err >err.dry
		applied 1 bpfmmap apply line
		mv err.dry err
		applied 1 bpfmmap apply --dry-run line
	}
	differs "table value_size 16 max_entries 1024 mode 0644" "value_size is 8 and not 16, max_entries is 512 and not 1024"
	differs "table value_size 8 max_entries 512 name other" "name is 'first' and not 'other', mode is 0644 and not 0600"
	differs "table value_size 8 max_entries 512 owner member group nogroup mode 644" "owner is root and not member, group is root and not nogroup"
	differs "table value_size 8 max_entries 512 mode 644 freeze" "it is not frozen"
	differs "table value_size 8 max_entries 512 mode 644 populate" "it lacks populate"
	differs "table value_size 8 max_entries 512 mode 644 rdonly_prog" "it is for other BPF programs (prog, rdonly_prog, wronly_prog)"
	sed -i s/1/2/ file
	bpfmmap freeze words
	before=$(bpfmmap -j list)
	differs "words from $PWD/file mode 444 freeze" "its bytes are not those of $PWD/file"
	head -c 100 file >shorter
	differs "words from $PWD/shorter mode 444 freeze" "value_size is 3893 and not 100"
	echo "folder value_size 8 max_entries 1" >line
	echo "Error: line:1: $REGIONS/folder is not a region; bpfmmap list shows the regions" >err
	applied 1 bpfmmap apply line
	[ "$(bpfmmap -j list)" = "$before" ]
	[ "$(bpfmmap -j apply line "$STAGE/none" | jq -c 'map(.result)')" = '["different","failed"]' ]
}

@test "a large frozen file is compared to its last byte" {
	seq 1 1000000 | head -c 5000001 >file
	echo "large from $PWD/file freeze" >line
	bpfmmap apply line
	echo "unchanged  $REGIONS/large" >out
	applied 0 bpfmmap apply line
	printf X | dd of=file bs=1 seek=5000000 conv=notrunc
	run -1 bpfmmap apply line
	[[ $output == *"its bytes are not those of $PWD/file; "* ]]
}

@test "nobody sees a frozen region before it is full and frozen" {
	seq 1 300000 >file
	python3 "$STAGE/first_sight.py" "$REGIONS/table" 3>&- >seen &
	watcher=$!
	until_true grep -q watching seen
	bpfmmap apply <(echo "table from $PWD/file freeze mode 0444")
	wait "$watcher"
	[ "$(tail -n 1 seen)" = "frozen, $(sha256sum <file | cut -d' ' -f1)" ]
}

@test "a dry run needs neither the file system nor a right, and mounts nothing" {
	echo "table value_size 8 max_entries 512" >line
	umount "$REGIONS"
	echo "missing    $REGIONS/table" >out
	applied 0 bpfmmap apply --dry-run line
	run ! mounted
	mount_regions
	run -1 as_nobody bpfmmap apply line
	[ "$output" = "Error: line:1: you may not open /dev/bpfmmap; its group may, see bpfmmap doctor" ]
}

# It has no other home in this guest, which has no systemd: the steps that the unit takes.
@test "the unit runs what is installed, when the file system is mounted" {
	unit=$STAGE/bpfmmap-apply.service
	[ "$(sed -n 's/^ExecStart=//p' "$unit")" = "bpfmmap apply" ]
	mkdir -p /etc/bpfmmap.d
	seq 1 100 >"$BATS_TEST_TMPDIR/table"
	echo "boot/table from $BATS_TEST_TMPDIR/table freeze mode 0444" >/etc/bpfmmap.d/boot.conf
	command=$(sed -n 's/^ExecStart=//p' "$unit")
	$command
	as_nobody bpfmmap wait boot/table --timeout=0
	cmp "$BATS_TEST_TMPDIR/table" <(as_nobody cat "$REGIONS/boot/table")
	rm -r /etc/bpfmmap.d
}
