#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# module/toolchain asks for clang only for a kernel that clang has built. This needs no guest, no
# clang and no kernel. TAP on stdout.

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

echo 1..5

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
