#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make install, into a folder of its own: with the jobs of make, from a checkout whose path has the word
# "error" or a space, and with a compiler that warns. This needs no guest. TAP on stdout.

. "$(dirname "$0")/../../scripts/lib.sh"

. "$(dirname "$0")/tap.sh"

headers=$("$SCRIPTS/kernel/get" 6.12)/build

# checkout PATH: the files of this checkout in another place, without what was built.
checkout() {
	mkdir -p "$1"
	(cd "$TOP" && tar -c --exclude=./build --exclude=./.git .) | tar -x -C "$1"
}

# install_from CHECKOUT [ARGUMENT...]: of make. Succeeds if it does and all is there.
install_from() {
	local from=$1
	shift

	rm -rf "$dir/root"
	make -C "$from" KERNEL="$headers" DESTDIR="$dir/root" install "$@" >"$dir/said" 2>&1 &&
		compgen -G "$dir/root/lib/modules/*/updates/bpfmmap.ko" >/dev/null &&
		[ -x "$dir/root/usr/local/bin/bpfmmap" ] &&
		[ -e "$dir/root/usr/local/lib/libbpfmmap.so.1" ]
}

echo 1..4

checkout "$dir/an-error"
install_from "$dir/an-error" -j2 && ok=0 || ok=1
result "$ok" "make -j2 install, below a path with the word error"

# of the headers' compiler, and of another one
cat >"$dir/warns" <<'SH'
#!/bin/sh
echo "error: none, but a warning: this compiler says more than others" >&2
exec gcc "$@"
SH
chmod +x "$dir/warns"
touch "$dir/an-error/module/main.c"
PATH=$dir:$PATH install_from "$dir/an-error" CC="$dir/warns" && ok=0 || ok=1
result "$ok" "a compiler that says more than others"

checkout "$dir/with space"
! make -C "$dir/with space" KERNEL="$headers" DESTDIR="$dir/root" install >"$dir/said" 2>&1 &&
	[ "$(grep -c "can't build" "$dir/said")" = 1 ] && [ "$(wc -l <"$dir/said")" -le 3 ] && ok=0 || ok=1
result "$ok" "below a path with a space make says what is wrong"

! "$dir/with space/scripts/package/install" module >"$dir/said" 2>&1 &&
	[ "$(wc -l <"$dir/said")" = 1 ] && grep -q "can't build" "$dir/said" && ok=0 || ok=1
result "$ok" "and so does the script"
