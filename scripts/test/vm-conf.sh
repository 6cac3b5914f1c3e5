# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Read the vm.conf of a suite, which says what guest the suite needs. Sourced, never run.
#
# A vm.conf is data: no line is executed, though `prepare` names a program. A line is empty, a
# comment (its first character is #), or one of these three:
#
#	KEY = VALUE		a property of the guest, from the list below
#	VARIABLE ?= DEFAULT	a variable that a user may set: in the guest the tests find
#				it in their environment
#	[VARIABLE > NUMBER]	the lines from here to the next such line, or to the end of
#				the file, count only if this is true
#
# The keys, with their defaults in parentheses:
#
#	memory		size of the memory, for example 512M (1G)
#	cpus		number of CPUs (2)
#	nodes		number of NUMA nodes, which share memory and CPUs equally (one)
#	deadline	seconds after which the guest has failed (300). This may be a formula
#			of numbers and variables with + * and /, for example
#			120 + 7 * SECONDS_OF_RACE. TESTS is the number of tests in the C
#			files of the suite.
#	icount		yes: the emulator counts instructions (no)
#	modules		the kernel's own modules that the guest gets, in /module (none)
#	users		modules of examples/kernel and tests/*/module, which use ours, that the
#			guest gets, in /module (none)
#	extra		files and folders of build/tests that the guest gets, in /extra. A
#			name with * stands for the programs that it matches. (none)
#	host		files and folders of this machine that the guest gets, under the same
#			path. A name without / is a program in /usr/bin. (none)
#	command_line	words for the command line of the kernel (none)
#	firmware	script of scripts/guest that makes what the firmware boots (none: QEMU
#			loads the kernel)
#	prepare		program in the folder of the suite, run on this machine before the
#			guest starts: PROGRAM TESTS SYSROOT, with the folder of the tests that
#			were built and the folder of another architecture's system, empty for
#			this machine's own. Each line that it prints is added to host. (none)
#
# A variable with an empty value is 0 in a formula or condition, and is not handed to the
# guest. The default `random` is a new random number in each run. A VARIABLE that has a
# second default behind a condition has that one if the condition is true.

# The keys and their defaults.
declare -A VM_CONF=([memory]=1G [cpus]=2 [nodes]='' [deadline]=300 [icount]='' [modules]='' [users]='' [extra]=''
	[host]='' [command_line]='' [firmware]='' [prepare]='')

# What read_vm_conf found: the value of each key, and NAME=VALUE of each variable.
declare -A guest
environment=()

# conf_error WORD...: what is wrong with line $number of $file.
conf_error() {
	die "${file#"$TOP/"}:$number: $*"
}

# conf_number NAME: the value of a variable as a number, in REPLY.
conf_number() {
	local value

	if [ "$1" = TESTS ]; then
		REPLY=$(cat "${file%/*}"/*.c 2>/dev/null | grep -c $'^\t\tTEST(') || :
		return
	fi
	[ "${variables[$1]+set}" ] || conf_error "no line above declares $1 by ?="
	value=${variables[$1]:-0}
	[[ $value =~ ^[0-9]{1,15}$ ]] || conf_error "$1 is '$value', which is not a number"
	REPLY=$((10#$value))
}

# conf_formula TEXT: its value, in REPLY.
conf_formula() {
	local words word operator='' formula=''

	read -ra words <<<"$1"
	for word in "${words[@]}" "the end"; do
		case ${operator:-number}-$word in
		number-[0-9]*)
			[[ $word =~ ^[0-9]{1,15}$ ]] || conf_error "'$word' is not a number"
			word=$((10#$word))
			;;
		number-[A-Z]*)
			[[ $word =~ ^[A-Z][A-Z0-9_]*$ ]] || conf_error "'$word' is not a variable"
			conf_number "$word"
			word=$REPLY
			;;
		operator-[+*/]) ;;
		"operator-the end") break ;;
		number-*) conf_error "'$1' is not a formula: a number or a variable belongs where '$word' is" ;;
		*) conf_error "'$1' is not a formula: + * or / belongs where '$word' is" ;;
		esac
		[[ $formula$word != */0 ]] || conf_error "'$1' divides by 0"
		formula+=$word
		case $operator in
		'') operator=operator ;;
		*) operator= ;;
		esac
	done
	# digits and operators, and nothing else
	REPLY=$((formula))
}

# conf_check KEY VALUE: whether KEY may have VALUE, except for a formula.
conf_check() {
	local word words pattern what

	case $1 in
	memory) pattern='[1-9][0-9]*[MG]' what="a size such as 512M or 1G" ;;
	cpus | nodes) pattern='[1-9][0-9]*' what="a number above 0" ;;
	icount) pattern='yes' what="yes" ;;
	modules | users) pattern='[a-z0-9_-]+' what="the name of a module" ;;
	extra) pattern='[A-Za-z0-9_][A-Za-z0-9._/*+-]*' what="a path in build/tests" ;;
	host) pattern='(/[^[:space:]#*]+|[a-z0-9_-]+)' what="an absolute path or the name of a program" ;;
	command_line) pattern='[A-Za-z][^[:space:]#]*' what="a word for a kernel's command line" ;;
	firmware | prepare) pattern='[a-z][a-z_-]*' what="the name of a program" ;;
	deadline) return ;;
	*) conf_error "there is no key '$1'; the keys are: $(printf '%s\n' "${!VM_CONF[@]}" | sort | paste -sd ' ')" ;;
	esac
	read -ra words <<<"$2"
	case $1 in
	modules | users | extra | host | command_line) ;;
	*) words=("$2") ;;
	esac
	for word in "${words[@]}"; do
		[[ $word =~ ^$pattern$ && /$word/ != */../* ]] || conf_error "$1 is '$word', which is not $what"
	done
	case $1 in
	firmware) [ -x "$SCRIPTS/guest/$2" ] || conf_error "there is no program scripts/guest/$2" ;;
	prepare) [ -x "${file%/*}/$2" ] || conf_error "there is no program $2 beside this file" ;;
	esac
}

# conf_variable NAME DEFAULT: its value is the user's, or the default.
conf_variable() {
	local value

	value=$(printenv "$1") || :
	value=${value:-$2}
	[ "$value" != random ] || value=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
	variables[$1]=$value
}

# read_vm_conf FOLDER: the vm.conf there, into guest and environment.
read_vm_conf() {
	local file=$1/vm.conf number=0 text key operator value section=top holds=yes deadlines=() name names=()
	local -A variables=() seen=()

	[ -r "$file" ] || die "there is no ${file#"$TOP/"} to read"
	for key in "${!VM_CONF[@]}"; do
		guest[$key]=${VM_CONF[$key]}
	done
	while IFS= read -r text || [ -n "$text" ]; do
		number=$((number + 1))
		if [[ $text =~ ^[[:space:]]*$ || $text == '#'* ]]; then
			continue
		elif [[ $text =~ ^\[([A-Z][A-Z0-9_]*)\ \>\ ([0-9]{1,15})\]$ ]]; then
			key=${BASH_REMATCH[1]} value=$((10#${BASH_REMATCH[2]})) section=$number holds=
			conf_number "$key"
			[ "$REPLY" -le "$value" ] || holds=yes
			continue
		elif [[ ! $text =~ ^([A-Za-z_][A-Za-z0-9_]*)\ (\?=|=)(\ (.*[^[:space:]]))?$ ]]; then
			conf_error "'$text' is none of KEY = VALUE, VARIABLE ?= DEFAULT, [VARIABLE > NUMBER]"
		fi
		key=${BASH_REMATCH[1]} operator=${BASH_REMATCH[2]} value=${BASH_REMATCH[4]}
		[ -z "${seen[$section $key]:-}" ] || conf_error "$key is here and in line ${seen[$section $key]}"
		seen[$section $key]=$number
		if [ "$operator" = '?=' ]; then
			[[ $key =~ ^[A-Z][A-Z0-9_]*$ && $key != TESTS ]] ||
				conf_error "'$key' can't be a variable: its name has capital letters, and is not TESTS"
			[[ $value =~ ^[A-Za-z0-9_.,:-]*$ ]] || conf_error "the default of $key is '$value', which is not one word"
			[ "${variables[$key]+set}" ] || names+=("$key")
			if [ "$holds" ]; then
				conf_variable "$key" "$value"
			else
				variables[$key]=${variables[$key]:-}
			fi
			continue
		fi
		[ "$value" ] || conf_error "$key has no value"
		conf_check "$key" "$value"
		[ "$key" != deadline ] || deadlines+=("$number$holds $value")
		[ -z "$holds" ] || guest[$key]=$value
	done <"$file"

	# a formula may use a default that is changed further down
	for text in "${deadlines[@]}"; do
		number=${text%% *}
		holds=${number##*[0-9]}
		number=${number%yes}
		conf_formula "${text#* }"
		# shellcheck disable=SC2034
		[ -z "$holds" ] || guest[deadline]=$REPLY
	done
	environment=()
	for name in "${names[@]}"; do
		[ -z "${variables[$name]}" ] || environment+=("$name=${variables[$name]}")
	done
}
