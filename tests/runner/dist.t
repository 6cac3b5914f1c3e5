#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make dist: the same commit gives the same bytes, the tarball has what the commit has and nothing
# else, and what it has can be built. This needs no guest. TAP on stdout.

. "$(dirname "$0")/../../scripts/lib.sh"

. "$(dirname "$0")/tap.sh"

# commit PATH: the files of this checkout, in another place and a commit of their own.
commit() {
	mkdir -p "$1"
	source_files | tar -C "$TOP" --null -T - -cf - | tar -C "$1" -xf -
	git -C "$1" init -q
	git -C "$1" add -A
	GIT_AUTHOR_DATE=@1700000000 GIT_COMMITTER_DATE=@1700000000 git -C "$1" \
		-c user.name=test -c user.email=test@bpfmmap.invalid commit -q -m "all files"
}

# same FILE FILE: succeeds if the bytes are the same, and says so if not.
same() {
	cmp "$1" "$2" >"$dir/said" 2>&1
}

echo 1..8

version=$(version_of_package)
name=bpfmmap-$version
commit "$dir/one"
(cd "$dir/one" && make -s dist) >"$dir/said" 2>&1 && first=$dir/one/build/dist &&
	[ -s "$first/$name.tar.xz" ] && ok=0 || ok=1
result "$ok" "make dist makes $name.tar.xz"

# on another day, elsewhere, by somebody with other habits
git clone -q "$dir/one" "$dir/two"
touch "$dir/two/README.md"
(cd "$dir/two" && umask 077 && TZ=Asia/Tokyo LC_ALL=C make -s dist) >"$dir/said" 2>&1 &&
	same "$first/$name.tar.xz" "$dir/two/build/dist/$name.tar.xz" && ok=0 || ok=1
result "$ok" "two dists of a commit are the same, byte for byte"

(cd "$first" && sha256sum -c "$name.tar.xz.sha256") >"$dir/said" 2>&1 && ok=0 || ok=1
result "$ok" "the checksum is that of the tarball"

git -C "$dir/one" ls-files | sort >"$dir/committed"
tar -tf "$first/$name.tar.xz" | sed -n "s,^$name/\(.*[^/]\)\$,\1,p" | sort >"$dir/packed"
diff "$dir/committed" "$dir/packed" >"$dir/said" && ok=0 || ok=1
result "$ok" "it has the files of the commit, and no others"

echo changed >>"$dir/two/NEWS.md"
echo new >"$dir/two/new-file"
(cd "$dir/two" && make -s dist) >"$dir/said" 2>&1 &&
	grep -q '^2 files have changes that are not committed' "$dir/said" &&
	same "$first/$name.tar.xz" "$dir/two/build/dist/$name.tar.xz" && ok=0 || ok=1
result "$ok" "what is not committed stays out, and that is said"

# in a place that is inside a repository of git, which is not that of the source
mkdir "$dir/one/inner"
tar -C "$dir/one/inner" -xf "$first/$name.tar.xz"
(cd "$dir/one/inner/$name" && make -s dist) >"$dir/said" 2>&1 &&
	same "$first/$name.tar.xz" "$dir/one/inner/$name/build/dist/$name.tar.xz" && ok=0 || ok=1
result "$ok" "an unpacked tarball gives the same tarball"

(cd "$dir/one/inner/$name" && make -s tools && build/tools/bpfmmap version -j) >"$dir/said" 2>&1 &&
	grep -qF "\"$version\"" "$dir/said" && ok=0 || ok=1
result "$ok" "the library and the command can be built from it"

mkdir "$dir/with space"
mv "$dir/one/inner/$name" "$dir/with space/"
! make -C "$dir/with space/$name" dist >"$dir/said" 2>&1 &&
	[ "$(grep -c "can't build" "$dir/said")" = 1 ] && [ "$(wc -l <"$dir/said")" -le 3 ] && ok=0 || ok=1
result "$ok" "below a path with a space make says what is wrong"
