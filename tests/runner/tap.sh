# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the tests of the scripts share: a folder for their files, and TAP on stdout. Sourced after
# scripts/lib.sh. What a test complains about is in $dir/said.

dir=$(mktemp -d "$BUILD/runner.XXXXXX")
trap 'rm -rf "$dir"' EXIT
number=0

# result STATUS NAME: a line of TAP.
result() {
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		sed 's/^/# /' "$dir/said"
	fi
}
