#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An error in a vm.conf is one line that names the file and the line; a correct vm.conf gives the
# values that it says. This needs no guest. TAP on stdout.

. "$(dirname "$0")/../../scripts/lib.sh"
. "$(dirname "$0")/../../scripts/test/vm-conf.sh"

. "$(dirname "$0")/tap.sh"

# set_variables [NAME=VALUE]...: as the user would. Others keep their defaults.
set_variables() {
	local pair

	unset SECONDS_OF_RACE STEPS SEED
	for pair; do
		export "${pair?}"
	done
}

# refused NAME LINE WORDS [NAME=VALUE]...: stdin is a vm.conf with an error in that line, and the
# message has these words behind file and line. The user has set the variables.
refused() {
	local name=$1 expected wrong=0

	expected="${dir#"$TOP/"}/vm.conf:$2: $3"
	cat >"$dir/vm.conf"
	shift 3
	if (
		set_variables "$@"
		read_vm_conf "$dir"
	) >"$dir/said" 2>&1; then
		wrong=1
	fi
	[ "$(wc -l <"$dir/said")" = 1 ] || wrong=1
	grep -qF -- ": $expected" "$dir/said" || wrong=1
	result $wrong "$name"
}

# gives NAME EXPECTED [NAME=VALUE]...: stdin is a vm.conf, and gives this memory, deadline and
# environment.
gives() {
	local name=$1 expected=$2 wrong=0

	cat >"$dir/vm.conf"
	shift 2
	(
		set_variables "$@"
		read_vm_conf "$dir"
		# shellcheck disable=SC2154 # read_vm_conf assigns it
		echo "${guest[memory]} ${guest[deadline]}${environment:+ ${environment[*]}}"
	) >"$dir/said" 2>&1 || wrong=1
	[ "$(<"$dir/said")" = "$expected" ] || wrong=1
	result $wrong "$name"
}

echo 1..38

refused "an unknown key" 2 "there is no key 'memroy'; the keys are: command_line cpus deadline" <<'CONF'
# a comment
memroy = 1G
CONF
refused "a line of a shell" 1 "'memory=1G' is none of KEY = VALUE" <<'CONF'
memory=1G
CONF
refused "a line that runs a program" 2 "'touch /tmp/x' is none of" <<'CONF'

touch /tmp/x
CONF
refused "a key in capital letters" 1 "there is no key 'MEMORY'" <<'CONF'
MEMORY = 1G
CONF
refused "a key twice" 3 "cpus is here and in line 1" <<'CONF'
cpus = 2
memory = 1G
cpus = 1
CONF
refused "a key without a value" 1 "cpus has no value" <<'CONF'
cpus =
CONF
refused "a memory without a unit" 1 "memory is '512', which is not a size" <<'CONF'
memory = 512
CONF
refused "a comment behind a value" 1 "memory is '1G # much', which is not a size" <<'CONF'
memory = 1G # much
CONF
refused "a comment behind a list" 1 "modules is '#', which is not the name of a module" <<'CONF'
modules = loop # for I/O
CONF
refused "no CPU" 1 "cpus is '0', which is not a number above 0" <<'CONF'
cpus = 0
CONF
refused "a node that is no number" 1 "nodes is 'two', which is not a number above 0" <<'CONF'
nodes = two
CONF
refused "icount that is not yes" 1 "icount is 'no', which is not yes" <<'CONF'
icount = no
CONF
refused "an extra from outside of the tests" 1 "extra is 'a/../../lib', which is not a path in build/tests" <<'CONF'
extra = a/../../lib
CONF
refused "a host file with a path that is not absolute" 1 "host is 'bin/sh', which is not an absolute path" <<'CONF'
host = bin/sh
CONF
refused "a program to run, in a list" 1 "host is '\$(id)', which is not an absolute path" <<'CONF'
host = $(id)
CONF
refused "a firmware that is not there" 1 "there is no program scripts/guest/bios" <<'CONF'
firmware = bios
CONF
refused "a firmware elsewhere" 1 "firmware is '../lint', which is not the name of a program" <<'CONF'
firmware = ../lint
CONF
refused "a prepare that is not there" 1 "there is no program prepare beside this file" <<'CONF'
prepare = prepare
CONF
refused "a variable that nothing declares" 2 "no line above declares STEPS by ?=" <<'CONF'
memory = 1G
deadline = 100 + STEPS / 10
CONF
refused "a variable that is no number" 2 "STEPS is 'many', which is not a number" STEPS=many <<'CONF'
STEPS ?= 100
deadline = 100 + STEPS / 10
CONF
# shellcheck disable=SC2016 # nothing is to expand it
refused "an expression of the shell from the user" 2 "STEPS is 'x[\$(id >&2)]', which is not a number" 'STEPS=x[$(id >&2)]' <<'CONF'
STEPS ?= 100
deadline = 100 + STEPS / 10
CONF
refused "an expression of the shell in the file" 1 "'\$((1+1))' is not a formula" <<'CONF'
deadline = $((1+1))
CONF
refused "an operator that is not known" 1 "'100 - 1' is not a formula: + * or / belongs where '-' is" <<'CONF'
deadline = 100 - 1
CONF
refused "a formula without its end" 1 "'100 +' is not a formula: a number or a variable belongs where 'the end' is" <<'CONF'
deadline = 100 +
CONF
refused "a division by 0" 2 "'100 / STEPS' divides by 0" <<'CONF'
STEPS ?= 0
deadline = 100 / STEPS
CONF
refused "a formula behind a condition that is false" 3 "no line above declares SEED by ?=" <<'CONF'
STEPS ?= 1
[STEPS > 1]
deadline = 100 + SEED
CONF
refused "a condition on what nothing declares" 1 "no line above declares STEPS by ?=" <<'CONF'
[STEPS > 1]
memory = 2G
CONF
refused "a condition of another kind" 2 "'[STEPS < 1]' is none of" <<'CONF'
STEPS ?= 1
[STEPS < 1]
CONF
refused "a variable in small letters" 1 "'steps' can't be a variable" <<'CONF'
steps ?= 1
CONF
refused "a variable TESTS" 1 "'TESTS' can't be a variable" <<'CONF'
TESTS ?= 1
CONF
refused "a default of two words" 1 "the default of STEPS is '1 2', which is not one word" <<'CONF'
STEPS ?= 1 2
CONF

gives "an empty file gives the defaults" "1G 300" <<'CONF'
CONF
gives "a default holds" "1G 156 SECONDS_OF_RACE=8" <<'CONF'
SECONDS_OF_RACE ?= 8
deadline = 100 + 7 * SECONDS_OF_RACE
CONF
gives "the user's value holds" "1G 170 SECONDS_OF_RACE=10" SECONDS_OF_RACE=10 <<'CONF'
SECONDS_OF_RACE ?= 8
deadline = 100 + 7 * SECONDS_OF_RACE
CONF
gives "an empty variable is 0 and stays out" "1G 100 STEPS=08" STEPS=08 <<'CONF'
SEED ?=
STEPS ?= 1
deadline = 100 + 7 * SEED + STEPS / 10
CONF
gives "lines behind a condition that is true count" "2G 200 STEPS=10 SEED=2" SEED=2 <<'CONF'
memory = 1G
STEPS ?= 100
deadline = 100 + STEPS
SEED ?=
[SEED > 1]
memory = 2G
STEPS ?= 10
deadline = 190 + STEPS
CONF
gives "lines behind a condition that is false do not" "1G 200 STEPS=100 SEED=1" SEED=1 <<'CONF'
memory = 1G
STEPS ?= 100
deadline = 100 + STEPS
SEED ?=
[SEED > 1]
memory = 2G
STEPS ?= 10
deadline = 190 + STEPS
CONF

printf '\t\tTEST(a)\n\t\tTEST(b)\n' >"$dir/a.c"
cp "$dir/a.c" "$dir/b.c"
gives "TESTS is the number of tests" "1G 104" <<'CONF'
deadline = 100 + TESTS
CONF
