#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# module/toolchain asks for clang only for a kernel that clang has built, and module/dkms.mk builds with
# that, whatever DKMS says. This needs no guest, no clang and no kernel. TAP on stdout.

. "$(dirname "$0")/../../scripts/lib.sh"

. "$(dirname "$0")/tap.sh"

mkdir -p "$dir/kernel/include/config" "$dir/bin"

# configure LINE...: the configuration of the kernel
configure() {
	printf '%s\n' "$@" >"$dir/kernel/.config"
}

# says ANSWER: the script's answer, where the compilers of $dir/bin are all that there is
says() {
	PATH=$dir/bin:/usr/bin:/bin "$TOP/module/toolchain" "$dir/kernel" >"$dir/said" 2>&1 &&
		[ "$(<"$dir/said")" = "$1" ]
}

echo 1..7

configure CONFIG_CC_IS_GCC=y CONFIG_GCC_VERSION=120200 CONFIG_CLANG_VERSION=0
says "" && ok=0 || ok=1
result "$ok" "nothing for a kernel of gcc"

configure CONFIG_CC_IS_CLANG=y CONFIG_GCC_VERSION=0 CONFIG_CLANG_VERSION=990006
says LLVM=1 && ok=0 || ok=1
result "$ok" "clang, for a kernel of a clang that is not here"

touch "$dir/bin/clang-99" "$dir/bin/ld.lld-99"
chmod +x "$dir"/bin/*
says LLVM=-99 && ok=0 || ok=1
result "$ok" "the clang that built the kernel, if it is here"

mv "$dir/kernel/.config" "$dir/kernel/include/config/auto.conf"
says LLVM=-99 && ok=0 || ok=1
result "$ok" "the same, where only kbuild's own copy of the configuration is here"

rm "$dir/kernel/include/config/auto.conf"
says "" && ok=0 || ok=1
result "$ok" "nothing for headers without a configuration"

# DKMS has no source yet when it reads dkms.conf first; what it reads it expands a second time.
(
	set -u
	dkms_tree=$dir/nowhere kernelver=6.12.0 kernel_source_dir=$dir/kernel MAKE=() BUILT_MODULE_NAME=()
	BUILT_MODULE_LOCATION=() DEST_MODULE_LOCATION=()
	. "$TOP/dkms.conf"
	twice=
	eval "twice=\"${MAKE[0]}\""
	[ "$twice" = "${MAKE[0]}" ] && [[ $twice != *[\`\;\&\|]* ]] && [[ $twice == "make "* ]] || echo "it is: $twice"
) >"$dir/said" 2>&1 || echo "dkms.conf fails" >>"$dir/said"
[ ! -s "$dir/said" ] && ok=0 || ok=1
result "$ok" "dkms.conf is read without the source and without a word"

# as DKMS calls it for a kernel of clang
# shellcheck disable=SC2016 # make expands it
printf 'modules:\n\t@echo "LLVM=$(LLVM) CC=$(origin CC) LD=$(origin LD) M=$(M)"\n' >"$dir/kernel/Makefile"
configure CONFIG_CC_IS_CLANG=y CONFIG_GCC_VERSION=0 CONFIG_CLANG_VERSION=990006
PATH=$dir/bin:$PATH make -s -j2 KERNELRELEASE=6.12.0 -C "$TOP/module" -f dkms.mk HEADERS="$dir/kernel" \
	RELEASE=6.12.0 CC=clang LD=ld.lld >"$dir/said" 2>&1 &&
	grep -q "^LLVM=-99 CC=[a-z]* LD=[a-z]* M=$TOP/module$" "$dir/said" &&
	! grep -q "command line" "$dir/said" && ok=0 || ok=1
result "$ok" "DKMS builds with the clang that built the kernel"
