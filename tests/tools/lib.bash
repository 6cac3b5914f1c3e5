# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
# What the tests of the command share: the module is loaded again for each test, so ids begin
# with 1; transcripts; and processes that hold a region.

export PATH=/extra/stage/bin:/usr/bin:/bin
export LC_ALL=C TZ=UTC

bats_require_minimum_version 1.5.0

STAGE=/extra/stage
REGIONS=/sys/fs/bpfmmap
TRACING=/sys/kernel/tracing

setup() {
	printf '%s\n' root:x:0:0::/:/bin/sh member:x:1000:1000::/:/bin/sh \
		nobody:x:65534:65534::/:/bin/sh >/etc/passwd
	printf '%s\n' root:x:0: bpfmmap:x:700: member:x:1000: nogroup:x:65534: >/etc/group
	cd "$BATS_TEST_TMPDIR" || return
	insmod /module/bpfmmap.ko
	# udev and systemd do this on other machines
	chgrp bpfmmap /dev/bpfmmap
	chmod 0660 /dev/bpfmmap
	mount_regions
	# With the names of processes, an event switches tracepoints of the scheduler as well. The emulator
	# sometimes runs code of the kernel that the other CPU has changed by half.
	[ ! -e "$TRACING/trace_options" ] || echo norecord-cmd >"$TRACING/trace_options"
}

mounted() {
	grep -q "^bpfmmap $REGIONS bpfmmap " /proc/mounts
}

mount_regions() {
	mount -t bpfmmap -o gid=700,mode=1775 bpfmmap "$REGIONS"
}

teardown() {
	[ ${#holding[@]} = 0 ] || let_go "${!holding[@]}"
	# processes that a failed test has left, and that wait for the other end of a pipe
	jobs -p | xargs -r kill || :
	mounted || mount_regions
	(shopt -s dotglob nullglob; rm -rf "${REGIONS:?}"/*)
	umount "$REGIONS"
	rmmod bpfmmap
}

# as_nobody CMD...: run it without privileges and without groups.
as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# as_member CMD...: run it as another user without privileges, in the group bpfmmap only.
as_member() {
	setpriv --reuid 1000 --regid 1000 --groups 700 "$@"
}

# hold NAME ARGUMENT...: start hold.py with these ARGUMENTs, which runs until let_go NAME or the
# end of the test; its pid is in $NAME.
declare -gA holding=()
hold() {
	local fifo=$BATS_TEST_TMPDIR/$1.fifo ready=$BATS_TEST_TMPDIR/$1.ready
	local fd

	rm -f "$fifo" "$ready"
	mkfifo "$fifo" "$ready"
	python3 "$STAGE/hold.py" "${@:2}" <"$fifo" >"$ready" 3>&- &
	printf -v "$1" %s $!
	exec {fd}>"$fifo"
	if ! read -r <"$ready"; then
		exec {fd}>&-
		echo "hold.py ${*:2}: it never got ready"
		return 1
	fi
	holding[$1]=$fd
}

let_go() {
	local name fd

	for name; do
		fd=${holding[$name]}
		# not the end of file alone: a process that was started meanwhile may keep the pipe open
		printf xx >&"$fd"
		exec {fd}>&-
		unset "holding[$name]"
		wait "${!name}"
	done
}

# until_true CMD...: wait until it succeeds, for what another process is about to do.
until_true() {
	local tries

	for ((tries = 0; tries < 600; tries++)); do
		! "$@" || return 0
		sleep 0.05
	done
	echo "never came true: $*"
	return 1
}

# is REGION FIELD VALUE: the field has that value.
is() {
	[ "$(bpfmmap -j show "$1" | jq -r ".$2")" = "$3" ]
}

# mask: replace what differs from run to run by words.
mask() {
	sed -E -e 's/^ *[0-9]+  python3 /    PID  python3 /' -e 's/ at 0x[0-9a-f]+$/ at ADDRESS/' -e 's/ fd [0-9]+$/ fd N/' \
		-e 's/^(.* map +)([0-9]+m)?[0-9]+s +/\1AGE  /' \
		-e 's/^([0-9]{2}:){2}[0-9]{2}$/TIME/' \
		-e 's/^(interface [0-9]+, features: batch) .*/\1 and what the kernel has/' \
		-e 's/^memory .*/memory MEMORY/' -e 's/[0-9]+\.[0-9]+\.[0-9]+/VERSION/g'
}

# transcript NAME: run the commands behind "$ " in NAME.txt; the output must be as it stands below
# each. A status other than 0 is a line of its own, in brackets.
transcript() {
	local line status

	while IFS= read -r line <&"$from"; do
		case $line in
		'$ '*)
			printf '%s\n' "$line"
			status=0
			eval "${line#"$ "}" 2>&1 || status=$?
			[ "$status" = 0 ] || echo "[$status]"
			;;
		'# '*)
			printf '%s\n' "$line"
			;;
		esac
	done {from}<"$STAGE/$1.txt" >actual
	mask <actual >masked
	diff -u "$STAGE/$1.txt" masked
}
