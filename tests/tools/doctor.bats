#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# What doctor says of machines in all states, made of files; and of this one.

load /extra/stage/lib.bash

# machine: one in /tmp/machine where all is fine, by what doctor looks at.
machine() {
	local version

	version=$(bpfmmap -j version | jq -r .version)
	rm -rf /tmp/machine
	mkdir -p /tmp/machine/{dev,proc/sys/kernel,usr/bin,sys/kernel/{btf,security},sys/module/bpfmmap} \
		/tmp/machine/sys/{module/module/parameters,firmware/efi/efivars} \
		/tmp/machine/lib/modules/6.12-test/build \
		"/tmp/machine/var/lib/dkms/bpfmmap/$version"/{source,6.12-test/x86_64}
	cd /tmp/machine || return
	echo 6.12-test >proc/sys/kernel/osrelease
	echo "$version" >sys/module/bpfmmap/version
	echo O >sys/module/bpfmmap/taint
	echo N >sys/module/module/parameters/sig_enforce
	echo '[none] integrity confidentiality' >sys/kernel/security/lockdown
	printf '\6\0\0\0\0' >sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
	echo 'updates/dkms/bpfmmap.ko.xz:' >lib/modules/6.12-test/modules.dep
	touch lib/modules/6.12-test/build/Makefile usr/bin/gcc sys/kernel/btf/vmlinux dev/bpfmmap
	chgrp bpfmmap dev/bpfmmap
	chmod 0660 dev/bpfmmap
	cd "$BATS_TEST_TMPDIR" || return
}

# found CHECK: what doctor says of it on this machine.
found() {
	bpfmmap -j doctor | jq -r ".[] | select(.check == \"$1\").result"
}

@test "machines in all states" {
	transcript doctor
	rm -r /tmp/machine
}

@test "this machine, with and without the module" {
	[ "$(found module)" = ok ]
	[ "$(found device)" = ok ]
	[ "$(found access)" = ok ]
	[ "$(found headers)" = warn ]
	rmmod bpfmmap
	[ "$(found module)" = FAIL ]
	[ "$(found device)" = FAIL ]
	run -1 as_nobody bpfmmap doctor
	insmod /module/bpfmmap.ko
}
