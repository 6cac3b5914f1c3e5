# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
# What the tests of the command in situations that nobody wants share. Each time it must say in one
# line what was wrong, end with 1 (2 if the words were wrong), and lose nothing.

NUMBERS=/tmp/numbers
TABLE=$REGIONS/table

# Beside the setup of all tests: a table of 1000 numbers, and a note of all that is there.
begin() {
	mkdir work
	cd work || return
	seq 1000001 1002000 | head -c 8000 >"$NUMBERS"
	head -c 8 "$NUMBERS" >/tmp/first
	head -c 9 "$NUMBERS" >/tmp/nine
	bpfmmap create table from "$NUMBERS" value_size 8 mode 0644 >/dev/null
	: >/tmp/said.out
	: >/tmp/said.err
	note >/tmp/noted
}

note() {
	find "$REGIONS" /tmp -path '*/bats*' -prune -o ! -path /tmp/noted -print | sort
	ls -A
	bpfmmap -j list
}

# intact: the table has its numbers, no region and no file came or went, and the command works.
intact() {
	cmp "$NUMBERS" "$TABLE"
	diff <(note) /tmp/noted
}

# say CMD...: run it; its status, stdout and stderr are in $status, $output and $stderr. This starts
# no other process than CMD, as there are many of them here.
say() {
	status=0
	"$@" >/tmp/said.out 2>/tmp/said.err || status=$?
	IFS= read -r -d '' output </tmp/said.out || :
	IFS= read -r -d '' stderr </tmp/said.err || :
	output=${output%$'\n'} stderr=${stderr%$'\n'}
}

# expect STATUS OUTPUT STDERR: what say has to have found.
expect() {
	[ "$status$output$stderr" != "$1$2$3" ] || return 0
	printf '%s\n' "it ended with $status, and said:" "$output" "$stderr" "and not:" "$1" "$2" "$3"
	return 1
}

# These run CMD..., which must fail with this error alone, or, if its words are wrong, misused.
failed() {
	say "${@:2}"
	expect 1 "" "Error: $1"
}

misused() {
	say "${@:2}"
	expect 2 "" "Error: $1"
}

# works OUTPUT CMD...: it succeeds with this output, and says nothing else.
works() {
	say "${@:2}"
	expect 0 "$1" ""
}

# Situations: NAME CMD... runs it there.
without_stdin() {
	"$@" <&-
}

without_stdout() {
	"$@" >&-
}

without_stderr() {
	"$@" 2>&-
}

without_any() {
	"$@" <&- >&- 2>&-
}

to_full() {
	"$@" >/dev/full
}

from_directory() {
	"$@" </
}

# The reader is gone before the command starts, and the signal for that is ignored.
to_nobody() (
	trap '' PIPE
	exec {end}> >(:)
	wait $!
	exec "$@" >&"$end"
)

# few_files COUNT CMD...: with fds below COUNT only.
few_files() {
	LD_PRELOAD=$STAGE/few_files.so FEW_FILES=$1 "${@:2}"
}

# limit LETTER VALUE CMD...: with this limit of ulimit.
limit() (
	ulimit -"$1" "$2"
	exec "${@:3}"
)

# in_locale NAME CMD...: with all variables that choose one.
in_locale() {
	LOCPATH=$STAGE/locale LC_ALL=$1 LANG=$1 LANGUAGE=${1%%.*} "${@:2}"
}

# with_old_module CMD...: as if the loaded module were of version 1.
with_old_module() {
	LD_PRELOAD=$STAGE/old_module.so "$@"
}

# while_it_becomes SIZE FILE CMD...: the file gets this size after the command's first read.
while_it_becomes() {
	LD_PRELOAD=$STAGE/changing.so CHANGE_SIZE=$1 CHANGE_PATH=$2 "${@:3}"
}

# terminal SIZE CMD...: what the command shows on a terminal of this size, in words for stty.
terminal() {
	script -qec "stty $1; ${*:2}" screen </dev/null >/dev/null
	cat screen
	rm screen
}

# ends_by SIGNAL CMD...: start it, wait until it has read from the pipe slow, and send the signal.
# Its status is in $status, what it said in said.
ends_by() {
	local signal=$1

	mkfifo slow
	# not the shell's own way with background jobs, which ignore ctrl-C
	env --default-signal=INT "${@:2}" 2>said 3>&- &
	child=$!
	exec {end}>slow
	# larger than a pipe, so it has been read in part when this ends
	head -c 3000000 /dev/zero | tr '\0' A >&"$end"
	kill "-$signal" "$child"
	status=0
	wait "$child" || status=$?
	exec {end}>&-
	rm slow
}

WRITE="can't write the output:"
