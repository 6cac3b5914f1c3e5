#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# What doctor prints for machines in all states, which are made of files, and for this one.

load /extra/stage/lib.bash

EFIVARS=/tmp/machine/sys/firmware/efi/efivars

# module RELEASE CRC [SERIAL]: install a module as the build of the kernel makes it.
module() {
	python3 "$STAGE/module.py" "$@" >/tmp/machine/lib/modules/6.12-test/updates/dkms/bpfmmap.ko
}

# variable NAME BYTE: of EFI, or, if shim owns it, Mok*.
variable() {
	case $1 in
	Mok*) printf '\6\0\0\0%b' "\\0$2" >"$EFIVARS/$1-605dab50-e046-4300-abb6-3dd810dd8b23" ;;
	*) printf '\6\0\0\0%b' "\\0$2" >"$EFIVARS/$1-8be4df61-93ca-11d2-aa0d-00e098032b8c" ;;
	esac
}

# certificate SERIAL: make one, with only those parts that are read here.
certificate() {
	printf '0\20\60\16\240\3\2\1\2\2\4%sMORE' "$1"
}

# unloaded: remove what is there only while the module is loaded.
unloaded() {
	rm -rf /tmp/machine/sys/module/bpfmmap /tmp/machine/dev/bpfmmap
}

# akms_source: where Alpine's package puts the source.
akms_source() {
	echo "/tmp/machine/usr/src/bpfmmap-$(bpfmmap -j version | jq -r .version)"
}

# about CHECK...: what doctor prints for these checks alone, and its status.
about() {
	local status=0

	bpfmmap doctor --root=/tmp/machine >said || status=$?
	grep -E "^(ok|warn|FAIL) +($(IFS="|"; echo "$*")) " said || :
	return "$status"
}

# mounts PLACE...: the file system is mounted at these places, and there are no other mounts.
mounts() {
	local place

	for place; do
		echo "30 25 0:30 / $place rw,nosuid,nodev,noexec shared:1 - bpfmmap bpfmmap rw,gid=700"
	done >/tmp/machine/proc/self/mountinfo
}

# root_is MODE OWNER: set those of the root of the file system.
root_is() {
	chown "$2" /tmp/machine/sys/fs/bpfmmap
	chmod "$1" /tmp/machine/sys/fs/bpfmmap
}

# machine: make one in /tmp/machine for which every check of doctor is fine.
machine() {
	local version

	version=$(bpfmmap -j version | jq -r .version)
	rm -rf /tmp/machine
	mkdir -p /tmp/machine/{dev,proc/{self,sys/{kernel,net/core}},usr/{bin,sbin},sys/kernel/{btf,security}} \
		/tmp/machine/sys/{module/bpfmmap,fs/bpfmmap} \
		/tmp/machine/sys/{module/module/parameters,firmware/efi/efivars} \
		/tmp/machine/lib/modules/6.12-test/{build/include/generated,updates/dkms} \
		"/tmp/machine/var/lib/dkms/bpfmmap/$version"/{source,6.12-test/x86_64}
	cd /tmp/machine || return
	module 6.12-test 1
	printf '0x%08x\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n' 1 >lib/modules/6.12-test/build/Module.symvers
	echo 6.12-test >proc/sys/kernel/osrelease
	echo 1 >proc/sys/net/core/bpf_jit_enable
	echo "$version" >sys/module/bpfmmap/version
	echo O >sys/module/bpfmmap/taint
	echo N >sys/module/module/parameters/sig_enforce
	echo '[none] integrity confidentiality' >sys/kernel/security/lockdown
	variable SecureBoot 0
	printf '%s\n' updates/dkms/bpfmmap.ko: 'updates/dkms/bpfmmap_bpf.ko: updates/dkms/bpfmmap.ko' \
		>lib/modules/6.12-test/modules.dep
	touch lib/modules/6.12-test/build/Makefile usr/{bin/{gcc,make,udevadm},sbin/usermod} sys/kernel/btf/{vmlinux,bpfmmap} dev/bpfmmap
	chgrp bpfmmap dev/bpfmmap
	chmod 0660 dev/bpfmmap
	mounts /sys/fs/bpfmmap
	root_is 1775 root:bpfmmap
	cd "$BATS_TEST_TMPDIR" || return
}

# found CHECK: what doctor prints for it on this machine.
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
	[ "$(found mount)" = ok ]
	[ "$(found headers)" = warn ]
	mount -o remount,gid=0 "$REGIONS"
	[ "$(found mount)" = warn ]
	umount "$REGIONS"
	[ "$(found mount)" = FAIL ]
	mkdir "else where"
	mount -t bpfmmap -o gid=700,mode=1775 bpfmmap "else where"
	[[ $(bpfmmap doctor) == *" mounted at $PWD/else where, but not at $REGIONS, "* ]]
	mount --bind "else where" "$REGIONS"
	[ "$(found mount)" = ok ]
	umount "$REGIONS" "else where"
	rmmod bpfmmap
	[ "$(found module)" = FAIL ]
	[ "$(found mount)" = "" ]
	[ "$(found device)" = FAIL ]
	run -1 as_nobody bpfmmap doctor
	insmod /module/bpfmmap.ko
}
