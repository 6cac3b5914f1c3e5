#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs that go on side by side share folders of build/. None may see a file of the other half written,
# and one that ends early is named. TAP on stdout.

. "$(dirname "$0")/../../scripts/lib.sh"
. "$(dirname "$0")/tap.sh"

echo 1..2

# A kernel's folder that is used already is made again by each `get PATH`.
kernel=$dir/kernel
mkdir -p "$kernel/include/generated"
touch "$kernel/Makefile"
echo '#define UTS_RELEASE "1.0-runner"' >"$kernel/include/generated/utsrelease.h"
place=$(BUILD=$dir "$SCRIPTS/kernel/get" "$kernel")
(
	for ((i = 0; i < 40; i++)); do
		BUILD=$dir "$SCRIPTS/kernel/get" "$kernel" >/dev/null
	done
) &
reads=0 bad=0
while kill -0 $! 2>/dev/null; do
	for file in arch release; do
		read -r text <"$place/$file" && [ "$text" ] || bad=$((bad + 1))
	done
	[ -L "$place/build" ] || bad=$((bad + 1))
	reads=$((reads + 1))
done
wait
echo "$bad of $reads reads found a file missing or empty" >"$dir/said"
[ "$bad" = 0 ] && [ "$reads" -gt 100 ]
result $? "the folder of a kernel is never seen half made"

# A run without a kernel ends before its guest; the module counts as built, so nothing else is done.
status=0
KERNEL=$kernel ACCEL=tcg BUILT=yes BUILD=$dir "$SCRIPTS/test/run" pressure >"$dir/said" 2>&1 || status=$?
[ "$status" != 0 ] && grep -qx "$kernel pressure: 0 passed, 1 failed, 0 skipped" "$dir/said" &&
	grep -q 'FAILED: it ended before there were counts' "$dir/said" &&
	[ "$(tail -n 1 "$dir/said")" = "0 passed, 1 failed, 0 skipped" ]
result $? "a run that ends before its guest is named, and counts as failed"
