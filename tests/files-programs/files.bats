#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# coreutils and similar programs treat regions as files.

bats_require_minimum_version 1.5.0
export PATH=/extra/stage/bin:/usr/bin:/bin LC_ALL=C
D=/sys/fs/bpfmmap

setup() {
	printf 'root:x:0:0::/:/bin/sh\n' >/etc/passwd
	printf 'root:x:0:\n' >/etc/group
	insmod /module/bpfmmap.ko
	/bin/mount -t bpfmmap bpfmmap $D
	cd "$BATS_TEST_TMPDIR" || return
	# 999 elements of 16 bytes, and 12 bytes of the last one
	publish r 12 1000
	SIZE=15996
	head -c "$SIZE" /dev/urandom >text
	dd if=text of=$D/r conv=notrunc bs=1000 status=none
}

teardown() {
	cd / || return
	rm -rf "${D:?}"/*
	/bin/umount $D
	rmmod bpfmmap
}

@test "ls -l and stat tell what it is" {
	run ls -l $D/r
	[[ $output =~ ^-rw-------\ 1\ root\ root\ $SIZE\ .*/r$ ]]
	[ "$(stat -c '%s %F %a %h' $D/r)" = "$SIZE regular file 600 1" ]
	[ "$(stat -f -c %T $D)" = "UNKNOWN (0x4250464d)" ]
	[ "$(wc -c <$D/r)" = "$SIZE" ]
}

@test "cmp, cat, head and tail read it to its end" {
	cmp text $D/r
	cat $D/r | cmp - text
	[ "$(head -c 100 $D/r | sha256sum)" = "$(head -c 100 text | sha256sum)" ]
	[ "$(tail -c 100 $D/r | sha256sum)" = "$(tail -c 100 text | sha256sum)" ]
	[ "$(tail -c +15900 $D/r | sha256sum)" = "$(tail -c +15900 text | sha256sum)" ]
}

@test "cp copies it out, with its times and mode" {
	cp $D/r copy
	cmp text copy
	cp -p $D/r copy2
	[ "$(stat -c '%Y %a' copy2)" = "$(stat -c '%Y %a' $D/r)" ]
	cp --sparse=always $D/r copy3
	cmp text copy3
	cp -r $D tree
	cmp text tree/r
}

@test "cp makes hard links in it" {
	cp -l $D/r $D/link
	[ "$(stat -c %h $D/r)" = 2 ]
	[ "$(stat -c %i $D/r)" = "$(stat -c %i $D/link)" ]
}

# It opens an existing file with O_TRUNC, and makes a missing one.
@test "cp into it is refused" {
	run ! cp text $D/r
	[[ $output = *"Operation not permitted"* ]]
	run ! cp text $D/new
	[[ $output = *"Permission denied"* ]]
	cmp text $D/r
}

@test "dd reads, writes and flushes" {
	dd if=$D/r of=out bs=4096 status=none
	cmp text out
	head -c "$SIZE" /dev/zero >zeros
	dd if=zeros of=$D/r conv=notrunc,fsync bs=4096 status=none
	cmp zeros $D/r
	dd if=text of=$D/r conv=notrunc,fdatasync bs=100 seek=1 skip=1 count=1 status=none
	cmp -n 100 <(tail -c +101 text) <(tail -c +101 $D/r)
	# dd would truncate the file behind its output
	run ! dd if=text of=$D/r bs=100 count=1 status=none
	[[ $output = *"Operation not permitted"* ]]
	# one block more than the region has
	run ! dd if=/dev/zero of=$D/r conv=notrunc bs=4096 count=5 status=none
	[[ $output = *"No space left on device"* ]]
}

@test "mv renames in it, and takes it out as a copy" {
	mkdir $D/dir
	mv $D/r $D/dir/s
	cmp text $D/dir/s
	publish over 1 1
	mv -f $D/dir/s $D/over
	cmp text $D/over
	mv $D/over out
	cmp text out
	[ ! -e $D/over ]
	run ! mv out $D/back
	cmp text out
}

@test "rm withdraws, and who has it open keeps it" {
	exec {fd}<$D/r
	rm $D/r
	[ ! -e $D/r ]
	cmp text /proc/self/fd/$fd
	exec {fd}<&-
	mkdir -p $D/a/b
	publish r 1 1
	mv $D/r $D/a/b/
	rm -r $D/a
	[ -z "$(ls $D)" ]
}

@test "rsync writes in place, and reads" {
	head -c "$SIZE" /dev/urandom >other
	rsync -I --inplace --no-whole-file other $D/r
	cmp other $D/r
	rsync -aI --inplace text $D/r
	cmp text $D/r
	rsync -a $D/ out/
	cmp text out/r
	# without --inplace it makes a new file, which is refused
	run ! rsync -I other $D/r
}

@test "tar takes it in and compares it" {
	tar -C $D -cf t.tar r
	tar -C $D -df t.tar
	mkdir x
	tar -C x -xf t.tar
	cmp text x/r
	printf x | dd of=$D/r conv=notrunc status=none
	run ! tar -C $D -df t.tar
	[[ $output = *"Contents differ"* ]]
	run ! tar -C $D -xf t.tar
}

@test "the shell writes where it opens for reading and writing" {
	printf hello 1<>$D/r
	[ "$(head -c 5 $D/r)" = hello ]
	run ! bash -c "printf hello >$D/r"
	run ! bash -c "printf hello >>$D/r"
}

@test "what is frozen is read as ever, and written by nobody" {
	freeze $D/r
	cmp text $D/r
	cp $D/r copy
	run ! dd if=/dev/zero of=$D/r conv=notrunc bs=10 count=1 status=none
	[[ $output = *"Operation not permitted"* ]]
	run ! rsync --inplace copy $D/r -I
	cmp text $D/r
}
