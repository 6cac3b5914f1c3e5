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
# The script as its errors name it: its path in scripts/.
ME=${0##*scripts/}
mkdir -p "$BUILD"

# The kernels that the default commands use, the first one alone for `make demo`.
DEFAULT_KERNELS="6.12 6.1"

say() {
	printf '%s\n' "$*" >&2
}

die() {
	printf '%s: %s\n' "$ME" "$*" >&2
	exit 1
}

usage() {
	printf '%s: %s\n' "$ME" "$*" >&2
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

# archive_uri SUITE: where the Debian archive is, by this machine's apt configuration, or
# MIRROR=.
archive_uri() {
	local wanted='^(oldoldstable|oldstable|stable|testing|unstable|sid|bullseye|bookworm|trixie|forky) '
	local uri

	if [ -n "${MIRROR:-}" ]; then
		case $1 in
		*-security) echo "${MIRROR_SECURITY:-${MIRROR%/}-security}" ;;
		*) echo "${MIRROR%/}" ;;
		esac
		return
	fi
	case $1 in
	*-security) wanted='^[a-z]+-security ' ;;
	esac
	# shellcheck disable=SC2016 # apt-get itself fills these in
	uri=$(apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' \
		'Created-By: Packages' | awk -v "wanted=$wanted" '$0 ~ wanted && !n++ { print $2 }')
	[ -n "$uri" ] || die "apt is not set up with a Debian archive that could hold $1;" \
		"set MIRROR= to one (and MIRROR_SECURITY= if that is not \$MIRROR-security)"
	echo "${uri%/}"
}

# The options that this machine's apt needs to use its archive: a proxy, one that is frozen
# in time. One a line, as in apt.conf.
archive_options() {
	apt-config dump --no-empty | grep -E '^Acquire::(Check-|Retries|https?|ForceIP)' || :
}

# keyring: what Debian signs its archive with.
keyring() {
	local file

	for file in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
		if [ -e "$file" ]; then
			echo "$file"
			return
		fi
	done
	die "there is no keyring of the Debian archive here (Debian: debian-archive-keyring)"
}

# privileged CMD...: as root, through sudo where we are not.
privileged() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		command -v sudo >/dev/null || die "this takes root, and there is no sudo here: $*"
		sudo "$@"
	fi
}

# this_arch: this machine's, as Debian calls it.
this_arch() {
	dpkg --print-architecture 2>/dev/null || echo amd64
}

# triplet ARCH: what the names of its compilers begin with.
triplet() {
	case $1 in
	amd64) echo x86_64-linux-gnu ;;
	arm64) echo aarch64-linux-gnu ;;
	i386) echo i686-linux-gnu ;;
	*) echo "$1-linux-gnu" ;;
	esac
}
