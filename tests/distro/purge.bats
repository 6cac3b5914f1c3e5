#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# A kernel is removed, and its module with it; then apt purges bpfmmap, and nothing is left.

load lib.bash

@test "a kernel that is purged takes its module along" {
	old=$(find /lib/modules -mindepth 1 -maxdepth 1 -not -name "$(uname -r)" -printf '%f\n')
	compgen -G "/lib/modules/$old/updates/dkms/bpfmmap.ko*"
	succeeds apt-get -qy purge "linux-image-$old" "linux-headers-$old"
	[ ! -e "/lib/modules/$old/updates" ]
	same "$(dkms status | grep -c bpfmmap)" 1
	dkms_has "$(uname -r)"
}

@test "apt purges the packages" {
	gpasswd -d alice bpfmmap
	# what the administrator made is the administrator's to remove
	rm -r /etc/bpfmmap.d
	systemctl disable reader.service
	rm /etc/systemd/system/reader.service
	# udev's trigger has started the mount again, and with it what makes the table of boot
	find /sys/fs/bpfmmap -mindepth 1 -delete
	succeeds apt-get -qy purge bpfmmap-dkms bpfmmap-tools libbpfmmap-dev libbpfmmap1
	lacks "$output" "warning|error|not empty"
	same "$(dpkg-query -W -f '${Package}\n' | grep bpfmmap)" ""
}

@test "the module is gone, loaded and installed" {
	[ ! -e /sys/module/bpfmmap ]
	[ ! -e /dev/bpfmmap ]
	run ! modinfo bpfmmap
	run ! grep -r bpfmmap /lib/modules/*/modules.*
	same "$(dkms status)" ""
}

@test "nothing is mounted, and systemd knows no unit of it" {
	run ! grep -w bpfmmap /proc/self/mountinfo
	same "$(systemctl list-unit-files --plain --no-legend '*bpfmmap*')" ""
}

@test "the group is gone, and so is udev's rule" {
	run ! getent group bpfmmap
	run ! grep -r bpfmmap /etc/group /etc/gshadow /usr/lib/udev /etc/udev /run/udev /usr/lib/sysusers.d
}

@test "no file has the name" {
	same "$(find / -xdev -name '*bpfmmap*')" ""
}
