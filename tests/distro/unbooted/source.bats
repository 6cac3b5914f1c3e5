#!/usr/bin/bats
# SPDX-License-Identifier: GPL-2.0-only
# From the tarball of a release, as its README says: as root and not, with the jobs of make; an earlier
# and a later version that DKMS has already; and beside the packages.

load ../lib.bash

kernel=$(readlink /vmlinuz)
kernel=${kernel##*/vmlinuz-}
version=$(basename /srv/dist/bpfmmap-*.tar.xz .tar.xz)
version=${version#bpfmmap-}
source=/home/alice/bpfmmap-$version

setup_file() {
	cp /srv/tests/ours.list /etc/apt/sources.list.d/
	apt-get -qq update
	apt-get -qy install pahole
	as alice tar -xf /srv/dist/bpfmmap-*.tar.xz
}

# versions: of our module that DKMS has, each once
versions() {
	dkms status | sed -n 's,^bpfmmap/\([^,:]*\).*,\1,p' | sort -u
}

# as_version VERSION: the source calls itself that
as_version() {
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$1\"/" "$source/dkms.conf"
}

# installed VERSION: DKMS has built it, and no other, and modprobe finds it
installed() {
	same "$(versions)" "$1"
	# whatever DKMS reads, it says nothing of its own
	same "$(dkms status 2>&1 >/dev/null)" ""
	has "$(dkms status -m bpfmmap -v "$1" -k "$kernel")" ": installed"
	same "$(echo /usr/src/bpfmmap-*)" "/usr/src/bpfmmap-$1"
	has "$(modinfo -k "$kernel" -n bpfmmap)" "/updates/dkms/bpfmmap\.ko"
	same "$(modinfo -k "$kernel" -F version bpfmmap)" "$1"
}

@test "the checksum is that of the tarball" {
	cd /srv/dist
	succeeds sha256sum -c bpfmmap-*.tar.xz.sha256
}

@test "a user builds all of it, and installs it below a folder of his" {
	succeeds as alice make -j2 -C "$source" tools
	succeeds as alice make -j2 -C "$source" install KERNEL="$kernel" DESTDIR=/home/alice/root
	[ -x /home/alice/root/usr/local/bin/bpfmmap ]
	[ -e "/home/alice/root/lib/modules/$kernel/updates/bpfmmap.ko" ]
	succeeds as alice /home/alice/root/usr/local/bin/bpfmmap help
	same "$(find / -xdev -path /home -prune -o -name '*bpfmmap*' -print)" ""
}

@test "a user who installs it for all is told to be root" {
	run as alice make -C "$source" install KERNEL="$kernel"
	[ "$status" != 0 ]
	has "$output" "run it as root"
}

@test "below a path with a space, make says what is wrong" {
	cp -r "$source" "/home/alice/a space"
	run make -C "/home/alice/a space" install KERNEL="$kernel"
	[ "$status" != 0 ]
	has "$output" "can't build"
}

# left VERSION: DKMS has that version, as an earlier checkout leaves it
left() {
	mkdir -p "/usr/src/bpfmmap-$1"
	cp -r "$source"/{dkms.conf,module,include} "/usr/src/bpfmmap-$1/"
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$1\"/" "/usr/src/bpfmmap-$1/dkms.conf"
	dkms add "bpfmmap/$1"
}

@test "root gives it to DKMS, in the place of an earlier version" {
	left 0.2.8
	same "$(versions)" 0.2.8
	succeeds make -j2 -C "$source" dkms KERNEL="$kernel"
	lacks "$output" "no such file|cannot open"
	installed "$version"
}

@test "the same version takes its own place" {
	succeeds make -j2 -C "$source" dkms KERNEL="$kernel"
	lacks "$output" "no such file|cannot open"
	installed "$version"
}

@test "an earlier version takes the place of a later one" {
	as_version 0.2.9
	succeeds make -j2 -C "$source" dkms KERNEL="$kernel"
	as_version "$version"
	installed 0.2.9
}

@test "a module that the distribution compresses is found" {
	local file ending

	file=$(modinfo -k "$kernel" -n bpfmmap)
	# some distributions have DKMS compress it
	case $file in
	*.xz) xz -d "$file" ;;
	*.zst) zstd -q -d --rm "$file" ;;
	*.gz) gzip -d "$file" ;;
	esac
	file=${file%.ko*}.ko
	# Debian's kmod reads no .gz
	for ending in xz zst; do
		case $ending in
		xz) xz -k "$file" ;;
		zst) zstd -q "$file" ;;
		esac
		mv "$file" /root/kept.ko
		depmod "$kernel"
		has "$(modinfo -k "$kernel" -n bpfmmap)" "\.$ending$"
		same "$(modinfo -k "$kernel" -F version bpfmmap)" 0.2.9
		mv /root/kept.ko "$file"
		rm "$file.$ending"
	done
	depmod "$kernel"
}

@test "make uninstall removes each version, and all else but the group" {
	left 0.2.8
	same "$(versions)" $'0.2.8\n0.2.9'
	succeeds make -C "$source" uninstall
	same "$(versions)" ""
	same "$(find / -xdev -path /home -prune -o -name '*bpfmmap*' -print)" ""
	getent group bpfmmap
}

@test "beside the packages it is neither installed nor removed" {
	local goal

	succeeds apt-get -qy install bpfmmap-dkms bpfmmap-tools
	for goal in install dkms uninstall; do
		run make -C "$source" $goal KERNEL="$kernel"
		[ "$status" != 0 ]
		has "$output" "the package bpfmmap-dkms has installed bpfmmap $version here"
	done
	installed "$version"
	succeeds dpkg --verify bpfmmap-dkms bpfmmap-tools
	same "$output" ""
}
