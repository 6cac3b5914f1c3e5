#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# A system that has just booted and has bpfmmap installed: all of it works for those who may
# use it, and for nobody else.

load lib.bash

prices=/sys/fs/bpfmmap/prices

@test "the kernel is the one that should have been booted" {
	same "$(uname -r)" "$(<"$KEPT/release")"
}

@test "the system is up, and no unit has failed" {
	run systemctl is-system-running --wait
	same "$output, failed: $(systemctl --failed --plain --no-legend)" "running, failed: "
}

@test "the module was loaded at boot, the one that DKMS built" {
	[ -d /sys/module/bpfmmap ]
	dkms_has "$(uname -r)"
	has "$(modinfo -n bpfmmap)" "/updates/dkms/"
	same "$(</sys/module/bpfmmap/srcversion)" "$(modinfo -F srcversion bpfmmap)"
	same "$(</sys/module/bpfmmap/version)" "$(version)"
}

@test "/dev/bpfmmap is for root and the group" {
	device_is_right
}

@test "the file system was mounted at boot, for root and the group" {
	mount_is_right
	succeeds systemctl is-active sys-fs-bpfmmap.mount
	succeeds systemctl show -P ActiveEnterTimestampMonotonic sys-fs-bpfmmap.mount
	mounted=$output
	succeeds systemctl show -P ActiveEnterTimestampMonotonic sysinit.target
	[ "$mounted" -lt "$output" ]
}

@test "the frozen table of /etc/bpfmmap.d was made at boot, and a service has read it" {
	succeeds systemctl show -P Result bpfmmap-apply.service
	same "$output" success
	succeeds systemctl show -P ExecMainExitTimestampMonotonic bpfmmap-apply.service
	made=$output
	succeeds systemctl is-active reader.service
	# its unit does not say a word about regions
	succeeds systemctl show -P ExecMainStartTimestampMonotonic reader.service
	[ "$made" -gt 0 ]
	[ "$made" -lt "$output" ]
	same "$(stat -c '%U:%G %a' /sys/fs/bpfmmap/boot/licence)" "root:bpfmmap 444"
	succeeds as bob bpfmmap wait boot/licence --timeout=0
	succeeds cmp /usr/share/common-licenses/GPL-2 /sys/fs/bpfmmap/boot/licence
	run dd if=/dev/zero of=/sys/fs/bpfmmap/boot/licence bs=8 count=1 conv=notrunc
	has "$output" "not permitted"
	succeeds bpfmmap apply
	same "$output" "unchanged  /sys/fs/bpfmmap/boot/licence"
}

# forget_boot: remove the table that was made at boot; with a name the module can't be unloaded.
forget_boot() {
	bpfmmap withdraw boot/licence
	rmdir /sys/fs/bpfmmap/boot
}

@test "a module that is loaded again is mounted again, and so is one that was not mounted" {
	forget_boot
	umount /sys/fs/bpfmmap
	rmmod bpfmmap
	modprobe bpfmmap
	udevadm settle
	mounts_in_time
	# the mount wants the unit that makes the regions
	succeeds bpfmmap wait boot/licence --timeout=60
	forget_boot
	umount /sys/fs/bpfmmap
	succeeds bpfmmap list
	has "$output" "^Mounted the file system bpfmmap at /sys/fs/bpfmmap, "
	mount_is_right
}

@test "the functions for BPF programs come with the first region for them" {
	succeeds bpfmmap create for_programs value_size 8 max_entries 512 prog
	[ -d /sys/module/bpfmmap_bpf ]
	[ -e /sys/kernel/btf/bpfmmap_bpf ]
	has "$(modinfo -n bpfmmap_bpf)" "/updates/dkms/"
	has "$(bpfmmap doctor)" "^ok    bpf "
	succeeds bpfmmap withdraw for_programs
	rmmod bpfmmap_bpf
}

@test "a BPF program counts into a region that anybody reads, until it is frozen" {
	local program i before

	# the module does not load it again after somebody has taken it away
	modprobe bpfmmap_bpf
	/srv/count calls >"$BATS_TEST_TMPDIR/said" 3>&- &
	program=$!
	for ((i = 0; i < 300; i++)); do
		! grep -q "^counting into /sys/fs/bpfmmap/calls$" "$BATS_TEST_TMPDIR/said" || break
		sleep 0.1
	done
	for ((i = 0; i < 20; i++)); do
		/bin/true
	done
	# 59 is execve
	before=$(as bob bpfmmap lookup calls 59 u64)
	before=${before##* }
	[ "$before" -ge 20 ]
	run bpfmmap update calls 59 u64 0
	[ "$status" = 1 ]
	has "$output" "frozen"
	kill -INT "$program"
	wait "$program"
	same "$(tail -n 1 "$BATS_TEST_TMPDIR/said")" frozen
	i=$(bpfmmap lookup calls 59 u64)
	[ "${i##* }" -ge "$before" ]
	/bin/true
	same "$(bpfmmap lookup calls 59 u64)" "$i"
	succeeds bpfmmap withdraw calls
	rmmod bpfmmap_bpf
}

@test "udev knows the device, and gives it its group again" {
	succeeds udevadm info --query=property --name=/dev/bpfmmap
	has "$output" "^DEVNAME=/dev/bpfmmap$"
	has "$output" "^SUBSYSTEM=misc$"
	chown root:root /dev/bpfmmap
	chmod 600 /dev/bpfmmap
	udevadm trigger --settle /dev/bpfmmap
	device_is_right
}

@test "doctor finds nothing amiss" {
	succeeds as alice bpfmmap doctor
	same "$(grep -v '^ok ' <<<"$output")" ""
}

@test "who is not in the group is told so, and what mends it" {
	run as bob bpfmmap create bobs value_size 8 max_entries 1
	[ "$status" != 0 ]
	has "$output" "[Pp]ermission denied|EACCES|may not open"
	run as bob bpfmmap doctor
	same "$status" 1
	has "$output" "^FAIL  access .* bob may not open /dev/bpfmmap; usermod -aG bpfmmap bob, then log in again$"
	same "$(grep -vc '^ok ' <<<"$output")" 1
}

@test "README's first program compiles, and prints what README says" {
	first_program_works
}

@test "the demo goes as told" {
	cp /srv/demo.c /home/alice/
	succeeds as alice cc -std=gnu11 -D_GNU_SOURCE -o demo demo.c
	succeeds as alice env \
		sha256="$(sha256sum </usr/share/common-licenses/GPL-2 | cut -d' ' -f1)" \
		./demo /usr/share/common-licenses/GPL-2
	has "$output" "^Everything went as told\.$"
	[ -d /sys/module/bpfmmap ]
}

@test "README's program with the library compiles as pkg-config says, and prints the same" {
	cp /srv/readme/library.c /home/alice/
	# shellcheck disable=SC2016 # for alice's shell
	succeeds as alice sh -c 'cc -o library library.c $(pkg-config --cflags --libs libbpfmmap) && ./library'
	same "$output" "$(</srv/readme/first.expected)"
}

@test "a published region is its publisher's, a file that lsof knows" {
	as alice bpfmmap create prices value_size 8 max_entries 1000
	same "$(stat -c '%F %U:%G %a %s' "$prices")" "regular file alice:alice 600 8000"
	as alice sh -c "exec sleep 1000 <$prices" 3>&- &
	sleep 2
	succeeds lsof "$prices"
	has "$output" "^sleep +[0-9]+ +alice +0r +REG .* 8000 .* $prices$"
	pkill -u alice sleep
}

@test "chmod and ACLs say who else gets in, and nobody takes a name away from its owner" {
	run as bob dd if="$prices" of=/dev/null count=1
	has "$output" "Permission denied"
	as alice setfacl -m u:bob:r "$prices"
	succeeds as bob dd if="$prices" of=/dev/null count=1
	succeeds getfacl -p "$prices"
	has "$output" "^user:bob:r--$"
	run as bob rm -f "$prices"
	has "$output" "not permitted|Permission denied"
	usermod -aG bpfmmap bob
	run as bob rm -f "$prices"
	has "$output" "not permitted"
	gpasswd -d bob bpfmmap
	as alice mv "$prices" "$prices-of-alice"
	as alice rm "$prices-of-alice"
	[ ! -e "$prices" ]
}

@test "a file goes in, and cmp and sha256sum find it there" {
	succeeds as alice bpfmmap create licence from /usr/share/common-licenses/GPL-2 freeze mode 0444
	succeeds as bob bpfmmap wait licence --timeout=10
	succeeds as bob cmp /usr/share/common-licenses/GPL-2 /sys/fs/bpfmmap/licence
	same "$(as bob sha256sum </sys/fs/bpfmmap/licence)" "$(sha256sum </usr/share/common-licenses/GPL-2)"
	as alice bpfmmap withdraw licence
}
