#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# module/probe/run believes a compiler only if it has come to the end of the questions. The compilers here are
# scripts, and gcc and clang with questions that need no headers. This needs no guest. TAP on stdout.

. "$(dirname "$0")/../../scripts/lib.sh"

. "$(dirname "$0")/tap.sh"

cat >"$dir/questions.c" <<'C'
int there_is(int number);

#line 1 "HAS_IT"
int ask_it(void)
{
	return there_is(1);
}

#line 1 "HAS_ANOTHER"
int ask_another(void)
{
	return there_is_another(1);
}

#line 1 "HAS_ONE_ARGUMENT"
int ask_one_argument(void)
{
	return there_is();
}

#define SAME(a, b) _Static_assert(__builtin_types_compatible_p(a, b), "not the same")

#line 1 "HAS_THIS_TYPE"
SAME(__typeof__(&there_is), long (*)(int));

#line 1 "HAS_THAT_TYPE"
SAME(__typeof__(&there_is), int (*)(int));

#line 1 "NOTHING_HAS_THIS"
void *ask_nothing = nothing_has_this;
C

# compiler NAME: a script from stdin
compiler() {
	cat >"$dir/$1"
	chmod +x "$dir/$1"
}

# ask COMPILER [FLAG...]
ask() {
	rm -rf "$dir/probe"
	"$TOP/module/probe/run" "$dir/probe/features.h" "$dir/questions.c" "$@" >"$dir/said" 2>&1
}

answered() {
	ask "$@" && [ "$(sed -n 's/#define HAS_//p' "$dir/probe/features.h" | tr '\n' ' ')" = \
		"IT 1 ANOTHER 0 ONE_ARGUMENT 0 THIS_TYPE 0 THAT_TYPE 1 " ]
}

# refused COMPILER [FLAG...]: with a sentence, and without a header
refused() {
	! ask "$@" && [ ! -e "$dir/probe/features.h" ] &&
		grep -q "^bpfmmap: cannot find out what the kernel's headers have: " "$dir/said"
}

echo 1..7

answered gcc -std=gnu11 -Werror -Wp,-MMD,"$dir/list" -Wno-implicit-function-declaration && ok=0 || ok=1
[ -s "$dir/list" ] || ok=1
result "$ok" "gcc answers each question, and writes the list of headers"

if command -v clang >/dev/null; then
	answered clang -std=gnu11 -Werror && ok=0 || ok=1
	result "$ok" "clang gives the same answers"
else
	result 0 "clang gives the same answers # SKIP there is no clang on this machine"
fi

compiler yes <<'SH'
#!/bin/sh
exit 0
SH
refused "$dir/yes" && ok=0 || ok=1
result "$ok" "a compiler that accepts everything is not believed"

compiler dies <<'SH'
#!/bin/sh
case $* in *-fsyntax-only*) echo 'HAS_ANOTHER:3:9: error: what is this'; exit 1 ;; esac
SH
refused "$dir/dies" && ok=0 || ok=1
result "$ok" "nor one that did not come to the end"

compiler elsewhere <<'SH'
#!/bin/sh
case $* in *-fsyntax-only*)
	echo 'include/linux/fs.h:3:9: error: what is this'
	echo 'NOTHING_HAS_THIS:1:9: error: what is this'
	exit 1 ;;
esac
SH
refused "$dir/elsewhere" && ok=0 || ok=1
result "$ok" "nor one that finds an error in a header"

compiler no-headers <<'SH'
#!/bin/sh
exit 1
SH
refused "$dir/no-headers" && ok=0 || ok=1
result "$ok" "headers that can't be read end the build"

mkdir -p "$dir/an error: 1: error: here"
cp "$dir/questions.c" "$dir/an error: 1: error: here/questions.c"
rm -rf "$dir/probe"
"$TOP/module/probe/run" "$dir/probe/features.h" "$dir/an error: 1: error: here/questions.c" gcc -std=gnu11 \
	>"$dir/said" 2>&1 && ok=0 || ok=1
grep -qx '#define HAS_IT 1' "$dir/probe/features.h" || ok=1
result "$ok" "the word error in a path is none"
