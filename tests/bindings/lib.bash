# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the *.bats files here share: each test has the module, and its file system. Sourced.

export PATH=/extra/stage/bin:/usr/bin:/bin LC_ALL=C HEADER_LINES=/extra/stage/header-lines
D=/sys/fs/bpfmmap

setup() {
	insmod /module/bpfmmap.ko
	/bin/mount -t bpfmmap bpfmmap $D
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	cd / || return
	rm -rf "${D:?}"/*
	/bin/umount $D
	rmmod bpfmmap_bpf 2>/dev/null
	rmmod bpfmmap
}
