# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
# What all scripts here share: paths, messages, errors, and a few questions about this machine.
#
# Sourced, never run. Progress goes to stderr, so that a script's stdout can be its answer. An
# error is one line that says what is wrong and what to do.

set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD:-$TOP/build}
SCRIPTS=$TOP/scripts
# The script as its errors name it: its path in scripts/.
ME=${0##*scripts/}

# kbuild and make take a space for the end of a name, and a colon for that of a target.
if [[ $TOP$BUILD =~ [[:space:]:] ]]; then
	printf '%s\n' "$ME: the kernel's build system can't build below a path with a space or a colon:" \
		"move $TOP (BUILD=$BUILD)" | paste -sd ' ' >&2
	exit 1
fi
mkdir -p "$BUILD"

# The default kernels. `make demo` takes the first one only.
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

# quietly LOG CMD...: run it with its output in LOG. If it fails, show the end of LOG.
quietly() {
	local log=$1
	shift

	mkdir -p "${log%/*}"
	if ! "$@" >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		die "failed: $* (all of its output: $log)"
	fi
}

# static_busybox: print its path. Debian has a static one in a separate package.
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

# version_of_package: print the version, which dkms.conf defines.
version_of_package() {
	sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$TOP/dkms.conf"
}

# source_files: print the paths of all files of the source as they are now, each with a NUL behind it:
# those that git knows or does not ignore, or all but what was built where there is no git. (A
# repository of git in which an unpacked tarball happens to be is another one.)
source_files() {
	local file

	if [ ! -e "$TOP/.git" ]; then
		(cd "$TOP" && find . \( -path "./${BUILD#"$TOP/"}" -o -path ./build -o -name __pycache__ \) -prune \
			-o ! -type d -printf '%P\0') | sort -z
		return
	fi
	git -C "$TOP" ls-files -z --cached --others --exclude-standard |
		while IFS= read -r -d '' file; do
			# git also lists files whose removal is not committed yet
			[ ! -e "$TOP/$file" ] || printf '%s\0' "$file"
		done
}

# archive_uri SUITE: print the URI of the Debian archive, from MIRROR= or else from this machine's
# configuration of apt.
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
	# shellcheck disable=SC2016 # variables of apt-get, not of the shell
	uri=$(apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' \
		'Created-By: Packages' | awk -v "wanted=$wanted" '$0 ~ wanted && !n++ { print $2 }')
	[ -n "$uri" ] || die "apt is not configured with a Debian archive that has $1;" \
		"set MIRROR= to one (and MIRROR_SECURITY= if it is not \$MIRROR-security)"
	echo "${uri%/}"
}

# archive_options: print the options that apt needs on this machine to reach its archive, such as
# a proxy. One per line, as in apt.conf.
archive_options() {
	apt-config dump --no-empty | grep -E '^Acquire::(Check-|Retries|https?|ForceIP)' || :
}

# keyring: print the file with the keys that Debian signs its archive with.
keyring() {
	local file

	for file in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
		if [ -e "$file" ]; then
			echo "$file"
			return
		fi
	done
	die "there is no keyring of the Debian archive here (package: debian-archive-keyring)"
}

# privileged CMD...: run it as root, by sudo if this is not root.
privileged() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		command -v sudo >/dev/null || die "this needs root, and there is no sudo here: $*"
		sudo "$@"
	fi
}

# this_arch: print this machine's architecture, by Debian's name.
this_arch() {
	dpkg --print-architecture 2>/dev/null || echo amd64
}

# triplet ARCH: print the prefix of the names of its compilers.
triplet() {
	case $1 in
	amd64) echo x86_64-linux-gnu ;;
	arm64) echo aarch64-linux-gnu ;;
	i386) echo i686-linux-gnu ;;
	*) echo "$1-linux-gnu" ;;
	esac
}

# replace_between BEGIN END FILE DOCUMENT: put FILE between the lines BEGIN and END of DOCUMENT.
replace_between() {
	local new

	new=$(awk -v "begin=$1" -v "end=$2" -v "file=$3" '
		$0 == end { skip = 0 }
		!skip { print }
		$0 == begin {
			while ((getline line < file) > 0)
				print line
			skip = 1
		}' "$4")
	printf '%s\n' "$new" >"$4"
}
