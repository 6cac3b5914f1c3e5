#!/usr/bin/bats
# shellcheck disable=SC2154 # run sets stderr and stderr_lines
# SPDX-License-Identifier: GPL-2.0-only
# The service of OpenRC: what it does at boot, again, at its end, and when something is wrong. OpenRC is Debian's;
# mount, modprobe and mdev are busybox's, as on Alpine.

bats_require_minimum_version 1.5.0

export PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C
REGIONS=/sys/fs/bpfmmap
MODULES=/lib/modules/$(uname -r)

setup() {
	printf '%s\n' root:x:0:0::/:/bin/sh nobody:x:65534:65534::/:/bin/sh >/etc/passwd
	printf '%s\n' root:x:0: bpfmmap:x:700: >/etc/group
	[ -e /usr/bin/bpfmmap ] || cp -a /extra/openrc/. /extra/root/. /
	mkdir -p "$MODULES" /etc/runlevels/{sysinit,boot,default} /run
	# Debian's OpenRC reads these
	mkdir -p /etc/insserv.conf.d
	touch /etc/insserv.conf
	cp /module/bpfmmap.ko "$MODULES/"
	depmod
	# as after "openrc sysinit", without its mounts; without them OpenRC runs no service
	mkdir -p /run/openrc/{starting,started,stopping,inactive,wasinactive,failed,hotplugged} \
		/run/openrc/{daemons,options,exclusive,scheduled,tmp}
	echo sysinit >/run/openrc/softlevel
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	local file

	for file in /etc/init.d/*; do
		[ "$file" = /etc/init.d/bpfmmap ] || rm "$file"
	done
	rm -rf /etc/bpfmmap.d /etc/runlevels /run/openrc
	! pid=$(pidof mdev) || kill "$pid"
	exec 9<&-
	[ -d /sys/module/bpfmmap ] || return 0
	! mounted || umount "$REGIONS"
	mount -t bpfmmap bpfmmap "$REGIONS"
	rm -rf "${REGIONS:?}"/*
	umount "$REGIONS"
	rmmod bpfmmap
}

mounted() {
	grep -q "^bpfmmap $REGIONS bpfmmap " /proc/mounts
}

# service NAME [LINE...]: make a service that writes its name to the file order when it starts, with
# these lines in its depend().
service() {
	local name=$1
	shift

	cat >"/etc/init.d/$name" <<-END
		#!/sbin/openrc-run
		depend() {
			:
		$(printf '\t%s\n' "$@")
		}
		start() {
			echo $name >>"$PWD/order"
			${START:-}
		}
	END
	chmod 755 "/etc/init.d/$name"
}

# describe_regions: make a file for bpfmmap apply.
describe_regions() {
	mkdir -p /etc/bpfmmap.d
	seq 1 100 >table
	cat >/etc/bpfmmap.d/boot.conf <<-END
		prices value_size 8 max_entries 512 mode 0644
		boot/table from $PWD/table freeze mode 0444
	END
}

# starts: start the service, which says nothing on stderr.
starts() {
	run --separate-stderr rc-service bpfmmap start
	echo "$output"
	echo "$stderr"
	[ "$status,$stderr" = 0, ]
}

# complaint OURS OPENRC: stderr has one line of ours and one of OpenRC, and its mark of a failure.
complaint() {
	diff <(printf '* %s\n' "$@") <(printf '%s\n' "$stderr" | sed 's/^ *//' | grep -vxF '[ !! ]')
}

# is_as_packaged: mount, directory and device are as systemd's units and rules make them.
is_as_packaged() {
	grep "^bpfmmap $REGIONS bpfmmap rw,nosuid,nodev,noexec," /proc/mounts
	[ "$(stat -c '%a %u %g' "$REGIONS")" = "1775 0 700" ]
	[ "$(stat -c '%a %u %g' /dev/bpfmmap)" = "660 0 700" ]
}

@test "start loads the module, mounts the file system, and gives the device to its group" {
	[ ! -d /sys/module/bpfmmap ]
	starts
	is_as_packaged
	run -0 rc-service bpfmmap status
	[[ $output == *started* ]]
}

@test "start makes the regions of /etc/bpfmmap.d" {
	describe_regions
	starts
	cmp table "$REGIONS/boot/table"
	[ "$(stat -c %a "$REGIONS/prices")" = 644 ]
}

@test "a module that is loaded, and a mount that is there, are taken as they are" {
	modprobe bpfmmap
	chgrp 7 /dev/bpfmmap
	mount -t bpfmmap -o gid=7,mode=1770 bpfmmap "$REGIONS"
	describe_regions
	starts
	[ "$(stat -c '%a %u %g' "$REGIONS")" = "1770 0 7" ]
	[ "$(stat -c '%a %u %g' /dev/bpfmmap)" = "660 0 7" ]
	[ "$(grep -c "^bpfmmap $REGIONS " /proc/mounts)" = 1 ]
	cmp table "$REGIONS/boot/table"
}

@test "a second start changes nothing" {
	describe_regions
	starts
	before=$(cat /proc/mounts; bpfmmap -j list)
	run -0 rc-service bpfmmap start
	[ "$(cat /proc/mounts; bpfmmap -j list)" = "$before" ]
	# also if OpenRC does not know of the first one
	rc-service bpfmmap zap
	starts
	[ "$(cat /proc/mounts; bpfmmap -j list)" = "$before" ]
}

@test "stop unmounts, and the regions with names stay" {
	describe_regions
	starts
	run -0 --separate-stderr rc-service bpfmmap stop
	[ -z "$stderr" ]
	run ! mounted
	run -3 rc-service bpfmmap status
	rm -r /etc/bpfmmap.d
	starts
	cmp table "$REGIONS/boot/table"
}

@test "stop while somebody uses a region says so in one line, and the service is still started" {
	describe_regions
	starts
	exec 9<"$REGIONS/boot/table"
	run -1 --separate-stderr rc-service bpfmmap stop
	complaint "$REGIONS is in use; bpfmmap list shows the regions, and bpfmmap holders REGION who uses one" \
		"ERROR: bpfmmap failed to stop"
	mounted
	run -0 rc-service bpfmmap status
	exec 9<&-
	run -0 rc-service bpfmmap stop
	run ! mounted
}

@test "a line that is wrong is named, and the service starts" {
	describe_regions
	echo "wrong value_size 8" >>/etc/bpfmmap.d/boot.conf
	run -0 --separate-stderr rc-service bpfmmap start
	[[ $stderr == *"Error: /etc/bpfmmap.d/boot.conf:3: create lacks max_entries; "* ]]
	[[ $output$stderr == *"bpfmmap apply could not make all regions of /etc/bpfmmap.d"* ]]
	run -0 rc-service bpfmmap status
	cmp table "$REGIONS/boot/table"
}

@test "without the module, start fails in one line" {
	rm "$MODULES/bpfmmap.ko"
	depmod
	run -1 --separate-stderr rc-service bpfmmap start
	complaint "modprobe bpfmmap failed; bpfmmap doctor says why" "ERROR: bpfmmap failed to start"
	run -3 rc-service bpfmmap status
}

@test "without the group it starts for root alone, and says so" {
	echo root:x:0: >/etc/group
	run -0 rc-service bpfmmap start
	[[ $output == *"There is no group bpfmmap, so root alone may create regions; addgroup -S bpfmmap"* ]]
	[ "$(stat -c '%a %u %g' "$REGIONS")" = "1775 0 0" ]
}

@test "status sees that somebody has unmounted it, and restart mounts it again" {
	# also before a first start
	run -0 rc-service bpfmmap restart
	mounted
	umount "$REGIONS"
	run -32 --separate-stderr rc-service bpfmmap status
	[[ $stderr == *"The file system bpfmmap is not mounted at $REGIONS; rc-service bpfmmap restart"* ]]
	run -0 rc-service bpfmmap restart
	mounted
}

@test "at boot it starts between the services that it needs and those that may read regions" {
	describe_regions
	service sysfs
	service localmount 'after sysfs'
	service modules
	service mdev
	START="[ -e $REGIONS/boot/table ] && echo table >>$PWD/order" service networking 'provide net'
	START="cmp $PWD/table $REGIONS/boot/table && echo read >>$PWD/order" service reader
	# their names come before ours in the alphabet, or behind it
	START="[ -e $REGIONS/boot/table ] && echo table >>$PWD/order" service a-reader 'need bpfmmap'
	for name in modules networking bpfmmap a-reader; do
		rc-update add "$name" boot
	done
	rc-update add mdev sysinit
	rc-update add reader default
	openrc sysinit
	openrc boot
	openrc default
	cat order
	mounted
	# what has to come before the file system is mounted
	before=$(sed '/networking/,$d; /a-reader/,$d' order | sort | tr '\n' ' ')
	[ "$before" = "localmount mdev modules sysfs " ]
	[ "$(grep -A1 networking order | tail -n 1)" = table ]
	[ "$(grep -A1 a-reader order | tail -n 1)" = table ]
	[ "$(tail -n 2 order | tr '\n' ' ')" = "reader read " ]
}

# device_of_root: succeeds when the device belongs to root's group.
device_of_root() {
	local tries

	for ((tries = 0; tries < 100; tries++)); do
		[ "$(stat -c %g /dev/bpfmmap)" != 0 ] || return 0
		sleep 0.1
	done
	return 1
}

@test "mdev gives the new device to root, and the service gives it to the group after that" {
	START="mdev -d" service mdev
	rc-service mdev start
	# mdev is late
	pid=$(pidof mdev)
	kill -STOP "$pid"
	modprobe bpfmmap
	chgrp bpfmmap /dev/bpfmmap
	kill -CONT "$pid"
	device_of_root
	rmmod bpfmmap
	kill -STOP "$pid"
	(until [ -e /dev/bpfmmap ]; do sleep 0.1; done; sleep 1; kill -CONT "$pid") 3>&- &
	starts
	wait
	sleep 3
	is_as_packaged
}
