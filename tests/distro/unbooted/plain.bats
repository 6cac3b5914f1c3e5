#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# A system without pahole, which runs a kernel of another system; a later version of the
# package; and a group that has a member.

load ../lib.bash

kernel=$(readlink /vmlinuz)
kernel=${kernel##*/vmlinuz-}

@test "without pahole the module is built without a word about it" {
	cp /srv/tests/ours.list /etc/apt/sources.list.d/
	apt-get -qq update
	# the headers of Debian 13 depend on it
	rm -f /usr/bin/pahole
	succeeds apt-get -qy install --no-install-recommends bpfmmap-dkms
	lacks "$output" "BTF|skipping|warning|error"
	dkms_has "$kernel"
}

@test "a later version of the package takes the place of the earlier one" {
	earlier=$(version)
	cp /srv/tests/newer.list /etc/apt/sources.list.d/
	apt-get -qq update
	succeeds apt-get -qy upgrade
	[ "$(version)" != "$earlier" ]
	dkms_has "$kernel"
	same "$(dkms status | grep -c bpfmmap)" 1
	same "$(echo /usr/src/bpfmmap-*)" "/usr/src/bpfmmap-$(version)"
	same "$(echo /var/lib/dkms/bpfmmap/[0-9]*)" "/var/lib/dkms/bpfmmap/$(version)"
}

@test "purged, it leaves the group to who is in it, and nothing else" {
	usermod -aG bpfmmap alice
	succeeds apt-get -qy purge bpfmmap-dkms
	has "$(getent group bpfmmap)" ":alice$"
	same "$(find / -xdev -name '*bpfmmap*')" ""
}

@test "installed again, it takes that group; purged with nobody in it, it takes it along" {
	gid=$(getent group bpfmmap | cut -d: -f3)
	succeeds apt-get -qy install --no-install-recommends bpfmmap-dkms
	same "$(getent group bpfmmap | cut -d: -f3)" "$gid"
	gpasswd -d alice bpfmmap
	succeeds apt-get -qy purge bpfmmap-dkms
	run ! getent group bpfmmap
	same "$(find / -xdev -name '*bpfmmap*')" ""
}
