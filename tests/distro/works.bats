#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# A system that has just booted and on which bpfmmap is installed: does all of it work, for
# whom it should, and for nobody else?

load lib.bash

prices=/dev/bpfmmap-regions/prices

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

@test "README's program with the library compiles as pkg-config says" {
	{
		printf '%s\n' '#include <bpfmmap.h>' 'int main(void)' '{'
		cat /srv/readme/library.c
		echo '}'
	} >/home/alice/library.c
	# shellcheck disable=SC2016 # for alice's shell
	succeeds as alice sh -c 'cc -o library library.c $(pkg-config --cflags --libs libbpfmmap) && ./library'
	succeeds as bob bpfmmap list
	has "$output" " table "
	as alice bpfmmap withdraw table
}

@test "a published region is its publisher's, a device that udev and lsof know" {
	as alice bpfmmap create prices value_size 8 max_entries 1000
	udevadm settle
	same "$(stat -c '%F %U:%G %a' "$prices")" "character special file alice:alice 600"
	succeeds udevadm info --query=property --name="$prices"
	has "$output" "^DEVNAME=$prices$"
	has "$output" "^SUBSYSTEM=bpfmmap$"
	as alice sh -c "exec sleep 1000 <$prices" 3>&- &
	sleep 2
	succeeds lsof "$prices"
	has "$output" "^sleep +[0-9]+ +alice +0r +CHR .* $prices$"
	pkill -u alice sleep
}

@test "chmod, ACLs and udev rules say who else gets in" {
	run as bob dd if="$prices" of=/dev/null count=1
	has "$output" "Permission denied"
	as alice setfacl -m u:bob:r "$prices"
	succeeds as bob dd if="$prices" of=/dev/null count=1
	succeeds getfacl -p "$prices"
	has "$output" "^user:bob:r--$"
	as alice bpfmmap withdraw prices

	echo 'SUBSYSTEM=="bpfmmap", KERNEL=="prices", GROUP="users", MODE="0640"' \
		>/etc/udev/rules.d/70-prices.rules
	udevadm control --reload
	as alice bpfmmap create prices value_size 8 max_entries 1000
	udevadm settle
	same "$(stat -c '%U:%G %a' "$prices")" "alice:users 640"
	as alice bpfmmap withdraw prices
	rm /etc/udev/rules.d/70-prices.rules
	udevadm control --reload
	udevadm settle
	[ ! -e "$prices" ]
}
