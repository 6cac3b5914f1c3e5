# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
# What every script here shares: where things are, and how to speak.
#
# Sourced, never run. Progress goes to stderr, so that a script's stdout can be
# its answer; a failure is one line that says what was wrong and what to do.

set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD:-$TOP/build}
SCRIPTS=$TOP/scripts
mkdir -p "$BUILD"

# The kernels that the default commands use, the first one alone for `make demo`.
DEFAULT_KERNELS="6.12 6.1"

say() {
	printf '%s\n' "$*" >&2
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

usage() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 2
}

# quietly LOG CMD...: run it with its output in LOG, and show the end of that
# only when it failed.
quietly() {
	local log=$1
	shift

	mkdir -p "${log%/*}"
	if ! "$@" >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		die "failed: $* (all of its output: $log)"
	fi
}

# static_busybox: where it is. Debian has the static one in a package of its own.
static_busybox() {
	local path

	for path in /bin/busybox /usr/bin/busybox; do
		if [ -x "$path" ] && ! ldd "$path" >/dev/null 2>&1; then
			echo "$path"
			return
		fi
	done
	return 1
}

# version_of_package: the one version number, which dkms.conf owns.
version_of_package() {
	sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$TOP/dkms.conf"
}
