# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
# What the tests of an installed system share. Each test goes on with the system as the test
# before left it, in the order of their files.
#
# alice will be in the group bpfmmap, bob never is.

bats_require_minimum_version 1.5.0
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Files that are kept over a boot; not in /srv, which has the tests.
KEPT=/root/kept
META="linux-image-cloud-amd64 linux-headers-cloud-amd64"

# as USER CMD...: as somebody who has just logged in, in his home
as() {
	local user=$1
	shift
	runuser -u "$user" -- env -C "/home/$user" HOME="/home/$user" "$@"
}

# same FOUND EXPECTED: fails unless they are the same, and prints both
same() {
	[ "$1" = "$2" ] || {
		printf 'found:    %s\nexpected: %s\n' "$1" "$2"
		return 1
	}
}

# has TEXT PATTERN: grep -E finds a line
has() {
	grep -Eq -- "$2" <<<"$1" || {
		printf 'no line like: %s\nin:\n%s\n' "$2" "$1"
		return 1
	}
}

# lacks TEXT PATTERN: grep -E finds no line
lacks() {
	! grep -Ei -- "$2" <<<"$1" || {
		printf 'a line like: %s\n' "$2"
		return 1
	}
}

# succeeds CMD...: runs it; its output is in $output
succeeds() {
	run "$@"
	# shellcheck disable=SC2154 # bats sets them
	[ "$status" = 0 ] || {
		printf '%s\nstatus %s of: %s\n' "$output" "$status" "$*"
		return 1
	}
}

version() {
	dpkg-query -W -f '${Version}' bpfmmap-dkms
}

# newest_kernel: the release that the metapackage depends on now
newest_kernel() {
	dpkg-query -W -f '${Depends}' linux-image-cloud-amd64 |
		sed -nE 's/.*linux-image-([^ ,]*-cloud-amd64).*/\1/p'
}

# dkms_has RELEASE: DKMS has installed our module for it
dkms_has() {
	succeeds dkms status -m bpfmmap -v "$(version)" -k "$1"
	has "$output" "^bpfmmap/.*: installed"
}

device_is_right() {
	same "$(stat -c '%F %U:%G %a' /dev/bpfmmap)" "character special file root:bpfmmap 660"
}

# mount_is_right: the file system is mounted as its unit says
mount_is_right() {
	same "$(findmnt -nro TARGET,FSTYPE /sys/fs/bpfmmap)" "/sys/fs/bpfmmap bpfmmap"
	same "$(stat -c '%U:%G %a' /sys/fs/bpfmmap)" "root:bpfmmap 1775"
	has "$(findmnt -nro OPTIONS /sys/fs/bpfmmap)" "nosuid,nodev,noexec"
}

# mounts_in_time: systemd mounts it soon after the device has come
mounts_in_time() {
	local tries

	for ((tries = 0; tries < 60; tries++)); do
		! mountpoint -q /sys/fs/bpfmmap || break
		sleep 1
	done
	mount_is_right
}

# first_program_works: the first program of README, which alice compiles as README says
first_program_works() {
	cp /srv/readme/first.c /home/alice/
	succeeds as alice cc -o first first.c
	succeeds as alice ./first
	same "$output" "$(</srv/readme/first.expected)"
}
