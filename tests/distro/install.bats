#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# From a system without bpfmmap to its first region, by apt and the steps in README only.
# DKMS builds the module here.

load lib.bash

@test "apt installs the packages, and all of it works out" {
	cp /srv/tests/ours.list /etc/apt/sources.list.d/
	succeeds apt-get -qq update
	succeeds apt-get -qy install bpfmmap-dkms bpfmmap-tools libbpfmmap-dev
	for package in bpfmmap-dkms bpfmmap-tools libbpfmmap1 libbpfmmap-dev; do
		same "$package $(dpkg-query -W -f '${db:Status-Status}' "$package")" "$package installed"
	done
	succeeds dpkg --audit
	same "$output" ""
}

@test "DKMS has built the module for the kernel that runs" {
	dkms_has "$(uname -r)"
	[[ $(modinfo -n bpfmmap) == */lib/modules/"$(uname -r)"/updates/dkms/bpfmmap.ko* ]]
	same "$(modinfo -F vermagic bpfmmap | cut -d' ' -f1)" "$(uname -r)"
}

@test "there is a system group bpfmmap, with nobody in it" {
	IFS=: read -r name _ gid members < <(getent group bpfmmap)
	same "$name, $members" "bpfmmap, "
	[ "$gid" -lt 1000 ]
}

@test "the manual pages, the header of C++ and the completions are where they belong" {
	for file in /usr/share/man/man5/bpfmmap.d.5.gz /usr/share/man/man8/bpfmmap.8.gz \
		/usr/share/man/man3/bpfmmap.3.gz \
		/usr/share/man/man3/bpfmmap_region__freeze.3.gz \
		/usr/share/man/man3/bpfmmap_region__freeze_wait_with.3.gz \
		/usr/share/man/man4/bpfmmap.4.gz /usr/include/bpfmmap.hpp \
		/usr/share/bash-completion/completions/bpfmmap \
		/usr/share/zsh/vendor-completions/_bpfmmap \
		/usr/share/fish/vendor_completions.d/bpfmmap.fish \
		/usr/share/bpfmmap/schema.json; do
		[ -s "$file" ] || {
			echo "there is no $file, but:"
			dpkg -L bpfmmap-tools libbpfmmap-dev | grep -E 'man|compl'
			return 1
		}
	done
	# shellcheck source=/dev/null
	source /usr/share/bash-completion/completions/bpfmmap
	complete -p bpfmmap
}

@test "doctor says that the module is not loaded, and what mends it does" {
	run bpfmmap doctor
	same "$status" 1
	has "$output" "^FAIL  module .*; modprobe bpfmmap$"
	modprobe bpfmmap
	udevadm settle
	device_is_right
	mounts_in_time
}

# works.bats looks at both after each boot.
@test "a frozen table is described, with a service that reads it at the next boot" {
	mkdir -p /etc/bpfmmap.d "$KEPT"
	cat >/etc/bpfmmap.d/boot.conf <<-END
		# the first line is wrong, and the second one is made all the same
		boot/wrong value_size 8
		boot/licence from /usr/share/common-licenses/GPL-2 freeze mode 0444 group bpfmmap
	END
	run bpfmmap apply --dry-run
	same "$status" 1
	has "$output" "^Error: /etc/bpfmmap.d/boot.conf:2: create lacks max_entries; "
	has "$output" "^missing    /sys/fs/bpfmmap/boot/licence$"
	sed -i 2d /etc/bpfmmap.d/boot.conf
	succeeds bpfmmap apply --dry-run
	cat >/etc/systemd/system/reader.service <<-END
		[Unit]
		# a boot without the module has no table, and that is no failure of this service
		ConditionPathIsMountPoint=/sys/fs/bpfmmap
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		User=bob
		ExecStart=cmp /usr/share/common-licenses/GPL-2 /sys/fs/bpfmmap/boot/licence
		[Install]
		WantedBy=multi-user.target
	END
	succeeds systemctl enable reader.service
}

@test "alice joins the group, and is fine" {
	usermod -aG bpfmmap alice
	succeeds as alice bpfmmap doctor
	mkdir -p "$KEPT"
	uname -r >"$KEPT/release"
}
